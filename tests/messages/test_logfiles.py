"""Log files stay within their size and number, and no line is lost or torn, whoever writes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from messages.logfiles import RotatedFile

LINE = "x" * 99 + "\n"


def lines(folder: Path) -> list[str]:
    """All lines of all files, oldest first."""
    files = sorted(folder.iterdir(), key=lambda path: int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0)
    return [line for path in reversed(files) for line in path.read_text("utf-8").splitlines()]


def test_a_file_beyond_its_size_is_renamed_and_the_oldest_deleted(tmp_path: Path) -> None:
    log = RotatedFile(tmp_path / "hub.log", size=300, files=3)
    for number in range(20):
        log.write(f"{number:03}" + "y" * 96 + "\n")
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub.log", "hub.log.1", "hub.log.2"]
    assert all(path.stat().st_size <= 300 for path in tmp_path.iterdir())
    assert [line[:3] for line in lines(tmp_path)] == [f"{number:03}" for number in range(12, 20)]


def test_a_line_beyond_the_size_is_written_whole(tmp_path: Path) -> None:
    log = RotatedFile(tmp_path / "hub.log", size=10, files=2)
    log.write(LINE)
    log.write(LINE)
    assert lines(tmp_path) == [LINE.strip()] * 2


def test_only_the_newest_may_be_kept(tmp_path: Path) -> None:
    log = RotatedFile(tmp_path / "hub.log", size=150, files=1)
    for _ in range(3):
        log.write(LINE)
    assert lines(tmp_path) == [LINE.strip()]


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    log = RotatedFile(tmp_path / "hub.log")
    log.write("first\n")
    (tmp_path / "hub.log").rename(tmp_path / "hub.log.5")
    log.write("second\n")
    assert (tmp_path / "hub.log").read_text("utf-8") == "second\n"


def test_several_processes_and_threads_lose_no_line(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from messages.logfiles import RotatedFile\n"
        "log = RotatedFile(Path(sys.argv[1]), size=5_000, files=500)\n"
        "for number in range(500): log.write(f'{sys.argv[2]} {number} ' + 'z' * 80 + '\\n')"
    )
    path = tmp_path / "hub.log"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), str(each)]) for each in range(3)]
    log = RotatedFile(path, size=5_000, files=500)

    def write(name: str) -> None:
        for number in range(200):
            log.write(f"{name} {number} " + "z" * 80 + "\n")

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    found = lines(tmp_path)
    expected = {f"{each} {number}" for each in range(3) for number in range(500)}
    expected |= {f"{name} {number}" for name in ("a", "b") for number in range(200)}
    assert {" ".join(line.split()[:2]) for line in found} == expected
    assert all(line.endswith("z" * 80) for line in found)
    assert len(found) == len(expected)

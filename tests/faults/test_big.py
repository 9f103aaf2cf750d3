"""The largest dossiers through real processes, each in constant memory (`make test-big`)."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.cases.pdf import write_pdf
from bench.hubprocess import HubProcess
from messages.commandline import DONE
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, jpeg
from tests.scene.processes import Ended
from tests.scene.sites import Agency, Site

pytestmark = [pytest.mark.big, pytest.mark.timeout(3600)]

GIB = 1 << 30
ALLOWED = 300 * 1024
"""KiB of resident memory that a process may need at most."""
PUSH = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE)
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak(pid: int) -> int:
    """The largest resident size of a process so far, in KiB; 0 when it has gone."""
    with suppress(OSError):
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text("ascii"))
        return int(found[1]) if found else 0
    return 0


def measured(agency: Agency, verb: str, *arguments: object) -> tuple[Ended, int, float]:
    """Run the installed program to its end: what it said, its peak in KiB, its seconds."""
    started = time.monotonic()
    process = agency.start(verb, *arguments)
    peaks = [0]

    def watch() -> None:
        while process.poll() is None:
            peaks.append(peak(process.pid))
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    ended = process.ended(None)  # the test's own time-out is the bound
    watcher.join()
    return ended, max(peaks), time.monotonic() - started


@pytest.fixture
def running(template: Site, tmp_path: Path) -> Iterator[tuple[Site, HubProcess]]:
    """A site with the installed hub. What it wrote is removed at once, for it is much."""
    site = template.copied(tmp_path / "site")
    hub = HubProcess(site.hub_home, site.port)
    try:
        yield site, hub
    finally:
        hub.stop()
        shutil.rmtree(tmp_path)


def travel(site: Site, hub: HubProcess, case: Path, into: Path, capsys: pytest.CaptureFixture[str]) -> Ended:
    """Push and pull, every process within its memory; tells what it measured."""
    pushed, push_peak, push_seconds = measured(site[POLICE], *PUSH, case)
    assert pushed.code == DONE, pushed
    pulled, pull_peak, pull_seconds = measured(site[PROCURATORATE], "pull", "--into", into)
    assert pulled.code == DONE, pulled
    hub_peak = peak(hub.process.pid)
    with capsys.disabled():
        body = pushed.body
        print(
            f"\n{body['pages']} pages, {body['files']} files, {body['bytes'] / GIB:.2f} GiB:"
            f" push {push_seconds:.1f} s in {push_peak // 1024} MiB,"
            f" pull {pull_seconds:.1f} s in {pull_peak // 1024} MiB,"
            f" hub in {hub_peak // 1024} MiB"
        )
    assert max(push_peak, pull_peak, hub_peak) < ALLOWED
    assert min(push_peak, pull_peak, hub_peak) > 0
    return pushed


def sha256(path: Path) -> str:
    """A file's digest, without its size in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_one_file_of_five_gibibytes(
    running: tuple[Site, HubProcess], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, hub = running
    case, into = case_dir(tmp_path / "case"), tmp_path / "in"
    volume = case / "dossier" / "V20-02"
    volume.mkdir()
    film = volume / "讯问同步录音录像.mp4"
    with film.open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom" + bytes(12))
        for place in range(1, 5):  # something to get right between the holes
            file.seek(place * GIB - 1000)
            file.write(random.Random(place).randbytes(2000))
        file.truncate(5 * GIB)
    (volume / "catalog.csv").write_text(
        "seq,book,doc_type,title,page_from,page_to,file\n1,1,E0801,讯问同步录音录像,,,讯问同步录音录像.mp4\n", "utf-8"
    )
    pushed = travel(site, hub, case, into, capsys)
    (arrived,) = (into / pushed.body["transfer_id"] / "bag" / "data" / "V20-02").glob("*.mp4")
    assert arrived.stat().st_size == 5 * GIB
    assert sha256(arrived) == sha256(film)


def test_a_hundred_thousand_pages(
    running: tuple[Site, HubProcess], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """20,000 files: as in real dossiers, most are scans of one page, and a fifth are PDFs of 21 pages."""
    site, hub = running
    case, into = case_dir(tmp_path / "case", volumes={"V10-01": 1}), tmp_path / "in"
    for name, files in (("V20-01", 12_000), ("V20-02", 8_000)):
        bind(case / "dossier" / name, files)
    pushed = travel(site, hub, case, into, capsys)
    assert (pushed.body["pages"], pushed.body["files"]) == (100_002, 20_002)
    transfer_id = pushed.body["transfer_id"]
    assert checking.whole(into / transfer_id, case)
    page, page_peak, _ = measured(site[POLICE], "page", transfer_id, "V20-01", 54_321, "--out", tmp_path / "page.pdf")
    assert (page.code, page_peak < ALLOWED) == (DONE, True), page


def bind(volume: Path, files: int) -> None:
    """A volume of so many files: of five, four are JPEGs of one page and one is a PDF of 21."""
    volume.mkdir(parents=True)
    mark = b"@@@@@@@@"
    sheet = volume / "template.pdf"
    with sheet.open("wb") as target:
        write_pdf(target, [[mark.decode()]] * 21, bytes_per_page=512, rng=random.Random(1))
    document = sheet.read_bytes().replace(mark.decode().encode("utf-16-be").hex().encode(), b"%s")
    sheet.unlink()
    assert document.count(b"%s") == 21
    head, scan = document.split(b"%s"), jpeg(1)
    rows, page = ["seq,book,doc_type,title,page_from,page_to,file"], 1
    for number in range(files):
        pages, suffix = (21, "pdf") if number % 5 == 4 else (1, "jpg")
        name = f"{number:05}.{suffix}"
        text = f"{number:08}".encode("utf-16-be").hex().encode()
        (volume / name).write_bytes(text.join(head) if suffix == "pdf" else scan + b"%08d" % number)
        rows.append(f"{number + 1},1,E0501,第{number + 1}份笔录（示例）,{page},{page + pages - 1},{name}")
        page += pages
    (volume / "catalog.csv").write_text("\n".join(rows) + "\n", "utf-8")

"""Counting in processes of their own: a file that costs too much is given up, and the next one is counted."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from dossier.counting import Allowance, GivenUpError
from dossier.limits import LIMITS, Limits
from dossier.pages import Counts, PageCount, count_pages
from tests.dossier.samples import ofd, pdf, pdf_of, tiff

GIVEN_UP = PageCount(None, "given-up", "application/pdf")


def written(folder: Path, data: bytes) -> Path:
    path = folder / str(len(list(folder.iterdir())))
    path.write_bytes(data)
    return path


def inline(pages: int) -> bytes:
    """A PDF whose page objects all stand in one list, which must be held whole."""
    return pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Kids [{'<</Type/Page>>' * pages}] >>"])


def test_time_ends(tmp_path: Path) -> None:
    long = written(tmp_path, pdf(20_000))
    assert count_pages(long, replace(LIMITS, count_seconds=0.01)) == GIVEN_UP
    assert count_pages(long).pages == 20_000, "the file itself is sound"


def test_waiting_ends(tmp_path: Path) -> None:
    assert count_pages(written(tmp_path, pdf(20_000)), replace(LIMITS, count_wait=0.001)) == GIVEN_UP
    assert count_pages(written(tmp_path, ofd(3))).pages == 3


def test_memory_ends(tmp_path: Path) -> None:
    large = written(tmp_path, inline(100_000))
    assert count_pages(large, replace(LIMITS, count_memory_bytes=96 << 20)) == GIVEN_UP
    assert count_pages(large).pages == 100_000


def test_what_counted_before_does_not_matter(tmp_path: Path) -> None:
    """Time and memory are each file's own, though one process counts many."""
    limits = replace(LIMITS, count_seconds=1.5)
    files = [written(tmp_path, pdf(3_000)) for _ in range(12)]
    assert {count_pages(path, limits).pages for path in files} == {3_000}


def test_the_sum_ends_too(tmp_path: Path) -> None:
    """Many files, each within its own limits, still cost a transfer no more than it may."""
    limits = Limits(count_seconds=0.01, counts_seconds=0.025, counts_seconds_a_file=0.0)
    counts = Counts(limits, Allowance(limits))
    hostile = written(tmp_path, pdf(20_000))
    assert [counts.pages(hostile).reason for _ in range(5)] == ["given-up"] * 5
    assert counts.allowance.left <= 0
    with pytest.raises(GivenUpError):
        counts.allowance.take()
    assert counts.pages(written(tmp_path, pdf(1))) == GIVEN_UP, "nothing is left for it"
    assert Counts().pages(written(tmp_path, pdf(1))).pages == 1, "another transfer has its own"


def test_honest_files_earn_their_time() -> None:
    limits = Limits(count_seconds=5, counts_seconds=10, counts_seconds_a_file=1)
    allowance = Allowance(limits)
    for _ in range(100):
        assert allowance.take() == 5
        allowance.spend(0.9)


def test_few_processes_count_many_files_and_keep_none_open(tmp_path: Path) -> None:
    me = psutil.Process()
    files = [written(tmp_path, data) for data in (pdf(1), ofd(2), tiff([0]))] * 20
    assert count_pages(files[0]).pages == 1
    before = counters(me)
    assert [count_pages(path).pages for path in files] == [1, 2, 1] * 20
    assert counters(me) == before
    (only,) = [each for each in me.children() if each.pid in before][:1]
    assert [each.path for each in only.open_files() if each.path.startswith(str(tmp_path))] == []


def counters(process: psutil.Process) -> set[int]:
    return {each.pid for each in process.children() if "dossier.counter" in each.cmdline()}


def test_one_that_was_killed_is_replaced(tmp_path: Path) -> None:
    path = written(tmp_path, pdf(2))
    assert count_pages(path).pages == 2
    for pid in counters(psutil.Process()):
        killed = psutil.Process(pid)
        killed.kill()
        psutil.wait_procs([killed])
    assert count_pages(path).pages == 2


FORKED = """
import os, sys
from dossier.pages import count_pages
assert count_pages(sys.argv[1]).pages == 2
child = os.fork()
for _ in range(200):
    assert count_pages(sys.argv[1]).pages == 2
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_process_has_its_own(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKED, str(written(tmp_path, pdf(2)))], check=True)


def test_a_folder_named_like_our_package_is_not_run(tmp_path: Path) -> None:
    """A case folder has a `dossier/`; whoever stands in it must not run what lies there."""
    (tmp_path / "dossier").mkdir()
    (tmp_path / "dossier" / "__init__.py").write_text("raise SystemExit(9)")
    path = written(tmp_path, pdf(2))
    code = "import sys; from dossier.pages import count_pages; assert count_pages(sys.argv[1]).pages == 2"
    subprocess.run([sys.executable, "-P", "-c", code, str(path)], check=True, cwd=tmp_path)


def test_a_large_program_counts_like_a_small_one(tmp_path: Path) -> None:
    """`ru_maxrss` of a new process begins with that of the process which started it."""
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n")
    asked = (
        "import sys; from pathlib import Path; from dossier.pages import count_pages\n"
        "held = bytearray(400 << 20)\n"
        "held[::4096] = bytes(len(held[::4096]))\n"
        "print(count_pages(Path(sys.argv[1])).reason)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, str(tmp_path / "cut.pdf")], check=True, capture_output=True, text=True
    )
    assert done.stdout == "damaged\n"

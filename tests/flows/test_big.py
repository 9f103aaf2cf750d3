"""The largest dossiers through real processes: one file of 5 GiB, and 100,000 pages. No process takes 300 MB.

Run by `make test-big`; what is written is removed at once.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.cases import hops as story_hops
from bench.cases.folder import Sheet, write_volume
from bench.journey import Journey
from tests.flows.world import POLICE, PROCURATORATE, yesterday

LIMIT_KIB = 300_000_000 // 1024
PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
PROGRAM = """
import sys
from adapters.cli import main
from tests.memory import peak
code = main(sys.argv[1:])
print("peak", peak(), file=sys.stderr)
sys.exit(code)
"""

pytestmark = [pytest.mark.big, pytest.mark.timeout(1200)]


@pytest.fixture
def journey(tmp_path: Path) -> Iterator[Journey]:
    """A hub process and three enrolled agencies; the folder does not outlive the test."""
    started = Journey.plan(tmp_path / "run", pages=14, bytes_per_page=2_000, yesterday=yesterday())
    try:
        started.start()
        yield started
    finally:
        started.stop()
        shutil.rmtree(tmp_path)


def adapter(journey: Journey, *arguments: str, agency: str) -> dict[str, object]:
    """Run `casehub-adapter` in a process of its own, whose peak must stay under the limit; its JSON."""
    home = journey.root / agency.partition(":")[0]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, arguments[0], "--home", str(home), "--json", *arguments[1:]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stderr.rsplit("peak", 1)[1]) < LIMIT_KIB
    body: dict[str, object] = json.loads(done.stdout)
    return body


def travel(journey: Journey, case: Path) -> tuple[dict[str, object], Path]:
    """Push and pull `case` through real processes, and look at the hub's own peak. What was sent, and the bag."""
    sent = adapter(journey, "push", "--node", "N-ARR-001", "--to", PROCURATORATE, str(case), agency=POLICE)
    into = journey.root / "in"
    adapter(journey, "pull", "--into", str(into), agency=PROCURATORATE)
    assert journey.hub is not None
    found = PEAK.search(Path(f"/proc/{journey.hub.process.pid}/status").read_text("ascii"))
    assert found is not None
    assert int(found[1]) < LIMIT_KIB
    return sent, into / str(sent["transfer_id"]) / "bag"


def test_a_file_of_5_gib(journey: Journey) -> None:
    case = journey.prepare(1, story_hops.hops()[0])
    volume = case / "dossier" / "V21-01"
    write_volume(volume, [Sheet("E0802", "全程录像", 0, form="wav")], bytes_per_page=0, rng=random.Random(1))
    (recording,) = volume.glob("*.wav")
    with recording.open("r+b") as file:
        file.truncate(5 << 30)
    _, bag = travel(journey, case)
    assert [path.stat().st_size for path in (bag / "data" / "V21-01").glob("*.wav")] == [5 << 30]


def test_100_000_pages(journey: Journey) -> None:
    """20,000 documents of five pages each, bound into 500 books."""
    case = journey.prepare(1, story_hops.hops()[0])
    sheets = (Sheet("E0501", f"第{number}次讯问笔录", 5) for number in range(20_000))
    write_volume(case / "dossier" / "V20-02", sheets, bytes_per_page=600, rng=random.Random(2))
    sent, bag = travel(journey, case)
    assert int(str(sent["pages"])) > 100_000
    assert len(list((bag / "data" / "V20-02").glob("*.pdf"))) == 20_000

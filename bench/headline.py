"""`make bench`: the 5,253-page case against `cp -r` and one SHA-256 pass over the same bytes, in the same run.

Prints push, pull, the second hop (volumes by reference, back to the sender), re-use, and the first page, as seconds and
as ratios to both floors. On a shared machine the median of several rounds counts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.cases import hops as story_hops
from bench.demo import LARGE_PAGE
from bench.journey import Journey
from messages import columns, terminal
from standards.times import BEIJING

PAGES = 5253
ROUNDS = 3


def main() -> int:
    """Run the rounds and print the table, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.headline", description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    terminal.force_utf8(sys.stdout, sys.stderr)
    rounds = [one_round(options.pages) for _ in range(options.rounds)]
    figures = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    if options.json:
        print(json.dumps({"pages": options.pages, "rounds": rounds, "median": figures}, indent=2))
    else:
        print_table(options.pages, options.rounds, figures)
    return 0


def one_round(pages: int) -> dict[str, float]:
    """Build the case, take both floors, walk the first five hops and the indictment. Seconds by name; `bytes` too."""
    with tempfile.TemporaryDirectory(prefix="casehub-bench-", dir=Path.cwd()) as scratch:
        yesterday = datetime.now(UTC).astimezone(BEIJING).date() - timedelta(days=1)
        journey = Journey.plan(Path(scratch) / "run", pages=pages, bytes_per_page=LARGE_PAGE, yesterday=yesterday)
        try:
            journey.start()
            return measure(journey, Path(scratch))
        finally:
            journey.stop()


def measure(journey: Journey, scratch: Path) -> dict[str, float]:
    """The figures of one journey."""
    hops = {hop.node: (number, hop) for number, hop in enumerate(story_hops.hops(), 1)}
    case = journey.prepare(*hops["N-ARR-001"])
    files = [path for path in sorted(case.rglob("*")) if path.is_file()]
    os.sync()
    figures: dict[str, float] = {"bytes": float(sum(path.stat().st_size for path in files)), "files": float(len(files))}
    figures["sha256"] = timed(lambda: [hash_file(path) for path in files])
    figures["cp"] = timed(lambda: subprocess.run(["cp", "-r", str(case), str(scratch / "copy")], check=True))
    shutil.rmtree(scratch / "copy")
    os.sync()
    names = {"N-ARR-001": "first", "N-ARR-011": "back", "N-PRO-001": "again", "N-IND-001": "third"}
    for node in ("N-ARR-001", "N-ARR-002", "N-ARR-011", "N-ARR-014", "N-PRO-001", "N-PRO-002"):
        travelled = journey.travel(*hops[node])
        if node in names:
            figures[f"{names[node]} push"] = travelled.push_seconds
            figures[f"{names[node]} pull"] = travelled.pull_seconds
    transfer = journey.sent["N-PRO-001"]
    receiver, page = journey.adapters[hops["N-PRO-001"][1].receiver], scratch / "page.pdf"
    middle = journey.pages // 2
    figures["page"] = timed(lambda: receiver.page(transfer, "V20-01", middle, page))
    return figures


def timed(work: Callable[[], Any]) -> float:
    """Wall-clock seconds of `work`."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in large reads."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


LABELS = {
    "sha256": "one SHA-256 pass over the files (floor)",
    "cp": "cp -r of the case folder (floor)",
    "first push": "push police → procuratorate: check, seal, upload, submit",
    "first pull": "pull: fetch, verify, unseal, bag, acknowledge",
    "back push": "second hop, back to the police: push by reference",
    "back pull": "second hop: bag from what the police hold, no old byte fetched",
    "again push": "re-use at N-PRO-001: push",
    "page": "first page out of the middle, segments only",
}


def print_table(pages: int, rounds: int, figures: dict[str, float]) -> None:
    """Seconds, MB/s and ratios to the floors."""
    size = figures["bytes"]
    print(f"{pages} pages, {figures['files']:.0f} files, {terminal.human_bytes(int(size))}, median of {rounds} rounds")
    rows = [
        (
            label,
            f"{figures[name]:.2f} s",
            "" if name in ("back push", "again push", "page") else terminal.human_rate(int(size), figures[name]),
            f"{figures[name] / figures['cp']:.2f}",
            f"{figures[name] / figures['sha256']:.2f}",
        )
        for name, label in LABELS.items()
    ]
    print(columns.table(["", "time", "rate", "x cp -r", "x SHA-256"], rows, right=[1, 2, 3, 4]))


if __name__ == "__main__":
    sys.exit(main())

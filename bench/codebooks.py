"""How fast the code tables answer: `python -m bench.codebooks`.

    load        a release from its files, in a fresh process, the import of the package not counted
    translate   in process, on one core, over every crosswalk of the full tables and the chains police → court
    batch       1,000 items in one signed POST to a real hub on the loopback, request to last byte
    growth      the same work over made-up tables of 1,000 to 1,000,000 codes, as ratios to the smallest

In process, the processor's time of this one thread of work counts, so that other work on the machine does not; over
HTTP the clock on the wall. The best of several rounds, since other work only ever adds.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import codebooks
import codebooks.release
from bench.cases import story
from bench.demo import LARGE_PAGE
from bench.journey import Journey
from codebooks import Release
from codebooks.crosswalks import COLUMNS as ROW
from codebooks.tables import COLUMNS as CONCEPT
from messages import columns, terminal
from standards import agencies
from standards.times import BEIJING

DAY = date(2024, 3, 4)
ROUNDS = 5
ASKED = 200_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
BATCH = 1_000
Question = tuple[str, str, str]
_LOAD = "import time, codebooks; begun = time.process_time(); codebooks.load(); print(time.process_time() - begun)"


def main() -> int:
    """Measure and print a table, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.codebooks", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="the largest made-up table")
    options = parser.parse_args()
    terminal.force_utf8(sys.stdout, sys.stderr)
    found = {
        "load": loading(),
        "translate": translating(codebooks.load()),
        "batch": batches(),
        "growth": [growth(size) for size in SIZES if size <= options.largest],
    }
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)
    return 0


def loading() -> dict[str, float]:
    """Seconds to read and check the shipped tables, each time in a new process."""
    times = [
        float(subprocess.run([sys.executable, "-c", _LOAD], check=True, capture_output=True, text=True).stdout)
        for _ in range(ROUNDS)
    ]
    release = codebooks.load()
    rows = sum(len(table.concepts) for table in release.code_systems.values())
    rows += sum(len(walk.rows) for walk in release.crosswalks.values())
    return {"rows": rows, "seconds": min(times), "worst_seconds": max(times)}


def questions(release: Release) -> list[Question]:
    """Every code of every crosswalk, and every police case class on its way to the court's cause."""
    asked = [
        (walk.source, code, walk.target)
        for walk in release.crosswalks.values()
        for code in release.system(walk.source).by_code
    ]
    chain = [("police.case-class", code, "court.cause") for code in release.system("police.case-class").by_code]
    return asked + chain


def translating(release: Release) -> dict[str, float]:
    """Translations a second: each question for the first time, then in random order again and again."""
    every = questions(release)
    cold = timed(lambda: ask(release, every), 1)
    chosen = random.Random(1).choices(every, k=ASKED)
    warm = timed(lambda: ask(release, chosen), ROUNDS)
    return {"questions": len(every), "first_per_second": len(every) / cold, "per_second": ASKED / warm}


def ask(release: Release, asked: Sequence[Question]) -> None:
    """Translate each, as a caller does."""
    translate = release.translate
    for system, code, target in asked:
        translate(system, code, target, DAY)


def timed(work: Callable[[], object], rounds: int, clock: Callable[[], float] = time.process_time) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        begun = clock()
        work()
        times.append(clock() - begun)
    return min(times)


def batches() -> dict[str, float]:
    """Milliseconds of a batch of 1,000 different items over HTTP; the first, which fills the hub's memory, apart."""
    every = questions(codebooks.load())
    items = [
        {"system": system, "code": code, "target": target}
        for system, code, target in random.Random(2).sample(every, BATCH)
    ]
    body = json.dumps({"items": items, "as_of": DAY.isoformat()}).encode()
    with tempfile.TemporaryDirectory(prefix="casehub-bench-", dir=Path.cwd()) as scratch:
        yesterday = datetime.now(UTC).astimezone(BEIJING).date() - timedelta(days=1)
        journey = Journey.plan(Path(scratch) / "run", pages=1, bytes_per_page=LARGE_PAGE, yesterday=yesterday)
        try:
            journey.start()
            client = journey.adapters[story.POLICE].station.client
            answers: list[Any] = []

            def post() -> None:
                answers.append(client.send_bytes("POST", "/v1/codebooks/batch", body))

            first = timed(post, 1, time.perf_counter)
            later = sorted(timed(post, 1, time.perf_counter) for _ in range(50))
            assert len(answers[-1].json()["answers"]) == BATCH
        finally:
            journey.stop()
    return {
        "items": BATCH,
        "answer_bytes": len(answers[-1].content),
        "first_ms": first * 1000,
        "best_ms": later[0] * 1000,
        "median_ms": later[len(later) // 2] * 1000,
    }


def growth(size: int) -> dict[str, float]:
    """A release of two made-up tables of `size` codes and a crosswalk between them: to build, to ask, and to find."""
    files = made_up(size)
    begun = time.process_time()
    release = codebooks.build(files)
    built = time.process_time() - begun
    rng = random.Random(3)
    chosen = [("a", f"A{rng.randrange(size):07}", "b") for _ in range(min(size, 50_000))]
    first = timed(lambda: ask(release, chosen), 1) / len(chosen)
    again = timed(lambda: ask(release, rng.choices(chosen, k=ASKED)), 3) / ASKED
    named = timed(lambda: release.find("a", f"名{size // 2}案"), 1)
    found = timed(lambda: release.find("a", f"名{size // 3}案"), 3)
    return {
        "codes": size,
        "build_seconds": built,
        "first_us": first * 1e6,
        "again_us": again * 1e6,
        "first_find_ms": named * 1e3,
        "find_ms": found * 1e3,
    }


def made_up(size: int) -> dict[str, bytes]:
    """The files of a release with `size` codes on either side, a tenth of them with a second candidate."""
    head = (
        'id = "{0}"\ntitle_zh = "表"\ntitle_en = "table"\npublisher = "p"\ninstrument = "i"\nversion = "1"\n'
        'source = "s"\ncode_pattern = \'[AB][0-9]{{7}}\'\nunified = "b"\n'
    )
    rest = ",,yes" + "," * (len(CONCEPT) - 4)
    tables = {
        name: "\n".join([",".join(CONCEPT), *(f"{name.upper()}{n:07},名{n}案{rest}" for n in range(size)), ""])
        for name in ("a", "b")
    }
    walk = [f"A{n:07},equivalent,B{n:07},,,,同,我" for n in range(size)]
    walk += [f"A{n:07},related,B{(n + 1) % size:07},,,,近,我" for n in range(0, size, 10)]
    targets = ("unified", *agencies.names())
    return {
        "release.toml": b'id = "bench"\n',
        "targets.csv": ",".join(targets).encode() + b"\n" + ",".join(["b"] * len(targets)).encode() + b"\n",
        **{f"tables/{name}.csv": text.encode() for name, text in tables.items()},
        **{f"tables/{name}.toml": head.format(name).encode() for name in tables},
        "crosswalks/a--b.csv": "\n".join([",".join(ROW), *walk, ""]).encode(),
    }


def show(found: dict[str, Any]) -> None:
    """The figures as tables."""
    load, asked, batch = found["load"], found["translate"], found["batch"]
    rows = [
        ("load a release", f"{load['rows']:,} rows", f"{load['seconds']:.3f} s"),
        ("translate, first time", f"{asked['questions']:,} questions", f"{asked['first_per_second']:,.0f} a second"),
        ("translate, again", f"{ASKED:,} questions", f"{asked['per_second']:,.0f} a second"),
        ("batch over HTTP, median", f"{batch['items']:,} items", f"{batch['median_ms']:.1f} ms"),
        ("batch over HTTP, best", f"{batch['answer_bytes']:,} bytes", f"{batch['best_ms']:.1f} ms"),
        ("batch over HTTP, first", "", f"{batch['first_ms']:.1f} ms"),
    ]
    print(columns.table(["what", "over", "figure"], rows, right=[1, 2]))
    names = ("build_seconds", "first_us", "again_us", "first_find_ms", "find_ms")
    smallest = found["growth"][0]
    grown = [
        (
            f"{row['codes']:,}",
            *(f"{row[name]:.3g} (×{row[name] / smallest[name]:.3g})" for name in names),
        )
        for row in found["growth"]
    ]
    print()
    print(columns.table(["codes", *names], grown, right=range(1 + len(names))))


if __name__ == "__main__":
    sys.exit(main())

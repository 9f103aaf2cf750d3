"""`make demo` and `make serve`: the main job on this machine, told hop by hop, then proved.

Exit code 0 only if every page arrived bit for bit and every mark verified. Nothing stays running.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import bagit

from bench.cases import hops as story_hops
from bench.cases import story
from bench.hubprocess import casehub
from bench.journey import Journey, Travelled
from evidence.bundles.verify import verify_bundle
from evidence.keys import TrustedKeys
from messages import Lang, rendering, terminal, text
from messages.columns import clip, pad
from messages.problems import Problem
from standards.nodes import catalogue
from standards.times import BEIJING

HEADLINE_PAGES = 5000
SMALL_PAGE, LARGE_PAGE = 24_000, 245_000
HELD = "held.lock"
"""The file in the demo's folder that a running demo holds."""
COPIES = 9
"""How many times the dossier lies on the disk: built, sealed at the hub, in five delivered bags, and some room."""


def main() -> int:
    """Run the demo. Returns 0 when everything holds, 1 when not."""
    parser = argparse.ArgumentParser(prog="python -m bench.demo")
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=Path("demo"))
    parser.add_argument("--serve", action="store_true", help="keep hub and agencies up afterwards")
    parser.add_argument("--lang", choices=["zh", "en"])
    options = parser.parse_args()
    terminal.force_utf8(sys.stdout, sys.stderr)
    lang = terminal.choose_language(options.lang, os.environ)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    yesterday = datetime.now(UTC).astimezone(BEIJING).date() - timedelta(days=1)
    per_page = LARGE_PAGE if options.pages >= HEADLINE_PAGES else SMALL_PAGE
    journey = Journey.plan(options.folder.resolve(), pages=options.pages, bytes_per_page=per_page, yesterday=yesterday)
    try:
        with stopped(journey):
            demo = Demo(journey, lang)
            demo.run()
            if options.serve:
                serve(journey, lang)
    except Problem as problem:
        print(rendering.problem_text(problem, lang), file=sys.stderr)
        return 1
    except AssertionError as error:
        print(text("demo.failed", lang, reason=error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0 if options.serve and journey.travelled else 1
    return 0


@contextmanager
def stopped(journey: Journey) -> Iterator[None]:
    """Whatever happens, what the journey started is stopped."""
    try:
        yield
    finally:
        journey.stop()


def _held(file: IO[bytes]) -> bool:
    """Whether the file is ours alone from now on, until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Demo:
    """One telling of the journey."""

    def __init__(self, journey: Journey, lang: Lang) -> None:
        self.journey = journey
        self.lang = lang
        self.started = time.monotonic()

    def say(self, code: str, **params: object) -> None:
        """One line of the catalogue."""
        print(text(code, self.lang, **params), flush=True)

    def run(self) -> None:
        """Everything but keeping up."""
        self.check_disk()
        self.clear()
        self.journey.start()
        assert self.journey.hub is not None
        self.say("demo.enrolled", url=self.journey.hub.url)
        self.build()
        self.walk()
        self.trail()
        self.verify()
        spent = terminal.human_seconds(time.monotonic() - self.started, self.lang)
        self.say("demo.done", time=spent, folder=self.journey.root)

    def clear(self) -> None:
        """Remove what an earlier demo left, and hold the folder until this one ends.

        Raises `Problem("demo.busy")` while another one runs there or is kept up.
        """
        root = self.journey.root
        if (root / HELD).exists():
            with (root / HELD).open("ab") as left:
                if not _held(left):
                    raise Problem("demo.busy", str(root))
        if root.exists():
            shutil.rmtree(root)
        root.mkdir(parents=True)
        self.holding = (root / HELD).open("ab")
        _held(self.holding)

    def check_disk(self) -> None:
        """Say how much disk the demo needs, and refuse when there is less."""
        folder = self.journey.root.parent
        folder.mkdir(parents=True, exist_ok=True)
        need = COPIES * self.journey.pages * self.journey.bytes_per_page + 200_000_000
        free = shutil.disk_usage(folder).free
        shown = {"need": terminal.human_bytes(need), "free": terminal.human_bytes(free)}
        if free < need:
            raise Problem("demo.disk-short", **shown)
        self.say("demo.disk", folder=folder, **shown)

    def build(self) -> None:
        """Build the first and largest case folder ahead, so that the hop's time is the hop's alone."""
        self.say("demo.building", pages=self.journey.pages)
        started = time.monotonic()
        folder = self.journey.prepare(1, story_hops.hops()[0])
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        spent = terminal.human_seconds(time.monotonic() - started, self.lang)
        self.say("demo.built", pages=self.journey.pages, bytes=terminal.human_bytes(size), time=spent)

    def walk(self) -> None:
        """Travel, one line a hop."""
        names = ("number", "node", "way", "pages", "new", "carried", "push", "pull", "rate", "findings")
        widths = (2, 40, 17, 6, 9, 9, 9, 9, 11, 4)
        right = {0, 3, 4, 5, 6, 7, 8, 9}
        self._line([text(f"demo.column.{name}", self.lang) for name in names], widths, right)
        for number, travelled in enumerate(self.journey.walk(), 1):
            self._line(self._cells(number, travelled), widths, right)

    def _cells(self, number: int, travelled: Travelled) -> list[str]:
        node = catalogue().get(travelled.hop.node)
        way = "→".join(
            text(f"demo.{agency.partition(':')[0]}", self.lang)
            for agency in (travelled.hop.sender, travelled.hop.receiver)
        )
        return [
            str(number),
            f"{node.id} {node.name(self.lang)}",
            way,
            str(travelled.pages),
            terminal.human_bytes(travelled.new_bytes),
            terminal.human_bytes(travelled.all_bytes - travelled.new_bytes),
            terminal.human_seconds(travelled.push_seconds, self.lang),
            terminal.human_seconds(travelled.pull_seconds, self.lang),
            terminal.human_rate(travelled.new_bytes, travelled.push_seconds),
            str(len(travelled.findings)),
        ]

    @staticmethod
    def _line(cells: list[str], widths: tuple[int, ...], right: set[int]) -> None:
        shown = [
            pad(clip(cell, columns), columns, "right" if place in right else "left")
            for place, (cell, columns) in enumerate(zip(cells, widths, strict=True))
        ]
        print("  ".join(shown).rstrip(), flush=True)

    def trail(self) -> None:
        """What an operator sees of the case."""
        self.say("demo.trail")
        print(casehub("trail", self.case_number, "--lang", self.lang, home=self.journey.root / "hub"), flush=True)

    @property
    def case_number(self) -> str:
        """The police bureau's number of the case."""
        days = self.journey.days
        return story.numbers(days.day(story.FILED).year)[story.POLICE][1]

    def verify(self) -> None:
        """Prove everything that can be proved, each with a line. Raises `AssertionError` for what does not hold."""
        self.say("demo.verified")
        done = self.journey.travelled
        pages, files = sum(item.pages for item in done), sum(item.files for item in done)
        self._checked("bytes", hops=len(done), files=files, pages=pages)
        for item in done:
            bagit.Bag(str(item.bag)).validate(processes=1)
        self._checked("bags", count=len(done))
        self._proofs()
        self._bundle()
        reconciled = json.loads(casehub("reconcile", "--json", home=self.journey.root / "hub"))
        assert reconciled["even"], reconciled
        self._checked("reconcile")
        findings = [finding for item in done for finding in item.findings]
        self._checked("findings", count=len(findings))
        assert not findings, findings

    def _proofs(self) -> None:
        deadline = time.monotonic() + 30
        waiting = dict(self.journey.adapters)
        while waiting and time.monotonic() < deadline:
            for agency, adapter in list(waiting.items()):
                report = adapter.contact()
                assert report is not None, agency
                assert not report.findings(), [finding.to_json() for finding in report.findings()]
                if not report.pending:
                    del waiting[agency]
            time.sleep(0.2)
        assert not waiting, f"no proof yet for {sorted(waiting)}"
        self._checked("proofs")

    def _bundle(self) -> None:
        home, target = self.journey.root / "hub", self.journey.root / "evidence.zip"
        exported = json.loads(
            casehub("evidence", "export", self.case_number, "--out", str(target), "--json", home=home)
        )
        keys = casehub("keys", "export", home=home)
        (self.journey.root / "keys.json").write_text(keys, "utf-8")
        report = verify_bundle(io.BytesIO(target.read_bytes()), TrustedKeys.from_json(keys))
        self._checked("bundle", marks=exported["marks"], checks=len(report.checks), level=report.level)
        assert (report.level != "none", report.unbound, report.warnings) == (True, (), ()), report.to_json()

    def _checked(self, name: str, **params: object) -> None:
        print("  ✓ " + text(f"demo.check.{name}", self.lang, **params), flush=True)


def serve(journey: Journey, lang: Lang) -> None:
    """Keep hub and homes up until Ctrl-C, and say what to try."""
    assert journey.hub is not None
    ready = another_case(journey)
    for adapter in journey.adapters.values():
        adapter.close()
    journey.adapters.clear()
    relative = os.path.relpath(journey.root)
    params = {"ready": os.path.relpath(ready)}
    case_no = Demo(journey, lang).case_number
    params |= {"url": journey.hub.url, "folder": relative, "bin": os.path.relpath(Path(sys.executable).parent)}
    print(text("demo.serving", lang, case_no=case_no, indictment=journey.sent["N-IND-001"], **params), flush=True)
    while journey.hub.process.poll() is None:
        time.sleep(0.5)


def another_case(journey: Journey) -> Path:
    """The first hop's case once more under the next number: a case that nobody has sent yet."""
    first = journey.case_dir(1, story_hops.hops()[0])
    ready = first.with_name("ready")
    shutil.copytree(first, ready)
    number = story.numbers(journey.days.day(story.FILED).year)[story.POLICE][1]
    export = ready / "case.xml"
    export.write_bytes(export.read_bytes().replace(number.encode(), f"{number[:-1]}3".encode()))
    return ready


if __name__ == "__main__":
    sys.exit(main())

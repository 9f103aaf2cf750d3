"""The main job, walked: a hub process, three adapters, one case through all its hops, and the check of every byte.

The adapters are driven through the Python API, the hub through its own command line, as their users would.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Self

from adapters import Adapter, native
from bench.cases import hops as story_hops
from bench.cases import story
from bench.cases.folder import write_volume
from bench.cases.story import Hop, Json
from bench.hubprocess import HubProcess, casehub, free_port

AGENCIES = {"police": story.POLICE, "procuratorate": story.PROCURATORATE, "court": story.COURT}


@dataclass(frozen=True)
class Travelled:
    """One hop as it happened. Seconds are wall-clock; bytes are plaintext of all volumes that arrived; `findings` are
    the hub's, not what the sender declared."""

    hop: Hop
    transfer_id: str
    pages: int
    files: int
    new_bytes: int
    all_bytes: int
    push_seconds: float
    pull_seconds: float
    findings: tuple[dict[str, Any], ...]
    bag: Path


@dataclass
class Journey:
    """A folder with a hub and three agencies. `start` makes and starts everything, `stop` stops it."""

    root: Path
    pages: int
    bytes_per_page: int
    days: story.Calendar
    hub: HubProcess | None = None
    adapters: dict[str, Adapter] = field(default_factory=dict)
    records: dict[str, tuple[Json, list[Json]]] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    travelled: list[Travelled] = field(default_factory=list)

    @classmethod
    def plan(cls, root: Path, *, pages: int, bytes_per_page: int, yesterday: date) -> Self:
        """A journey in `root`, which must not exist yet."""
        return cls(root, pages, bytes_per_page, story.Calendar(yesterday))

    def start(self) -> None:
        """Make and start the hub, and enrol the three agencies: fingerprints are compared both ways."""
        self.root.mkdir(parents=True, exist_ok=True)
        home, port = self.root / "hub", free_port()
        made = json.loads(casehub("init", "--url", f"http://127.0.0.1:{port}", "--json", home=home))
        self.hub = HubProcess(home, port)
        for name, agency in AGENCIES.items():
            folder = self.root / name
            kind, _, code = agency.partition(":")
            fingerprint = Adapter.init(folder, agency=kind, code=code, name=story.NAMES[agency], hub=self.hub.url)
            request = str(folder / "enrolment.json")
            admitted = json.loads(
                casehub("agency", "admit", request, "--fingerprint", fingerprint, "--json", home=home)
            )
            adapter = Adapter(folder)
            adapter.enrol(admitted["admission"], made["fingerprint"])
            self.adapters[agency] = adapter

    def stop(self) -> None:
        """Close the adapters and stop the hub; safe to call twice."""
        for adapter in self.adapters.values():
            adapter.close()
        self.adapters.clear()
        if self.hub is not None:
            self.hub.stop()

    def walk(self, on_start: Callable[[Hop], None] = lambda _hop: None) -> Iterator[Travelled]:
        """Travel hop by hop; each is pushed, pulled and compared byte by byte before the next."""
        for number, hop in enumerate(story_hops.hops(), 1):
            on_start(hop)
            travelled = self.travel(number, hop)
            self.travelled.append(travelled)
            yield travelled

    def prepare(self, number: int, hop: Hop) -> Path:
        """The CASE_DIR of a hop: the sender's native export, its own documents and its new volumes."""
        folder = self.case_dir(number, hop)
        folder.mkdir(parents=True)
        base, annex = self.records.get(hop.sender) or (story.opening(self.days), [])
        record = story.next_record(hop, base, self.days)
        kind = hop.sender.partition(":")[0]
        (folder / "case.xml").write_bytes(native.write(kind, record, annex, hop.sender))
        self.records[hop.sender] = record, annex
        rng = random.Random(story.rng_seed("casehub", number))
        papers = [story.paper_sheet(paper, self.days.day(hop.day), story.NAMES[hop.sender]) for paper in hop.papers]
        write_volume(folder / "documents", papers, bytes_per_page=self.bytes_per_page, rng=rng)
        for name, sheets in story_hops.volumes(hop.node, self.pages, self.days).items():
            write_volume(folder / "dossier" / name, sheets, bytes_per_page=self.bytes_per_page, rng=rng)
        return folder

    def case_dir(self, number: int, hop: Hop) -> Path:
        """Where the sender keeps what it hands in at a hop."""
        return self.root / hop.sender.partition(":")[0] / "cases" / f"{number:02}-{hop.node}"

    def travel(self, number: int, hop: Hop) -> Travelled:
        """Push and pull one hop. Raises `AssertionError` when a byte or a page did not arrive."""
        folder = self.case_dir(number, hop)
        if not folder.exists():
            self.prepare(number, hop)
        sender, receiver = self.adapters[hop.sender], self.adapters[hop.receiver]
        reuse = [self.sent[node] for node in hop.reuses]
        if hop.answers is None:
            pushed = sender.push(folder, node=hop.node, to=hop.receiver, reuse=reuse)
        else:
            pushed = sender.reply(self.sent[hop.answers], node=hop.node, case_dir=folder, reuse=reuse)
        self.sent[hop.node] = pushed.transfer_id
        started = time.monotonic()
        inbox = self.root / hop.receiver.partition(":")[0] / "inbox"
        haul = receiver.pull(inbox, transfer=pushed.transfer_id)
        pull_seconds = time.monotonic() - started
        if haul.failed or haul.declined or len(haul.delivered) != 1:
            raise AssertionError(f"{hop.node}: {haul.to_json()}")
        delivered = inbox / pushed.transfer_id
        fresh = digests(folder)
        self.digests |= fresh
        files = compare(delivered / "bag", fresh, self.digests, pushed.files)
        self._learn(hop.receiver, delivered)
        return Travelled(
            hop=hop,
            transfer_id=pushed.transfer_id,
            pages=pushed.pages,
            files=files,
            new_bytes=sum(volume["bytes"] for volume in pushed.volumes if not volume["reused_from"]),
            all_bytes=pushed.bytes,
            push_seconds=pushed.seconds,
            pull_seconds=pull_seconds,
            findings=tuple(finding for finding in pushed.findings if not finding.get("by")),
            bag=delivered / "bag",
        )

    def _learn(self, receiver: str, delivered: Path) -> None:
        """The receiver's case system now knows what was delivered, and answers from it."""
        record = json.loads((delivered / "record.json").read_bytes())
        annex = json.loads((delivered / "annex.json").read_bytes())
        self.records[receiver] = record, annex["body"]["entries"]


def digests(case_dir: Path) -> set[str]:
    """SHA-256 of every file of a case folder that must arrive, under whatever name."""
    return {
        _sha256(path)
        for path in sorted(case_dir.rglob("*"))
        if path.is_file() and path.name not in ("catalog.csv", "case.xml")
    }


def compare(bag: Path, fresh: set[str], ever: set[str], files: int) -> int:
    """Hold a delivered bag against what was handed in, bit for bit. Returns how many files it holds.

    Every new file is there, nothing is there that was never handed in, and the number of files is the declared one.
    Raises `AssertionError` naming what differs.
    """
    arrived = [path for path in sorted((bag / "data").rglob("*")) if path.is_file() and path.stem != "catalogue"]
    found = {path: _sha256(path) for path in arrived}
    strange = [str(path) for path, digest in found.items() if digest not in ever]
    if strange or not fresh <= set(found.values()) or len(arrived) != files:
        lacking = len(fresh - set(found.values()))
        raise AssertionError(f"{bag}: {len(arrived)} of {files} files, {lacking} new ones lacking, strange: {strange}")
    return len(arrived)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Walking any node of the catalogue through a real hub: a case where it may stand, a small dossier, and bad packages.

Before a node stands what it presupposes and what it answers; its sender has been told of the case by somebody in it.
Everything is made from the catalogue's own data: no node is known by name.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapters import native
from adapters.sending.push import Pushed, push
from adapters.sending.sources import reader
from adapters.state.journal import Request
from bench.cases.folder import Sheet, write_volume
from evidence.identifiers import uuid7
from hub.callers import Caller
from hub.exchange import loading
from hub.exchange.decisions import receive
from hub.exchange.decisions.known import EarlierTransfer, Facts, KnownVolume
from hub.exchange.decisions.package import Package
from messages.findings import Finding
from messages.problems import Problem, ProblemList
from standards.documents import volumes
from standards.nodes import Node, catalogue
from standards.record.history import HistoryEntry
from tests.flows.node_records import bare, fitting
from tests.flows.node_ways import SECOND, before, between, nearest, only_starts, papers, volume_kind, ways_in
from tests.scene.agencies import OF_TYPE
from tests.scene.drafts import Draft, Json, body_of
from tests.scene.judging import passed
from tests.scene.stage import Stage
from tests.scene.wires import Wire
from tests.scene.world import World

EVIDENCE = "V20-01"


@dataclass
class Case:
    """One case on its way: the transfers by node, and who has a part in it."""

    uid: str = field(default_factory=uuid7)
    walked: dict[str, str] = field(default_factory=dict)
    parties: dict[str, tuple[str, str]] = field(default_factory=dict)
    inside: set[str] = field(default_factory=set)

    def pass_by(self, node: Node, transfer_id: str, parties: tuple[str, str]) -> None:
        """The hub has accepted a transfer at the node."""
        self.walked[node.id] = transfer_id
        self.parties[node.id] = parties
        self.inside |= set(parties)


class Walker:
    """Agencies of all types around one hub."""

    def __init__(self, here: World) -> None:
        self.here = here
        self.stage = Stage(here, Wire(here.wire))
        self.counter = 0
        self.brought: dict[str, Json] = {}
        self.exports: dict[str, bytes] = {}
        self.known: dict[tuple[str, str], Facts] = {}
        sheets = [Sheet("E0501", "讯问笔录")]
        write_volume(here.root / "evidence", sheets, bytes_per_page=300, rng=random.Random(3))
        (self.page,) = (path for path in (here.root / "evidence").glob("*.pdf"))

    def accept(self, case: Case, node: Node) -> Pushed:
        """Pass a node after all that it needs: the adapter sends, the hub accepts."""
        self._prepare(case, node)
        reuse = self._returned(case, node)
        return self._push(case, node, () if reuse is None else (reuse,))

    def _push(self, case: Case, node: Node, reuse: tuple[str, ...] = ()) -> Pushed:
        (sender, receiver), request = self.direction(case, node)
        self.introduce(case, sender)
        folder = self.case_dir(node, fitting(node, case.uid, sender, case.walked), sender, carried=not reuse)
        station = self.here[sender].station
        told = Request(node.id, receiver, {"case_dir": str(folder)}, request, reuse)
        pushed = push(station, told, reader(station, told))  # as the adapter's verb, save the look at the log after it
        case.pass_by(node, pushed.transfer_id, (sender, receiver))
        return pushed

    def _prepare(self, case: Case, node: Node) -> None:
        """What must lie before a node and does not yet, handed in by whom it concerns without their adapters."""
        for ways in before(node):
            if not any(way in case.walked for way in ways):
                needed = catalogue().get(nearest(ways))
                self._prepare(case, needed)
                parties, request = self.direction(case, needed)
                self.introduce(case, parties[0])
                case.pass_by(needed, self.hand_in(needed, case, parties, request), parties)

    def direction(self, case: Case, node: Node) -> tuple[tuple[str, str], str | None]:
        """Sender and receiver, and the transfer that is answered."""
        request = next((way for way in node.replies_to if way in case.walked), None)
        if request is not None and node.kind == "feedback":
            asking, asked = case.parties[request]
            return (asked, asking), case.walked[request]
        return between(node), None

    def introduce(self, case: Case, agency: str) -> None:
        """Let somebody in the case send the agency something, as nobody can send into a case that is not theirs."""
        if not case.inside or agency in case.inside:
            return
        kind = agency.partition(":")[0]
        known = {inside.partition(":")[0]: inside for inside in case.inside}
        ways = [each for each in ways_in(kind) if each.sender in known]
        assert ways, (
            f"no node without preconditions and volumes leads from {', '.join(sorted(known))} to {kind}, so {agency}"
            f" cannot be told of a case of theirs. Add such a node (to = {kind!r}) to standards/criminal/nodes"
        )
        node = min(ways, key=lambda each: (len(each.documents), each.id))
        self.hand_in(node, case, (known[node.sender], agency))

    def case_for(self, case: Case, node: Node) -> Case:
        """The case, or a new one where the node, or one that it still needs, is sent by somebody who only starts cases
        and has no part in this one."""
        kinds = {agency.partition(":")[0] for agency in case.inside}
        outsiders = [kind for kind in self._senders(case, node) if only_starts(kind) and kind not in kinds]
        return Case() if case.inside and outsiders else case

    def _senders(self, case: Case, node: Node) -> set[str]:
        needed = [nearest(ways) for ways in before(node) if not any(way in case.walked for way in ways)]
        return {node.sender}.union(*(self._senders(case, catalogue().get(each)) for each in needed))

    def _returned(self, case: Case, node: Node) -> str | None:
        """Where the dossier can only go back: the transfer that brought it, received by the node's sender."""
        if all(any(volumes.may_send(kind, node.sender, node.receiver) for kind in kinds) for kinds in node.volumes):
            return None
        ways = {
            each.id: f"{kind}-01"
            for each in catalogue()
            if (each.sender, each.receiver) == (node.receiver, node.sender)
            for kind in {volume_kind(each, kinds) for kinds in each.volumes} & set(node.volumes[0])
        }
        source = catalogue().get(nearest(tuple(ways)))
        self._prepare(case, source)
        pushed = self._push(case, source)
        self.pull(case, source)
        return f"{pushed.transfer_id}:{ways[source.id]}"

    def pull(self, case: Case, node: Node) -> Path:
        """Let the receiver pull the transfer at a node."""
        transfer = case.walked[node.id]
        inbox = self.here.root / "inbox"
        haul = self.here[case.parties[node.id][1]].pull(inbox, transfer=transfer)
        assert [item.transfer_id for item in haul.delivered] == [transfer], haul.to_json()
        return inbox / transfer

    def export(self, agency: str) -> bytes:
        """The agency's export of a case of which no state is told."""
        if agency not in self.exports:
            self.exports[agency] = native.write(agency.partition(":")[0], bare(uuid7(), agency), (), agency)
        return self.exports[agency]

    def case_dir(
        self, node: Node, record: Json | None, agency: str, *, carried: bool = True, leave_out: str = ""
    ) -> Path:
        """A CASE_DIR with everything that the node asks for, save documents or volumes named `leave_out`."""
        self.counter += 1
        folder = self.here.root / "out" / f"{self.counter:05}"
        (folder / "documents").mkdir(parents=True)
        kind = agency.partition(":")[0]
        (folder / "case.xml").write_bytes(native.write(kind, record, (), agency) if record else self.export(agency))
        for place, code in enumerate(papers(node)):
            if code != leave_out:
                (folder / "documents" / f"{code}_{place}.pdf").hardlink_to(self.page)
        for kinds in node.volumes if carried else ():
            number = f"{volume_kind(node, kinds)}-01"
            if number != leave_out and not (folder / "dossier" / number).exists():
                shutil.copytree(self.here.root / "evidence", folder / "dossier" / number)
        return folder

    def package(self, node: Node, case_uid: str, parties: tuple[str, str], **told: str | None) -> Json:
        """A signed package that no adapter has checked, its record telling of no state. `leave_out` names a paper or a
        volume that it lacks, `request` the transfer that it says to answer."""
        sender, receiver = parties
        own = {code: 1 for code in papers(node) if code != told.get("leave_out")} or {"E0501": 1}
        declared = {"V00-01": own} | {f"{volume_kind(node, kinds)}-01": {"E0501": 1} for kinds in node.volumes}
        draft = self.stage.package(
            bare(case_uid, sender), node.id, {}, sender=sender, receiver=receiver, in_reply_to=told.get("request")
        )
        for number, documents in declared.items():
            if number != told.get("leave_out"):
                self._add(draft, number, documents, back=not volumes.may_send(number[:3], node.sender, node.receiver))
        return draft.wire()

    def _add(self, draft: Draft, number: str, documents: Mapping[str, int], *, back: bool) -> None:
        """Declare a volume, its bytes those that the agency brought once; `back`: as one that goes by reference."""
        sender, receiver = draft.envelope["sender"], draft.envelope["receiver"]
        if sender not in self.brought:
            self.brought[sender] = self.stage.volume(sender, EVIDENCE, {"E0501": 1})
        body = {
            **self.brought[sender],
            "volume_id": uuid7(),
            "kind": number[:3],
            "number": number,
            "documents": [{"doc_type": code, "files": 1, "pages": pages} for code, pages in documents.items()],
            **dict.fromkeys(("items", "files", "pages"), len(documents)),
        }
        draft.descriptors.append(body)
        entry = self.stage.volume_entry(body["volume_id"], (receiver, sender), reused_from=uuid7() if back else None)
        draft.envelope["volumes"].append(entry)

    def hand_in(self, node: Node, case: Case, parties: tuple[str, str], request: str | None = None) -> str:
        """Submit such a package to the hub; returns the transfer."""
        wire = self.package(node, case.uid, parties, request=request)
        answer = self.stage.submit(wire, agency=parties[0])
        assert answer.status_code == 201, answer.text
        case.inside |= set(parties)
        return str(body_of(wire["envelope"])["transfer_id"])

    def judged(
        self, node: Node, parties: tuple[str, str], passed: Sequence[str] = (), leave_out: str = ""
    ) -> tuple[list[str], list[Finding]]:
        """The codes for which the hub refuses such a package, and what it finds, where only the nodes `passed` lie
        before it, between these very agencies. Steps 1 to 9 of receiving; nothing is written."""
        hub, case_uid = self.here.hub, uuid7()
        before_it = [self._passed(name, parties) for name in passed]
        request = next((each.transfer_id for each in before_it if each.node in node.replies_to), None)
        package = Package.read(self.package(node, case_uid, parties, leave_out=leave_out, request=request))
        who = Caller(parties[0], self.stage.key(parties[0]).key_id, "intake", "intake")
        loaded = self.loaded(who, package)
        going_back = {entry["volume_id"]: entry["reused_from"] for entry in package.claims["volumes"]}
        known = {
            volume_id: KnownVolume(descriptor.digest, frozenset(parties), frozenset({brought_by}))
            for descriptor in package.descriptors
            for volume_id in [descriptor.unverified_body["volume_id"]]
            if (brought_by := going_back[volume_id])
        }
        earlier = {
            name: EarlierTransfer(name, case_uid, *parties, node.id, "offered")
            for name in [*(each.transfer_id for each in before_it), *filter(None, going_back.values())]
        }
        told = replace(loaded, history=before_it, earlier=earlier, known_volumes=known)
        try:
            accepted = receive.accept(who, package, hub.nodes, told)
        except ProblemList as several:
            return sorted(problem.code for problem in several.problems), []
        except Problem as problem:
            return [problem.code], []
        return [], list(accepted.findings)

    def loaded(self, who: Caller, package: Package) -> Facts:
        """What the hub knows before such a package in a case that it does not know: the same for the same agencies."""
        receiver = str(package.claims["receiver"])
        if (who.agency, receiver) not in self.known:
            with self.here.hub.database.transaction(write=False) as connection:
                self.known[who.agency, receiver] = loading.load(connection, self.here.hub, who, package)
        return self.known[who.agency, receiver]

    def _passed(self, name: str, parties: tuple[str, str]) -> HistoryEntry:
        sender = catalogue().get(name).sender
        ordered = parties if parties[0].startswith(f"{sender}:") else parties[::-1]
        return passed(name, uuid7(), parties=ordered, received_at="2026-03-30T01:00:00.000Z", status="offered")


@contextmanager
def walker(root: Path) -> Iterator[Walker]:
    """All types of agencies around a hub, and a second one of each type that sends to its own."""
    inner = sorted({node.sender for node in catalogue() if node.sender == node.receiver})
    agencies = [*OF_TYPE.values(), *(SECOND[kind] for kind in inner)]
    with World(root, *agencies) as here:
        yield Walker(here)

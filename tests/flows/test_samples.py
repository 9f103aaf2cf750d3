"""Every sample export travels through the real hub to every agency that it may go to, and arrives whole."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters import native
from bench.cases.folder import Sheet, write_volume
from codebooks.identifiers import normalize_reference
from hub.store import cases, persons
from tests.adapters.native.samples import SAMPLES
from tests.scene.agencies import AGENCIES, COURT, POLICE, PROCURATORATE
from tests.scene.world import World

Json = dict[str, Any]
HOME = {"police": POLICE, "procuratorate": PROCURATORATE, "court": COURT}
OWN_CRIMES = {"police": "police.case-class", "procuratorate": "procuratorate.crime", "court": "court.cause"}
OUTCOMES = {"equivalent", "broader", "narrower", "ambiguous", "retired", "no-equivalent", "unmapped"}
TRIPLES = {
    "one": ("one-suspect", "one-suspect", "one-defendant"),
    "several": ("several-suspects", "several-suspects", "several-defendants"),
    "self-reported and a minor": ("self-reported-and-minor",) * 3,
}


@dataclass(frozen=True)
class Hop:
    """One transfer of a sample: the node, its papers, and the node of the received transfer that it answers."""

    sender: str
    receiver: str
    node: str
    papers: tuple[tuple[str, str], ...]
    answers: str | None = None
    volume: bool = False


HOPS = (
    Hop(POLICE, PROCURATORATE, "N-PRO-001", (("F0401", "起诉意见书"),), volume=True),
    Hop(PROCURATORATE, POLICE, "N-PRO-002", (("F0801", "接收案件通知书"),), "N-PRO-001"),
    Hop(PROCURATORATE, POLICE, "N-SPI-001", (("F0402", "补充侦查决定书"), ("F0403", "补充侦查提纲")), "N-PRO-001"),
    Hop(PROCURATORATE, COURT, "N-IND-001", (("F0501", "起诉书"),), volume=True),
    Hop(COURT, PROCURATORATE, "N-TRI-032", (("F0601", "刑事判决书"),), "N-IND-001"),
    Hop(COURT, POLICE, "N-TRI-034", (("F0601", "刑事判决书"),)),
)
"""Every pair of agencies that may exchange a case, in one lawful order."""


def case_dir(folder: Path, export: bytes, hop: Hop) -> Path:
    """A CASE_DIR: the sample export as it is, the node's papers, and one volume of evidence where one must go along."""
    folder.mkdir(parents=True)
    (folder / "case.xml").write_bytes(export)
    rng = random.Random(hop.node)
    papers = [Sheet(code, title) for code, title in hop.papers]
    write_volume(folder / "documents", papers, bytes_per_page=500, rng=rng)
    if hop.volume:
        sheets = [Sheet("E0501", "讯问笔录", pages=2)]
        number = "V20-01" if hop.sender == POLICE else "V20-02"
        write_volume(folder / "dossier" / number, sheets, bytes_per_page=500, rng=rng)
    return folder


@dataclass(frozen=True)
class Arrived:
    """What stands in the receiver's inbox folder after one hop."""

    hop: Hop
    record: Json
    annex: list[Json]
    case: native.NativeCase
    document: bytes
    findings: list[Json]


class Walk:
    """One triple of samples, carried through all hops."""

    def __init__(self, here: World, names: tuple[str, str, str], folder: Path) -> None:
        self.here = here
        self.folder = folder
        self.exports = {HOME[t]: SAMPLES[f"{t}/{name}"] for t, name in zip(HOME, names, strict=True)}
        self.received: dict[tuple[str, str], str] = {}

    def hop(self, hop: Hop) -> Arrived:
        """Send the sender's sample, pull it, and read what the receiver's adapter wrote."""
        folder = case_dir(self.folder / f"out-{hop.node}", self.exports[hop.sender], hop)
        sender, receiver = self.here[hop.sender], self.here[hop.receiver]
        if hop.answers is None:
            pushed = sender.push(folder, node=hop.node, to=hop.receiver)
        else:
            pushed = sender.reply(self.received[hop.sender, hop.answers], node=hop.node, case_dir=folder)
        (delivered,) = receiver.pull(self.folder / f"in-{hop.receiver.partition(':')[0]}").delivered
        assert delivered.transfer_id == pushed.transfer_id
        self.received[hop.receiver, hop.node] = pushed.transfer_id
        inbox = Path(delivered.folder)
        document = (inbox / "case.xml").read_bytes()
        return Arrived(
            hop=hop,
            record=_json(inbox / "record.json"),
            annex=_json(inbox / "annex.json")["body"]["entries"],
            case=native.read(hop.receiver.partition(":")[0], document),
            document=document,
            findings=_json(inbox / "findings.json")["findings"],
        )


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@contextmanager
def walked(tmp_path: Path, names: tuple[str, str, str]) -> Iterator[tuple[World, list[Arrived]]]:
    with World(tmp_path / "world", *AGENCIES) as here:
        walk = Walk(here, names, tmp_path)
        yield here, [walk.hop(hop) for hop in HOPS]


def codings(value: Any, place: str = "") -> Iterator[tuple[str, Json]]:
    """Every coded value of a record by its JSON pointer."""
    if isinstance(value, Mapping):
        if isinstance(value.get("codings"), list):
            yield place, value["codings"][0]
        for key, member in value.items():
            if key != "codings":
                yield from codings(member, f"{place}/{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from codings(member, f"{place}/{index}")


@pytest.mark.parametrize("names", TRIPLES.values(), ids=TRIPLES)
def test_samples_travel_to_every_agency(names: tuple[str, str, str], tmp_path: Path) -> None:
    with walked(tmp_path, names) as (here, arrivals):
        for arrived in arrivals:
            every_coded_value_has_an_outcome(arrived)
            nothing_is_lost_on_the_way(arrived)
            lost = {"adapter.native-unwritten", "native.not-carried"}
            assert not [found for found in arrived.findings if found["code"] in lost], arrived.hop
        one_case_under_three_numbers(here, arrivals)
        one_person_under_each_systems_number(here, arrivals)


def every_coded_value_has_an_outcome(arrived: Arrived) -> None:
    wanted = dict(codings({key: value for key, value in arrived.record.items() if key != "extensions"}))
    answered = {entry["place"]: entry for entry in arrived.annex}
    assert answered.keys() == wanted.keys(), arrived.hop
    for place, entry in answered.items():
        assert entry["original"]["code"] == wanted[place]["code"], place
        assert entry["unified"]["outcome"] in OUTCOMES, place
        assert entry["receiver"]["outcome"] in OUTCOMES, place


def nothing_is_lost_on_the_way(arrived: Arrived) -> None:
    """The receiver's own document, valid under its schema as it was just read, says as much as the signed record."""
    sent, got = arrived.record, arrived.case.record
    for member in ("persons", "charges", "measures", "property", "documents"):
        assert len(got.get(member, [])) == len(sent.get(member, [])), (arrived.hop, member)
    for before, after in zip(sent["persons"], got["persons"], strict=True):
        assert after["person_uid"] == before["person_uid"]
        for member in ("name", "kind", "name_self_reported", "juvenile", "birth_date", "guardian", "age_at_offence"):
            assert after.get(member) == before.get(member), (arrived.hop, before["name"], member)
    own = OWN_CRIMES[arrived.hop.receiver.partition(":")[0]]
    assert {charge["crime"]["codings"][0]["system"] for charge in got["charges"]} == {own}


def one_case_under_three_numbers(here: World, arrivals: list[Arrived]) -> None:
    (uid,) = {arrived.record["case"]["case_uid"] for arrived in arrivals}
    with here.hub.database.transaction(write=False) as connection:
        refs = cases.refs(connection, here.hub.vault, uid)
        own = {(ref["agency"], ref["kind"]): ref["value"] for ref in refs}
        assert {(POLICE, "AJBH"), (PROCURATORATE, "TYSAH"), (COURT, "AH")} <= own.keys()
        for ref in refs:
            assert cases.find(connection, here.hub.vault, ref["value"]) == [uid], ref
    for agency, kind in ((POLICE, "AJBH"), (PROCURATORATE, "TYSAH"), (COURT, "AH")):
        numbers = here[agency].station.numbers
        assert numbers.case_of(kind, own[agency, kind]) == uid


def one_person_under_each_systems_number(here: World, arrivals: list[Arrived]) -> None:
    """Each person has one identifier in all transfers, and every agency's number for the person leads to it."""
    known = {arrived.record["case"]["case_uid"] for arrived in arrivals}
    numbered: dict[tuple[str, str], set[str]] = {}
    for arrived in arrivals:
        for person in arrived.record["persons"]:
            for ref in person.get("refs", []):
                key = ref["agency"], normalize_reference(ref["value"])
                numbered.setdefault(key, set()).add(person["person_uid"])
    with here.hub.database.transaction(write=False) as connection:
        for (agency, value), uids in numbered.items():
            found = persons.find(connection, here.hub.vault, value)
            assert {item.case_uid for item in found} == known
            assert {item.person_uid for item in found} == uids, (agency, value)
            assert len(uids) == 1, (agency, value)
        accused = arrivals[-1].record["persons"][0]["person_uid"]
        tied = persons.refs(connection, here.hub.vault, persons.PersonInCase(accused, *known))
    assert {POLICE, PROCURATORATE} <= {ref["agency"] for ref in tied}

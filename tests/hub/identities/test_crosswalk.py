"""Registering and deciding straight at the desks: two hubs over one database at once, and what no node brings about."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.identities import decisions, desk, registering, views
from hub.identities.decisions import Wanted
from hub.identities.registering import Arrival
from hub.runtime import Hub, open_hub
from hub.store import cases, identities
from hub.store.identities import CASE
from hub.store.tables import identity_members, marks
from messages.problems import Problem
from standards.record import Record
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.hubs import prepared
from tests.scene.records import coded
from tests.scene.stored import new_id

CARD = "350102199001020118"
ONE, OTHER = views.operator("甲"), views.operator("乙")


@pytest.fixture
def hubs(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Hub]]:
    """Two hubs over one database, of both kinds in turn."""
    monkeypatch.setenv("CASEHUB_DATABASE_URL", database_url)
    prepared(tmp_path / "one", now=NOW)
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    opened = [open_hub(tmp_path / name) for name in ("one", "other")]
    yield opened
    for hub in opened:
        hub.stop()


def arrive(
    hub: Hub, *, card: str | None = CARD, refs: Any = (), links: Any = (), sender: str = POLICE, name: str = "陈某甲"
) -> str:
    """A case with one person arrives; returns the case."""
    case_uid, person_uid = new_id(), new_id()
    annex = [
        {
            "place": "/persons/0/certificates/0/type",
            "unified": {"outcome": "equivalent", "matches": [{"code": "ZJ01"}]},
        }
    ]
    person = {"person_uid": person_uid, "kind": "natural", "name": name, "refs": []}
    certificates = [{"type": coded("unified.certificate-type", "ZJ01"), "number": card}] if card else []
    record: dict[str, Any] = {
        "case": {"case_uid": case_uid, "refs": list(refs), "links": [{**link, "to": case_uid} for link in links]},
        "persons": [{**person, "certificates": certificates}],
    }
    with hub.database.transaction() as connection:
        cases.open_case(connection, hub.vault, case_uid, opened_by=sender, name=None, now=NOW)
        cases.add_refs(connection, hub.vault, case_uid, [ref for ref in refs if ref["agency"] == sender], NOW)
        for link in record["case"]["links"]:
            cases.add_link(connection, link["from"], link["to"], link["type"], NOW)
        arrival = Arrival(Record.read(record), annex if card else [], case_uid, sender, "sha256:" + "0" * 64, NOW)
        registering.settle(connection, hub, arrival)
    return case_uid


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Do it all at once; what fails is its problem's code."""
    done: list[Any] = [None] * len(work)

    def do(place: int) -> None:
        try:
            done[place] = work[place]()
        except Problem as problem:
            done[place] = problem.code

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_two_hubs_that_hear_of_one_person_at_once_tie_every_case(hubs: list[Hub]) -> None:
    count = 8
    found = at_once(*(lambda place=place: arrive(hubs[place % 2]) for place in range(count)))
    assert len(set(found)) == count
    body = desk.resolve(hubs[0], ONE, CARD)
    (shown,) = body["identities"]
    assert {member["case_uid"] for member in shown["members"]} == set(found)
    assert len(shown["ties"]) == len(list(combinations(range(count), 2)))
    with hubs[1].database.transaction(write=False) as connection:
        told = connection.execute(select(marks.c.action)).scalars().all()
    assert told.count("person-linked") == count - 1


def test_one_of_many_who_confirm_or_reject_at_once_succeeds(hubs: list[Hub]) -> None:
    uids = [arrive(hubs[0], card=None), arrive(hubs[1], card=None)]
    proposal = decisions.propose(hubs[0], ONE, Wanted("merge", tuple(uids)))["proposal"]
    others = [views.operator(name) for name in ("乙", "丙", "丁", "戊")]
    work = [
        lambda hub=hub, who=who, how=how: how(hub, who, proposal)["status"]
        for hub, who, how in zip(hubs * 2, others, [decisions.confirm, decisions.reject] * 2, strict=True)
    ]
    done = at_once(*work)
    assert done.count("identity.settled") == 3
    (status,) = set(done) - {"identity.settled"}
    (shown, *more) = desk.resolve(hubs[0], ONE, uids[0], kind="case")["identities"]
    assert more == []
    assert len(shown["members"]) == (2 if status == "confirmed" else 1)


def test_merging_and_hearing_of_a_person_at_once_comes_to_an_end(hubs: list[Hub]) -> None:
    uids = [arrive(hubs[0], card=None) for _ in range(3)]
    made = [
        decisions.propose(hubs[0], ONE, Wanted("merge", pair))["proposal"]
        for pair in ((uids[0], uids[1]), (uids[1], uids[2]), (uids[0], uids[2]))
    ]
    confirming = [
        lambda hub=hub, item=item: decisions.confirm(hub, OTHER, item)["status"]
        for hub, item in zip([*hubs, hubs[0]], made, strict=True)
    ]
    arriving = [lambda hub=hub: arrive(hub) for hub in hubs * 2]
    done = at_once(*confirming, *arriving)
    assert done[:3] == ["confirmed"] * 3
    (shown,) = desk.resolve(hubs[1], ONE, uids[2], kind="case")["identities"]
    assert {member["case_uid"] for member in shown["members"]} == set(uids)


QUOTED = {"agency": POLICE, "kind": "AJBH", "value": "A3501020000002026030012"}
TYSAH = {"agency": PROCURATORATE, "kind": "TYSAH", "value": "35010220260001200"}


def test_a_quoted_number_of_another_case_asks_whether_two_are_one(hubs: list[Hub]) -> None:
    first = arrive(hubs[0], card=None, refs=[QUOTED])
    second = arrive(hubs[0], card=None, refs=[TYSAH, QUOTED], sender=PROCURATORATE)
    (found,) = desk.candidates(hubs[1], ONE)["candidates"]
    assert (found["kind"], found["cases"], found["status"]) == ("case", sorted([first, second]), "candidate")
    decisions.take_up(hubs[0], ONE, found["proposal"], "重复立案")
    done = decisions.confirm(hubs[1], OTHER, found["proposal"])
    assert len(done["tied"]) == 1
    for asked in ("a3501020000002026030012", "35010220260001200", " A3501020000002026030012"):
        (shown,) = desk.resolve(hubs[0], ONE, asked)["identities"]
        assert {member["case_uid"] for member in shown["members"]} == {first, second}


def test_a_split_that_the_record_tells_is_shown_and_asks_nothing(hubs: list[Hub]) -> None:
    first = arrive(hubs[0], card=None, refs=[QUOTED])
    link = {"from": first, "type": "split"}
    second = arrive(hubs[0], card=None, refs=[TYSAH, QUOTED], links=[link], sender=PROCURATORATE)
    assert desk.candidates(hubs[0], ONE)["candidates"] == []
    (shown,) = desk.resolve(hubs[0], ONE, TYSAH["value"])["identities"]
    assert shown["members"][0]["links"] == [{"from": first, "to": second, "type": "split"}]


def test_one_case_is_found_by_the_numbers_of_all_three_systems_in_any_spelling(hubs: list[Hub]) -> None:
    hub = hubs[0]
    case_uid = arrive(hub, card=None, refs=[QUOTED])
    with hub.database.transaction() as connection:
        more = [TYSAH, {"agency": COURT, "kind": "AH", "value": "（2026）闽0102刑初123号"}]
        cases.add_refs(connection, hub.vault, case_uid, more, NOW)
    for asked in (QUOTED["value"], TYSAH["value"], "〔2026〕闽0102刑初123号", "[２０２６] 闽0102刑初 123号", case_uid):
        (shown,) = desk.resolve(hub, ONE, asked, kind="case")["identities"]
        assert shown["identity"] == case_uid
        assert {number["agency"] for number in shown["members"][0]["numbers"]} == {POLICE, PROCURATORATE, COURT}


def test_a_number_of_a_case_is_given_and_taken_by_two(hubs: list[Hub]) -> None:
    hub, case_uid = hubs[0], arrive(hubs[0], card=None, refs=[QUOTED])
    wrong = {**QUOTED, "value": "A3501020000002026030013"}
    for action, number, found in (("link", wrong, 1), ("unlink", wrong, 0), ("link", wrong, 1)):
        made = decisions.propose(hub, ONE, Wanted(action, (case_uid,), number=number))
        decisions.confirm(hub, OTHER, made["proposal"])
        assert len(desk.resolve(hub, ONE, number["value"])["identities"]) == found
    again = decisions.propose(hub, ONE, Wanted("link", (case_uid,), number=wrong))
    with pytest.raises(Problem, match=r"identity\.number-known"):
        decisions.confirm(hub, OTHER, again["proposal"])
    absent = decisions.propose(hub, ONE, Wanted("unlink", (case_uid,), number=TYSAH))
    with pytest.raises(Problem, match=r"identity\.number-unknown"):
        decisions.confirm(hub, OTHER, absent["proposal"])
    assert desk.candidates(hub, ONE)["candidates"][0]["status"] == "proposed"


def test_a_history_tells_who_registered_and_nobody_acts_without_a_name(hubs: list[Hub]) -> None:
    hub, case_uid = hubs[0], arrive(hubs[0])
    (shown,) = desk.resolve(hub, ONE, CARD)["identities"]
    member = shown["members"][0]["member"]
    assert shown["members"][0]["case_uid"] == case_uid
    told = desk.history(hub, ONE, member)["events"]
    assert [(event["event"], event["by"]) for event in told] == [("registered", POLICE)]
    with pytest.raises(Problem, match=r"identity\.unknown"):
        desk.history(hub, ONE, new_id())
    with pytest.raises(Problem, match=r"identity\.no-name"):
        views.operator(" ")


def test_cases_from_before_the_crosswalk_are_registered_with_their_next_transfer(hubs: list[Hub]) -> None:
    hub, case_uid = hubs[0], new_id()
    with hub.database.transaction() as connection:
        cases.open_case(connection, hub.vault, case_uid, opened_by=POLICE, name=None, now=NOW)
        assert connection.execute(select(identity_members)).all() == []
        record = Record.read({"case": {"case_uid": case_uid}, "persons": []})
        arrival = Arrival(record, [], case_uid, POLICE, "sha256:" + "0" * 64, NOW)
        registering.settle(connection, hub, arrival)
        assert [item.kind for item in identities.of_case(connection, case_uid)] == [CASE]

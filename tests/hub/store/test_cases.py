"""Cases, persons and grants: one case under every agency's number, and nothing of it in the clear."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from hub.store import cases, grants, persons
from hub.store.database import Database
from hub.store.persons import PersonInCase
from hub.store.tables import case_refs, person_refs
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW, after
from tests.scene.stored import VAULT, Sample, new_id

COURT_NUMBER = "（2026）闽0102刑初23号"
REFS = [
    {"agency": POLICE, "kind": "AJBH", "value": "A3501020000002026030001"},
    {"agency": COURT, "kind": "AH", "value": COURT_NUMBER},
]


def opened(database: Database, refs: list[dict[str, str]] = REFS) -> str:
    case_uid = new_id()
    with database.transaction() as connection:
        cases.open_case(connection, VAULT, case_uid, opened_by=POLICE, name="张某示例盗窃案", now=NOW)
        cases.add_party(connection, case_uid, POLICE, NOW)
        cases.add_refs(connection, VAULT, case_uid, refs, NOW)
    return case_uid


def test_a_case_is_opened_once_and_then_touched(database: Database) -> None:
    case_uid = opened(database)
    with database.transaction() as connection:
        assert not cases.open_case(connection, VAULT, case_uid, opened_by=COURT, name=None, now=after(minutes=1))
        case = cases.get(connection, VAULT, case_uid)
    assert case is not None
    assert (case.opened_by, case.name) == (POLICE, "张某示例盗窃案")
    assert case.updated_at > case.opened_at


def test_an_unknown_case_is_unknown(database: Database) -> None:
    with database.transaction(write=False) as connection:
        assert cases.get(connection, VAULT, new_id()) is None
        assert cases.parties(connection, new_id()) == frozenset()


@pytest.mark.parametrize(
    "wanted",
    [
        "A3501020000002026030001",
        "a3501020000002026030001 ",
        COURT_NUMBER,
        "(2026)闽0102刑初23号",
        "〔２０２６〕闽0102刑初23号",
        "( 2026 ) 闽 0102 刑初 23 号",
    ],
)
def test_any_agencys_number_finds_the_case_in_any_spelling(database: Database, wanted: str) -> None:
    case_uid = opened(database)
    with database.transaction(write=False) as connection:
        assert cases.find(connection, VAULT, wanted) == [case_uid]


def test_case_and_transfer_ids_find_the_case(database: Database) -> None:
    with database.transaction() as connection:
        sample = Sample().put(connection)
        for wanted in (sample.case_uid, sample.transfer_id, f" {sample.case_uid.upper()}"):
            assert cases.find(connection, VAULT, wanted) == [sample.case_uid]
        assert cases.find(connection, VAULT, new_id()) == []
        assert cases.find(connection, VAULT, "") == []


def test_one_number_may_name_several_cases_once_a_case_was_split(database: Database) -> None:
    first, second = opened(database), opened(database, REFS[:1])
    with database.transaction() as connection:
        cases.add_link(connection, first, second, "split", NOW)
        assert cases.find(connection, VAULT, REFS[0]["value"]) == sorted([first, second])
        assert cases.cases_of_ref(connection, VAULT, POLICE, REFS[0]["value"]) == sorted([first, second])
        assert cases.cases_of_ref(connection, VAULT, COURT, REFS[0]["value"]) == []
        assert cases.links(connection, second) == [{"from": first, "to": second, "type": "split"}]


def test_refs_are_read_back_as_they_were_written_and_kept_once(database: Database) -> None:
    case_uid = opened(database)
    with database.transaction() as connection:
        cases.add_refs(connection, VAULT, case_uid, REFS, after(minutes=1))
        found = cases.refs(connection, VAULT, case_uid)
        rows = connection.execute(select(case_refs.c.value, case_refs.c.blind)).all()
    assert sorted(found, key=str) == sorted(REFS, key=str)
    assert all(b"2026" not in value and "2026" not in blind for value, blind in rows)


def test_cases_are_listed_per_party_page_by_page(database: Database) -> None:
    uids = sorted(opened(database) for _ in range(3))
    with database.transaction(write=False) as connection:
        assert cases.of_agency(connection, POLICE, limit=2) == uids[:2]
        assert cases.of_agency(connection, POLICE, after=uids[1]) == uids[2:]
        assert cases.of_agency(connection, COURT) == []


def test_two_that_hold_the_same_number_open_one_case(database: Database) -> None:
    outcomes: list[str] = []

    def submit() -> None:
        case_uid = new_id()
        with database.transaction() as connection:
            cases.hold(connection, VAULT, case_uid, REFS)
            known = cases.cases_of_ref(connection, VAULT, POLICE, REFS[0]["value"])
            if not known:
                cases.open_case(connection, VAULT, case_uid, opened_by=POLICE, name=None, now=NOW)
                cases.add_refs(connection, VAULT, case_uid, REFS, NOW)
            outcomes.append("known" if known else "opened")

    workers = [threading.Thread(target=submit) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["known"] * 4 + ["opened"]


def test_a_person_is_found_under_every_number(database: Database) -> None:
    case_uid = opened(database)
    person = PersonInCase(new_id(), case_uid)
    numbers = [
        {"agency": POLICE, "kind": "RYBH", "value": "R3501020000002026030001"},
        {"agency": "", "kind": "certificate-111", "value": "35010219900101999X"},
    ]
    with database.transaction() as connection:
        persons.add_refs(connection, VAULT, person, numbers, NOW)
        persons.add_refs(connection, VAULT, person, numbers, after(minutes=1))
        assert persons.find(connection, VAULT, "35010219900101999x") == [person]
        assert persons.find(connection, VAULT, "R3501020000002026030001") == [person]
        assert persons.find(connection, VAULT, "350102199001019999") == []
        assert sorted(persons.refs(connection, VAULT, person), key=str) == sorted(numbers, key=str)
        values = connection.execute(select(person_refs.c.value)).scalars().all()
    assert all(b"3501" not in value for value in values)


def test_grants_come_and_go(database: Database) -> None:
    case_uid = opened(database)
    with database.transaction() as connection:
        assert grants.grant(connection, case_uid, POLICE, "h1", by="intake", now=NOW)
        assert not grants.grant(connection, case_uid, POLICE, "h1", by="intake", now=after(minutes=1))
        assert grants.grant(connection, case_uid, POLICE, "h2", by="h1", now=NOW)
        assert grants.granted(connection, case_uid, POLICE) == {"h1", "h2"}
        assert grants.granted(connection, case_uid, PROCURATORATE) == frozenset()
        assert grants.revoke(connection, case_uid, POLICE, "h1", after(minutes=2))
        assert not grants.revoke(connection, case_uid, POLICE, "h1", after(minutes=3))
        assert grants.granted(connection, case_uid, POLICE) == {"h2"}
        assert grants.grant(connection, case_uid, POLICE, "h1", by="h2", now=after(minutes=4))
        assert grants.granted(connection, case_uid, POLICE) == {"h1", "h2"}

"""What the sweep keeps: only changes are written, numbers never repeat, and who may see is asked in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from evidence.identifiers import timestamp
from hub.store import grants, supervision
from hub.store.database import Database
from hub.store.tables import agencies
from messages.findings import Finding
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.stored import VAULT, Sample, digest

FIRST = Finding(
    "rule.IR-03-open", "V", "/persons/0", "刑诉法第91条", {"deadline": "DL-06", "start": "2024-03-04", "days": 1}
)
SECOND = replace(FIRST, place="/persons/1")
LATER = NOW + timedelta(days=1)


def kept(database: Database, case_uid: str, *found: Finding) -> tuple[int, int]:
    with database.transaction() as connection:
        changed = supervision.keep(connection, VAULT, case_uid, found, LATER)
    return changed.opened, changed.cleared


def put(database: Database) -> str:
    with database.transaction() as connection:
        return Sample().put(connection).case_uid


def test_only_what_opens_and_clears_is_written(database: Database) -> None:
    case = put(database)
    assert kept(database, case, FIRST, SECOND) == (2, 0)
    older = replace(FIRST, params={**FIRST.params, "days": 9})
    assert kept(database, case, older, SECOND) == (0, 0)
    assert kept(database, case, SECOND) == (0, 1)
    assert kept(database, case, FIRST, SECOND) == (1, 0)
    with database.transaction(write=False) as connection:
        found = supervision.of_case(connection, VAULT, case)
    assert [(each.change, each.finding) for each in found] == [(2, SECOND), (4, FIRST)]
    assert all(each.cleared_at is None for each in found)


def test_changes_are_listed_for_parties_and_granted_handlers(database: Database) -> None:
    case, other = put(database), put(database)
    kept(database, case, FIRST)
    kept(database, other, FIRST)
    kept(database, case)
    with database.transaction() as connection:
        grants.grant(connection, other, PROCURATORATE, "h-1", by="intake", now=NOW)

        def listed(agency: str, handler: str | None = None, since: int = 0, limit: int = 10) -> list[tuple[int, str]]:
            found = supervision.of_agency(connection, VAULT, agency, handler=handler, since=since, limit=limit)
            return [(each.change, each.case_uid) for each in found]

        assert listed(POLICE) == [(2, other), (3, case)]
        assert listed(POLICE, since=2) == [(3, case)]
        assert listed(POLICE, limit=1) == [(2, other)]
        assert listed(PROCURATORATE, "h-1") == [(2, other)]
        assert listed(PROCURATORATE, "h-2") == []
        assert listed(COURT) == []


def test_a_mark_tells_of_what_no_mark_has_told_of(database: Database) -> None:
    case = put(database)
    kept(database, case, FIRST, SECOND)
    with database.transaction() as connection:
        last, changes = supervision.unmarked(connection)
        assert (last, [each[2] for each in changes]) == (2, [1, 2])
        supervision.marked(connection, last)
        assert supervision.unmarked(connection) == (2, [])
    kept(database, case, SECOND)
    with database.transaction() as connection:
        assert [(each[2], each[3]) for each in supervision.unmarked(connection)[1]] == [(3, timestamp(LATER))]
        assert supervision.counts(connection) == {"open": 1, "cases": 1}


def test_a_case_is_due_once_for_each_reason(database: Database) -> None:
    case = put(database)

    def due(now: object = LATER, basis: str = "b", after: str = "") -> list[str]:
        with database.transaction(write=False) as connection:
            return supervision.due(connection, now, basis, after=after)  # type: ignore[arg-type]

    def looked(next_at: object) -> None:
        with database.transaction() as connection:
            supervision.looked_at(connection, case, LATER, next_at, "b")  # type: ignore[arg-type]

    assert due() == [case]
    assert due(after=case) == []
    looked(None)
    assert due() == []
    assert due(basis="another") == [case]
    looked(LATER + timedelta(hours=1))
    assert due() == []
    assert due(now=LATER + timedelta(hours=1)) == [case]
    with database.transaction() as connection:
        Sample(case_uid=case, at=LATER + timedelta(seconds=1)).put(connection)
    assert due() == [case]


def test_types_count_while_they_are_enrolled(database: Database) -> None:
    row = {"agency": POLICE, "type": "police", "code": "1", "name": "p", "role": "agency", "fingerprint": digest("p")}
    row |= {"enrolment": b"-", "admission": b"-", "admitted_at": timestamp(NOW), "revoked_at": timestamp(LATER)}  # type: ignore[dict-item]
    with database.transaction() as connection:
        connection.execute(agencies.insert(), row)
        at = [supervision.enrolled_types(connection, each) for each in (NOW - timedelta(seconds=1), NOW, LATER)]
    assert at == [{}, {"police": NOW}, {}]

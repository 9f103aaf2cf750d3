"""The algebra of ties: what hangs together is one, undoing gives back what was, and the order makes no difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.store import cases, identities, persons, proposals
from hub.store.database import Connection, Database
from hub.store.identities import PEOPLE, PERSON
from hub.store.migrations import upgrade
from hub.store.persons import PersonInCase
from tests.scene.agencies import COURT, POLICE
from tests.scene.clocks import NOW, after
from tests.scene.stored import VAULT, new_id

MEMBERS = 6
Pairs = list[tuple[int, int]]
pairs = st.lists(
    st.tuples(st.integers(0, MEMBERS - 1), st.integers(0, MEMBERS - 1)).filter(lambda pair: pair[0] != pair[1]),
    max_size=8,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("ties") / "casehub.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.close()


def members(connection: Connection, count: int = MEMBERS) -> list[str]:
    """Fresh persons, each of a case of its own."""
    found = []
    for _ in range(count):
        case_uid, uid = new_id(), new_id()
        cases.open_case(connection, VAULT, case_uid, opened_by=POLICE, name=None, now=NOW)
        known, _ = identities.register(connection, PERSON, [uid], case_uid, by=POLICE, now=NOW)
        found.append(known[uid].member_id)
    return sorted(found)


def groups(connection: Connection, ids: list[str]) -> set[frozenset[int]]:
    """What hangs together, by place in `ids`."""
    return {frozenset(ids.index(end) for end in identities.component(connection, item)) for item in ids}


def tie_all(connection: Connection, ids: list[str], wanted: Pairs) -> list[str]:
    made = [
        identities.tie(connection, ids[one], ids[other], kind=PERSON, cause=PEOPLE, now=NOW) for one, other in wanted
    ]
    return [item for item in made if item is not None]


def united(wanted: Pairs) -> set[frozenset[int]]:
    """The same by hand: smallest labels spread until nothing changes."""
    labels = list(range(MEMBERS))
    for _ in range(MEMBERS):
        for one, other in wanted:
            labels[one] = labels[other] = min(labels[one], labels[other])
    return {frozenset(place for place in range(MEMBERS) if labels[place] == label) for label in labels}


quick = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@quick
@given(pairs)
def test_what_is_tied_is_one_and_every_member_leads_to_it(shared: Database, wanted: Pairs) -> None:
    with shared.transaction() as connection:
        ids = members(connection)
        tie_all(connection, ids, wanted)
        assert groups(connection, ids) == united(wanted)
        for item in ids:
            whole = identities.component(connection, item)
            assert identities.identity_of(whole) == min(whole)
            assert all(identities.component(connection, other) == whole for other in whole)


@quick
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_makes_no_difference(shared: Database, wanted: Pairs, random: object) -> None:
    with shared.transaction() as connection:
        ids, others = members(connection), members(connection)
        tie_all(connection, ids, wanted)
        turned = [(other, one) for one, other in wanted]
        random.shuffle(turned)  # type: ignore[attr-defined]
        tie_all(connection, others, turned)
        assert groups(connection, ids) == groups(connection, others)


@quick
@given(pairs, pairs)
def test_merging_and_undoing_is_as_before(shared: Database, before: Pairs, merged: Pairs) -> None:
    with shared.transaction() as connection:
        ids = members(connection)
        tie_all(connection, ids, before)
        found = groups(connection, ids)
        made = tie_all(connection, ids, merged)
        assert groups(connection, ids) == united([*before, *merged])
        for tie_id in made:
            assert identities.end_tie(connection, tie_id, after(minutes=1))
            assert not identities.end_tie(connection, tie_id, after(minutes=2))
        assert groups(connection, ids) == found
        again = identities.ties_of(connection, ids, standing=False)
        assert len(again) == len({(item.tie_id) for item in again}) >= len(made)


@quick
@given(pairs, st.integers(0, MEMBERS - 1))
def test_a_member_that_is_separated_is_alone_and_the_others_lose_only_it(
    shared: Database, wanted: Pairs, place: int
) -> None:
    with shared.transaction() as connection:
        ids = members(connection)
        tie_all(connection, ids, wanted)
        for tie in identities.ties_of(connection, [ids[place]]):
            identities.end_tie(connection, tie.tie_id, after(minutes=1))
        left = [pair for pair in wanted if place not in pair]
        assert groups(connection, ids) == united(left)


def test_a_tie_of_one_cause_stands_once_and_may_come_back(database: Database) -> None:
    with database.transaction() as connection:
        one, other = members(connection, 2)
        tie_id = identities.tie(connection, one, other, kind=PERSON, cause="ID-01", now=NOW)
        assert tie_id is not None
        assert identities.tie(connection, other, one, kind=PERSON, cause="ID-01", now=NOW) is None
        assert identities.tie(connection, other, one, kind=PERSON, cause=PEOPLE, now=NOW) is not None
        assert not identities.kept_apart(connection, {one}, {other})
        identities.end_tie(connection, tie_id, after(minutes=1))
        assert identities.kept_apart(connection, {other}, {one})
        assert identities.component(connection, one) == {one, other}
        assert identities.tie(connection, one, other, kind=PERSON, cause="ID-01", now=after(minutes=2)) is not None


def test_registering_again_changes_nothing(database: Database) -> None:
    with database.transaction() as connection:
        case_uid, uid = new_id(), new_id()
        cases.open_case(connection, VAULT, case_uid, opened_by=POLICE, name=None, now=NOW)
        known, new = identities.register(connection, PERSON, [uid, uid], case_uid, by=POLICE, now=NOW)
        assert [item.uid for item in new] == [uid]
        again, none = identities.register(connection, PERSON, [uid], case_uid, by=COURT, now=after(minutes=1))
        assert (again, none) == (known, [])


def test_erasing_a_number_leaves_the_history_and_nothing_to_find(database: Database) -> None:
    number = {"agency": "", "kind": persons.CERTIFICATE, "value": "350102199001020118"}
    with database.transaction() as connection:
        one, other = members(connection, 2)
        found = identities.get_many(connection, [one, other])
        people = [PersonInCase(found[item].uid, found[item].case_uid) for item in (one, other)]
        for person in people:
            persons.add_refs(connection, VAULT, person, [number], NOW)
        tie_id = identities.tie(connection, one, other, kind=PERSON, cause="ID-01", now=NOW)
        event_id = proposals.add_event(
            connection, VAULT, kind=PERSON, event="linked", left_id=one, right_id=other, tie_id=tie_id,
            leaf_hash="sha256:" + "0" * 64, details={"by": "ID-01", "why": "张某示例"}, now=NOW,
        )  # fmt: skip
    with database.transaction() as connection:
        assert persons.erase(connection, people[0], after(minutes=1)) == 1
        assert persons.erase(connection, people[0], after(minutes=1)) == 0
        assert proposals.erase_details(connection, event_id)
        identities.set_traits(connection, VAULT, one, None)
    with database.transaction() as connection:
        assert persons.find(connection, VAULT, number["value"]) == [people[1]]
        assert persons.refs(connection, VAULT, people[0]) == []
        (kept,) = persons.every_ref(connection, VAULT, people[0])
        assert (kept["value"], kept["kind"]) == (None, persons.CERTIFICATE)
        assert identities.component(connection, one) == {one, other}
        (event,) = proposals.events(connection, VAULT, [one])
        assert (event.event, event.tie_id, event.details) == ("linked", tie_id, {})
        # Told again, the number is a new one: what was erased cannot be recognised.
        assert persons.add_refs(connection, VAULT, people[0], [number], after(minutes=2))


def test_a_number_taken_away_stays_away_until_people_give_it_back(database: Database) -> None:
    number = {"agency": POLICE, "kind": "RYBH", "value": "R3501020000002026030001"}
    with database.transaction() as connection:
        (one,) = members(connection, 1)
        member = identities.get(connection, one)
        assert member is not None
        person = PersonInCase(member.uid, member.case_uid)
        assert len(persons.add_refs(connection, VAULT, person, [number], NOW)) == 1
        assert persons.end_ref(connection, VAULT, person, number, after(minutes=1))
        assert not persons.end_ref(connection, VAULT, person, number, after(minutes=1))
        assert persons.add_refs(connection, VAULT, person, [number], after(minutes=2)) == []
        assert persons.find(connection, VAULT, number["value"]) == []
        assert persons.refs(connection, VAULT, person) == []
        assert persons.restore_ref(connection, VAULT, person, number)
        assert not persons.restore_ref(connection, VAULT, person, number)
        assert persons.find(connection, VAULT, number["value"]) == [person]


def test_a_case_number_taken_away_frees_it(database: Database) -> None:
    number = {"agency": COURT, "kind": "AH", "value": "（2026）闽0102刑初23号"}
    with database.transaction() as connection:
        case_uid = new_id()
        cases.open_case(connection, VAULT, case_uid, opened_by=POLICE, name=None, now=NOW)
        cases.add_refs(connection, VAULT, case_uid, [number], NOW)
        same = {**number, "value": "〔２０２６〕闽0102刑初 23 号"}
        assert cases.end_ref(connection, VAULT, case_uid, same, after(minutes=1))
        assert cases.find(connection, VAULT, number["value"]) == []
        assert cases.cases_of_ref(connection, VAULT, COURT, number["value"]) == []
        assert cases.refs(connection, VAULT, case_uid) == []
        cases.add_refs(connection, VAULT, case_uid, [number], after(minutes=2))
        assert cases.refs(connection, VAULT, case_uid) == []
        assert [item["ended_at"] is not None for item in cases.every_ref(connection, VAULT, case_uid)] == [True]
        assert cases.restore_ref(connection, VAULT, case_uid, number)
        assert cases.find(connection, VAULT, number["value"]) == [case_uid]


def test_what_was_known_before_the_crosswalk_is_registered_by_the_migration(tmp_path: Path) -> None:
    old = Database(f"sqlite:///{tmp_path}/old.db")
    case_uid, person_uid = new_id(), new_id()
    with old.transaction() as connection:
        upgrade(connection, "0001")
        told = {"case": case_uid, "person": person_uid, "by": POLICE, "at": "2026-03-04T01:02:03.456Z"}
        for statement in (
            "INSERT INTO cases VALUES (:case, :by, :at, :at, NULL)",
            "INSERT INTO person_refs VALUES (:person, :case, :by, 'RYBH', 'one', x'00', :at)",
            "INSERT INTO person_refs VALUES (:person, :case, '', 'certificate', 'two', x'00', :at)",
        ):
            connection.execute(text(statement), told)
        upgrade(connection)
    with old.transaction() as connection:
        found = {(item.kind, item.uid, item.registered_by) for item in identities.of_case(connection, case_uid)}
        assert found == {("case", case_uid, POLICE), (PERSON, person_uid, POLICE)}
        assert identities.component(connection, case_uid) == {case_uid}
        known, new = identities.register(connection, PERSON, [person_uid], case_uid, by=POLICE, now=NOW)
        assert (list(known), new) == ([person_uid], [])
        member_id = known[person_uid].member_id
        assert identities.traits(connection, VAULT, [member_id]) == {member_id: {}}
    old.close()


def test_a_proposal_is_settled_once(database: Database) -> None:
    with database.transaction() as connection:
        one, other = members(connection, 2)
        told = {"kind": PERSON, "action": "merge", "left_id": other, "right_id": one, "now": NOW}
        first = proposals.propose(connection, VAULT, rule="ID-08", details={"by": "ID-08"}, **told)  # type: ignore[arg-type]
        assert proposals.propose(connection, VAULT, rule="ID-08", details={}, **told) is None  # type: ignore[arg-type]
        assert first is not None
        found = proposals.get(connection, VAULT, first)
        assert found is not None
        assert found.members == (one, other)
        assert proposals.move(connection, VAULT, found, proposals.REJECTED, details={"by": "x"}, now=after(minutes=1))
        assert not proposals.move(connection, VAULT, found, proposals.PROPOSED, details={}, now=after(minutes=1))
        assert identities.kept_apart(connection, {one}, {other})
        assert first not in {item.proposal_id for item in proposals.waiting(connection, VAULT)}


def test_a_number_that_hundreds_share_leads_to_those_who_had_it_first(shared: Database) -> None:
    number = {"agency": "", "kind": "unit", "value": "91350100M000100Y43"}
    with shared.transaction() as connection:
        everyone = [PersonInCase(new_id(), new_id()) for _ in range(persons.MOST_HOLDERS + 20)]
        for place, person in enumerate(everyone):
            cases.open_case(connection, VAULT, person.case_uid, opened_by=POLICE, name=None, now=NOW)
            persons.add_refs(connection, VAULT, person, [number], after(minutes=place))
        found = persons.sharing(connection, {persons.blind_of(VAULT, "unit", number["value"])})
        assert {item.person for item in found} == set(everyone[: persons.MOST_HOLDERS])

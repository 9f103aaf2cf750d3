"""One person's and one case's numbers across cases and agencies: tied by rules, changed by two people, undone again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from stdnum.cn import ric

from evidence.marks import commit
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.crosswalk import Case, Change, Crosswalk, number
from tests.scene.drafts import Json
from tests.scene.stage import stage


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crosswalk]:
    with stage(tmp_path_factory.mktemp("identities")) as at:
        for handler in ("h-1", "h-2"):
            at.here[POLICE].add_handler(handler)
        draft = at.catch(at.here.case_dir())
        yield Crosswalk(at, draft)


def citizen(sequence: int, birth: str = "19900102", place: str = "350102") -> str:
    body = f"{place}{birth}{sequence:03}"
    return body + ric.calc_check_digit(body + "0")


_sequence = iter(range(101, 999, 2))


def one_person(**told: object) -> Change:
    """Leave only the first person in the record, of whom this is told beside a name and a date of birth."""

    def change(record: Json) -> None:
        keep = record["persons"][0]
        record["persons"] = [keep]
        record["case"]["person_count"] = 1
        uid = keep["person_uid"]
        for member in ("charges", "measures"):
            record[member] = [item for item in record[member] if item["person_uid"] == uid]
        for name, value in told.items():
            if name == "certificate":
                keep["certificates"][0]["number"] = value
            elif value is None:
                keep.pop(name, None)
            else:
                keep[name] = value

    return change


def fresh_citizen() -> str:
    return citizen(next(_sequence))


def test_the_same_certificate_ties_two_cases_and_the_mark_says_no_number(walk: Crosswalk) -> None:
    card = fresh_citizen()
    walk.marks()
    first = walk.case(one_person(certificate=card))
    assert walk.marks() == []
    second = walk.case(one_person(certificate=card))
    (mark,) = walk.marks()
    assert (mark.action, mark.transfer_id, mark.case_uid) == ("person-linked", None, None)
    assert mark.private is not None
    assert mark.salt is not None
    assert mark.statement.unverified_body["commitment"] == commit(mark.private, mark.salt)
    assert mark.private["changes"][0]["rule"] == "ID-01"
    assert card not in json.dumps(mark.private)
    assert walk.cases_of(POLICE, card) == [{first.case_uid, second.case_uid}]
    (shown,) = walk.resolve(POLICE, first.person()["person_uid"])
    assert [tie["cause"] for tie in shown["ties"]] == ["ID-01"]


def test_fifteen_and_eighteen_digits_are_one_number(walk: Crosswalk) -> None:
    card = fresh_citizen()
    old = card[:6] + card[8:17]
    first, second = walk.case(one_person(certificate=old)), walk.case(one_person(certificate=card))
    for asked in (old, card, card.lower()):
        assert walk.cases_of(POLICE, asked) == [{first.case_uid, second.case_uid}]


@pytest.mark.parametrize("placeholder", ["无", "不详", "000000", "０００００", "无身份证", "123"])
def test_what_is_no_number_leads_to_nobody(walk: Crosswalk, placeholder: str) -> None:
    walk.marks()
    for _ in range(2):
        walk.case(one_person(certificate=placeholder))
    assert walk.marks() == [], "or every person without papers would be asked about with every other"
    assert walk.resolve(POLICE, placeholder) == []


def test_a_fault_of_the_matching_refuses_no_transfer(
    walk: Crosswalk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    card = fresh_citizen()
    first = walk.case(one_person(certificate=card))

    def fails(*_: object, **__: object) -> None:
        raise ValueError(card)

    with monkeypatch.context() as patched:
        patched.setattr("hub.identities.matching.pairs", fails)
        second = walk.case(one_person(certificate=card))
    assert walk.cases_of(POLICE, card) == [{first.case_uid}], "nothing half done"
    assert walk.at.send(POLICE, "GET", f"/v1/cases/{second.case_uid}/trail").status_code == 200
    told = "".join(capfd.readouterr())
    assert "identities not settled" in told
    assert card not in told


CONTRADICTIONS: dict[str, tuple[dict[str, object], str]] = {
    "date of birth": ({"birth_date": "1971-05-06"}, "birth-date"),
    "name": ({"name": "欧阳丙（示例）"}, "name"),
    "sex": ({"sex": {"codings": [{"system": "gb.sex", "version": "2003", "code": "2", "display": "女性"}]}}, "sex"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_what_contradicts_makes_a_candidate_and_ties_nothing(walk: Crosswalk, what: str) -> None:
    told, contradiction = CONTRADICTIONS[what]
    card = fresh_citizen()
    first = walk.case(one_person(certificate=card))
    walk.marks()
    second = walk.case(one_person(certificate=card, **told))
    assert [mark.action for mark in walk.marks()] == ["identity-proposed"]
    assert sorted(map(sorted, walk.cases_of(POLICE, card))) == sorted([[first.case_uid], [second.case_uid]])
    found = waiting(walk, POLICE, first, second)
    assert (found["status"], found["contradictions"]) == ("candidate", [contradiction])
    assert found["rule"]["confidence"] == "0.99"


def waiting(walk: Crosswalk, agency: str, *cases: Case) -> Json:
    """The one candidate or proposal between these cases."""
    uids = sorted(case.case_uid for case in cases)
    (found,) = [item for item in walk.ask(agency, "/proposals")["candidates"] if item["cases"] == uids]
    return dict(found)


def test_partial_dates_and_former_names_contradict_nothing(walk: Crosswalk) -> None:
    card = fresh_citizen()
    first = walk.case(one_person(certificate=card))
    told = {"birth_date": "1990", "name": "欧阳丙（示例）", "former_names": [first.person()["name"]]}
    second = walk.case(one_person(certificate=card, **told))
    assert walk.cases_of(POLICE, card) == [{first.case_uid, second.case_uid}]


def test_a_name_alone_never_ties_and_never_asks(walk: Crosswalk) -> None:
    """Persons without papers, under names that they gave themselves."""
    walk.marks()
    told = {"name": "张无名（示例）", "name_self_reported": True, "certificates": None}
    first, second = walk.case(one_person(**told)), walk.case(one_person(**told))
    assert walk.marks() == []
    for case in (first, second):
        (shown,) = walk.resolve(POLICE, case.person()["person_uid"])
        assert len(shown["members"]) == 1
        assert shown["ties"] == []


@pytest.mark.parametrize("wrong", ["350102199001020119", "军字", "12345"])
def test_a_number_that_fails_its_check_only_asks(walk: Crosswalk, wrong: str) -> None:
    bad = f"{wrong}{next(_sequence)}" if len(wrong) < 18 else wrong
    first, second = walk.case(one_person(certificate=bad)), walk.case(one_person(certificate=bad))
    assert len(walk.cases_of(POLICE, bad)) == 2
    assert waiting(walk, POLICE, first, second)["rule"]["en"].startswith("the same certificate number, of another type")


def test_one_agencys_person_number_ties_and_another_certificate_stands_against_it(walk: Crosswalk) -> None:
    same = "R3501020000002026889999"
    ours = one_person(refs=[{"agency": POLICE, "kind": "RYBH", "value": same}], certificates=None)
    first, second = walk.case(ours), walk.case(ours)
    assert walk.cases_of(POLICE, same) == [{first.case_uid, second.case_uid}]
    other = [{"agency": POLICE, "kind": "RYBH", "value": "R3501020000002026889998"}]
    third = walk.case(one_person(refs=other, certificate=fresh_citizen()))
    fourth = walk.case(one_person(refs=other, certificate=fresh_citizen()))
    assert waiting(walk, POLICE, third, fourth)["contradictions"] == ["certificate"]


def test_a_number_of_one_case_only_ties_nobody(walk: Crosswalk) -> None:
    ours = one_person(refs=[{"agency": POLICE, "kind": "XH", "value": "1"}], certificates=None)
    walk.marks()
    walk.case(ours), walk.case(ours)
    assert walk.marks() == []


def test_two_persons_of_one_record_are_never_tied_by_a_rule(walk: Crosswalk) -> None:
    def same_card(record: Json) -> None:
        for person in record["persons"]:
            person["certificates"][0]["number"] = "350102199001027778"
            person["birth_date"], person["sex"] = "1990-01-02", record["persons"][0]["sex"]

    case = walk.case(same_card)
    found = waiting(walk, POLICE, case)
    assert "one-record" in found["contradictions"]


def papers_lost(walk: Crosswalk) -> tuple[Case, Case]:
    """A person with papers, and one in another case who said only a name."""
    return (
        walk.case(one_person(certificate=fresh_citizen())),
        walk.case(one_person(name="王某丁（示例）", certificates=None, name_self_reported=True)),
    )


def test_two_people_merge_and_two_people_undo(walk: Crosswalk) -> None:
    first, second = papers_lost(walk)
    one, other = walk.member(first), walk.member(second)
    walk.marks()
    made = walk.propose(POLICE, action="merge", members=[one, other], why="指纹比对一致")
    assert (made["status"], made["by"]) == ("proposed", f"{POLICE}/intake")
    assert walk.cases_of(POLICE, number(first)) == [{first.case_uid}]
    assert walk.confirm(POLICE, made["proposal"])["failed"] == (409, "identity.same-person")
    done = walk.confirm(PROCURATORATE, made["proposal"])
    assert (done["status"], done["decided_by"]) == ("confirmed", f"{PROCURATORATE}/intake")
    assert walk.cases_of(POLICE, number(first)) == [{first.case_uid, second.case_uid}]
    for member in (one, other):
        assert walk.ask(POLICE, f"/{member}")["identity"] == min(one, other)
    undo = walk.propose(PROCURATORATE, action="undo", tie=done["tied"][0], why="误合并")
    assert walk.confirm(PROCURATORATE, undo["proposal"])["failed"] == (409, "identity.same-person")
    assert walk.confirm(POLICE, undo["proposal"])["ended"] == done["tied"]
    assert walk.cases_of(POLICE, number(first)) == [{first.case_uid}]
    assert walk.confirm(POLICE, undo["proposal"])["failed"] == (409, "identity.settled")
    found = [mark.action for mark in walk.marks() if mark.action not in ("viewed", "refused")]
    assert found == ["identity-proposed", "persons-merged", "identity-proposed", "person-unlinked"]
    told = [(event["event"], event["by"]) for event in walk.ask(POLICE, f"/{one}/history")["events"]]
    assert told == [
        ("registered", POLICE),
        ("merge-proposed", f"{POLICE}/intake"),
        ("merge-confirmed", f"{PROCURATORATE}/intake"),
        ("undo-proposed", f"{PROCURATORATE}/intake"),
        ("undo-confirmed", f"{POLICE}/intake"),
        ("ended", f"{POLICE}/intake"),
    ]


def test_confirming_ones_own_proposal_is_refused_and_marked(walk: Crosswalk) -> None:
    first, second = papers_lost(walk)
    made = walk.propose(POLICE, action="merge", members=[walk.member(first), walk.member(second)])
    walk.at.new_marks()
    assert walk.confirm(POLICE, made["proposal"])["failed"] == (409, "identity.same-person")
    (mark,) = walk.at.new_marks()
    assert (mark.action, mark.private and mark.private["problem"]) == ("refused", "identity.same-person")
    for case in (first, second):
        uid = case.case_uid
        assert walk.at.send(POLICE, "PUT", f"/v1/cases/{uid}/grants/h-1").status_code == 200
    assert walk.confirm(POLICE, made["proposal"], "h-2")["failed"] == (404, "identity.unknown")
    assert walk.confirm(POLICE, made["proposal"], "h-1")["status"] == "confirmed"


def test_what_people_parted_no_rule_brings_together(walk: Crosswalk) -> None:
    card = fresh_citizen()
    first, second = walk.case(one_person(certificate=card)), walk.case(one_person(certificate=card))
    (shown,) = walk.resolve(POLICE, card)
    undo = walk.propose(POLICE, action="undo", tie=shown["ties"][0]["tie"])
    walk.confirm(PROCURATORATE, undo["proposal"])
    third = walk.case(one_person(certificate=card))
    ours = (first, second, third)
    assert sorted(walk.cases_of(POLICE, card), key=min) == sorted(({case.case_uid} for case in ours), key=min)
    for one in (first, second):
        assert waiting(walk, POLICE, one, third)["contradictions"] == ["kept-apart"]


def test_a_number_that_two_persons_of_a_case_share_ties_a_third_to_neither(walk: Crosswalk) -> None:
    card = fresh_citizen()

    def same_card(record: Json) -> None:
        for person in record["persons"]:
            person["certificates"][0]["number"] = card
            person["sex"], person["birth_date"] = record["persons"][0]["sex"], "1990"
            person["name"] = "陈某甲（示例）"

    first, second = walk.case(one_person(certificate=card)), walk.case(same_card)
    assert sorted(map(len, walk.cases_of(POLICE, card))) == [1, 1, 1]
    found = [item for item in walk.ask(POLICE, "/proposals")["candidates"] if second.case_uid in item["cases"]]
    assert len(found) == 3
    assert all("one-record" in item["contradictions"] for item in found)
    assert {first.case_uid} < {uid for item in found for uid in item["cases"]}


def test_a_candidate_is_taken_up_by_one_and_confirmed_by_another(walk: Crosswalk) -> None:
    card = fresh_citizen()
    first, second = walk.case(one_person(certificate=card)), walk.case(one_person(certificate=card, birth_date="1971"))
    found = waiting(walk, POLICE, first, second)
    assert walk.confirm(POLICE, found["proposal"])["failed"] == (409, "identity.not-proposed")
    taken = walk.propose(POLICE, candidate=found["proposal"], why="出生日期系笔误")
    assert taken["status"] == "proposed"
    assert walk.confirm(POLICE, found["proposal"])["failed"] == (409, "identity.same-person")
    assert walk.confirm(PROCURATORATE, found["proposal"])["status"] == "confirmed"
    assert walk.cases_of(POLICE, card) == [{first.case_uid, second.case_uid}]


def test_a_rejected_candidate_does_not_come_again(walk: Crosswalk) -> None:
    card = fresh_citizen()
    first, second = walk.case(one_person(certificate=card)), walk.case(one_person(certificate=card, birth_date="1971"))
    found = waiting(walk, POLICE, first, second)
    walk.marks()
    assert walk.reject(PROCURATORATE, found["proposal"])["status"] == "rejected"
    assert [mark.action for mark in walk.marks()] == ["identity-rejected"]
    assert walk.propose(POLICE, candidate=found["proposal"])["failed"] == (409, "identity.settled")
    walk.send(second.record)
    ours = {first.case_uid, second.case_uid}
    assert [item for item in walk.ask(POLICE, "/proposals")["candidates"] if set(item["cases"]) == ours] == []


def test_an_agency_sees_only_the_side_of_its_own_cases(walk: Crosswalk) -> None:
    card = fresh_citizen()
    first = walk.case(one_person(certificate=card))
    second = walk.case(one_person(certificate=card), to=STRANGER)
    assert walk.cases_of(POLICE, card) == [{first.case_uid, second.case_uid}]
    assert walk.cases_of(PROCURATORATE, card) == [{first.case_uid}]
    assert walk.cases_of(STRANGER, card) == [{second.case_uid}]
    assert walk.resolve(COURT, card) == []
    one, other = walk.member(first), walk.member(second)
    (shown,) = walk.resolve(PROCURATORATE, card)
    assert (shown["identity"], shown["ties"]) == (one, [])
    assert other not in json.dumps(walk.ask(PROCURATORATE, f"/{one}/history"))
    (tie,) = walk.resolve(POLICE, card)[0]["ties"]
    hidden = (404, "identity.unknown")
    assert walk.ask(PROCURATORATE, f"/{other}")["failed"] == hidden
    assert walk.ask(COURT, f"/{one}")["failed"] == hidden
    assert walk.ask(PROCURATORATE, f"/{other}/history")["failed"] == hidden
    assert walk.propose(PROCURATORATE, action="merge", members=[one, other])["failed"] == hidden
    assert walk.propose(PROCURATORATE, action="undo", tie=tie["tie"])["failed"] == hidden
    undo = walk.propose(POLICE, action="undo", tie=tie["tie"])
    assert walk.confirm(PROCURATORATE, undo["proposal"])["failed"] == hidden
    assert walk.reject(STRANGER, undo["proposal"])["failed"] == hidden
    assert undo["proposal"] not in json.dumps(walk.ask(STRANGER, "/proposals"))
    assert walk.propose(POLICE, "h-1", action="undo", tie=tie["tie"])["failed"] == hidden


def test_parting_and_unlinking_tell_nothing_of_cases_that_one_must_not_know(walk: Crosswalk) -> None:
    card = fresh_citizen()
    first = walk.case(one_person(certificate=card))
    second = walk.case(one_person(certificate=card), to=STRANGER)
    one = walk.member(first)
    refused = walk.propose(PROCURATORATE, action="separate", members=[one])
    assert refused["failed"] == (409, "identity.not-standing")
    parting = walk.propose(POLICE, action="separate", members=[one])
    assert walk.confirm(PROCURATORATE, parting["proposal"])["failed"] == (404, "identity.unknown")
    wrong = {"agency": "", "kind": "certificate", "value": card}
    taken = walk.propose(POLICE, action="unlink", members=[one], number=wrong)
    assert walk.confirm(PROCURATORATE, taken["proposal"])["ended"] == []
    assert walk.cases_of(POLICE, card) == [{second.case_uid}]


def test_a_look_by_a_stranger_is_marked_like_any_other(walk: Crosswalk) -> None:
    first = walk.case(one_person())
    member = walk.member(first)
    walk.at.new_marks()
    answer = walk.at.send(COURT, "GET", f"/v1/identities/{member}")
    walk.at.hidden(answer, "identity.unknown", member, COURT)


def test_names_and_certificates_are_shortened_unless_asked_for(walk: Crosswalk) -> None:
    card = fresh_citizen()
    walk.case(one_person(certificate=card))
    walk.marks()
    (shown,) = walk.resolve(POLICE, card)
    assert card not in json.dumps(shown)
    assert shown["members"][0]["names"] == ["陈**"]
    (revealed,) = walk.resolve(POLICE, card, reveal=True)
    assert card in json.dumps(revealed)
    assert [mark.private["reveal"] for mark in walk.marks() if mark.private] == [False, True]


def test_two_people_take_a_wrong_number_away_and_what_it_tied_ends(walk: Crosswalk) -> None:
    card = fresh_citizen()
    first, second = walk.case(one_person(certificate=card)), walk.case(one_person(certificate=card))
    wrong = {"agency": "", "kind": "certificate", "value": card}
    taken = walk.propose(POLICE, action="unlink", members=[walk.member(second)], number=wrong, why="录入错误")
    assert card not in json.dumps(taken)
    assert len(walk.confirm(PROCURATORATE, taken["proposal"])["ended"]) == 1
    assert walk.cases_of(POLICE, card) == [{first.case_uid}]
    walk.send(second.record)
    assert walk.cases_of(POLICE, card) == [{first.case_uid}]
    right = {**wrong, "value": fresh_citizen()}
    given = walk.propose(POLICE, action="link", members=[walk.member(second)], number=right)
    assert walk.cases_of(POLICE, right["value"]) == []
    assert walk.confirm(PROCURATORATE, given["proposal"])["status"] == "confirmed"
    assert walk.cases_of(POLICE, right["value"]) == [{second.case_uid}]
    back = walk.propose(POLICE, action="link", members=[walk.member(second)], number=wrong)
    walk.confirm(PROCURATORATE, back["proposal"])
    assert "kept-apart" in waiting(walk, POLICE, first, second)["contradictions"]


IMPOSSIBLE: dict[str, tuple[Json, tuple[int, str]]] = {
    "the same twice": ({"action": "merge", "members": ["{one}", "{one}"]}, (409, "identity.already-one")),
    "a person and a case": ({"action": "merge", "members": ["{one}", "{case}"]}, (422, "identity.kinds-differ")),
    "nothing to separate": ({"action": "separate", "members": ["{one}"]}, (409, "identity.not-standing")),
    "another agency's number": (
        {
            "action": "link",
            "members": ["{one}"],
            "number": {"agency": COURT, "kind": "DSRBH", "value": "1"},
        },
        (422, "identity.other-agency"),
    ),
    "a certificate of an agency": (
        {"action": "link", "members": ["{one}"], "number": {"agency": POLICE, "kind": "certificate", "value": "1"}},
        (422, "identity.number"),
    ),
    "a number that is none": (
        {"action": "link", "members": ["{one}"], "number": {"agency": POLICE, "kind": "RYBH"}},
        (422, "http.bad-parameter"),
    ),
    "no action": ({"members": ["{one}"]}, (422, "http.bad-parameter")),
    "an action that nobody knows": ({"action": "drop", "members": ["{one}"]}, (422, "http.bad-parameter")),
    "one member only": ({"action": "merge", "members": ["{one}"]}, (422, "http.bad-parameter")),
    "an id that is none": ({"action": "separate", "members": ["1"]}, (404, "identity.unknown")),
    "a tie that is none": ({"action": "undo", "tie": "1"}, (404, "identity.unknown")),
    "a reason too long": (
        {"action": "merge", "members": ["{one}", "{one}"], "why": "长" * 501},
        (422, "identity.reason"),
    ),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_be_is_refused_and_changes_nothing(walk: Crosswalk, what: str) -> None:
    body, expected = IMPOSSIBLE[what]
    case = walk.case(one_person(certificate=fresh_citizen()))
    text = json.dumps(body).replace("{one}", walk.member(case)).replace("{case}", case.case_uid)
    with walk.at.nothing_moves():
        assert walk.propose(POLICE, **json.loads(text))["failed"] == expected


def test_the_same_proposal_waits_once(walk: Crosswalk) -> None:
    one, other = map(walk.member, papers_lost(walk))
    walk.propose(POLICE, action="merge", members=[one, other])
    again = walk.propose(PROCURATORATE, action="merge", members=[other, one])
    assert again["failed"] == (409, "identity.proposed-already")
    assert walk.resolve(POLICE, " ".join(("没有", "这个号"))) == []


def test_cases_opened_twice_are_merged_and_parted_by_two(walk: Crosswalk) -> None:
    first, second = walk.case(one_person()), walk.case(one_person())
    numbers = [case.record["case"]["refs"][0]["value"] for case in (first, second)]
    done = walk.merged(first.case_uid, second.case_uid)
    for asked in (*numbers, numbers[0].lower(), first.case_uid):
        (shown,) = walk.resolve(POLICE, asked, kind="case")
        assert {member["case_uid"] for member in shown["members"]} == {first.case_uid, second.case_uid}
        assert {item["value"] for member in shown["members"] for item in member["numbers"]} == set(numbers)
    undo = walk.propose(POLICE, action="undo", tie=done["tied"][0])
    walk.confirm(PROCURATORATE, undo["proposal"])
    assert walk.cases_of(POLICE, numbers[0]) == [{first.case_uid}]
    actions = [mark.action for mark in walk.marks()]
    assert {"cases-merged", "case-unlinked"} <= set(actions)

"""Who may see what: strangers, handlers without a grant, handlers who left. 404 and a mark, whatever they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evidence.identifiers import uuid7
from evidence.statements import SignedStatement, sign
from standards.times import BEIJING
from tests.docs.guide import DOCS
from tests.flows.looks import ELSEWHERE, LOOKS, OPERATIONS, is_public
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.drafts import Draft, mark_by
from tests.scene.stage import Refusal, Stage, shown, stage

SECURITY = DOCS / "security.md"
GRANTED, OTHER, LEFT, NOBODY = "h-1", "h-2", "h-3", "h-404"


@dataclass(frozen=True)
class Scene:
    """A case from the police to the procuratorate, pushed by handler h-1, and handlers on both sides."""

    at: Stage
    draft: Draft
    identity: str
    """A member of the identity of the case, by its id."""

    @property
    def transfer_id(self) -> str:
        return self.draft.transfer_id

    @property
    def case_uid(self) -> str:
        return str(self.draft.envelope["case_uid"])

    @property
    def names(self) -> dict[str, str]:
        """What stands for the path parameters of LOOKS."""
        known = {"transfer_id": self.transfer_id, "case_uid": self.case_uid}
        return {**known, "identity": self.identity, "handler": GRANTED}

    def path(self, form: str) -> str:
        return form.format(transfer=self.transfer_id, case=self.case_uid)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with stage(tmp_path_factory.mktemp("access")) as at:
        for agency in (POLICE, PROCURATORATE):
            for handler in (GRANTED, OTHER, LEFT):
                at.here[agency].add_handler(handler)
        at.here[COURT].add_handler(GRANTED)
        draft = at.catch(at.here.case_dir(), handler=GRANTED)
        assert at.submit(draft.wire(), handler=GRANTED).status_code == 201
        for agency in (POLICE, PROCURATORATE):
            at.here[agency].grant(draft.transfer_id, LEFT)
            at.here[agency].remove_handler(LEFT)
        number = {"value": draft.envelope["case_refs"][0]["value"]}
        (found,) = at.send(POLICE, "POST", "/v1/identities/resolve", number).json()["identities"]
        at.new_marks()
        yield Scene(at, draft, found["members"][0]["member"])


OUTSIDERS = {
    "a stranger agency": (STRANGER, "intake"),
    "a court that has not met the case": (COURT, "intake"),
    "its handler of the same id": (COURT, GRANTED),
    "the sender's handler without a grant": (POLICE, OTHER),
    "the sender's handler who left": (POLICE, LEFT),
    "the sender's handler whom nobody knows": (POLICE, NOBODY),
    "the receiver's handler without a grant": (PROCURATORATE, OTHER),
    "the receiver's handler who left": (PROCURATORATE, LEFT),
    "the receiver's handler of the sender's id": (PROCURATORATE, GRANTED),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_asked_by_outsiders(operation: str) -> None:
    method, path, _ = OPERATIONS[operation]
    asked = {*LOOKS, *(each for _, operations in ELSEWHERE.values() for each in operations)}
    assert operation in asked or is_public(operation), (
        f"no outsider asks {operation} ({method} {path}): add its row to LOOKS in tests/flows/looks.py, or "
        "to ELSEWHERE there if LOOKS cannot ask it, with the test that asks it as an outsider; "
        "docs/guides/add-an-endpoint.md names all that a new operation needs"
    )


def test_the_tables_of_outsiders_name_what_is_there() -> None:
    named = [*LOOKS, *(each for _, operations in ELSEWHERE.values() for each in operations)]
    assert set(named) <= set(OPERATIONS), "no such operation: take its row out of tests/flows/looks.py"
    assert len(set(named)) == len(named)
    assert not [operation for operation in named if is_public(operation)]
    for test in ELSEWHERE:
        name, _, function = test.partition("::")
        assert f"\ndef {function}(" in (Path(__file__).parent / name).read_text("utf-8"), test


@pytest.mark.parametrize("operation", LOOKS)
@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_an_outsider_sees_nothing_and_is_seen(scene: Scene, outsider: str, operation: str) -> None:
    agency, handler = OUTSIDERS[outsider]
    look, (method, form, _) = LOOKS[operation], OPERATIONS[operation]
    named = None if handler == "intake" else handler
    with scene.at.nothing_moves():
        answer = scene.at.send(agency, method, form.format(**scene.names), handler=named)
    if look.known and handler in (LEFT, NOBODY):
        scene.at.hidden(answer, "handler.not-allowed", "", agency, handler)
    else:
        scene.at.hidden(answer, f"{look.what}.unknown", scene.names[look.asked], agency, handler)
    absent = form.format(**{name: value if name == "handler" else uuid7() for name, value in scene.names.items()})
    nothing = scene.at.send(agency, method, absent, handler=named)
    assert {**nothing.json(), "instance": ""} == {**answer.json(), "instance": ""}
    scene.at.new_marks()


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_an_outsider_finds_no_case_and_has_nothing_in_its_inbox(scene: Scene, outsider: str) -> None:
    agency, handler = OUTSIDERS[outsider]
    named = None if handler == "intake" else handler
    number = scene.draft.envelope["case_refs"][0]["value"]
    for wanted in (scene.transfer_id, scene.case_uid, number):
        answer = scene.at.send(agency, "GET", f"/v1/cases?ref={wanted}", handler=named)
        assert answer.json() == {"cases": []}
    answer = scene.at.send(agency, "GET", "/v1/inbox", handler=named)
    if handler in (LEFT, NOBODY):
        scene.at.hidden(answer, "handler.not-allowed", agency, agency, handler)
    else:
        assert answer.json()["items"] == []
    scene.at.new_marks()


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_an_outsider_answers_for_nobody(scene: Scene, outsider: str) -> None:
    agency, handler = OUTSIDERS[outsider]
    named = None if handler == "intake" else handler
    mark = mark_by(scene.at.key(agency), agency, "acknowledged", scene.draft, at=scene.at.here.clock())
    path = scene.path("/v1/transfers/{transfer}/acknowledgement")
    with scene.at.nothing_moves():
        answer = scene.at.send(agency, "POST", path, {"mark": mark.to_json()}, handler=named)
    scene.at.hidden(answer, "transfer.unknown", scene.transfer_id, agency, handler)
    opened = mark_by(scene.at.key(agency), agency, "opened", scene.draft, at=scene.at.here.clock())
    with scene.at.nothing_moves():
        answer = scene.at.send(agency, "POST", "/v1/marks", {"marks": [opened.to_json()]}, handler=named)
    scene.at.hidden(answer, "transfer.unknown", scene.transfer_id, agency, handler)


def test_the_sender_does_not_acknowledge_its_own_transfer(scene: Scene) -> None:
    mark = mark_by(scene.at.key(POLICE), POLICE, "acknowledged", scene.draft, at=scene.at.here.clock())
    path = scene.path("/v1/transfers/{transfer}/acknowledgement")
    with scene.at.nothing_moves():
        answer = scene.at.send(POLICE, "POST", path, {"mark": mark.to_json()})
    scene.at.hidden(answer, "transfer.unknown", scene.transfer_id, POLICE)


INSIDERS = {
    "the sender's intake": (POLICE, "intake"),
    "the pushing handler": (POLICE, GRANTED),
    "the receiver's intake": (PROCURATORATE, "intake"),
}


@pytest.mark.parametrize("insider", INSIDERS)
@pytest.mark.parametrize("operation", [name for name in LOOKS if OPERATIONS[name][0] == "GET"])
def test_an_insider_sees_it_and_leaves_its_mark(scene: Scene, insider: str, operation: str) -> None:
    agency, handler = INSIDERS[insider]
    path = OPERATIONS[operation][1].format(**scene.names)
    answer = scene.at.send(agency, "GET", path, handler=None if handler == "intake" else handler)
    assert answer.status_code == 200
    made = scene.at.new_marks()
    assert len(made) == bool(LOOKS[operation].marks), operation
    for mark in made:
        assert mark.action in LOOKS[operation].marks
        private = mark.private or {}
        assert f"{agency}/{handler}" in (f"{private.get('agency')}/{private.get('handler')}", private.get("by"))
        asked = {"case": scene.case_uid, "transfer": scene.transfer_id, "identity": scene.names["identity"]}
        told = (mark.transfer_id, private.get("transfer_id"), private.get("case_uid"), *private.get("members", ()))
        assert asked[LOOKS[operation].what] in told


def test_reading_a_trail_does_not_lengthen_it(scene: Scene) -> None:
    path = scene.path("/v1/transfers/{transfer}/trail")
    first, second = (scene.at.send(POLICE, "GET", path).json()["marks"] for _ in range(2))
    assert first == second
    assert [mark.case_uid for mark in scene.at.new_marks()] == [scene.case_uid] * 2


LISTS = {
    "read_inbox": "",
    "find_cases": "?ref={case_uid}",
    "read_findings": "",
    "list_handlers": "",
    "reconcile_day": "?day=2026-03-04",
    "list_proposals": "",
}
"""What shows the caller's own work, with the parameters of a question."""


@pytest.mark.parametrize("operation", LISTS)
def test_a_list_of_ones_own_work_leaves_no_mark(scene: Scene, operation: str) -> None:
    method, path, _ = OPERATIONS[operation]
    assert scene.at.send(POLICE, method, path + LISTS[operation].format(**scene.names)).status_code == 200
    assert scene.at.new_marks() == []


def test_the_page_on_security_says_which_look_leaves_which_mark() -> None:
    chapter = SECURITY.read_text("utf-8").partition("## Looks and their marks")[2].partition("\n## ")[0]
    told: dict[str, set[str]] = {}
    for first, second in re.findall(r"^\| (`.+?) \| (.+?) \|", chapter, re.MULTILINE):
        marks = set(re.findall(r"`(fetched|viewed)`", second))
        told |= dict.fromkeys(re.findall(r"`(\S+ \S+)`", first), marks)
    looks = {name: set(look.marks) for name, look in LOOKS.items() if OPERATIONS[name][0] == "GET"}
    looks |= {name: set() for name in (*LISTS, "look_for_part", "read_part")} | {"resolve_identities": {"viewed"}}
    expected = {" ".join(OPERATIONS[name][:2]): marks for name, marks in looks.items()}
    assert told == expected, 'change the table "Looks and their marks" in docs/security.md'


def test_each_agency_sees_its_own_handlers(scene: Scene) -> None:
    seen = {
        agency: scene.at.send(agency, "GET", "/v1/handlers").json()["handlers"] for agency in (POLICE, COURT, STRANGER)
    }
    assert {each["handler"] for each in seen[POLICE]} == {GRANTED, OTHER, LEFT}
    assert [each["handler"] for each in seen[COURT]] == [GRANTED]
    assert seen[STRANGER] == []
    assert scene.at.send(POLICE, "GET", "/v1/handlers", handler=NOBODY).json()["code"] == "handler.not-allowed"
    scene.at.new_marks()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/transfers/x%00y",
        "/v1/transfers/%E5%BC%A0/trail",
        "/v1/cases/%00/trail",
        "/v1/cases/0",
        "/v1/directory/police%00/1",
        "/v1/directory/hub/test",
    ],
)
def test_a_name_that_no_store_can_hold_names_nothing(scene: Scene, path: str) -> None:
    answer = scene.at.send(POLICE, "GET", path)
    assert answer.status_code == 404
    assert answer.json()["code"] in ("transfer.unknown", "case.unknown", "agency.unknown")
    scene.at.new_marks()


def on_case(scene: Scene, handler: str, method: str = "PUT", by: str | None = None) -> Any:
    return scene.at.send(PROCURATORATE, method, scene.path("/v1/cases/{case}/grants/" + handler), {}, handler=by)


def sees(scene: Scene, handler: str) -> bool:
    answer = scene.at.send(PROCURATORATE, "GET", scene.path("/v1/transfers/{transfer}"), handler=handler)
    return bool(answer.status_code == 200)


def test_a_grant_opens_and_its_withdrawal_closes(scene: Scene) -> None:
    intake = scene.at.here[PROCURATORATE]
    scene.at.new_marks()
    assert on_case(scene, "h-2").json()["handlers"] == ["h-2"]
    assert on_case(scene, "h-2").status_code == 200
    assert [mark.action for mark in scene.at.new_marks()] == ["granted"]
    assert sees(scene, "h-2")
    items = scene.at.send(PROCURATORATE, "GET", "/v1/inbox", handler="h-2").json()["items"]
    assert [item["transfer_id"] for item in items] == [scene.transfer_id]
    intake.add_handler("h-5")
    assert on_case(scene, "h-5", by="h-2").status_code == 200  # one who is granted may pass it on
    scene.at.new_marks()
    assert on_case(scene, "h-2", "DELETE").json()["handlers"] == ["h-5"]
    assert on_case(scene, "h-2", "DELETE").status_code == 200
    assert [mark.action for mark in scene.at.new_marks()] == ["revoked"]
    assert not sees(scene, "h-2")
    assert sees(scene, "h-5")


def test_a_handler_who_comes_back_begins_with_nothing(scene: Scene) -> None:
    intake = scene.at.here[PROCURATORATE]
    intake.add_handler("h-6")
    on_case(scene, "h-6")
    assert sees(scene, "h-6")
    scene.at.new_marks()
    intake.remove_handler("h-6")
    made = scene.at.new_marks()
    assert [(mark.action, mark.case_uid) for mark in made] == [("revoked", scene.case_uid), ("revoked", None)]
    assert not sees(scene, "h-6")
    intake.add_handler("h-6")
    assert not sees(scene, "h-6")


def test_the_intake_role_is_given_and_taken_with_a_mark(scene: Scene) -> None:
    intake = scene.at.here[PROCURATORATE]
    scene.at.new_marks()
    intake.add_handler("h-7", role="intake")
    assert sees(scene, "h-7")
    intake.add_handler("h-7", role="handler")
    assert not sees(scene, "h-7")
    actions = [mark.action for mark in scene.at.new_marks()]
    assert actions == ["granted", actions[1], "revoked", "access-refused"]
    assert actions[1] in ("fetched", "viewed")


NOT_INTAKE = {
    "add": ("PUT", "/v1/handlers/h-9", {"role": "intake"}),
    "remove": ("DELETE", "/v1/handlers/h-1", {}),
    "reconcile": ("GET", "/v1/reconcile?day=2026-03-04", None),
}


@pytest.mark.parametrize("verb", NOT_INTAKE)
@pytest.mark.parametrize("handler", [GRANTED, NOBODY])
def test_what_only_intake_may_do(scene: Scene, verb: str, handler: str) -> None:
    method, path, body = NOT_INTAKE[verb]
    scene.at.new_marks()
    with scene.at.nothing_moves():
        answer = scene.at.send(POLICE, method, path, body, handler=handler)
    shown(answer, Refusal(404, "handler.not-allowed", "caller"))
    assert [mark.action for mark in scene.at.new_marks()] == ["access-refused"]


HANDLERS: dict[str, tuple[str, str, Any, Refusal]] = {
    "grant to nobody": ("PUT", "/v1/cases/{case}/grants/h-404", {}, Refusal(404, "handler.unknown", "caller")),
    "grant to one who left": ("PUT", "/v1/cases/{case}/grants/h-3", {}, Refusal(404, "handler.unknown", "caller")),
    "grant to no id": ("PUT", "/v1/cases/{case}/grants/%00", {}, Refusal(404, "handler.unknown", "caller")),
    "withdraw from no id": ("DELETE", "/v1/cases/{case}/grants/%00", {}, Refusal(404, "handler.unknown", "caller")),
    "remove nobody": ("DELETE", "/v1/handlers/h-404", {}, Refusal(404, "handler.unknown", "caller")),
    "remove the intake": ("DELETE", "/v1/handlers/intake", {}, Refusal(404, "handler.unknown", "caller")),
    "add the intake": ("PUT", "/v1/handlers/intake", {}, Refusal(422, "handler.bad-id", "caller")),
    "add a name": ("PUT", "/v1/handlers/%E5%BC%A0%E4%B8%89", {}, Refusal(422, "handler.bad-id", "caller")),
    "add with a NUL": ("PUT", "/v1/handlers/a%00", {}, Refusal(422, "handler.bad-id", "caller")),
    "add with 65 letters": ("PUT", "/v1/handlers/" + "a" * 65, {}, Refusal(422, "handler.bad-id", "caller")),
    "add in another role": (
        "PUT",
        "/v1/handlers/h-9",
        {"role": "root"},
        Refusal(422, "http.bad-parameter", "caller", "/role"),
    ),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_handlers_that_cannot_be(scene: Scene, name: str) -> None:
    method, form, body, expected = HANDLERS[name]
    with scene.at.nothing_moves():
        answer = scene.at.send(POLICE, method, scene.path(form), body)
    shown(answer, expected)
    scene.at.new_marks()


# --- sending into a case -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", [OTHER, LEFT, NOBODY])
def test_a_handler_without_the_case_sends_nothing_in_it(scene: Scene, handler: str) -> None:
    draft = scene.draft.anew()
    draft.envelope["handler"] = handler
    with scene.at.nothing_moves():
        answer = scene.at.submit(draft.wire(), handler=handler)
    shown(answer, Refusal(404, "case.unknown", "caller"))
    assert [(mark.action, mark.transfer_id) for mark in scene.at.new_marks()] == [("refused", draft.transfer_id)]


@pytest.mark.parametrize("handler", [LEFT, NOBODY])
def test_a_handler_whom_nobody_knows_opens_no_case(scene: Scene, handler: str) -> None:
    draft = scene.draft.anew()
    draft.envelope["handler"] = handler
    draft.envelope["case_uid"] = draft.record["case"]["case_uid"] = uuid7()
    shown(scene.at.submit(draft.wire(), handler=handler), Refusal(404, "case.unknown", "caller"))
    scene.at.new_marks()


def by_stranger(scene: Scene) -> Draft:
    draft = scene.draft.anew()
    draft.key = scene.at.key(STRANGER)
    draft.envelope.update(sender=STRANGER, handler="intake")
    for mark in draft.marks:
        mark["actor"] = {"agency": STRANGER}
    for body in draft.descriptors:
        body["sealed_by"] = STRANGER
    return draft


def test_a_stranger_sends_nothing_into_a_case_that_it_knows_by_id(scene: Scene) -> None:
    draft = by_stranger(scene)
    with scene.at.nothing_moves():
        answer = scene.at.submit(draft.wire(), agency=STRANGER)
    scene.at.refused(answer, Refusal(404, "case.unknown", "caller"), trail=draft.transfer_id, who=STRANGER)


@pytest.mark.parametrize("member", ["in_reply_to", "supersedes"])
def test_a_stranger_refers_to_nothing(scene: Scene, member: str) -> None:
    draft = by_stranger(scene)
    draft.envelope["case_uid"] = draft.record["case"]["case_uid"] = uuid7()
    draft.envelope[member] = scene.transfer_id
    answer = scene.at.submit(draft.wire(), agency=STRANGER)
    expected = Refusal(404, "transfer.unknown", "caller", f"/envelope/{member}")
    scene.at.refused(answer, expected, trail=draft.transfer_id, who=STRANGER)


def test_a_stranger_carries_no_volume_that_it_never_got(scene: Scene) -> None:
    draft = by_stranger(scene)
    draft.envelope["case_uid"] = draft.record["case"]["case_uid"] = uuid7()
    draft.descriptors = scene.draft.copy().descriptors
    for entry, body in zip(draft.envelope["volumes"], draft.descriptors, strict=True):
        entry.update(volume_id=body["volume_id"], reused_from=scene.transfer_id)
    wire = draft.wire()
    wire["descriptors"] = scene.draft.copy().wire()["descriptors"]
    for entry, item in zip(draft.envelope["volumes"], wire["descriptors"], strict=True):
        entry["descriptor_digest"] = digest_of_statement(item)
    wire["envelope"] = resigned(draft)
    answer = scene.at.submit(wire, agency=STRANGER)
    expected = Refusal(404, "transfer.unknown", "caller", "/envelope/volumes/0/reused_from")
    scene.at.refused(answer, expected, trail=draft.transfer_id, who=STRANGER)


def digest_of_statement(item: dict[str, Any]) -> str:
    return SignedStatement.from_json(item).digest


def resigned(draft: Draft) -> dict[str, Any]:
    return sign("envelope", draft.envelope, draft.key).to_json()


def test_links_show_only_this_case_and_never_a_number(scene: Scene) -> None:
    draft = scene.draft.anew()
    draft.envelope["handler"] = "intake"
    elsewhere, later = uuid7(), uuid7()
    draft.record["case"]["links"] = [
        {"from": elsewhere, "to": uuid7(), "type": "merge"},
        {"from": "A3501020000002026039999", "to": scene.case_uid, "type": "split"},
        {"from": scene.case_uid, "to": later, "type": "split"},
    ]
    assert scene.at.submit(draft.wire()).status_code == 201
    links = scene.at.send(POLICE, "GET", scene.path("/v1/cases/{case}")).json()["links"]
    assert links == [{"from": scene.case_uid, "to": later, "type": "split"}]
    scene.at.new_marks()


def test_refusals_are_counted_for_the_agency_that_met_them(scene: Scene) -> None:
    with scene.at.here.clock.standing() as now:
        path = f"/v1/reconcile?day={now.astimezone(BEIJING).date()}"
        before = scene.at.send(STRANGER, "GET", path).json()["refused"]
        scene.at.submit(by_stranger(scene).wire(), agency=STRANGER)
        assert scene.at.send(STRANGER, "GET", path).json()["refused"] == before + 1
        assert scene.at.send(COURT, "GET", path).json()["refused"] == 0
    scene.at.new_marks()

"""What a thief, a stranger or a careless sender may put into a submission: refused, marked, and nothing moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.canonical import digest
from evidence.identifiers import uuid7
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.drafts import Draft, later
from tests.scene.stage import Refusal, Stage


@dataclass(frozen=True)
class Scene:
    """A stage with one honest submission of the police, caught before it arrived."""

    at: Stage
    honest: Draft


@pytest.fixture(scope="module")
def scene(at: Stage, honest: Draft) -> Scene:
    return Scene(at, honest)


Change = Callable[[Scene, Draft], object]


def put(*path: str | int, value: Any) -> Change:
    """Set one member of the draft."""

    def change(_scene: Scene, draft: Draft) -> None:
        target: Any = getattr(draft, str(path[0]))
        for step in path[1:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """Remove one member of the draft."""

    def change(_scene: Scene, draft: Draft) -> None:
        target: Any = getattr(draft, str(path[0]))
        for step in path[1:-1]:
            target = target[step]
        del target[path[-1]]

    return change


def of_mark(index: int, **changes: Any) -> Change:
    """Change members of a mark."""

    def change(_scene: Scene, draft: Draft) -> None:
        draft.marks[index].update(changes)

    return change


def loose(change: Change) -> Change:
    """The change alone: nothing else follows it."""

    def changed(scene: Scene, draft: Draft) -> None:
        draft.wire()  # everything agrees now
        draft.agree = False
        change(scene, draft)

    return changed


def all_of(*changes: Change) -> Change:
    def change(scene: Scene, draft: Draft) -> None:
        for each in changes:
            each(scene, draft)

    return change


def ahead(member: str, *path: str | int) -> Change:
    """Date a statement ten minutes ahead of the hub's clock."""

    def change(scene: Scene, draft: Draft) -> None:
        put(*path, member, value=later(scene.at.here.clock(), minutes=10))(scene, draft)

    return change


def key_for(agency: str, key_id: str | None = None) -> Change:
    """Keep only the wrapped key for `agency`; with `key_id`, say that it is wrapped for that key."""

    def change(_scene: Scene, draft: Draft) -> None:
        for entry in draft.envelope["volumes"]:
            kept = [key for key in entry["keys"] if key["recipient"] == agency]
            entry["keys"] = kept if key_id is None else [{**key, "recipient_key_id": key_id} for key in entry["keys"]]

    return change


def schema(*places: str) -> Refusal:
    """Refused by the published schemas, for what stands at `places`."""
    return Refusal(422, "package.schema", "sender", inside=places)


def twice(_scene: Scene, draft: Draft) -> None:
    draft.descriptors.append(dict(draft.descriptors[0]))


def counts(_scene: Scene, draft: Draft) -> None:
    draft.descriptors[1]["pages"] += 1


ANCIENT = "2001-01-01T00:00:00.000Z"
OTHER_DIGEST = digest(b"something else")
OTHER_ID = "01933e7a-6a3c-7cc1-b1e8-0d6a4d8f5a10"

PACKAGES: dict[str, tuple[Change, Refusal]] = {
    # the envelope
    "envelope in another agency's name": (
        put("envelope", "sender", value=STRANGER),
        Refusal(422, "envelope.sender", "sender", "/envelope/sender"),
    ),
    "envelope of another handler": (
        put("envelope", "handler", value="h-7"),
        Refusal(422, "envelope.handler", "sender", "/envelope/handler"),
    ),
    "envelope dated ahead": (
        ahead("created_at", "envelope"),
        Refusal(422, "statement.from-future", "sender", "/envelope/created_at"),
    ),
    "envelope from before its key": (
        put("envelope", "created_at", value=ANCIENT),
        Refusal(401, "evidence.key-not-valid", "sender", "/envelope"),
    ),
    "envelope without a date": (
        put("envelope", "created_at", value=None),
        Refusal(422, "evidence.bad-instant", "caller", "/envelope/created_at"),
    ),
    "transfer id that is no UUID": (
        put("envelope", "transfer_id", value="T-1"),
        Refusal(422, "package.malformed", "sender", "/envelope/transfer_id"),
    ),
    "transfer id that is an object": (
        put("envelope", "transfer_id", value={"id": 1}),
        Refusal(422, "package.malformed", "sender", "/envelope/transfer_id"),
    ),
    "unknown node": (
        all_of(put("envelope", "node", value="N-XXX-999"), of_mark(0, node="N-XXX-999"), of_mark(1, node="N-XXX-999")),
        Refusal(422, "node.unknown", "sender", "/envelope/node"),
    ),
    "node of other agencies (D-02)": (
        all_of(put("envelope", "node", value="N-IND-001"), of_mark(0, node="N-IND-001"), of_mark(1, node="N-IND-001")),
        Refusal(422, "rule.D-02", "sender", "/envelope/node"),
    ),
    "receiver that the node does not name (D-02)": (
        put("envelope", "receiver", value=COURT),
        Refusal(422, "rule.D-02", "sender", "/envelope/node"),
    ),
    "receiver that is not enrolled": (
        put("envelope", "receiver", value="procuratorate:350199"),
        Refusal(422, "agency.not-enrolled", "sender", "/envelope/receiver"),
    ),
    "receiver that is a number": (
        put("envelope", "receiver", value=350102),
        schema("/envelope/receiver"),
    ),
    "reply to a transfer that is an object": (
        put("envelope", "in_reply_to", value={"a": 1}),
        Refusal(404, "transfer.unknown", "caller", "/envelope/in_reply_to"),
    ),
    "reply to nobody's transfer": (
        put("envelope", "in_reply_to", value=OTHER_ID),
        Refusal(404, "transfer.unknown", "caller", "/envelope/in_reply_to"),
    ),
    "supersedes nobody's transfer": (
        put("envelope", "supersedes", value=OTHER_ID),
        Refusal(404, "transfer.unknown", "caller", "/envelope/supersedes"),
    ),
    "case numbers that are numbers": (
        put("envelope", "case_refs", value=[{"agency": 1, "kind": 2, "value": 3}]),
        schema(*(f"/envelope/case_refs/0/{member}" for member in ("agency", "kind", "value"))),
    ),
    "case number with a NUL": (
        put("envelope", "case_refs", value=[{"agency": POLICE, "kind": "AJBH", "value": "A\x003501"}]),
        schema("/envelope/case_refs/0/value"),
    ),
    "case id with a NUL": (
        put("envelope", "case_uid", value="\x00"),
        schema("/envelope/case_uid"),
    ),
    # keys
    "no key for the receiver": (
        key_for(POLICE),
        Refusal(422, "envelope.key-recipient", "sender", "/envelope/volumes/0/keys"),
    ),
    "no key for the sender": (
        key_for(PROCURATORATE),
        Refusal(422, "envelope.key-recipient", "sender", "/envelope/volumes/0/keys"),
    ),
    "keys wrapped for keys that nobody has": (
        key_for(PROCURATORATE, OTHER_DIGEST),
        Refusal(422, "envelope.key-recipient", "sender", "/envelope/volumes/0/keys"),
    ),
    # the record
    "record changed": (
        loose(put("record", "case", "name", value="李某示例案")),
        Refusal(422, "record.digest", "sender", "/record"),
    ),
    "record of another case": (
        put("record", "case", "case_uid", value=OTHER_ID),
        Refusal(422, "record.other-case", "sender", "/record/case/case_uid"),
    ),
    "record of another domain": (
        put("record", "domain", value="civil"),
        Refusal(422, "record.other-domain", "sender", "/record/domain"),
    ),
    "record of a domain that nobody knows": (
        put("record", "domain", value="maritime"),
        schema("/record/domain"),
    ),
    "civil record at a criminal node": (
        all_of(put("record", "domain", value="civil"), put("envelope", "domain", value="civil")),
        Refusal(422, "envelope.domain", "sender", "/envelope/domain"),
    ),
    "envelope with a domain of another form": (
        put("envelope", "domain", value="Civil!"),
        schema("/envelope/domain"),
    ),
    "record with a member that must be understood": (
        all_of(put("record", "haste", value=1), put("record", "must_understand", value=["haste"])),
        Refusal(422, "record.must-understand", "sender", "/record/must_understand"),
    ),
    "record with a float": (
        loose(put("record", "case", "person_count", value=1.5)),
        schema("/record/case/person_count"),
    ),
    "record without persons' names": (
        drop("record", "persons", 0, "person_uid"),
        schema("/record/persons/0/person_uid"),
    ),
    "several violations": (
        all_of(drop("record", "persons", 0, "person_uid"), put("record", "schema", value="other")),
        schema("/record/persons/0/person_uid", "/record/schema"),
    ),
    # volumes and their descriptors
    "descriptor missing": (
        loose(drop("descriptors", 0)),
        Refusal(422, "package.volumes-differ", "sender", "/descriptors"),
    ),
    "descriptor twice": (loose(twice), Refusal(422, "package.volumes-differ", "sender", "/descriptors")),
    "volume that no descriptor describes": (
        loose(put("envelope", "volumes", 0, "volume_id", value=OTHER_ID)),
        Refusal(422, "package.volumes-differ", "sender", "/descriptors"),
    ),
    "descriptor that is not the one signed for": (
        loose(put("envelope", "volumes", 2, "descriptor_digest", value=OTHER_DIGEST)),
        Refusal(422, "descriptor.digest", "sender", "/envelope/volumes/2/descriptor_digest"),
    ),
    "descriptor dated ahead": (
        ahead("sealed_at", "descriptors", 0),
        Refusal(422, "statement.from-future", "sender", "/descriptors/0/sealed_at"),
    ),
    "descriptor from before its key": (
        put("descriptors", 0, "sealed_at", value=ANCIENT),
        Refusal(401, "evidence.key-not-valid", "sender", "/descriptors/0"),
    ),
    "descriptor that says another sealed it": (
        put("descriptors", 1, "sealed_by", value=PROCURATORATE),
        Refusal(422, "descriptor.sealed-by-other", "sender", "/descriptors/1/sealed_by"),
    ),
    "descriptor whose pages do not add up (D-05)": (
        counts,
        Refusal(422, "dossier.descriptor-counts", "sender", "/descriptors/1/pages"),
    ),
    "part whose size is another": (
        put("descriptors", 1, "pack", "parts", 0, "size", value=1),
        Refusal(422, "dossier.descriptor", "sender", "/descriptors/1/pack/parts/0/size"),
    ),
    "part digest that is an object": (
        loose(put("descriptors", 1, "pack", "parts", 0, "digest", value={})),
        schema("/descriptors/1/pack/parts/0/digest"),
    ),
    "part that the hub lacks": (
        put("descriptors", 1, "pack", "parts", 0, "digest", value=OTHER_DIGEST),
        Refusal(422, "part.missing", "sender", "/envelope/volumes/1"),
    ),
    "volume said to be reused from nowhere": (
        put("envelope", "volumes", 1, "reused_from", value=OTHER_ID),
        Refusal(404, "transfer.unknown", "caller", "/envelope/volumes/1/reused_from"),
    ),
    # the sender's marks
    "mark missing": (loose(drop("marks", 1)), Refusal(422, "package.marks", "sender", "/marks")),
    "marks the wrong way round": (
        loose(lambda _scene, draft: draft.marks.reverse()),
        Refusal(422, "package.marks", "sender", "/marks"),
    ),
    "a third mark": (
        loose(lambda _scene, draft: draft.marks.append({**draft.marks[1], "mark_id": uuid7()})),
        Refusal(422, "package.marks", "sender", "/marks"),
    ),
    "mark of a receiver's action": (
        of_mark(1, action="acknowledged"),
        Refusal(422, "package.marks", "sender", "/marks"),
    ),
    "mark of an action that nobody knows": (
        of_mark(0, action="blessed"),
        Refusal(422, "evidence.unknown-action", "sender", "/marks/0/action"),
    ),
    "mark of a hub's action": (
        of_mark(0, action="received"),
        Refusal(422, "evidence.wrong-actor", "sender", "/marks/0/actor/agency"),
    ),
    "mark in another agency's name": (
        of_mark(0, actor={"agency": PROCURATORATE}),
        Refusal(422, "mark.other-actor", "caller", "/marks/0/actor/agency"),
    ),
    "mark without a member": (drop("marks", 0, "prev"), Refusal(422, "evidence.bad-mark", "sender", "/marks/0")),
    "mark whose actor is a list": (
        of_mark(0, actor=[POLICE]),
        Refusal(422, "evidence.bad-mark", "sender", "/marks/0/actor"),
    ),
    "mark of another transfer": (
        of_mark(1, transfer_id=OTHER_ID),
        Refusal(422, "mark.other-transfer", "sender", "/marks/1/transfer_id"),
    ),
    "mark of another node": (
        of_mark(0, node="N-ARR-002"),
        Refusal(422, "mark.differs", "caller", "/marks/0/node"),
    ),
    "mark of other ciphertext": (
        loose(of_mark(1, digests={OTHER_ID: OTHER_DIGEST})),
        Refusal(422, "mark.differs", "caller", "/marks/1/digests"),
    ),
    "mark that leaves volumes out": (
        loose(of_mark(1, digests={})),
        Refusal(422, "mark.differs", "caller", "/marks/1/digests"),
    ),
    "marks that are not a chain": (
        loose(of_mark(1, prev=OTHER_DIGEST)),
        Refusal(409, "mark.out-of-order", "caller", "/marks"),
    ),
    "marks that begin in the middle": (
        all_of(of_mark(0, seq=7, prev=OTHER_DIGEST), of_mark(1, seq=8)),
        Refusal(409, "mark.out-of-order", "caller", "/marks"),
    ),
    "mark dated ahead": (
        ahead("occurred_at", "marks", 1),
        Refusal(422, "statement.from-future", "sender", "/marks/1/occurred_at"),
    ),
    "mark from before its key": (
        of_mark(0, occurred_at=ANCIENT),
        Refusal(401, "evidence.key-not-valid", "sender", "/marks/0"),
    ),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_says_what_is_not(scene: Scene, name: str) -> None:
    change, expected = PACKAGES[name]
    draft = scene.honest.copy()
    change(scene, draft)
    wire = draft.wire()
    with scene.at.nothing_moves():
        answer = scene.at.submit(wire)
    told = draft.envelope["transfer_id"]
    scene.at.refused(answer, expected, trail=told if told == scene.honest.transfer_id else None)


def test_every_violation_of_the_standard_is_named_at_once(scene: Scene) -> None:
    draft = scene.honest.copy()
    del draft.record["persons"][0]["person_uid"]
    draft.record["case"]["filing_date"] = "yesterday"
    answer = scene.at.submit(draft.wire(), headers={"Accept-Language": "en"})
    found = {problem["place"]: problem for problem in answer.json()["problems"]}
    assert set(found) == {"/record/persons/0/person_uid", "/record/case/filing_date"}
    assert all(problem["messages"]["zh"]["text"] != problem["messages"]["en"]["text"] for problem in found.values())
    assert answer.json()["title"] == "The package does not conform to the unified standard in 2 places."
    scene.at.new_marks()


BODIES: dict[str, tuple[Any, Refusal]] = {
    "a list": ([], Refusal(422, "package.malformed", "sender")),
    "nothing in it": ({}, Refusal(422, "package.malformed", "sender", "/record")),
    "record is a list": ({"record": []}, Refusal(422, "package.malformed", "sender", "/record")),
    "descriptors are an object": (
        lambda wire: {**wire, "descriptors": {}},
        Refusal(422, "package.malformed", "sender", "/descriptors"),
    ),
    "2,001 descriptors": (
        lambda wire: {**wire, "descriptors": [None] * 2001},
        Refusal(422, "package.malformed", "sender", "/descriptors"),
    ),
    "marks are a text": (
        lambda wire: {**wire, "marks": "sealed"},
        Refusal(422, "package.malformed", "sender", "/marks"),
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_package(scene: Scene, name: str) -> None:
    body, expected = BODIES[name]
    made = body(scene.honest.copy().wire()) if callable(body) else body
    with scene.at.nothing_moves():
        scene.at.refused(scene.at.submit(made), expected)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.sampled_from(["", "\x00", "\ud800", "x" * 70_000, POLICE, "hub:test", "acknowledged", OTHER_DIGEST, OTHER_ID]),
    st.just([]),
    st.just({}),
    st.just([[], {}]),
    st.just({"suite": "intl-1"}),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data(), follow=st.booleans())
def test_whatever_stands_in_a_package_the_hub_answers(scene: Scene, data: st.DataObject, follow: bool) -> None:
    draft = scene.honest.anew()
    draft.wire()
    parent, step = data.draw(
        st.sampled_from(list(leaves([draft.envelope, draft.descriptors, draft.marks, draft.record])))
    )
    parent[step] = data.draw(ODD)
    draft.agree = follow
    try:
        wire = draft.wire()
    except Exception:  # what has no canonical form cannot be signed either
        return
    answer = scene.at.submit(wire)
    assert answer.status_code == 201 or answer.status_code in range(400, 500), answer.text
    assert answer.json().get("code") != "hub.internal"


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that can be set."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in list(steps):
        if not (isinstance(value, list) and isinstance(member, list)):
            yield value, step
        yield from leaves(member)


def test_a_clock_that_is_a_little_fast_is_borne(scene: Scene) -> None:
    draft = scene.honest.anew()
    draft.envelope["created_at"] = later(scene.at.here.clock(), minutes=4)
    assert scene.at.submit(draft.wire()).status_code == 201
    scene.at.new_marks()


def test_after_all_refusals_the_honest_package_is_received(scene: Scene) -> None:
    wire = scene.honest.copy().wire()
    scene.at.new_marks()
    answer = scene.at.submit(wire)
    assert answer.status_code == 201, answer.text
    made = [mark.action for mark in scene.at.new_marks()]
    assert made == ["sealed", "submitted", "received", "converted", "offered"]
    again = scene.at.submit(wire)
    assert (again.status_code, again.content) == (200, answer.content)
    assert scene.at.new_marks() == []


def test_volumes_that_were_sent_before_are_not_new(scene: Scene) -> None:
    assert scene.at.submit(scene.honest.copy().wire()).status_code in (200, 201)
    draft = scene.honest.copy()
    draft.envelope["transfer_id"] = uuid7()
    for mark in draft.marks:
        mark["transfer_id"], mark["mark_id"] = draft.transfer_id, uuid7()
    places = tuple(f"/envelope/volumes/{index}/volume_id" for index in range(3))
    answer = scene.at.submit(draft.wire())
    scene.at.refused(answer, Refusal(422, "package.parts", "sender", inside=places), trail=draft.transfer_id)
    draft.descriptors[0]["sealed_at"] = later(scene.at.here.clock(), seconds=1)
    scene.at.refused(
        scene.at.submit(draft.wire()),
        Refusal(422, "descriptor.altered", "sender", "/descriptors/0"),
        trail=draft.transfer_id,
    )

"""What travels beside the record as typed objects, held together with the published schemas."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.canonical import canonical
from evidence.mark_bodies import MarkBody
from standards import schemas
from standards.members import Members, TypedObject, names_of, spelt
from standards.record.annex import Annex
from standards.record.envelope import Envelope
from standards.record.receipt import Receipt
from tests.standards.strategies import UUID, unknown_values, words

Json = dict[str, Any]
D, AT = "sha256:" + "0" * 64, "2026-11-22T00:02:52.123Z"


class Read(Protocol):
    """What every such object can do."""

    def to_json(self) -> Json:
        """Exactly what was read."""


READERS: Mapping[str, Callable[[Any], Read]] = {
    "envelope-v1.1": Envelope.read,
    "mark-v1.1": MarkBody.read,
    "receipt-v1.1": Receipt.read,
    "annex-v1.1": Annex.read,
}
FORMS: Mapping[str, list[Any]] = {
    "uuid7": [UUID],
    "uuid7-or-null": [UUID, None],
    "digest": [D],
    "digest-or-null": [D, None],
    "instant": [AT],
    "node": ["N-ARR-001"],
    "node-or-null": ["N-ARR-001", None],
    "agency": ["police:350102000000"],
    "agency-type": ["police", "prison"],
    "domain": ["criminal", "civil"],
    "suite": ["intl-1", "intl-2"],
    "must-understand": [["node"]],
    "party": ["police:350102000000", "hub:fuzhou"],
    "base64": ["", "AAAA", "e30="],
    "volume-or-all": [UUID, "all"],
}


def rule_of(name: str, rule: Json) -> tuple[str, Json]:
    """A rule, once what it refers to was looked up, and the name under which it stood."""
    own, shared = (schemas.schema(each).get("$defs", {}) for each in (name, schemas.COMMON))
    place, known = "", rule
    while "$ref" in known:
        place = known["$ref"].rpartition("/")[2]
        known = own.get(place) or shared[place]
    return place, known


@st.composite
def conforming(draw: st.DrawFn, name: str, rule: Json) -> Any:
    """A value that the schema's author means, with some optional members and, where it may, an unknown one."""
    place, known = rule_of(name, rule)
    if place in FORMS:
        return draw(st.sampled_from(FORMS[place]))
    if "const" in known or "enum" in known:
        return draw(st.sampled_from(known.get("enum") or [known["const"]]))
    if known["type"] == "integer":
        return draw(st.integers(known.get("minimum", 0), 9))
    if known["type"] == "string":
        return "received" if "pattern" in known else draw(words)
    if known["type"] == "array":
        return draw(st.lists(conforming(name, known["items"]), min_size=known.get("minItems", 0), max_size=2))
    return draw(_object(name, known))


@st.composite
def _object(draw: st.DrawFn, name: str, known: Json) -> Json:
    members, more = known.get("properties", {}), known.get("additionalProperties")
    optional = sorted(set(members) - set(known.get("required", ())))
    left_out = draw(st.sets(st.sampled_from(optional))) if optional else set()
    made = {each: draw(conforming(name, rule)) for each, rule in members.items() if each not in left_out}
    if isinstance(more, dict):
        names = conforming(name, known["propertyNames"])
        return made | draw(st.dictionaries(names, conforming(name, more), max_size=2))
    if more is None:
        guessed = st.sampled_from(["as_of", "note", "display", "system", "witnessed", "vocabulary"]) | words
        unknown = draw(st.dictionaries(guessed, unknown_values, max_size=2))
        made |= {each: value for each, value in unknown.items() if each not in members}
    return made


def bodies(name: str) -> st.SearchStrategy[Any]:
    return conforming(name, dict(schemas.schema(name)))


def required(name: str, value: Any, rule: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all members of a document that its schema requires."""
    _, known = rule_of(name, rule)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from required(name, item, known["items"], (*path, index))
    elif isinstance(value, dict) and path[-1:] != ("original",):
        for member, below in known.get("properties", {}).items():
            if member in value:
                if member in known.get("required", ()) and path[:1] != ("findings",):
                    yield (*path, member)
                yield from required(name, value[member], below, (*path, member))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(data=st.data())
def test_what_conforms_is_read_and_comes_back_byte_for_byte(name: str, data: st.DataObject) -> None:
    body = data.draw(bodies(name))
    assert schemas.violations(name, body) == []
    before = copy.deepcopy(body)
    read = READERS[name](body)
    assert canonical(read.to_json()) == canonical(before)
    assert READERS[name](read.to_json()) == read
    assert body == before


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(data=st.data())
def test_what_the_schema_requires_is_required_and_of_its_type(name: str, data: st.DataObject) -> None:
    """A member that is missing, or of a type that the schema refuses, is refused. What a finding or an original coding
    holds stays JSON."""
    body = data.draw(bodies(name))
    path = data.draw(st.sampled_from(sorted(required(name, body, dict(schemas.schema(name))), key=str)))
    owner = body
    for step in path[:-1]:
        owner = owner[step]
    if data.draw(st.booleans()):
        del owner[path[-1]]
        with pytest.raises(KeyError, match=path[-1]):
            READERS[name](body)
        return
    owner[path[-1]] = data.draw(st.sampled_from([None, 7, True, "x", [], {}, [7], {"x": 7}]))
    refused = {each.code for each in schemas.violations(name, body)}
    if "schema.type" in refused:
        with pytest.raises((KeyError, TypeError)):
            READERS[name](body)
    elif not refused:
        assert canonical(READERS[name](body).to_json()) == canonical(body)


@pytest.mark.parametrize("body", [None, [], "x", 7])
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_object_is_refused(name: str, body: Any) -> None:
    with pytest.raises(TypeError):
        READERS[name](body)


def test_a_member_is_taken_once_and_the_rest_is_left() -> None:
    given_body = {"a": "x", "n": 1, "other": [1], "odd": 7}
    members = Members(given_body)
    assert (members.text("a"), members.number("n"), members.optional_text("odd")) == ("x", 1, None)
    assert members.left() == {"other": [1], "odd": 7}
    with pytest.raises(KeyError, match="a"):
        members.text("a")
    assert given_body == {"a": "x", "n": 1, "other": [1], "odd": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner(TypedObject):
    """An object in another."""

    text: str
    absent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer(TypedObject):
    """An object with a member of every form."""

    number: int
    nullable: str | None
    texts: Mapping[str, str]
    free: Mapping[str, Any]
    one: Inner
    several: tuple[Inner, ...]
    plain: tuple[Mapping[str, Any], ...]
    renamed: str = field(metadata=spelt("class"))
    renamed_too: str | None = field(default=None, metadata=spelt("type"))
    counted: int = field(metadata=spelt(read=len, write=lambda count: ["x"] * count))


OUTER: Json = {
    "number": 7,
    "nullable": None,
    "texts": {"a": "b"},
    "free": {"a": [1]},
    "one": {"text": "x", "absent": "y", "unknown": 1},
    "several": [{"text": "x"}, {"text": "z", "absent": 7}],
    "plain": [{"a": 1}],
    "class": "first",
    "counted": ["x", "x"],
    "unknown": {"deep": None},
}


def test_a_type_is_read_and_written_as_its_fields_say() -> None:
    read = Outer.read(OUTER)
    assert read == Outer(
        number=7,
        nullable=None,
        texts={"a": "b"},
        free={"a": [1]},
        one=Inner(text="x", absent="y", more={"unknown": 1}),
        several=(Inner(text="x"), Inner(text="z", more={"absent": 7})),
        plain=({"a": 1},),
        renamed="first",
        counted=2,
        more={"unknown": {"deep": None}},
    )
    assert read.to_json() == OUTER
    assert Outer.read({**OUTER, "type": "t"}).to_json() == {**OUTER, "type": "t"}
    assert names_of(Outer) == {*OUTER, "type"} - {"unknown"}


@pytest.mark.parametrize("name", sorted(set(OUTER) - {"unknown"}))
def test_what_has_no_default_must_be_there(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Outer.read({member: value for member, value in OUTER.items() if member != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", True),
        ("number", "7"),
        ("nullable", 7),
        ("texts", {"a": 1}),
        ("texts", []),
        ("free", "x"),
        ("one", "x"),
        ("several", {"text": "x"}),
        ("several", ["x"]),
        ("plain", ["x"]),
        ("class", None),
    ],
)
def test_what_is_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(TypeError):
        Outer.read({**OUTER, name: value})


def test_a_field_of_a_type_that_no_member_has_is_a_fault_of_ours() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Odd(TypedObject):
        number: float

    with pytest.raises(AttributeError):
        Odd.read({"number": 1.5})


@pytest.mark.parametrize("of", [Annex, Receipt, MarkBody])
def test_what_a_type_knows_is_what_its_schema_names(of: type[TypedObject]) -> None:
    """Beside what stays in `more`, as it is written only when something needs it."""
    name = {Annex: "annex-v1.1", Receipt: "receipt-v1.1", MarkBody: "mark-v1.1"}[of]
    assert names_of(of) == set(schemas.schema(name)["properties"]) - {"vocabulary", "must_understand"}

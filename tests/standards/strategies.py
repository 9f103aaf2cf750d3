"""Records that conform to the published schema, and records in which one thing is odd."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from standards import schemas

Json = dict[str, Any]
UUID = "01890a5d-ac96-774b-bcce-b302099a8057"

GOOD_VALUES: dict[str, list[Any]] = {
    "uuid7": [UUID, "01890a5d-ac96-774b-bcce-b302099a8058"],
    "uid": ["c1", "a.b_c:d-e"],
    "date": ["2026-03-04", "2024-02-29"],
    "partial-date": ["1990", "1990-01", "1990-01-02"],
    "fact-time": ["2026-03-04", "2026-03-04T09:30:00+08:00", "2026-03-04T01:30:00.123Z"],
    "money": ["12000.00", "0", "3"],
    "agency-type": ["police", "prison"],
    "domain": ["criminal", "civil"],
    "must-understand": [["case"], ["haste", "persons"]],
    "agency": ["police:350102000000"],
    "doc-type": ["E0501", "F0301"],
    "node": ["N-ARR-001"],
}
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)
unknown_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.just("") | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
ODD_VALUES: list[Any] = [
    None, "", " ", 0, -1, 1.5, 1.0, True, [], {}, [None], "2026-02-31", "2026-3-4", "1990-13", "x" * 201, "x" * 20_001,
    "\x00", "\ud800", 2**53, 10**12, 10**12 + 1, UUID.upper(), UUID.replace("-7", "-4"), "0.00000", "police:",
    "N-ARR-1", "2026-03-04T25:00:00+08:00", UUID + "\n", "２０２６-03-04", [[[]]], {"codings": []},
]  # fmt: skip


def resolve(rule: Json) -> tuple[str, Json]:
    name = rule["$ref"].rpartition("/")[2]
    found: Json = {**schemas.schema(schemas.COMMON)["$defs"], **schemas.schema("record-v1.1")["$defs"]}[name]
    return name, found


@st.composite
def conforming(draw: st.DrawFn, rule: Json) -> Any:
    """A value that the schema's author means: required members, a few optional ones, sometimes an unknown one."""
    if "$ref" in rule:
        name, target = resolve(rule)
        return draw(st.sampled_from(GOOD_VALUES[name])) if name in GOOD_VALUES else draw(conforming(target))
    if "const" in rule or "enum" in rule:
        return draw(st.sampled_from(rule.get("enum") or [rule["const"]]))
    simple = {"string": words, "boolean": st.booleans(), "integer": st.integers(0, 9)}
    if rule["type"] in simple:
        return draw(simple[rule["type"]])
    if rule["type"] == "array":
        return draw(st.lists(conforming(rule["items"]), min_size=1, max_size=2))
    members = rule.get("properties", {})
    needed = set(rule.get("required", ()))
    chosen = needed | draw(st.sets(st.sampled_from(sorted(members)), max_size=4)) if members else set()
    made = {name: draw(conforming(members[name])) for name in members if name in chosen}
    if draw(st.booleans()):
        made["未知" + draw(words)] = draw(unknown_values)
    return made


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in pairs:
        yield from places(member, (*path, step))


@st.composite
def disturbed(draw: st.DrawFn) -> Any:
    """A conforming record in which one thing was replaced, removed or added."""
    record = copy.deepcopy(draw(conforming(dict(schemas.schema("record-v1.1")))))
    path = draw(st.sampled_from([path for path in places(record) if path]))
    owner = record
    for step in path[:-1]:
        owner = owner[step]
    if draw(st.booleans()):
        del owner[path[-1]]
    else:
        owner[path[-1]] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
    return record


def conforming_records() -> st.SearchStrategy[Any]:
    """Records that `record-v1` accepts."""
    return conforming(dict(schemas.schema("record-v1.1")))

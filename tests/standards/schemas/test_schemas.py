"""Models and published schemas say the same, released files never change, and every violation is told in words."""

from __future__ import annotations

import copy
import hashlib
import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from hypothesis import example, given, settings
from pydantic import ValidationError

import messages
from standards import formats, schemas
from standards.limits import LIMITS
from standards.plain import faults
from standards.record import Record
from tests.standards.strategies import ODD_VALUES, UUID, conforming_records, disturbed

Json = dict[str, Any]
MINIMAL: Json = {"schema": "casehub/record/v1", "case": {"case_uid": UUID}}


def accepted(record: Any) -> bool:
    try:
        Record.model_validate(record)
    except ValidationError:
        return False
    return True


quick = settings(max_examples=150)


@quick
@given(conforming_records())
def test_what_the_schema_means_is_accepted_and_survives(record: Json) -> None:
    assert schemas.violations("record-v1.1", record) == []
    assert Record.model_validate(record).to_json() == record


@quick
@given(disturbed())
@example({**MINIMAL, "extra": 1.5})
@example({**MINIMAL, "persons": [{"person_uid": UUID, "kind": "natural", "roles": [{"role": "king"}]}]})
def test_models_and_schema_agree_both_ways(record: Any) -> None:
    assert accepted(record) is (schemas.violations("record-v1.1", record) == [])


@pytest.mark.parametrize("odd", ODD_VALUES, ids=repr)
@pytest.mark.parametrize(
    "member", ["case_uid", "name", "filing_date", "offence_from", "person_count", "joint_crime", "refs", "stage"]
)
def test_models_and_schema_agree_on_every_odd_value(member: str, odd: Any) -> None:
    record = {**MINIMAL, "case": {"case_uid": UUID, member: odd}}
    assert accepted(record) is (schemas.violations("record-v1.1", record) == [])


def test_models_and_schema_have_the_same_members() -> None:
    def compare(model: Any, rule: Json) -> None:
        names = {field.alias or name for name, field in model.model_fields.items()}
        assert names == set(rule["properties"]), model.__name__
        assert {f.alias or n for n, f in model.model_fields.items() if f.is_required()} == set(rule.get("required", ()))

    compare(Record, dict(schemas.schema("record-v1.1")))
    import standards.record as models

    titles = {"DocumentEntry": "document-entry", "CaseLink": "case-link", "PropertyItem": "property-item"}
    local, shared = schemas.schema("record-v1.1")["$defs"], schemas.schema(schemas.COMMON)["$defs"]
    for name in models.__all__:
        if name not in ("SCHEMA", "Record"):
            key = titles.get(name, name.lower())
            compare(getattr(models, name), local.get(key) or shared[key])


def test_patterns_and_limits_stand_in_one_place() -> None:
    shared = schemas.schema(schemas.COMMON)["$defs"]
    for name, pattern in formats.PATTERNS.items():
        assert shared[name]["pattern"] == pattern
        assert shared[name]["title"]
        assert shared[name]["x-zh"]
    assert [shared[name]["maxLength"] for name in ("text", "name", "code")] == [LIMITS.text, LIMITS.name, LIMITS.code]
    lists = schemas.schema("record-v1.1")["properties"]
    for name in ("persons", "charges", "measures", "property", "documents", "decisions"):
        assert lists[name]["maxItems"] == getattr(LIMITS, name)


def test_released_schemas_never_change() -> None:
    released = tomllib.loads(resources.files("standards.schemas").joinpath("RELEASED.toml").read_text("utf-8"))
    assert tuple(sorted(released)) == schemas.names()
    for name, digest in released.items():
        assert f"sha256:{hashlib.sha256(schemas.source(name)).hexdigest()}" == digest, (
            f"{name} was changed after release"
        )


@pytest.mark.parametrize("name", schemas.names())
def test_every_schema_is_a_schema(name: str) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(dict(schemas.schema(name)))
    assert schemas.schema(name)["$id"] == f"urn:casehub:schema:{name}"


def test_an_unknown_schema_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        schemas.violations("record-v9", {})


SAID: dict[str, tuple[Callable[[Json], Any], str, str]] = {
    "required": (lambda r: r["case"].pop("case_uid"), "/case/case_uid", "schema.required"),
    "type": (lambda r: r.update(persons={}), "/persons", "schema.type"),
    "form": (lambda r: r["case"].update(filing_date="2026-02-31"), "/case/filing_date", "schema.form"),
    "enum": (lambda r: r.update(persons=[{"person_uid": UUID, "kind": "x"}]), "/persons/0/kind", "schema.enum"),
    "agency type": (
        lambda r: r["case"].update(refs=[{"agency": "forensic:1", "kind": "k", "value": "v"}]),
        "/case/refs/0/agency",
        "schema.unknown-agency-type",
    ),
    "const": (lambda r: r.update(schema="x"), "/schema", "schema.const"),
    "empty": (lambda r: r["case"].update(name=""), "/case/name", "schema.empty"),
    "long": (lambda r: r["case"].update(name="长" * 201), "/case/name", "schema.long"),
    "few": (lambda r: r["case"].update(case_type={"codings": []}), "/case/case_type/codings", "schema.few"),
    "many": (
        lambda r: r["case"].update(refs=[{"agency": "police:1", "kind": "k", "value": "v"}] * 65),
        "/case/refs",
        "schema.many",
    ),
    "range": (lambda r: r["case"].update(person_count=-1), "/case/person_count", "schema.range"),
    "float": (lambda r: r.update({"a/b~c": [1.5]}), "/a~1b~0c/0", "schema.float"),
    "integer": (lambda r: r.update(x=2**53), "/x", "schema.integer"),
    "text": (lambda r: r.update(x="\x00"), "/x", "schema.text"),
    "key": (lambda r: r.update({"\ud800": 1}), "/\\ud800", "schema.text"),
    "not JSON": (lambda r: r.update(x=b""), "/x", "schema.not-json"),
}


@pytest.mark.parametrize("name", SAID)
def test_violations_are_told_in_both_languages_with_their_place(name: str) -> None:
    change, place, code = SAID[name]
    record = copy.deepcopy(MINIMAL)
    change(record)
    (found,) = schemas.violations("record-v1.1", record)
    assert (found.place, found.code) == (place, code)
    for sentence in (found.message_zh, found.message_en):
        assert sentence
        assert "{" not in sentence


def test_every_violation_is_told_at_once() -> None:
    record = {"case": {"case_uid": "x", "joint_crime": 1}, "persons": [{"kind": "q"}], "charges": 3}
    assert [each.place for each in schemas.violations("record-v1.1", record)] == [
        "/case/case_uid",
        "/case/joint_crime",
        "/charges",
        "/persons/0/kind",
        "/persons/0/person_uid",
        "/schema",
    ]


def test_depth_is_bounded_without_recursing_further() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    assert [each.code for each in schemas.violations("record-v1.1", {**MINIMAL, "x": deep})] == ["schema.depth"]
    assert list(faults(deep)) == [("/0" * (LIMITS.depth + 1), "schema.depth")]


def test_violations_never_repeat_what_the_record_says() -> None:
    record = {**MINIMAL, "case": {"case_uid": "张某示例", "filing_date": "秘密", "name": "密" * 300, "stage": 7}}
    said = "".join(each.message_zh + each.message_en for each in schemas.violations("record-v1.1", record))
    assert "张某" not in said
    assert "秘密" not in said
    assert "密密" not in said


def test_sentences_of_the_catalogue_exist_for_every_code() -> None:
    for code in ["schema.required", "schema.other", "schema.depth", "schema.not-json"]:
        assert code in messages.catalogue()

"""Models and published schemas say the same, released files never change, and every violation is told in words."""

from __future__ import annotations

import copy
import hashlib
import tomllib
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from standards import formats, messages, schemas
from standards.limits import LIMITS
from standards.plain import faults
from standards.record import Record

Json = dict[str, Any]
UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
MINIMAL: Json = {"schema": "casehub/record/v1", "case": {"case_uid": UUID}}

GOOD_VALUES: dict[str, list[str]] = {
    "uuid7": [UUID, "01890a5d-ac96-774b-bcce-b302099a8058"],
    "uid": ["c1", "a.b_c:d-e"],
    "date": ["2026-03-04", "2024-02-29"],
    "partial-date": ["1990", "1990-01", "1990-01-02"],
    "fact-time": ["2026-03-04", "2026-03-04T09:30:00+08:00", "2026-03-04T01:30:00.123Z"],
    "money": ["12000.00", "0", "3"],
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
    found: Json = {**schemas.schema(schemas.COMMON)["$defs"], **schemas.schema("record-v1")["$defs"]}[name]
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
    record = copy.deepcopy(draw(conforming(dict(schemas.schema("record-v1")))))
    path = draw(st.sampled_from([path for path in places(record) if path]))
    owner = record
    for step in path[:-1]:
        owner = owner[step]
    if draw(st.booleans()):
        del owner[path[-1]]
    else:
        owner[path[-1]] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
    return record


def accepted(record: Any) -> bool:
    try:
        Record.model_validate(record)
    except ValidationError:
        return False
    return True


quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(conforming(dict(schemas.schema("record-v1"))))
def test_what_the_schema_means_is_accepted_and_survives(record: Json) -> None:
    assert schemas.violations("record-v1", record) == []
    assert Record.model_validate(record).to_json() == record


@quick
@given(disturbed())
@example({**MINIMAL, "extra": 1.5})
@example({**MINIMAL, "persons": [{"person_uid": UUID, "kind": "natural", "roles": [{"role": "king"}]}]})
def test_models_and_schema_agree_both_ways(record: Any) -> None:
    assert accepted(record) is (schemas.violations("record-v1", record) == [])


@pytest.mark.parametrize("odd", ODD_VALUES, ids=repr)
@pytest.mark.parametrize(
    "member", ["case_uid", "name", "filing_date", "offence_from", "person_count", "joint_crime", "refs", "stage"]
)
def test_models_and_schema_agree_on_every_odd_value(member: str, odd: Any) -> None:
    record = {**MINIMAL, "case": {"case_uid": UUID, member: odd}}
    assert accepted(record) is (schemas.violations("record-v1", record) == [])


def test_models_and_schema_have_the_same_members() -> None:
    def compare(model: Any, rule: Json) -> None:
        names = {field.alias or name for name, field in model.model_fields.items()}
        assert names == set(rule["properties"]), model.__name__
        assert {f.alias or n for n, f in model.model_fields.items() if f.is_required()} == set(rule.get("required", ()))

    compare(Record, dict(schemas.schema("record-v1")))
    import standards.record as models

    titles = {"DocumentEntry": "document-entry", "CaseLink": "case-link", "PropertyItem": "property-item"}
    local, shared = schemas.schema("record-v1")["$defs"], schemas.schema(schemas.COMMON)["$defs"]
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
    lists = schemas.schema("record-v1")["properties"]
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
    (found,) = schemas.violations("record-v1", record)
    assert (found.place, found.code) == (place, code)
    for sentence in (found.message_zh, found.message_en):
        assert sentence
        assert "{" not in sentence


def test_every_violation_is_told_at_once() -> None:
    record = {"case": {"case_uid": "x", "joint_crime": 1}, "persons": [{"kind": "q"}], "charges": 3}
    assert [each.place for each in schemas.violations("record-v1", record)] == [
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
    assert [each.code for each in schemas.violations("record-v1", {**MINIMAL, "x": deep})] == ["schema.depth"]
    assert list(faults(deep)) == [("/0" * (LIMITS.depth + 1), "schema.depth")]


def test_violations_never_repeat_what_the_record_says() -> None:
    record = {**MINIMAL, "case": {"case_uid": "张某示例", "filing_date": "秘密", "name": "密" * 300, "stage": 7}}
    said = "".join(each.message_zh + each.message_en for each in schemas.violations("record-v1", record))
    assert "张某" not in said
    assert "秘密" not in said
    assert "密密" not in said


D = "sha256:" + "0" * 64
AT = "2026-11-22T00:02:52.123Z"
HEAD: Json = {"suite": "intl-1", "v": 1}
COLON = "police:350102000000"
STATEMENT = {
    "payload": "e30=",
    "payloadType": "application/vnd.casehub.key.v1+json",
    "signatures": [{"alg": "ed25519", "keyid": D, "sig": "AAAA"}],
}
STREAM = {"size": 56, "parts": [{"digest": D, "size": 56}]}
BODIES: dict[str, Json] = {
    "envelope-v1": {
        **HEAD, "transfer_id": UUID, "node": "N-ARR-001", "case_uid": UUID, "case_refs": [], "sender": COLON,
        "receiver": "procuratorate:350102", "handler": "intake", "in_reply_to": None, "supersedes": None,
        "record_digest": D, "created_at": AT,
        "volumes": [{"volume_id": UUID, "descriptor_digest": D, "reused_from": None,
                     "keys": [{"recipient": COLON, "recipient_key_id": D, "wrapped": "AAAA"}]}],
    },
    "receipt-v1": {
        **HEAD, "transfer_id": UUID, "envelope_digest": D, "node": "N-ARR-001", "case_uid": UUID, "sender": COLON,
        "receiver": "procuratorate:350102", "received_at": AT, "annex_digest": D, "mark_leaf_hash": D,
        "inclusion_deadline": AT, "log_origin": "casehub.example/log", "standard": "v1",
        "findings": [{"code": "rule.IR-32", "level": "V", "place": "/case", "params": {"count": 3}}],
    },
    "annex-v1": {
        **HEAD, "transfer_id": UUID, "record_digest": D, "release": {"id": "2026.11", "digest": D},
        "target": "procuratorate",
        "entries": [{"place": "/charges/0/crime", "original": {"system": "s", "code": "1"},
                     "unified": {"outcome": "unmapped", "matches": []},
                     "receiver": {"outcome": "equivalent", "matches": [{"system": "s", "code": "2"}]}}],
    },
    "descriptor-v1": {
        **HEAD, "volume_id": UUID, "kind": "V20", "number": "V20-01", "sealed_by": COLON, "sealed_at": AT,
        "documents": [{"doc_type": "E0501", "files": 1, "pages": 8}], "books": 1, "items": 1, "files": 1, "pages": 8,
        "av_files": 0, "pack": STREAM, "catalogue": STREAM, "key_commitment": "0" * 64, "supersedes": None,
    },
    "mark-v1": {
        **HEAD, "mark_id": UUID, "transfer_id": UUID, "seq": 1, "prev": None, "node": "N-ARR-001", "action": "sealed",
        "occurred_at": AT, "actor": {"agency": COLON}, "digests": {UUID: D}, "commitment": D,
    },
    "key-v1": {
        **HEAD, "owner": "hub:fuzhou", "key_id": D, "kty": "ed25519", "public": "AAAA", "purpose": "log",
        "valid_from": AT, "valid_to": None, "replaces": None,
    },
    "enrolment-v1": {
        **HEAD, "agency": {"type": "police", "code": "350102000000", "name": "示例公安局"}, "keys": [STATEMENT],
        "created_at": AT,
    },
    "admission-v1": {
        **HEAD, "agency": {"type": "police", "code": "350102000000", "name": "示例公安局"}, "agency_key_id": D,
        "admitted_at": AT, "hub": {"name": "fuzhou", "url": "http://127.0.0.1:8000"}, "keys": [STATEMENT],
        "log": {"origin": "casehub.example/log", "vkey": "casehub.example/log+00000000+AAAA"},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_sound_statement_conforms_and_every_member_is_needed(name: str) -> None:
    body = BODIES[name]
    assert schemas.violations(name, body) == []
    for member in body:
        short = {key: value for key, value in body.items() if key != member}
        assert [each.place for each in schemas.violations(name, short)] == [f"/{member}"]
    for member, wrong in (("suite", "sm-1"), ("v", 2), ("v", True)):
        assert schemas.violations(name, {**body, member: wrong})[0].place == f"/{member}"


def test_a_mark_holds_nothing_that_the_standard_does_not_name() -> None:
    body = {**BODIES["mark-v1"], "name": "张某示例", "note": "x"}
    (found,) = schemas.violations("mark-v1", body)
    assert found.code == "schema.unknown-member"
    assert "2" in found.message_en
    assert schemas.violations("mark-v1", {**BODIES["mark-v1"], "digests": {"张某": D}})[0].place == "/digests"
    assert schemas.violations("mark-v1", {**BODIES["mark-v1"], "digests": {"all": D}}) == []


def test_sentences_of_the_catalogue_exist_for_every_code() -> None:
    for code in ["schema.required", "schema.other", "schema.depth", "schema.not-json"]:
        assert code in messages.catalogue()

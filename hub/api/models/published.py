"""The published JSON Schemas as components of the OpenAPI document, made from the files of `standards/schemas`.

`envelope-v1.1` becomes `Envelope`, its definition `volume` `EnvelopeVolume`, the shared definition `uuid7` `Uuid7`; a
shared definition that has neither title nor members (a plain limit such as `code`) stands where it is used. A title is
a sentence in these files and becomes the description. What travels signed is a statement: `SignedEnvelope` says that
its payload, decoded from base64, is an `Envelope`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evidence.dsse import payload_type
from standards import schemas

Json = dict[str, Any]
COMPONENTS: Final = "#/components/schemas/"
BODIES: Final = ("record", "envelope", "mark", "receipt", "annex", "descriptor", "key")
"""What stands in requests and answers, all but the record signed."""
SIGNED: Final = BODIES[1:]
_SHARED: Final = f"urn:casehub:schema:{schemas.COMMON}#/$defs/"
_OWN: Final = "#/$defs/"


def components() -> dict[str, Json]:
    """Every published schema that requests and answers refer to, with its definitions, by component name."""
    shared = schemas.schema(schemas.COMMON)["$defs"]
    found = {_name(name): _carried(body, shared, "") for name, body in shared.items() if _stands_alone(body)}
    for kind in BODIES:
        published = schemas.schema(f"{kind}-v1.1")
        found[_name(kind)] = _carried(published, shared, kind)
        for name, body in published.get("$defs", {}).items():
            found[_name(f"{kind}-{name}")] = _carried(body, shared, kind)
    return found | {f"Signed{_name(kind)}": _signed(kind, found["Statement"]) for kind in SIGNED}


def _signed(kind: str, statement: Mapping[str, Any]) -> Json:
    members = dict(statement["properties"])
    inside = {"$ref": COMPONENTS + _name(kind)}
    members["payload"] = {
        "type": "string",
        "description": f"The canonical JSON of the {kind}, in base64.",
        "contentEncoding": "base64",
        "contentMediaType": "application/json",
        "contentSchema": inside,
    }
    members["payloadType"] = {"const": payload_type(kind), "type": "string"}
    return {**statement, "description": f"Signed statement (DSSE): {kind}.", "properties": members}


def _carried(body: Mapping[str, Any], shared: Mapping[str, Any], kind: str) -> Json:
    """A schema as a component: references by component name, its title as description, without what names the file."""
    made: Json = _rewritten(body, shared, kind)
    for name in ("$schema", "$id", "$defs"):
        made.pop(name, None)
    return made


def _rewritten(value: Any, shared: Mapping[str, Any], kind: str, *, members: bool = False) -> Any:
    """`members`: the keys of `value` are names of an object's members, not words of JSON Schema."""
    if isinstance(value, list):
        return [_rewritten(item, shared, kind) for item in value]
    if not isinstance(value, Mapping):
        return value
    reference = None if members else value.get("$ref")
    if isinstance(reference, str):
        return _reference(reference, shared, kind)
    return {
        "description" if name == "title" and not members else name: _rewritten(
            item, shared, kind, members=name == "properties" and not members
        )
        for name, item in value.items()
    }


def _reference(reference: str, shared: Mapping[str, Any], kind: str) -> Json:
    name = reference.removeprefix(_SHARED if reference.startswith(_SHARED) else _OWN)
    if kind and not reference.startswith(_SHARED):
        return {"$ref": COMPONENTS + _name(f"{kind}-{name}")}
    if _stands_alone(shared[name]):
        return {"$ref": COMPONENTS + _name(name)}
    inline: Json = _rewritten(shared[name], shared, "")
    return inline


def _stands_alone(body: Mapping[str, Any]) -> bool:
    return not {"title", "properties", "enum"}.isdisjoint(body)


def _name(name: str) -> str:
    return "".join(step[:1].upper() + step[1:] for step in name.split("-"))

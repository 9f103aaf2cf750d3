"""How a model stands in the OpenAPI document: without titles, with members that may be missing never null.

A member `x: T | None` is always there and may be null; a member `x: T | None = None` may be missing and is never null.
What a published JSON Schema describes (`standards/schemas`) refers to it by `published` and repeats nothing.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

PUBLISHED = "x-published"
"""Marks a member whose schema is a published one, until the document's references are written."""


class Shape(BaseModel):
    """A JSON object of a request or an answer. Others may add members: readers skip what they do not know."""

    model_config = ConfigDict(defer_build=True, populate_by_name=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema.pop("title", None)
        members = schema.get("properties", {})
        for name, member in members.items():
            members[name] = _never_null(member) if member.get("default", ...) is None else member
            members[name].pop("title", None)
        return schema


def _never_null(member: JsonSchemaValue) -> JsonSchemaValue:
    told = {name: value for name, value in member.items() if name not in ("default", "anyOf")}
    choices = [choice for choice in member.get("anyOf", ()) if choice != {"type": "null"}]
    return {**told, **choices[0]} if len(choices) == 1 else {**told, **({"anyOf": choices} if choices else {})}


def published(name: str) -> WithJsonSchema:
    """The schema of a member is the published one of this component."""
    return WithJsonSchema({PUBLISHED: name})


Agency = Annotated[str, published("Agency")]
Base64 = Annotated[str, published("Base64")]
Digest = Annotated[str, published("Digest")]
DigestOrNull = Annotated[str | None, published("DigestOrNull")]
Instant = Annotated[str, published("Instant")]
InstantOrNull = Annotated[str | None, published("InstantOrNull")]
Node = Annotated[str, published("Node")]
NodeOrNull = Annotated[str | None, published("NodeOrNull")]
Party = Annotated[str, published("Party")]
Uuid = Annotated[str, published("Uuid7")]
UuidOrNull = Annotated[str | None, published("Uuid7OrNull")]

AgencyEntry = Annotated[dict[str, Any], published("AgencyEntry")]
Record = Annotated[dict[str, Any], published("Record")]
Reference = Annotated[dict[str, str], published("Reference")]

SignedAnnex = Annotated[dict[str, Any], published("SignedAnnex")]
SignedDescriptor = Annotated[dict[str, Any], published("SignedDescriptor")]
SignedEnvelope = Annotated[dict[str, Any], published("SignedEnvelope")]
SignedKey = Annotated[dict[str, Any], published("SignedKey")]
SignedMark = Annotated[dict[str, Any], published("SignedMark")]
SignedReceipt = Annotated[dict[str, Any], published("SignedReceipt")]
SignedStatement = Annotated[dict[str, Any], published("Statement")]

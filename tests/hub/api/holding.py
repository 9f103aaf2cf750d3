"""Holds real exchanges against the OpenAPI document: path, status, media type, bodies in and out, problem codes.

Answers are held more strictly than the document asks: a model's object may have no member that the model does not
name, so that a model is the whole truth. What travels signed is opened, and its payload held against the published
schema that stands behind it.
"""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from hub.api.models import published

Json = dict[str, Any]
DOCUMENT = "urn:casehub:openapi"


@dataclass
class Holding:
    """A document, and what was held against it: operation ids by whether they succeeded."""

    document: Json
    good: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        strict = copy.deepcopy(self.document)
        kept = published.components()
        for name, schema in strict["components"]["schemas"].items():
            if name not in kept and not schema.get("additionalProperties") and "properties" in schema:
                schema["additionalProperties"] = False
        resource: Resource[Any] = Resource.from_contents(strict, default_specification=DRAFT202012)
        self._strict = strict
        self._registry: Registry[Any] = Registry().with_resource(DOCUMENT, resource)
        self._routes = [
            (method.upper(), _pattern(path), operation)
            for path, methods in sorted(strict["paths"].items(), key=lambda item: (item[0].count("{"), item[0]))
            for method, operation in methods.items()
        ]

    def operation(self, method: str, path: str) -> Json | None:
        """The operation of a request; None for what the document does not have."""
        found = (each for name, pattern, each in self._routes if name == method and pattern.fullmatch(path))
        return next(found, None)

    def exchange(self, request: httpx.Request, answer: httpx.Response) -> None:
        """One request and its answer."""
        kind = answer.headers.get("content-type", "")
        self.hold(request.method, request.url.path, request.content, answer.status_code, kind, answer.content)

    def hold(self, method: str, path: str, sent: bytes, status: int, kind: str, got: bytes) -> None:
        """The same in parts. Fails when the document says otherwise."""
        operation = self.operation(method, path)
        if operation is None:
            return
        where = f"{method} {path} {status}"
        told = operation["responses"].get(str(status))
        assert told is not None, where
        media = kind.partition(";")[0]
        if method != "HEAD" and status != 304:
            assert media in told["content"], (where, media)
            schema = told["content"][media]["schema"]
            if media.endswith("json"):
                self.require(schema, json.loads(got), where)
        if status < 400:
            self.good.add(operation["operationId"])
            self._require_request(operation, sent, where)
        else:
            self._require_code(operation, told, media, got, where)

    def require(self, schema: Json, value: Any, where: str) -> None:
        """`value` is as `schema` says, and so is what is signed in it."""
        validator = Draft202012Validator(_absolute(schema), registry=self._registry)
        wrong = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]
        assert not wrong, (where, wrong)
        for kind, body in _signed(value):
            name = kind[:1].upper() + kind[1:]
            if name in self._strict["components"]["schemas"] and kind in published.SIGNED and body:
                self.require({"$ref": published.COMPONENTS + name}, body, where)

    def _require_request(self, operation: Json, sent: bytes, where: str) -> None:
        content = operation.get("requestBody", {}).get("content", {})
        for media, told in content.items():
            if media.endswith("json") and sent:
                self.require(told["schema"], json.loads(sent), f"{where} request")

    def _require_code(self, operation: Json, told: Json, media: str, got: bytes, where: str) -> None:
        self.bad.add(operation["operationId"])
        if got:
            body = json.loads(got)
            fhir = media == "application/fhir+json"
            code = body["issue"][0]["details"]["coding"][0]["code"] if fhir else body["code"]
            self.codes.add(code)
            assert code in told["x-codes"], (where, code)


class HeldTransport(httpx.BaseTransport):
    """A line to the hub on which everything is held against the document."""

    def __init__(self, inner: httpx.BaseTransport, holding: Holding) -> None:
        self.inner = inner
        self.holding = holding

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        answer = self.inner.handle_request(request)
        if not request.url.path.startswith("/v1/parts/sha256") or request.method != "GET":
            answer.read()
            self.holding.exchange(request, answer)
        return answer

    def close(self) -> None:
        self.inner.close()


def _pattern(path: str) -> re.Pattern[str]:
    """A path of the document as a pattern; the names of files and tiles may have slashes."""
    parts = re.split(r"(\{\w+\})", path)
    return re.compile("".join(_step(part) for part in parts))


def _step(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part in ("{file}", "{path}") else "[^/]+"


def _absolute(schema: Any) -> Any:
    """References of the document, from outside it."""
    if isinstance(schema, list):
        return [_absolute(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: f"{DOCUMENT}{value}" if name == "$ref" and isinstance(value, str) else _absolute(value)
        for name, value in schema.items()
    }


def _signed(value: Any) -> Iterator[tuple[str, Json]]:
    """The kind and the body of every signed statement in a value."""
    if isinstance(value, list):
        for item in value:
            yield from _signed(item)
    elif isinstance(value, dict):
        if set(value) == {"payload", "payloadType", "signatures"}:
            kind = value["payloadType"].removeprefix("application/vnd.casehub.").partition(".")[0]
            yield kind, json.loads(base64.b64decode(value["payload"]))
        else:
            for item in value.values():
                yield from _signed(item)

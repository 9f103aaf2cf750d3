"""What the OpenAPI document says about a route beyond its signature: name, models, examples, refusals, security.

`documented` gives the keyword arguments of a route decorator. Models are those of `hub.api.models`. The problem codes
of an operation are in `refusals.toml`, which is generated from the code that raises them (`python -m tests.refusals`);
status, text and remedy come from the message catalogue, so that the reference always agrees with the hub's responses.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from hub.api.models.fhir import FhirOperationOutcome
from hub.api.models.problems import Problem as ProblemModel
from hub.api.models.published import COMPONENTS
from hub.api.models.shape import Shape
from hub.errors import MEDIA_TYPE, problem_body
from messages import message
from messages.problems import Problem

Json = dict[str, Any]
Models = type[Shape] | Sequence[type[Shape]] | None
JSON: Final = "application/json"
FHIR: Final = "application/fhir+json"
LAST_RESORT: Final = "hub.internal"
"""The code that is answered outside of every operation."""

HANDLER: Final[Json] = {
    "name": "Casehub-Handler",
    "in": "header",
    "required": False,
    "description": "The handler in whose name the request is made; part of the signature. Without it, the intake.",
    "schema": {"type": "string", "default": "intake"},
}
SCHEME: Final = "signature"
KEPT: Final[Json] = {"description": "The caller has the answer already: If-None-Match named its ETag."}
EXAMPLES: Final = "#/components/examples/"


def documented(
    operation: str,
    *,
    gives: Models = None,
    answer: Any = None,
    status: int = 200,
    told: str = "",
    again: Mapping[int, str] | None = None,
    media_type: str = JSON,
    others: Mapping[str, tuple[Models, Any]] | None = None,
    takes: Models = None,
    body: Any = None,
    body_type: str = JSON,
    signed: bool | None = True,
    kept: bool = False,
    parameters: Sequence[Json] = (),
) -> Json:
    """Keyword arguments for a route: `operation` is its id in the document, by which generated clients name it.

    The answer of `status` is told by `told`, a model and an example; `again` tells other statuses of the same content.
    `others` are further media types with model and example. `signed` with None: signed unless the operator opened it.
    `kept`: the answer has an ETag, and may be 304.
    """
    shapes = {} if answer is None else {media_type: (gives, answer), **(others or {})}
    content = {name: {"schema": _schema(model, name), "example": shown} for name, (model, shown) in shapes.items()}
    answers = {str(each): _answer(words, content) for each, words in {status: told or "Done.", **(again or {})}.items()}
    if kept:
        answers[str(status)]["headers"] = {"ETag": {"schema": {"type": "string"}}}
        answers["304"] = KEPT
    extra: Json = {"responses": answers, "parameters": [*parameters, *([] if signed is False else [HANDLER])]}
    if body is not None:
        shown = {body_type: {"schema": _schema(takes, body_type), "example": body}}
        extra["requestBody"] = {"required": True, "content": shown}
    if signed is not False:
        extra["security"] = [{SCHEME: []}] if signed else [{SCHEME: []}, {}]
    return {
        "operation_id": operation,
        "openapi_extra": extra,
        "responses": refused(refusals().get(operation, ()), fhir=media_type == FHIR),
    }


@cache
def refusals() -> Mapping[str, Sequence[str]]:
    """The problem codes with which each operation may answer."""
    found: dict[str, list[str]] = tomllib.loads(
        resources.files(__package__).joinpath("refusals.toml").read_text("utf-8")
    )
    return found


def require_refusals(operations: Iterable[str]) -> None:
    """Raises `LookupError` unless each of the operations has an entry in `refusals.toml`."""
    if missing := ", ".join(sorted(set(operations) - set(refusals()))):
        msg = f"no entry for operation {missing} in hub/api/refusals.toml: run python -m tests.refusals"
        raise LookupError(msg)


def refused(codes: Iterable[str], *, fhir: bool = False) -> dict[int | str, Json]:
    """The error answers of a route, by status, with every code in words; `x-codes` lists them for programs."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(message(code).status, []).append(code)
    return {
        status: {
            "description": "  \n".join(f"`{code}`: {_words(message(code).en)}" for code in some),
            "content": _refusal(some, fhir=fhir),
            "x-codes": some,
        }
        for status, some in sorted(by_status.items())
    }


def _refusal(codes: Sequence[str], *, fhir: bool) -> Json:
    content: Json = {}
    if fhir and set(codes) != {LAST_RESORT}:
        content[FHIR] = {"schema": _schema(FhirOperationOutcome, FHIR)}
    if not fhir or LAST_RESORT in codes:
        shown = {code: {"$ref": EXAMPLES + code} for code in codes}
        content[MEDIA_TYPE] = {"schema": _schema(ProblemModel, MEDIA_TYPE), "examples": shown}
    return content


def _answer(told: str, content: Json) -> Json:
    return {"description": told} | ({"content": content} if content else {})


def _schema(models: Models, media_type: str) -> Json:
    if models is not None:
        several = [models] if isinstance(models, type) else models
        references = [{"$ref": COMPONENTS + model.__name__} for model in several]
        return dict(references[0]) if len(references) == 1 else {"anyOf": references}
    return {"type": "string"} | ({"format": "binary"} if media_type == "application/octet-stream" else {})


def problem_examples() -> Json:
    """An example of every problem that an operation may answer with, by its code."""
    codes = sorted({code for some in refusals().values() for code in some})
    return {code: {"summary": _words(message(code).en), "value": _example(code)} for code in codes}


def _example(code: str) -> Json:
    filled: Json = _filled(problem_body(Problem(code), "zh", "01933e7a-6a3c-7cc1-b1e8-0d6a4d8f5a10"))
    return filled


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(member) for name, member in value.items()}
    return _words(value) if isinstance(value, str) else value


def _words(text: str) -> str:
    return re.sub(r"\{\w+\}", "…", text)

"""The door for JSON bodies that carry no signed statement: each is held against the model that the document names.

What is signed (submissions, marks, key statements) has its own door, which leaves a mark of each refusal, and a batch
of codes has one, since an item that cannot be read fails alone. Everything else comes in here, so that no desk meets
a list where it takes an object, or a number where it takes a text.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from hub.api.models.shape import Shape
from hub.auth import signed_json
from hub.callers import Caller
from messages.problems import Problem

Json = dict[str, Any]


async def typed_json(request: Request, *models: type[Shape], may_lack: bool = False) -> tuple[Caller, Json]:
    """The caller and the JSON object as it was sent, which fits one of the models; members that none names stay.

    With `may_lack`, a missing body is an empty object. Raises what `signed_json` raises, and `http.bad-parameter` with
    the JSON pointer of the first member that does not fit.
    """
    who, body = await signed_json(request, may_lack=may_lack)
    return who, await run_in_threadpool(fitting, {} if may_lack and body is None else body, *models)


def fitting(body: Any, *models: type[Shape]) -> Json:
    """The body itself if it fits one of the models, taken strictly: no text is a number. Raises `http.bad-parameter`,
    by the model of which the body has most members."""
    places = {}
    for model in models:
        try:
            model.model_validate(body, strict=True)
        except ValidationError as error:
            places[model] = _pointer(error.errors(include_url=False, include_input=False)[0]["loc"])
        else:
            assert isinstance(body, dict)
            return body
    raise Problem("http.bad-parameter", places[max(models, key=lambda model: _shared(model, body))])


def _shared(model: type[Shape], body: Any) -> int:
    names = {field.alias or name for name, field in model.model_fields.items()}
    return len(names & set(body)) if isinstance(body, dict) else 0


def _pointer(steps: tuple[int | str, ...]) -> str:
    """RFC 6901, as far as names of models and numbers of places need it."""
    return "".join(f"/{step}" for step in steps)

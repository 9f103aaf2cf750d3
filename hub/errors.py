"""How a refusal reaches a caller: RFC 9457 problem documents, rendered in this one place.

    {"type": "urn:casehub:problem:part.missing", "title": …, "status": 422, "detail": …, "instance": request id,
     "code": "part.missing", "fault": "sender", "place": "/envelope/volumes/1", "remedy": …,
     "messages": {"zh": {"text", "remedy"}, "en": {"text", "remedy"}}, "params": {…}, "problems": […]}

`title` and `detail` are Chinese unless the caller's Accept-Language asks for English first.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from hub.limits import LIMITS
from messages import Lang, message
from messages.problems import Problem, ProblemList

MEDIA_TYPE = "application/problem+json"
TOO_LARGE = 413
STATUS_CODES = {404: "http.not-found", 405: "http.method-not-allowed"}


def problem_body(problem: Exception, lang: Lang, instance: str) -> dict[str, Any]:
    """The problem document of `problem`, which has `code`, `place` and `params`."""
    code, place = getattr(problem, "code", "hub.internal"), getattr(problem, "place", "")
    params = {name: value for name, value in getattr(problem, "params", {}).items() if name not in ("zh", "en")}
    entry = message(code)
    sentences = getattr(problem, "params", {})
    zh, en = sentences.get("zh") or entry.text("zh", params), sentences.get("en") or entry.text("en", params)
    body: dict[str, Any] = {
        "type": f"urn:casehub:problem:{code}",
        "title": zh if lang == "zh" else en,
        "status": entry.status,
        "detail": (zh if lang == "zh" else en) + (f" ({place})" if place else ""),
        "instance": instance,
        "code": code,
        "fault": entry.fault,
        "place": place,
        "remedy": entry.remedy(lang, params),
        "messages": {
            "zh": {"text": zh, "remedy": entry.remedy("zh", params)},
            "en": {"text": en, "remedy": entry.remedy("en", params)},
        },
        "params": params,
    }
    if isinstance(problem, ProblemList):
        body["problems"] = [problem_body(item, lang, instance) for item in problem.problems]
    return body


def respond(request: Request, problem: Exception) -> JSONResponse:
    """Answer `request` with `problem`."""
    body = problem_body(problem, language(request), getattr(request.state, "request_id", ""))
    return JSONResponse(body, status_code=body["status"], media_type=MEDIA_TYPE)


async def on_problem(request: Request, exc: Exception) -> JSONResponse:
    """Handler for `Problem`."""
    return respond(request, exc)


async def on_http_exception(request: Request, exc: Exception) -> JSONResponse:
    """Handler for what the framework refuses itself (unknown path, wrong method)."""
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    if status == TOO_LARGE:
        return respond(request, Problem("http.too-large", limit=LIMITS.submission_bytes))
    return respond(request, Problem(STATUS_CODES.get(status, "http.bad-request")))


async def on_validation_error(request: Request, exc: Exception) -> JSONResponse:
    """Handler for parameters of the wrong form; names every one of them."""
    errors = exc.errors() if isinstance(exc, RequestValidationError) else []
    places = ["/".join(str(step) for step in error["loc"]) for error in errors]
    return respond(request, ProblemList("http.bad-request", [Problem("http.bad-parameter", place) for place in places]))


def language(request: Request) -> Lang:
    """The language in which the caller is told: Chinese unless Accept-Language asks for English first."""
    return "en" if request.headers.get("accept-language", "zh").strip().lower().startswith("en") else "zh"

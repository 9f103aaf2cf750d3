"""Renders refusals for callers as RFC 9457 problem documents.

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
from messages import Lang
from messages.problems import Problem, ProblemList
from messages.rendering import problem_document

MEDIA_TYPE = "application/problem+json"
TOO_LARGE = 413
STATUS_CODES = {404: "http.not-found", 405: "http.method-not-allowed"}


def problem_body(problem: Exception, lang: Lang, instance: str) -> dict[str, Any]:
    """The problem document of `problem`; what is no `Problem` is an internal error."""
    return problem_document(problem if isinstance(problem, Problem) else Problem("hub.internal"), lang, instance)


def respond(request: Request, problem: Exception) -> JSONResponse:
    """Answer `request` with `problem`."""
    body = problem_body(problem, language(request), getattr(request.state, "request_id", ""))
    return JSONResponse(body, status_code=body["status"], media_type=MEDIA_TYPE, headers=waiting(problem))


def waiting(problem: Exception) -> dict[str, str]:
    """The header that says after how many seconds another try is worth while (RFC 9110 section 10.2.3)."""
    seconds = problem.params.get("retry_after") if isinstance(problem, Problem) else None
    return {} if seconds is None else {"Retry-After": str(seconds)}


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
    """The language of the response: Chinese unless Accept-Language prefers English."""
    return "en" if request.headers.get("accept-language", "zh").strip().lower().startswith("en") else "zh"

"""Refusals: RFC 9457 problem documents."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.api.models.shape import Shape
from messages import Fault


class Words(Shape):
    """What is wrong and what to do, in one language."""

    text: str
    remedy: str


class Messages(Shape):
    """Words in both languages."""

    zh: Words
    en: Words


class Problem(Shape):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:casehub:problem:part.missing"])
    title: str = Field(description="What is wrong, in Chinese unless Accept-Language asks for English.")
    status: int
    detail: str = Field(description="The title and the place.")
    instance: str = Field(description="The request's id, as in X-Request-Id and in the hub's log.")
    code: str = Field(description="Stable; programs go by it. `x-codes` of an answer lists those it may have.")
    fault: Fault
    place: str = Field(description="A JSON pointer into the request, a digest, or empty.")
    remedy: str
    messages: Messages
    params: dict[str, Any] = Field(description="What fills the words: numbers, codes and names, nothing personal.")
    problems: list[Problem] | None = Field(None, description="The single problems, when several were found at once.")


class ToldProblem(Shape):
    """A problem inside an answer, such as what the check of a draft found."""

    code: str
    place: str
    fault: Fault
    params: dict[str, Any]
    messages: Messages
    problems: list[ToldProblem] | None = None

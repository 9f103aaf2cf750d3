"""Reads HTTP responses to the hub's own requests, with limits on size and time."""

from __future__ import annotations

import time

import httpx


class Overdrawn(Exception):  # noqa: N818 - of the answer; whoever asked says which problem that is
    """An answer that is too long or too slow."""

    reason = "too long or too slow"


def read_bounded(answer: httpx.Response, *, limit: int, until: float) -> bytes:
    """The body as it came over the wire: at most `limit` bytes, by the monotonic instant `until`.

    Raises `Overdrawn` beyond either, and `httpx.HTTPError`.
    """
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > limit or time.monotonic() > until:
            raise Overdrawn
    return bytes(body)

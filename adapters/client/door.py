"""The door through which every answer of the hub comes in: bounded while it is read, typed before it is used.

 1. Bytes: what is longer than its limit is not held, packed or plain, nor waited for without end; what is packed
    otherwise than by gzip is refused.
 2. JSON: UTF-8 with a bounded number of values, bounded depth, no half of a surrogate pair, no number that another
    reader would read as another one (RFC 7493 section 2.2).
 3. Its type (`client.answers`): each member that is used has its type and form.

A refusal is what the hub says as a problem document (RFC 9457). An answer without one comes from something else on the
way, such as a proxy or a login page: it decides nothing.
"""

from __future__ import annotations

import math
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

import httpx
from pydantic_core import from_json

from adapters.limits import Limits
from evidence.canonical import MAX_INT
from messages import catalogue
from messages.problems import Problem, ProblemList
from standards.members import TypedObject

PIECE = 1 << 20
UNPACKED = frozenset({"content-encoding", "content-length", "transfer-encoding"})
GZIP = 16 + zlib.MAX_WBITS
CODE = re.compile(r"[a-z][a-z0-9-]{0,40}(\.[A-Za-z0-9_-]{1,60}){1,3}")
LEVELS = ("V", "W", "D", "I")
ODD_FINDING: Mapping[str, Any] = {"code": "adapter.odd-finding", "level": "W"}
PROBLEMS = 1_000
"""Members of one refusal that are read."""

Shape = TypeVar("Shape", bound=TypedObject)


def bad(place: str, what: str) -> NoReturn:
    """Raise `adapter.bad-answer`: `what` was found in the answer to `place`."""
    raise Problem("adapter.bad-answer", place, what=what)


def whole(answer: httpx.Response, limit: int, seconds: float) -> httpx.Response:
    """The answer with its body, unpacked, of at most `limit` bytes and `seconds` (step 1).

    Raises `adapter.bad-answer`.
    """
    place = answer.request.url.path
    pieces, size, end = [], 0, time.monotonic() + seconds
    for piece in _plain(answer, place):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            bad(place, f"more than {limit} bytes")
        if time.monotonic() > end:
            bad(place, f"longer than {seconds:.0f} s")
    headers = [(name, value) for name, value in answer.headers.items() if name not in UNPACKED]
    found = httpx.Response(answer.status_code, headers=headers, content=b"".join(pieces), request=answer.request)
    # httpx ties response and stream in a cycle; bodies of 16 MiB must not wait for the collector.
    found.stream = httpx.ByteStream(b"")
    return found


def _plain(answer: httpx.Response, place: str) -> Iterator[bytes]:
    packing = answer.headers.get("content-encoding", "identity").strip().lower()
    if packing in ("", "identity") or answer.is_stream_consumed:
        yield from answer.iter_bytes()
    elif packing in ("gzip", "x-gzip"):
        yield from _unpacked(answer.iter_raw(), place)
    else:
        bad(place, f"content-encoding {packing[:40]}")


def _unpacked(packed: Iterable[bytes], place: str) -> Iterator[bytes]:
    """What gzip packed, in pieces of at most 1 MiB, however much a few bytes unpack to."""
    unpacker = zlib.decompressobj(GZIP)
    try:
        for piece in packed:
            left = piece
            while left and not unpacker.eof:
                yield unpacker.decompress(left, PIECE)
                left = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        bad(place, "gzip")
    if not unpacker.eof:
        bad(place, "gzip")


def read_json(data: bytes, place: str, limits: Limits) -> Any:
    """The JSON of an answer (step 2). Raises `adapter.bad-answer`."""
    # An upper bound that costs no memory: each value but the first follows one of these.
    if data.count(b",") + data.count(b"[") + data.count(b"{") > limits.answer_values:
        bad(place, f"more than {limits.answer_values} values")
    try:
        value = from_json(data)
    except ValueError:
        bad(place, "no JSON")
    _require_bounded(value, place, limits.answer_depth)
    return value


def _require_bounded(value: Any, place: str, depth: int) -> None:
    level = [value]
    for _ in range(depth + 1):
        if not all(map(_is_sound, level)):
            bad(place, "a number beyond 2^53")
        level = [member for item in level for member in _members(item)]
        if not level:
            return
    bad(place, f"deeper than {depth}")


def _is_sound(value: Any) -> bool:
    if isinstance(value, int):
        return -MAX_INT <= value <= MAX_INT
    return not isinstance(value, float) or math.isfinite(value)


def _members(item: Any) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


@contextmanager
def sound(place: str) -> Iterator[None]:
    """Reading an answer of the hub: a member that is missing or of another kind is `adapter.bad-answer`."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError, OverflowError) as error:
        raise Problem("adapter.bad-answer", place, what=str(error)[:80]) from error


def typed(shape: type[Shape], body: Any, place: str) -> Shape:
    """`body` as its type (step 3). Raises `adapter.bad-answer` naming the member."""
    try:
        return shape.read(body)
    except (KeyError, TypeError) as error:
        raise Problem("adapter.bad-answer", place, what=str(error.args[0] if error.args else "no object")) from error


def findings(told: Iterable[Any]) -> tuple[dict[str, Any], ...]:
    """The findings of a receipt, to be shown; one of another form is shown as `adapter.odd-finding`."""
    return tuple(dict(each) if _is_finding(each) else dict(ODD_FINDING) for each in told)


def _is_finding(told: Any) -> bool:
    return (
        isinstance(told, Mapping)
        and isinstance(told.get("code"), str)
        and CODE.fullmatch(told["code"]) is not None
        and told.get("level", "W") in LEVELS
        and all(isinstance(told.get(name, ""), str) for name in ("place", "basis", "by", "recount"))
        and isinstance(told.get("params", {}), Mapping)
    )


def problem_of(answer: httpx.Response, limits: Limits) -> Problem | None:
    """The problem document of a refusal; None when the answer has none, and so no hub gave it."""
    with suppress(Problem, KeyError, TypeError, AttributeError):
        return _problem(read_json(answer.content, str(answer.request.url.path), limits))
    return None


def _problem(body: Mapping[str, Any], depth: int = 0) -> Problem:
    code, place = body["code"], str(body.get("place", ""))
    if not CODE.fullmatch(code) or depth > 1:
        raise TypeError
    params = {str(name): value for name, value in dict(body.get("params") or {}).items() if name != "place"}
    words = body.get("messages") or {}
    params = {**{lang: str(words[lang]["text"]) for lang in ("zh", "en") if lang in words}, **params}
    members = [_problem(item, depth + 1) for item in (body.get("problems") or [])[:PROBLEMS]]
    if code not in catalogue():
        params, code = {**params, "code": code}, "adapter.hub-refused"
    if not members:
        return Problem(code, place, **params)
    params.pop("count", None)
    return ProblemList(code, members, place, **params)

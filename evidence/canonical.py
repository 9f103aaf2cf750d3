"""Canonical JSON (RFC 8785, JCS) and digests of it.

Values without floats (all signed statements) are written with the standard library only, so that a verifier needs no
further package. A value that contains a float uses the `rfc8785` package.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from digests import SHA256, Algorithm, Digest, require
from messages.problems import Problem

MAX_DEPTH = 100
"""Deepest nesting that is written or read."""

MAX_INT = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8785 appendix D, RFC 7493 section 2.2)."""


class _HoldsFloatError(Exception):
    pass


def canonical(value: Any) -> bytes:
    """The JCS bytes of `value`: dicts with string keys, lists, tuples, strings, integers, floats, booleans, None.

    Raises `Problem("evidence.not-json")` for any other type, an integer outside ±(2^53 - 1), a lone surrogate, NaN,
    or nesting deeper than `MAX_DEPTH`.
    """
    try:
        return _written(_ordered(value, 0))
    except _HoldsFloatError:
        return _with_floats(value)


def _written(ordered: Any) -> bytes:
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), check_circular=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        _refuse("a lone surrogate")


def _ordered(value: Any, depth: int) -> Any:
    """`value` with the keys of every object in the order of their UTF-16 code units (RFC 8785 section 3.2.3)."""
    if depth > MAX_DEPTH:
        _refuse("nesting too deep")
    if isinstance(value, dict):
        keys = sorted(value, key=_utf16)
        return {key: _ordered(value[key], depth + 1) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(item, depth + 1) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, float):
        raise _HoldsFloatError
    if value is not None and not isinstance(value, (str, int)):
        _refuse(f"the type {type(value).__name__}")
    if isinstance(value, int) and not -MAX_INT <= value <= MAX_INT:
        _refuse("an integer beyond 2^53")
    return value


def _utf16(key: Any) -> bytes:
    if not isinstance(key, str):
        _refuse("an object key that is no string")
    return key.encode("utf-16-be", "surrogatepass")


def _with_floats(value: Any) -> bytes:
    import rfc8785  # noqa: PLC0415 - verification never meets a float and must not need the package

    _require_shallow(value, 0)
    try:
        return bytes(rfc8785.dumps(value))
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as error:
        raise Problem("evidence.not-json", what=str(error) or "nesting too deep") from error


def _require_shallow(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        _refuse("nesting too deep")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        _require_shallow(item, depth + 1)


def _refuse(what: str) -> NoReturn:
    raise Problem("evidence.not-json", what=what)


def parse_canonical(data: bytes, place: str = "") -> Any:
    """Read float-free JSON that is already in canonical form.

    Raises `Problem("evidence.not-canonical")` for anything else: white space, another key order, repeated keys, floats,
    another escape, invalid UTF-8, trailing bytes. So equal values have equal bytes, and equal digests.
    """
    try:
        value = json.loads(data.decode("utf-8"), parse_float=_no_float, parse_constant=_no_float)
        written = canonical(value)
    except (ValueError, RecursionError, Problem) as error:
        raise Problem("evidence.not-canonical", place) from error
    if written != data:
        raise Problem("evidence.not-canonical", place)
    return value


def _no_float(text: str) -> NoReturn:
    raise ValueError(text)


def digest(data: bytes, algorithm: Algorithm = SHA256) -> str:
    """The digest of `data` in its text form (`digests`)."""
    return str(Digest.of(data, algorithm))


def digest_of(value: Any, algorithm: Algorithm = SHA256) -> str:
    """The digest of the canonical bytes of `value`. Raises what `canonical` raises."""
    return digest(canonical(value), algorithm)


def require_digest(text: Any, place: str = "", algorithm: Algorithm | None = None) -> str:
    """`text` itself when it is a digest in our form. Raises what `digests.require` raises."""
    return require(text, place, algorithm)


def digest_bytes(text: str, place: str = "") -> bytes:
    """The value of a digest. Raises what `Digest.parse` raises."""
    return Digest.parse(text, place).value

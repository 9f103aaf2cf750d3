"""Identifiers and times: UUIDv7, RFC 3339 in UTC with milliseconds, the ids of the parties.

Functions use the clock or a source of randomness only if the caller gives no value.
"""

from __future__ import annotations

import re
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from messages.problems import Problem
from standards.agencies import FORM, HUB
from standards.times import YEARS

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_AGENCY = re.compile(rf"(?!{HUB}:){FORM}:[0-9A-Za-z][0-9A-Za-z.-]{{0,31}}")
_HUB = re.compile(rf"{HUB}:[0-9A-Za-z][0-9A-Za-z.-]{{0,63}}")


def uuid7(now_ms: int | None = None, random: bytes | None = None) -> str:
    """A UUIDv7 (RFC 9562 section 5.7) from milliseconds since 1970 and 10 random bytes, lower case with hyphens."""
    instant = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    tail = secrets.token_bytes(10) if random is None else random
    if len(tail) != 10 or not 0 <= instant < 1 << 48:
        raise Problem("evidence.bad-uuid")
    number = instant << 80 | int.from_bytes(tail, "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))


def is_uuid(text: Any) -> bool:
    """Whether `text` is a UUID in lower case with hyphens."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def require_uuid(text: Any, place: str = "") -> str:
    """`text` itself when it is a UUID in lower case with hyphens, else `Problem("evidence.bad-uuid")`."""
    if is_uuid(text):
        return str(text)
    raise Problem("evidence.bad-uuid", place)


def utc_now() -> datetime:
    """The wall clock, for programs; what decides gets the moment from its caller."""
    return datetime.now(UTC)


def timestamp(instant: datetime) -> str:
    """`2026-11-22T00:02:52.123Z`. Microseconds are cut, not rounded, so that no instant moves into the future.

    Raises `Problem("evidence.bad-instant")` for a datetime without a time zone.
    """
    if instant.tzinfo is None:
        raise Problem("evidence.bad-instant")
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_timestamp(text: Any, place: str = "") -> datetime:
    """Read exactly what `timestamp` writes, of the years `standards.times.YEARS`: no clock showed others, and near year
    1 and 9999 nothing can be counted. Raises `Problem("evidence.bad-instant")` for everything else."""
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            read = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            read = datetime.min.replace(tzinfo=UTC)
        if read.year in YEARS:
            return read
    raise Problem("evidence.bad-instant", place)


def agency_name(agency_type: str, code: str) -> str:
    """The short name `police:350102000000`. Raises `Problem("evidence.bad-party")`."""
    return require_agency(f"{agency_type}:{code}")


def is_agency(text: Any) -> bool:
    """Whether `text` has the form of an agency's short name; whether its type is known, `standards.agencies` says."""
    return isinstance(text, str) and _AGENCY.fullmatch(text) is not None


def require_agency(text: Any, place: str = "") -> str:
    """`text` itself when it is an agency's short name, else `Problem("evidence.bad-party")`."""
    if is_agency(text):
        return str(text)
    raise Problem("evidence.bad-party", place)


def require_party(text: Any, place: str = "") -> str:
    """`text` itself when it names an agency or a hub (`hub:fujian`), else `Problem("evidence.bad-party")`."""
    if isinstance(text, str) and (_AGENCY.fullmatch(text) or _HUB.fullmatch(text)):
        return text
    raise Problem("evidence.bad-party", place)


def is_hub(party: str) -> bool:
    """Whether the short name is a hub's."""
    return party.startswith("hub:")

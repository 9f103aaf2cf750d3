"""Findings that a sender made before sealing, as the envelope declares them: its optional member `findings`.

They are the sender's word, so little is believed of them: their codes are those of the dossier and of the native format
(a statute is judged by the hub), their level is W or D, they name no file and no person. What does not fit is left out
and refuses nothing: it is a service to the receiver, not a condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from messages.findings import Finding, Level
from standards import formats
from standards.limits import LIMITS

MEMBER = "findings"
CODES = ("dossier.", "native.")
"""What the codes of declared findings begin with."""


def declarable(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as the member holds them, at most as many as it may hold; others than those of `CODES` stay out."""
    found = [finding.to_json() for finding in findings if finding.code.startswith(CODES)]
    return [body for body in found if _read(body, "") is not None][: LIMITS.declared]


def declared(more: Mapping[str, Any], sender: str) -> tuple[Finding, ...]:
    """The findings in the unknown members of an envelope, `by` its sender. Never raises."""
    told = more.get(MEMBER)
    if not isinstance(told, list | tuple):
        return ()
    read = (_read(body, sender) for body in told[: LIMITS.declared])
    return tuple(finding for finding in read if finding is not None)


def _read(body: Any, sender: str) -> Finding | None:
    if not isinstance(body, Mapping):
        return None
    code, level = body.get("code"), body.get("level")
    place, params = body.get("place", ""), body.get("params", {})
    if not (isinstance(code, str) and len(code) <= LIMITS.code and code.startswith(CODES) and level in ("W", "D")):
        return None
    if not (isinstance(place, str) and len(place) <= LIMITS.name and isinstance(params, Mapping)):
        return None
    if len(params) > LIMITS.codings or not all(map(_plain, params.items())):
        return None
    return Finding(code, cast("Level", level), place, params=dict(params), by=sender)


def _plain(item: tuple[Any, Any]) -> bool:
    name, value = item
    if not (isinstance(name, str) and formats.fits("member-name", name)):
        return False
    if isinstance(value, str):
        return len(value) <= LIMITS.name
    return isinstance(value, int) and abs(value) <= LIMITS.count

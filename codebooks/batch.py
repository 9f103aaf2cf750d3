"""Many translations in one call: one outcome per item, in order; an unreadable item does not affect the others.

    {"system": "police.case-class", "code": "050200", "target": "unified.crime",
     "as_of": "2024-03-04", "context": {"amount": "3000"}, "version": "2000"}

`as_of` defaults to that of the call; `context` and `version` are optional.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeGuard

from codebooks.answers import Translation
from codebooks.errors import CodebookError
from codebooks.release import Release
from standards.times import civil_day

MAX_ITEMS = 1_000
"""Items in one call over the network. In process `translate_each` takes any number."""
MAX_TEXT = 200
"""Signs in a system, code or version; no table has longer ones."""
_TEXTS = ("system", "code", "target")


def translate_batch(release: Release, items: Sequence[Any], as_of: date, target: str = "") -> list[str]:
    """The answers to at most `MAX_ITEMS` items, in order, as JSON texts without the release (`Translation.text`).

    Raises `CodebookError("codebook.batch-too-large")`."""
    if len(items) > MAX_ITEMS:
        raise CodebookError("codebook.batch-too-large", limit=MAX_ITEMS, found=len(items))
    return [
        json.dumps(_error(answer), ensure_ascii=False) if isinstance(answer, CodebookError) else answer.text()
        for answer in answers(release, items, as_of, target)
    ]


def translate_each(release: Release, items: Iterable[Any], as_of: date, target: str = "") -> list[dict[str, Any]]:
    """The answers to all items, in order. `as_of` and `target` stand for what an item does not say. An answer is that
    of `Translation.to_json`, or `{"error": {"code", "place", "params"}}` for an item that cannot be read."""
    return [
        _error(answer) if isinstance(answer, CodebookError) else answer.to_json()
        for answer in answers(release, items, as_of, target)
    ]


def answers(
    release: Release, items: Iterable[Any], as_of: date, target: str = ""
) -> Iterator[Translation | CodebookError]:
    """The answer to each item, or why it cannot be read."""
    for number, item in enumerate(items):
        try:
            asked = _read(item, number, target)
            day = _day(item, number, as_of)
        except CodebookError as error:
            yield error
        else:
            yield release.translate(*asked, day, item.get("context"), version=item.get("version"))


def _error(error: CodebookError) -> dict[str, Any]:
    return {"error": {"code": error.code, "place": error.place, "params": error.params}}


def _read(item: Any, number: int, target: str) -> tuple[str, str, str]:
    """System, code and target of an item. Raises `codebook.batch-item` naming the member at fault."""
    if not isinstance(item, dict):
        raise CodebookError("codebook.batch-item", f"/{number}", member="system")
    system, code, wanted = item.get("system"), item.get("code"), item.get("target", target)
    if not (_is_text(system) and _is_text(code) and _is_text(wanted)):
        member = next(name for name in _TEXTS if not _is_text(item.get(name, target if name == "target" else None)))
        raise CodebookError("codebook.batch-item", f"/{number}/{member}", member=member)
    if item.get("version") is not None and not _is_text(item["version"]):
        raise CodebookError("codebook.batch-item", f"/{number}/version", member="version")
    if not isinstance(item.get("context") or {}, dict):
        raise CodebookError("codebook.batch-item", f"/{number}/context", member="context")
    return system, code, wanted


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT


def _day(item: Mapping[str, Any], number: int, as_of: date) -> date:
    given = item.get("as_of")
    if given is None:
        return as_of
    try:
        if isinstance(given, str):
            return civil_day(given)
    except ValueError:
        pass
    raise CodebookError("codebook.batch-item", f"/{number}/as_of", member="as_of")

"""Coded values in native XML.

Three styles, one per agency: the code alone (`<MZ>01</MZ>`), code and name side by side (`<MZ_DM>01</MZ_DM>`,
`<MZ_MC>汉族</MZ_MC>`), the code as an attribute of the words (`<MZ DM="01">汉族</MZ>`).

A value that has no code in the agency's own system is written under the name with `_WDZ` (未对照): the original words,
with the original system and code as attributes. It is never written as an empty or a guessed code, and it reads back
as exactly the coding that it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from adapters.native.formats import Format, Row
from adapters.native.paths import get, pointer_to, put
from adapters.native.reader import Read, Reader
from adapters.native.writer import Write, Writer
from codebooks.answers import SAFE_OUTCOMES

Element = etree._Element

UNMAPPED_SUFFIX = "_WDZ"
UNMAPPED_MARK = "未对照"


def _read_coded(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    found = _own_code(reader, row, element)
    if found is None:
        for holder in reader.elements((*row.wrappers, row.tag + UNMAPPED_SUFFIX), element)[:1]:
            found = _foreign(holder)
    if found is not None:
        put(target, row.record, {"codings": [found]})
    elif row.occurs == "1" or _name_alone(reader, row, element):
        reader.refuse(row, element, "native.code-missing")


def _own_code(reader: Reader, row: Row, element: Element) -> dict[str, str] | None:
    style = reader.format.code_style
    tag = f"{row.tag}_DM" if style == "named" else row.tag
    for holder in reader.elements((*row.wrappers, tag), element)[:1]:
        code = ((holder.get("DM") if style == "attribute" else holder.text) or "").strip()
        if code:
            system = _system(reader.format, row, code)
            return _coding(system, code, _name(reader, row, element, holder) or reader.names(system, code))
    return None


def systems(row: Row) -> tuple[str, ...]:
    """The agency's own code systems for a row; police keep coercive measures in two codings."""
    return tuple(row.arg.split("|"))


def _system(fmt: Format, row: Row, code: str) -> str:
    """The first of the row's systems whose codes look like `code`."""
    own = systems(row)
    return next((system for system in own if re.fullmatch(fmt.patterns.get(system, ""), code, re.ASCII)), own[0])


def _name(reader: Reader, row: Row, element: Element, holder: Element) -> str | None:
    if reader.format.code_style == "attribute":
        return (holder.text or "").strip() or None
    if reader.format.code_style == "named":
        for beside in reader.elements((*row.wrappers, f"{row.tag}_MC"), element)[:1]:
            return (beside.text or "").strip() or None
    return None


def _name_alone(reader: Reader, row: Row, element: Element) -> bool:
    """Whether there are words without a code; they would be lost, so they are refused."""
    return reader.format.code_style == "named" and bool(reader.elements((*row.wrappers, f"{row.tag}_MC"), element))


def _foreign(holder: Element) -> dict[str, str]:
    body = _coding(holder.get("XT") or "", holder.get("DM") or "", (holder.text or "").strip() or None)
    version = holder.get("BB")
    return {"system": body["system"], "version": version, **body} if version else body


def _coding(system: str, code: str, display: str | None) -> dict[str, str]:
    return {"system": system, "code": code, "display": display} if display else {"system": system, "code": code}


def _write_coded(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    value = get(target, row.record)
    codings = value.get("codings") if isinstance(value, dict) else None
    if not codings:
        return
    own = next((coding for coding in codings if coding["system"] in systems(row)), None)
    own = own or _converted(writer, row, pointer_to(pointer, row.record))
    if own is None:
        tag = row.tag + UNMAPPED_SUFFIX
        _write_foreign(writer, writer.add((*row.wrappers, tag), holder), codings[0], mark=UNMAPPED_MARK)
        return
    code, display = own["code"], own.get("display")
    style = writer.format.code_style
    if style == "attribute":
        element = writer.add(row.native, holder, display)
        element.set("DM", code)
        return
    writer.add((*row.wrappers, f"{row.tag}_DM" if style == "named" else row.tag), holder, code)
    if style == "named" and display:
        writer.add((*row.wrappers, f"{row.tag}_MC"), holder, display)


def _converted(writer: Writer, row: Row, pointer: str) -> Mapping[str, str] | None:
    """The one code of the agency's own system that the hub's annex gives for the place, or None.

    After `broader` the code would assert what nobody said, after `ambiguous` somebody must choose: neither is written.
    """
    answer = writer.annex.get(pointer, {}).get("receiver") or {}
    matches = answer.get("matches") or []
    if answer.get("outcome") not in SAFE_OUTCOMES or len(matches) != 1:
        return None
    match: Mapping[str, str] = matches[0]
    return match if match.get("system") in systems(row) and match.get("code") else None


def _write_foreign(writer: Writer, element: Element, coding: Mapping[str, str], mark: str = "") -> None:
    if mark:
        element.set("BZ", mark)
    writer.fill(element, coding.get("display") or "")
    writer.mark(element, "XT", coding["system"])
    if coding.get("version"):
        writer.mark(element, "BB", coding["version"])
    writer.mark(element, "DM", coding["code"])


READERS: Mapping[str, Read] = {"coded": _read_coded}
WRITERS: Mapping[str, Write] = {"coded": _write_coded}

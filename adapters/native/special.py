"""Codecs that touch more than one member: organs, docket dates, charges registered by case, terms of a penalty.

`docket` is the court's LARQ: the day on which the court docketed the case, an acceptance of its own, although the
police's column of the same name is the filing date of the investigation.

`by-case` is the police habit of classing the case and not the person: such a class becomes a charge of nobody in
particular, marked `by_case` so that it is written back where it came from. Nobody is accused by inference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from adapters.native.codecs import CODECS
from adapters.native.formats import Row
from adapters.native.paths import append, get, pointer_to, put
from adapters.native.reader import Read, Reader
from adapters.native.terms import decode_term, encode_term
from adapters.native.writer import Write, Writer

Element = etree._Element

ORDER = "\0order"
IDENTIFIERS = ("charge_uid", "measure_uid", "property_uid", "doc_uid", "decision_uid", "person_uid")
_HOME_CURRENCY = "CNY"


def restore_order(record: dict[str, Any]) -> None:
    """Persons and charges in the order of their running numbers, however the format nests or splits them."""
    for name in ("persons", "charges"):
        items = record.get(name, [])
        last = len(items) + 1
        items.sort(key=lambda item: item.get(ORDER, last))
        for item in items:
            item.pop(ORDER, None)


def _read_organ(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    found: dict[str, str] = {}
    for member, suffix in zip(("code", "name", "type"), reader.format.organ_suffixes, strict=True):
        for holder in reader.elements((*row.wrappers, row.tag + suffix), element)[:1]:
            found[member] = (holder.text or "").strip()
    organ = {member: text for member, text in found.items() if text}
    if organ:
        put(target, row.record, {"type": row.arg, **organ})


def _write_organ(writer: Writer, row: Row, holder: Element, target: Any, _pointer: str) -> None:
    organ = get(target, row.record)
    if not organ:
        return
    code, name, kind = (row.tag + suffix for suffix in writer.format.organ_suffixes)
    for tag, text in ((code, organ.get("code")), (name, organ.get("name"))):
        if text:
            writer.add((*row.wrappers, tag), holder, text)
    if organ.get("type", row.arg) != row.arg:
        writer.add((*row.wrappers, kind), holder, organ["type"])


def _read_currency(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    texts = reader.texts(row, element)
    if texts or get(target, (*row.record[:-1], "value")) is not None:
        put(target, row.record, texts[0][0] if texts else _HOME_CURRENCY)


def _write_currency(writer: Writer, row: Row, holder: Element, target: Any, _pointer: str) -> None:
    currency = get(target, row.record)
    if currency and (currency != _HOME_CURRENCY or get(target, (*row.record[:-1], "value")) is None):
        writer.value(row, holder, currency)


def _read_docket(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    for text, holder in reader.texts(row, element):
        try:
            day = CODECS["written"].decode(text)
        except ValueError:
            reader.refuse(row, holder)
            continue
        append(target, row.record, {"agency": reader.agency, "business": row.arg, "accepted_at": day})


def _write_docket(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    for entry in get(target, row.record) or []:
        if (entry["agency"], entry["business"]) != (writer.agency, row.arg) or not entry.get("accepted_at"):
            continue
        try:
            text = CODECS["written"].encode(entry["accepted_at"])
        except ValueError:
            writer.refuse("native.value-unwritable", f"{pointer}/case/acceptances", row)
            return
        writer.consumed.add(id(entry))
        writer.value(row, holder, text)
        return


def _read_by_case(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    for text, _holder in reader.texts(row, element):
        display = reader.names(row.arg, text)
        coding = {"system": row.arg, "code": text} | ({"display": display} if display else {})
        charge = {"charge_uid": reader.local_identifier("charge"), "crime": {"codings": [coding]}, "by_case": True}
        append(target, row.record, charge)


def _write_by_case(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    for place, charge in enumerate(get(target, row.record) or []):
        codings = charge["crime"]["codings"]
        code = next((coding["code"] for coding in codings if coding["system"] == row.arg), None)
        if charge.get("by_case") and code is not None and not charge.get("person_uid"):
            writer.consumed.add(id(charge))
            writer.written.add(f"{pointer_to(pointer, row.record)}/{place}")
            writer.value(row, holder, code)


def _read_term(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    for text, holder in reader.texts(row, element)[:1]:
        try:
            kind, months = decode_term(text)
        except ValueError:
            reader.refuse(row, holder)
            continue
        put(target, (*row.record, "penalty"), kind)
        if months is not None:
            put(target, (*row.record, "months"), months)


def _write_term(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    terms = get(target, row.record) or {}
    try:
        text = encode_term(terms["penalty"], terms.get("months"))
    except (KeyError, ValueError, TypeError):
        return
    writer.value(row, holder, text)
    writer.terms_written.update({(pointer, "penalty"), (pointer, "months")})


_TYPES: Mapping[str, Callable[[str], Any]] = {"str": str, "int": int, "bool": lambda text: text == "true"}


def _read_rest(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    for holder in reader.elements(row.native, element):
        text = holder.text or ""
        try:
            put(target, (*row.record, holder.get("MC") or ""), _TYPES[holder.get("LX") or "str"](text))
        except (KeyError, ValueError):
            reader.refuse(row, holder)


def _write_rest(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    rows = writer.format.scopes[row.scope]
    own = {other.record[1] for other in rows if other.record[:1] == row.record and len(other.record) > 1}
    for key, value in (get(target, row.record) or {}).items():
        if key in own or (pointer, key) in writer.terms_written:
            continue
        if not isinstance(value, str | int):
            writer.refuse("native.value-unwritable", f"{pointer}/{row.record[0]}/{key}", row)
            continue
        kind = "bool" if isinstance(value, bool) else type(value).__name__
        element = writer.add(row.native, holder, str(value).lower() if kind == "bool" else str(value))
        writer.mark(element, "MC", key)
        writer.mark(element, "LX", kind)


READERS: Mapping[str, Read] = {
    "organ": _read_organ,
    "currency": _read_currency,
    "docket": _read_docket,
    "by-case": _read_by_case,
    "term": _read_term,
    "terms-rest": _read_rest,
}
WRITERS: Mapping[str, Write] = {
    "organ": _write_organ,
    "currency": _write_currency,
    "docket": _write_docket,
    "by-case": _write_by_case,
    "term": _write_term,
    "terms-rest": _write_rest,
}

"""The agencies' own numbers for cases, persons and measures, and the references between persons and charges.

A number is opaque. The exporting agency's own stand in columns of their own (`AJBH`, `BMSAH`, `AH`); every other
agency's number travels beside them with its agency and kind, so that each side finds its own case again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from adapters.native.formats import Row
from adapters.native.paths import append, get, pointer_to
from adapters.native.reader import Read, Reader
from adapters.native.writer import Write, Writer

Element = etree._Element


def _read_own(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    for text, holder in reader.texts(row, element):
        ref = {"agency": reader.agency, "kind": row.arg, "value": text}
        business = holder.get("YW")
        append(target, row.record, {**ref, "business": business} if business else ref)


def _read_rest(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    for text, holder in reader.texts(row, element):
        ref = {"agency": holder.get("DW"), "kind": holder.get("LX"), "value": text}
        business = holder.get("YW")
        append(target, row.record, {**ref, "business": business} if business else ref)


def _refs(writer: Writer, row: Row, target: Any, pointer: str) -> list[Mapping[str, str]]:
    """The numbers to write. Those of a measure are no part of the standard, so their shape is not known before."""
    value = get(target, row.record) or []
    refs = value if isinstance(value, list) else [value]
    sound = [ref for ref in refs if _is_sound(ref)]
    if len(sound) < len(refs):
        writer.refuse("native.value-unwritable", pointer_to(pointer, row.record), row)
    return sound


def _is_sound(ref: Any) -> bool:
    if not isinstance(ref, dict):
        return False
    return all(isinstance(ref.get(key), str) for key in ("agency", "kind", "value")) and isinstance(
        ref.get("business", ""), str
    )


def _write_own(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    refs = _refs(writer, row, target, pointer)
    own = [ref for ref in refs if ref["agency"] == writer.agency and ref["kind"] == row.arg]
    for ref in own if row.occurs == "*" else own[:1]:
        writer.consumed.add(id(ref))
        element = writer.add(row.native, holder, ref["value"])
        if ref.get("business"):
            writer.mark(element, "YW", ref["business"])


def _write_rest(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    for ref in _refs(writer, row, target, pointer):
        if id(ref) in writer.consumed:
            continue
        writer.consumed.add(id(ref))
        element = writer.add(row.native, holder, ref["value"])
        writer.mark(element, "DW", ref["agency"])
        writer.mark(element, "LX", ref["kind"])
        if ref.get("business"):
            writer.mark(element, "YW", ref["business"])


def _write_uid(writer: Writer, row: Row, holder: Element, target: Any, _pointer: str) -> None:
    identifier = get(target, row.record)
    if isinstance(identifier, str) and not identifier.startswith("local:"):
        writer.value(row, holder, identifier)


def _write_number(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    writer.value(row, holder, str(int(pointer.rpartition("/")[2]) + 1))


def _write_reference(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    value = get(target, row.record)
    for identifier in value if isinstance(value, list) else [value]:
        if identifier is None:
            continue
        number = writer.numbers.get((row.codec, identifier))
        if number is None:
            writer.refuse("native.reference-dangling", f"{pointer}/{'/'.join(row.record)}", row)
        else:
            writer.value(row, holder, str(number))


def _write_own_code(writer: Writer, row: Row, holder: Element, _target: Any, _pointer: str) -> None:
    writer.value(row, holder, writer.agency.partition(":")[2])


READERS: Mapping[str, Read] = {
    "ref": _read_own,
    "refs": _read_own,
    "refs-rest": _read_rest,
}
WRITERS: Mapping[str, Write] = {
    "ref": _write_own,
    "refs": _write_own,
    "refs-rest": _write_rest,
    "uid": _write_uid,
    "number": _write_number,
    "person": _write_reference,
    "charge": _write_reference,
    "own-code": _write_own_code,
}

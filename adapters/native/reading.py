"""Native XML → record, by the rows of a format's tables.

The reader walks the table, not the document: what no row names has been refused by the agency's XSD before, and the
places that the XSD leaves open are `keep` rows, whose elements survive verbatim in `extensions`. References by running
number are tied up at the end, so a person may name a guardian that comes later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from adapters.native import advice, coding, numbers, special
from adapters.native.case import NativeCase
from adapters.native.formats import Format, Listing, Row, Variant
from adapters.native.paths import append, put
from adapters.native.reader import Names, Read, Reader
from messages.problems import ProblemList

Element = etree._Element


def read_case(fmt: Format, root: Element, names: Names) -> NativeCase:
    """The case in `root`, which is valid under the format's XSD. Raises `ProblemList` `native.unreadable`."""
    reader = Reader(
        fmt, _own_agency(fmt, root), names, {"schema": "casehub/record/v1", "case": {}}, READERS, advice.at_row
    )
    reader.scope("case", root, reader.record)
    for settle in reader.pending:
        settle()
    if reader.kept:
        reader.record["extensions"] = {fmt.agency_type: {"elements": reader.kept}}
    special.restore_order(reader.record)
    if reader.problems:
        raise ProblemList("native.unreadable", reader.problems)
    return NativeCase(fmt.agency_type, reader.agency, reader.record, tuple(reader.local))


def _own_agency(fmt: Format, root: Element) -> str:
    row = next(row for row in fmt.scopes["case"] if row.codec == "own-code")
    text = root.findtext("/".join(fmt.name(step) for step in row.native)) or ""
    return f"{fmt.agency_type}:{text.strip()}"


def _read_list(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    listing = row.listing
    variants = {reader.format.name(variant.tag): variant for variant in listing.variants}
    base = reader.record if row.absolute else target
    for holder in _items(reader, listing, element):
        variant = variants.get(holder.tag)
        if variant is None:
            continue
        item: dict[str, Any] = {}
        if listing.link:
            item[listing.link] = target[listing.link]
        _set_variant(item, variant)
        reader.scope(listing.scope, holder, item)
        append(base, row.record, item)


def _items(reader: Reader, listing: Listing, element: Element) -> list[Element]:
    holders = reader.elements(listing.wrappers, element) if listing.wrappers else [element]
    return [child for holder in holders for child in holder]


def _set_variant(item: dict[str, Any], variant: Variant) -> None:
    if variant.member:
        item[variant.member] = variant.value


def _read_uid(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    texts = reader.texts(row, element)
    put(target, row.record, texts[0][0] if texts else reader.local_identifier(row.arg))


def _read_number(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    """Running numbers come before the identifier in the tables, so the object is looked at when all is read."""
    text, holder = reader.texts(row, element)[0]
    key = (row.arg, text)
    if key in reader.numbers:
        reader.refuse(row, holder, "native.number-twice")
    reader.numbers[key] = ""
    target[special.ORDER] = int(text)

    def settle() -> None:
        reader.numbers[key] = target[f"{row.arg}_uid"]

    reader.pending.insert(0, settle)


def _read_reference(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    holders = reader.texts(row, element)

    def settle() -> None:
        found = []
        for text, holder in holders:
            identifier = reader.numbers.get((row.codec, text))
            if identifier:
                found.append(identifier)
            else:
                reader.refuse(row, holder, "native.reference-dangling")
        if found:
            put(target, row.record, found if row.occurs == "*" else found[0])

    if holders:
        reader.pending.append(settle)


def _read_keep(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    owner = "case" if target is reader.record else None
    for holder in reader.elements(row.native, element):
        entry = {"path": "/".join(row.native), "xml": _serialised(holder)}
        reader.kept.append(entry)
        entry["of"] = owner or next(target[key] for key in special.IDENTIFIERS if key in target)


def _serialised(element: Element) -> str:
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    assert isinstance(text, str)
    return text


def _nothing(_reader: Reader, _row: Row, _element: Element, _target: dict[str, Any]) -> None:
    """Constants and the exporting agency's code are no members of the record."""


READERS: Mapping[str, Read] = {
    "list": _read_list,
    "uid": _read_uid,
    "number": _read_number,
    "person": _read_reference,
    "charge": _read_reference,
    "keep": _read_keep,
    "const": _nothing,
    "own-code": _nothing,
    **coding.READERS,
    **numbers.READERS,
    **special.READERS,
}

"""Native XML → record, by the rows of a format's tables.

The reader walks the table, not the document: what no row names has been refused by the agency's XSD before, and the
places that the XSD leaves open are `keep` rows, whose elements survive verbatim in `extensions`. References by running
number are tied up at the end, so a person may name a guardian that comes later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from adapters.native import coding, numbers, special
from adapters.native.case import LOCAL, NativeCase
from adapters.native.formats import Format, Listing, Row, Variant
from adapters.native.paths import append, place_of, put
from messages.problems import Problem, ProblemList

Element = etree._Element
Names = Callable[[str, str], str | None]


@dataclass
class Reader:
    """The state of one reading. `names(system, code)` gives a code's display where the export carries none."""

    format: Format
    agency: str
    names: Names
    record: dict[str, Any]
    local: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    pending: list[Callable[[], None]] = field(default_factory=list)
    kept: list[dict[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def scope(self, name: str, element: Element, target: dict[str, Any]) -> None:
        """Read every row of scope `name` from `element` into `target`."""
        for row in self.format.scopes[name]:
            READERS.get(row.codec, read_value)(self, row, element, target)

    def elements(self, row_native: tuple[str, ...], element: Element) -> list[Element]:
        """The elements at a native path below `element`."""
        return element.findall("/".join(self.format.name(step) for step in row_native))

    def texts(self, row: Row, element: Element) -> list[tuple[str, Element]]:
        """The non-empty texts that `row` names, each with the element that holds it."""
        if row.is_attribute:
            holders = self.elements(row.wrappers, element) if row.wrappers else [element]
            found = [(holder.get(row.tag[1:]) or "", holder) for holder in holders]
        else:
            found = [(holder.text or "", holder) for holder in self.elements(row.native, element)]
        return [(text.strip(), holder) for text, holder in found if text.strip()]

    def refuse(self, row: Row, holder: Element, code: str = "native.value-wrong") -> None:
        """Note that the text in `holder` cannot be what `row` says; the text itself is not shown."""
        self.problems.append(Problem(code, place_of(holder), label=row.label, line=holder.sourceline))

    def local_identifier(self, kind: str) -> str:
        """A fresh stand-in for an identifier of `kind`."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.local.append(f"{LOCAL}{kind}:{self.counts[kind]}")
        return self.local[-1]


def read_case(fmt: Format, root: Element, names: Names) -> NativeCase:
    """The case in `root`, which is valid under the format's XSD. Raises `ProblemList` `native.unreadable`."""
    reader = Reader(fmt, _own_agency(fmt, root), names, {"schema": "casehub/record/v1", "case": {}})
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


def read_value(reader: Reader, row: Row, element: Element, target: dict[str, Any]) -> None:
    """One value, or a list of values for a row that may come many times."""
    codec = reader.format.codec(row)
    assert codec is not None, row.codec
    values = []
    for text, holder in reader.texts(row, element):
        try:
            values.append(codec.decode(text))
        except ValueError:
            reader.refuse(row, holder)
    if values:
        put(target, row.record, values if row.occurs == "*" else values[0])


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


READERS: Mapping[str, Callable[[Reader, Row, Element, dict[str, Any]], None]] = {
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

"""Record → native XML, by the same rows of a format's tables, and valid under the agency's XSD.

Codes are the agency's own wherever the record or the hub's annex gives one; everything else stays what the sender
wrote, marked 未对照 (see `coding`). A record that the format cannot carry whole is refused with every place named,
so nothing is lost unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from lxml import etree

from adapters.native import coding, numbers, special
from adapters.native.formats import Format, Listing, Row, Variant
from adapters.native.parser import parse
from adapters.native.paths import get, pointer_to
from messages.problems import Problem, ProblemList

Element = etree._Element

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LISTS = ("persons", "charges", "measures", "property", "documents", "decisions")


@dataclass
class Writer:
    """The state of one writing."""

    format: Format
    record: Mapping[str, Any]
    annex: Mapping[str, Mapping[str, Any]]
    agency: str
    numbers: Mapping[tuple[str, str], int]
    problems: list[Problem] = field(default_factory=list)
    consumed: set[int] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    terms_written: set[tuple[str, str]] = field(default_factory=set)

    def scope(self, name: str, holder: Element, target: Any, pointer: str) -> None:
        """Write every row of scope `name` from `target`, which stands at `pointer`, into `holder`."""
        for row in self.format.scopes[name]:
            WRITERS.get(row.codec, write_value)(self, row, holder, target, pointer)

    def wrapper(self, steps: Sequence[str], holder: Element) -> Element:
        """The element at `steps` below `holder`, made if it is not there."""
        for step in steps:
            found = holder.find(self.format.name(step))
            holder = etree.SubElement(holder, self.format.name(step)) if found is None else found
        return holder

    def add(self, native: Sequence[str], holder: Element, text: str | None = None) -> Element:
        """A new element at the path `native` below `holder`."""
        element = etree.SubElement(self.wrapper(native[:-1], holder), self.format.name(native[-1]))
        if text is not None:
            self.fill(element, text)
        return element

    def value(self, row: Row, holder: Element, text: str) -> None:
        """`text` where `row` says, element or attribute."""
        if row.is_attribute:
            self.mark(self.wrapper(row.wrappers, holder), row.tag[1:], text)
        else:
            self.add(row.native, holder, text)

    def fill(self, element: Element, text: str) -> None:
        """Set the text of `element`; text that XML cannot hold is refused."""
        if _NOT_XML.search(text):
            self.problems.append(Problem("native.text-unwritable", etree.QName(element).localname))
        else:
            element.text = text

    def mark(self, element: Element, attribute: str, text: str) -> None:
        """Set an attribute of `element`; text that XML cannot hold is refused."""
        if _NOT_XML.search(text):
            self.problems.append(Problem("native.text-unwritable", f"{etree.QName(element).localname}/@{attribute}"))
        else:
            element.set(attribute, text)

    def refuse(self, code: str, pointer: str, row: Row) -> None:
        """Note that the member at `pointer` cannot be written."""
        self.problems.append(Problem(code, pointer, label=row.label))


def write_case(
    fmt: Format, record: Mapping[str, Any], annex_entries: Sequence[Mapping[str, Any]], agency: str
) -> Element:
    """The root element of the native document. Raises `ProblemList` `native.unwritable`."""
    annex = {entry["place"]: entry for entry in annex_entries}
    writer = Writer(fmt, record, annex, agency, _numbers(record))
    root = etree.Element(fmt.name(fmt.root), nsmap=cast(Any, {None: fmt.namespace} if fmt.namespace else None))
    writer.scope("case", root, record, "")
    for name in _LISTS:
        for place in range(len(record.get(name) or [])):
            if f"/{name}/{place}" not in writer.written:
                writer.problems.append(Problem("native.reference-dangling", f"/{name}/{place}", label=name))
    if writer.problems:
        raise ProblemList("native.unwritable", writer.problems)
    return root


def _numbers(record: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for kind, name in (("person", "persons"), ("charge", "charges")):
        for place, item in enumerate(record.get(name) or []):
            found[(kind, item[f"{kind}_uid"])] = place + 1
    return found


def write_value(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    """One value, or every value of a row that may come many times."""
    codec = writer.format.codec(row)
    assert codec is not None, row.codec
    value = get(target, row.record)
    for item in value if row.occurs == "*" and isinstance(value, list) else [value]:
        if item is None or item == "":
            continue
        try:
            writer.value(row, holder, codec.encode(item))
        except (ValueError, TypeError):
            writer.refuse("native.value-unwritable", pointer_to(pointer, row.record), row)


def _write_list(writer: Writer, row: Row, holder: Element, target: Any, pointer: str) -> None:
    listing = row.listing
    base, start = (writer.record, "") if row.absolute else (target, pointer)
    for place, item in enumerate(get(base, row.record) or []):
        variant = _variant(listing, item)
        if variant is None or id(item) in writer.consumed or not _belongs(listing, item, target):
            continue
        where = f"{pointer_to(start, row.record)}/{place}"
        writer.written.add(where)
        element = writer.add((*listing.wrappers, variant.tag), holder)
        writer.scope(listing.scope, element, item, where)


def _variant(listing: Listing, item: Any) -> Variant | None:
    for variant in listing.variants:
        if not variant.member or bool(variant.value == (item.get(variant.member) or False)):
            return variant
    return None


def _belongs(listing: Listing, item: Mapping[str, Any], target: Any) -> bool:
    if listing.link:
        return bool(item.get(listing.link) == target[listing.link])
    return not (listing.unlinked and item.get(listing.unlinked))


def _write_keep(writer: Writer, row: Row, holder: Element, target: Any, _pointer: str) -> None:
    extensions = get(writer.record, ("extensions", writer.format.agency_type, "elements"))
    owner = "case" if target is writer.record else next(target[key] for key in special.IDENTIFIERS if key in target)
    for entry in extensions if isinstance(extensions, list) else []:
        if get(entry, ("of",)) != owner or get(entry, ("path",)) != "/".join(row.native):
            continue
        element = parse(str(entry.get("xml", "")).encode())
        if element.tag != writer.format.name(row.tag):
            writer.refuse("native.value-unwritable", f"/extensions/{writer.format.agency_type}", row)
            continue
        writer.wrapper(row.wrappers, holder).append(element)


def _write_const(writer: Writer, row: Row, holder: Element, _target: Any, _pointer: str) -> None:
    writer.value(row, holder, row.arg)


WRITERS: Mapping[str, Callable[[Writer, Row, Element, Any, str], None]] = {
    "list": _write_list,
    "keep": _write_keep,
    "const": _write_const,
    **coding.WRITERS,
    **numbers.WRITERS,
    **special.WRITERS,
}

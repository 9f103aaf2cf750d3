"""Record → native XML, by the same rows of a format's tables, and valid under the agency's XSD.

Codes are the agency's own wherever the record or the hub's annex gives one; everything else stays what the sender
wrote, marked 未对照 (see `coding`). A value that its row cannot write is refused with every place named, and a member
for which there is no row is a finding (see `carrying`), so nothing is lost unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from lxml import etree

from adapters.native import coding, numbers, special
from adapters.native.carrying import not_carried
from adapters.native.formats import Format, Listing, Row, Variant
from adapters.native.parser import parse
from adapters.native.paths import get, pointer_to
from adapters.native.writer import Write, Writer
from messages.findings import Finding
from messages.problems import Problem, ProblemList

Element = etree._Element

_LISTS = ("persons", "charges", "measures", "property", "documents", "decisions")


def write_case(
    fmt: Format, record: Mapping[str, Any], annex_entries: Sequence[Mapping[str, Any]], agency: str
) -> tuple[Element, list[Finding]]:
    """The root element of the native document, and what it does not carry. Raises `ProblemList` `native.unwritable`."""
    annex = {entry["place"]: entry for entry in annex_entries}
    writer = Writer(fmt, record, annex, agency, _numbers(record), WRITERS)
    root = etree.Element(fmt.name(fmt.root), nsmap=cast(Any, {None: fmt.namespace} if fmt.namespace else None))
    writer.scope("case", root, record, "")
    rows = {row.record for row in fmt.rows() if row.codec == "list"}
    for name in _LISTS:
        if (name,) not in rows:
            continue  # no row at all: `carrying` tells it
        for place in range(len(record.get(name) or [])):
            if f"/{name}/{place}" not in writer.written:
                told = {"label": name, "name": name, "found_zh": "没有归属", "found_en": "belongs to nobody"}
                writer.problems.append(Problem("native.reference-dangling", f"/{name}/{place}", **told))
    if writer.problems:
        raise ProblemList("native.unwritable", writer.problems)
    return root, not_carried(writer)


def _numbers(record: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for kind, name in (("person", "persons"), ("charge", "charges")):
        for place, item in enumerate(record.get(name) or []):
            found[(kind, item[f"{kind}_uid"])] = place + 1
    return found


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


WRITERS: Mapping[str, Write] = {
    "list": _write_list,
    "keep": _write_keep,
    "const": _write_const,
    **coding.WRITERS,
    **numbers.WRITERS,
    **special.WRITERS,
}

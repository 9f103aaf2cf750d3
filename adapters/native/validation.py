"""Finds all violations of the agency's XSD in one pass, each with line, path and a message in zh and en.

libxml2 stops looking at the children of an element at the first one that does not fit, and so would hide what is wrong
in the rest. Therefore in two steps: first each element's children are held against the sequence that the XSD gives, and
what is unknown, missing, misplaced or one too many is named; then the document, mended in exactly these places in a
copy, is validated by libxml2, which names every wrong value.

Each problem says what is right as well (`advice`). A long value is never repeated, since it can be personal data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

from lxml import etree

from adapters.native import advice
from adapters.native.formats import Format, Row, load_format
from adapters.native.limits import LIMITS, ExportLimits
from adapters.native.paths import place_of
from messages.problems import Problem

Element = etree._Element
_XS = "{http://www.w3.org/2001/XMLSchema}"
_PLACEHOLDER = "casehub-placeholder"

_VALUE_CODES: Mapping[str, str] = {
    "SCHEMAV_CVC_PATTERN_VALID": "native.xsd-pattern",
    "SCHEMAV_CVC_ENUMERATION_VALID": "native.xsd-enumeration",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "native.xsd-value",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_3": "native.xsd-enumeration",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "native.xsd-too-long",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "native.xsd-attribute-unknown",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "native.xsd-attribute-missing",
    "SCHEMAV_CVC_AU": "native.xsd-value",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_2": "native.xsd-text-not-allowed",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "native.xsd-text-not-allowed",
    "SCHEMAV_CVC_TYPE_3_1_2": "native.xsd-text-only",
}


@dataclass(frozen=True)
class _Slot:
    """One particle of a sequence: the names that may stand there, and how many of them."""

    types: Mapping[str, str | Element]
    least: int
    most: float


def violations(fmt: Format, root: Element, limits: ExportLimits = LIMITS) -> list[Problem]:
    """Every violation, in document order, at most `limits.max_reported` of them."""
    if root.tag != fmt.name(fmt.root):
        return [Problem("native.root-unknown", place_of(root), expected=fmt.root)]
    outline = _outline(fmt.agency_type)
    mended = deepcopy(root)
    found = [*_structure(fmt, outline, outline[""], mended)]
    found += _values(fmt, mended)
    found.sort(key=lambda problem: problem.params["line"])
    return found[: limits.max_reported]


@cache
def _schema(agency_type: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(load_format(agency_type).xsd))


def _row(fmt: Format, holder: Element | None, name: str) -> Row | None:
    return advice.row_at(fmt, "" if holder is None else _local(holder), name)


@cache
def _outline(agency_type: str) -> Mapping[str, Element]:
    """The complex types of the XSD by name; the root element's own under the empty name."""
    schema = etree.fromstring(load_format(agency_type).xsd)
    found = {node.get("name") or "": node for node in schema.findall(f"{_XS}complexType")}
    element = schema.find(f"{_XS}element")
    assert element is not None
    inner = element.find(f"{_XS}complexType")
    assert inner is not None
    return {**found, "": inner}


def _slots(definition: Element) -> list[_Slot] | None:
    """The particles of a complex type; None when its content is text or open."""
    sequence = definition.find(f"{_XS}sequence")
    if sequence is None or sequence.find(f"{_XS}any") is not None:
        return None
    slots = []
    for particle in sequence:
        elements = [particle] if particle.tag == f"{_XS}element" else particle.findall(f"{_XS}element")
        types: dict[str, str | Element] = {}
        for element in elements:
            inner = element.find(f"{_XS}complexType")
            types[element.get("name") or ""] = (element.get("type") or "") if inner is None else inner
        most = particle.get("maxOccurs", "1")
        slots.append(
            _Slot(types, int(particle.get("minOccurs", "1")), float("inf") if most == "unbounded" else int(most))
        )
    return slots


def _structure(fmt: Format, outline: Mapping[str, Element], definition: Element, node: Element) -> Iterator[Problem]:
    """Problems with the children of `node` and of all below; mends `node` on the way."""
    slots = _slots(definition)
    if slots is None:
        return
    rank = {fmt.name(name): place for place, slot in enumerate(slots) for name in slot.types}
    yield from _unknown_or_misplaced(fmt, node, slots, rank)
    yield from _counts(fmt, node, slots, rank)
    node[:] = sorted(node, key=lambda child: rank[str(child.tag)])
    for child in node:
        kind = slots[rank[str(child.tag)]].types[etree.QName(child).localname]
        inner = outline.get(kind) if isinstance(kind, str) else kind
        if inner is not None and child.text != _PLACEHOLDER:
            yield from _structure(fmt, outline, inner, child)


def _unknown_or_misplaced(fmt: Format, node: Element, slots: list[_Slot], rank: Mapping[str, int]) -> Iterator[Problem]:
    highest = -1
    for child in list(node):
        place = rank.get(str(child.tag))
        if place is None:
            allowed = [name for slot in slots for name in slot.types]
            hint = advice.unknown(fmt, _local(node), _local(child), allowed)
            yield _problem(fmt, "native.xsd-element-unknown", child, hint)
            node.remove(child)
        elif place < highest:
            yield _problem(fmt, "native.xsd-element-misplaced", child, _standing(node, slots, rank, place))
        else:
            highest = place


def _counts(fmt: Format, node: Element, slots: list[_Slot], rank: Mapping[str, int]) -> Iterator[Problem]:
    counts = Counter(rank[str(child.tag)] for child in node)
    for place, slot in enumerate(slots):
        name = next(iter(slot.types))
        if counts[place] < slot.least:
            standing = _standing(node, slots, rank, place)
            yield _problem(fmt, "native.xsd-element-missing", node, standing, name=name)
            etree.SubElement(node, fmt.name(name)).text = _PLACEHOLDER
        extra = [child for child in node if rank[str(child.tag)] == place][int(min(slot.most, len(node))) :]
        for child in extra:
            yield _problem(fmt, "native.xsd-element-repeated", child)
            node.remove(child)


def _values(fmt: Format, mended: Element) -> Iterator[Problem]:
    schema = _schema(fmt.agency_type)
    if schema.validate(mended):
        return
    seen: set[tuple[str, str]] = set()
    tree = mended.getroottree()
    for error in iter(schema.error_log):  # type: ignore[call-overload]
        nodes = tree.xpath(error.path) if error.path else []
        node = nodes[0] if isinstance(nodes, list) and nodes else mended
        assert isinstance(node, etree._Element)
        code = _VALUE_CODES.get(error.type_name, "native.xsd-value")
        attribute = _attribute_of(error.message)
        place = place_of(node) + (f"/@{attribute}" if attribute else "")
        if node.text == _PLACEHOLDER or (place, attribute) in seen:
            continue
        seen.add((place, attribute))
        yield Problem(code, place, **_right(fmt, node, attribute), line=node.sourceline)


def _right(fmt: Format, node: Element, attribute: str) -> dict[str, str]:
    """The label of what has a wrong value, the value, what may stand there, and for an attribute the names near it."""
    element = _row(fmt, node.getparent(), _local(node))
    own = _row(fmt, node, attribute) if attribute else None
    row = own or element
    return {
        "name": attribute or _local(node),
        "label": row.label if row else "",
        **advice.found(advice.text_of(node, attribute)),
        **advice.form(fmt, row, attribute or _local(node)),
        **(advice.unknown(fmt, _local(node), attribute, advice.attributes(fmt, _local(node))) if attribute else {}),
    }


def _attribute_of(message: str) -> str:
    """libxml2 names the attribute only in its sentence: `Element 'RY', attribute 'XH': …`."""
    for mark in ("attribute '", "attribute name '"):
        _, found, rest = message.partition(mark)
        if found:
            return rest.partition("'")[0]
    return ""


def _local(node: Element) -> str:
    return etree.QName(node).localname


def _standing(node: Element, slots: list[_Slot], rank: Mapping[str, int], place: int) -> dict[str, str]:
    """Between which of the elements that are there something of rank `place` stands."""
    there = {rank[str(child.tag)]: _local(child) for child in node if rank.get(str(child.tag), place) != place}
    before = max((other for other in there if other < place), default=None)
    after = min((other for other in there if other > place), default=None)
    return advice.between("" if before is None else there[before], "" if after is None else there[after])


def _problem(
    fmt: Format, code: str, node: Element, hint: Mapping[str, str] | None = None, *, name: str = ""
) -> Problem:
    """A problem with the element `node`, or with `name`, which it lacks."""
    row = _row(fmt, node, name) if name else _row(fmt, node.getparent(), _local(node))
    told = name or _local(node)
    right = {**advice.form(fmt, row, told), **(hint or {})}
    place = place_of(node) + (f"/{name}" if name else "")
    return Problem(code, place, name=told, label=row.label if row else "", line=node.sourceline, **right)

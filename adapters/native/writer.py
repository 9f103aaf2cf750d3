"""The state of writing one native document: the position in the tables, and what was written or refused so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from adapters.native.formats import Format, Row
from adapters.native.paths import get, pointer_to
from messages.problems import Problem

Element = etree._Element
Write = Callable[["Writer", Row, Element, Any, str], None]
"""Writes one row of what stands at a JSON pointer into an element."""

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Writer:
    """The state of one writing. `writers` write the rows of each codec; what has none there is a plain value."""

    format: Format
    record: Mapping[str, Any]
    annex: Mapping[str, Mapping[str, Any]]
    agency: str
    numbers: Mapping[tuple[str, str], int]
    writers: Mapping[str, Write]
    problems: list[Problem] = field(default_factory=list)
    consumed: set[int] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    terms_written: set[tuple[str, str]] = field(default_factory=set)
    scoped: dict[str, list[str]] = field(default_factory=dict)

    def scope(self, name: str, holder: Element, target: Any, pointer: str) -> None:
        """Write every row of scope `name` from `target`, which stands at `pointer`, into `holder`."""
        self.scoped.setdefault(pointer, []).append(name)
        for row in self.format.scopes[name]:
            self.writers.get(row.codec, write_value)(self, row, holder, target, pointer)

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

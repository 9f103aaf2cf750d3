"""The state of reading one native document: the position in the tables and the results so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from adapters.native.case import LOCAL
from adapters.native.formats import Format, Row
from adapters.native.paths import place_of, put
from messages.problems import Problem

Element = etree._Element
Names = Callable[[str, str], str | None]
Read = Callable[["Reader", Row, Element, dict[str, Any]], None]
"""Reads one row from an element into its target."""
Explain = Callable[[Format, Row, Element], Mapping[str, str]]
"""What was found at a row, and what may stand there: parameters of a problem."""


@dataclass
class Reader:
    """The state of one reading. `names(system, code)` gives a code's display where the export carries none.

    `readers` read the rows of each codec; what has none there is a plain value.
    """

    format: Format
    agency: str
    names: Names
    record: dict[str, Any]
    readers: Mapping[str, Read]
    explain: Explain
    local: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    pending: list[Callable[[], None]] = field(default_factory=list)
    kept: list[dict[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def scope(self, name: str, element: Element, target: dict[str, Any]) -> None:
        """Read every row of scope `name` from `element` into `target`."""
        for row in self.format.scopes[name]:
            self.readers.get(row.codec, read_value)(self, row, element, target)

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
        """Note that the text in `holder` cannot be what `row` says, and what it may be; a long text is not shown."""
        right = self.explain(self.format, row, holder)
        self.problems.append(Problem(code, place_of(holder), label=row.label, line=holder.sourceline, **right))

    def local_identifier(self, kind: str) -> str:
        """A fresh stand-in for an identifier of `kind`."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.local.append(f"{LOCAL}{kind}:{self.counts[kind]}")
        return self.local[-1]


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

"""Native exports of the agencies' case systems, to and from the unified record.

    case = native.read("police", data)            # or native.load("police", path)
    record = case.settle(known_identifiers, uuid7)
    data = native.write("procuratorate", record, annex_entries, "procuratorate:350102")
    composed = native.compose("procuratorate", record, annex_entries, "procuratorate:350102")

`read` refuses what the hardened parser or the agency's XSD refuses, and names every violation at once; `write` gives a
document that is valid under the receiver's XSD, with the receiver's own codes where the hub's annex has them. Both use
the same mapping rows, so native → record → native and record → native → record lose nothing that the format carries.
`compose` also says what it does not carry; `write` is for whoever has no use for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from adapters.native.case import NativeCase
from adapters.native.formats import AGENCY_TYPES, load_format
from adapters.native.limits import LIMITS, ExportLimits
from adapters.native.parser import parse, read_bytes
from adapters.native.reader import Names
from adapters.native.reading import read_case
from adapters.native.validation import violations
from adapters.native.writing import write_case
from messages.findings import Finding
from messages.problems import Problem, ProblemList

__all__ = ["AGENCY_TYPES", "LIMITS", "Composed", "ExportLimits", "NativeCase", "compose", "load", "read", "write"]


@dataclass(frozen=True)
class Composed:
    """A native document, and a finding `native.not-carried` for each kind of object of which it lacks members."""

    data: bytes
    findings: tuple[Finding, ...]


def read(agency_type: str, data: bytes, *, limits: ExportLimits = LIMITS, names: Names | None = None) -> NativeCase:
    """The case in a native export of an agency of `agency_type` (`police`, `prison`, …).

    Raises `Problem` for what is refused before parsing goes far (`native.too-large`, `native.doctype` …), and
    `ProblemList` `native.xsd-violations` or `native.unreadable` with every place.
    """
    fmt = load_format(agency_type)
    root = parse(data, limits)
    found = violations(fmt, root, limits)
    if found:
        code = "native.xsd-violations"
        raise ProblemList(code, found)
    return read_case(fmt, root, names or _display)


def load(agency_type: str, path: Path, *, limits: ExportLimits = LIMITS, names: Names | None = None) -> NativeCase:
    """`read` of a file, which must be a regular one and not too large. Raises as `read`, and `native.not-a-file`."""
    return read(agency_type, read_bytes(path, limits), limits=limits, names=names)


def write(
    agency_type: str,
    record: Mapping[str, Any],
    annex_entries: Sequence[Mapping[str, Any]] = (),
    own_agency: str | Mapping[str, str] = "",
) -> bytes:
    """The native document of an agency of `agency_type` for `record`: UTF-8, valid under that agency's XSD.

    `annex_entries` are the `entries` of the hub's annex: `place` is a JSON pointer into `record`, and the single match
    of a `receiver` answer that says no more than the original (`codebooks.answers.SAFE_OUTCOMES`) becomes the code.
    `own_agency` is the agency whose document it is, in short form or as `{type, code, name}`; its own numbers stand in
    columns of their own. Raises `ProblemList` `native.unwritable` naming every value that its row cannot write.
    """
    return compose(agency_type, record, annex_entries, own_agency).data


def compose(
    agency_type: str,
    record: Mapping[str, Any],
    annex_entries: Sequence[Mapping[str, Any]] = (),
    own_agency: str | Mapping[str, str] = "",
) -> Composed:
    """`write`, and the names of the members for which the format has no row. Raises as `write`."""
    fmt = load_format(agency_type)
    agency = own_agency if isinstance(own_agency, str) else f"{own_agency['type']}:{own_agency['code']}"
    root, findings = write_case(fmt, record, annex_entries, agency)
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    if len(data) > LIMITS.max_bytes:
        code = "native.too-large"
        raise Problem(code, size=len(data), limit=LIMITS.max_bytes)
    found = violations(fmt, etree.fromstring(data))
    if found:
        code = "native.unwritable"
        raise ProblemList(code, found)
    return Composed(data, tuple(findings))


@cache
def _display(system: str, code: str) -> str | None:
    """The name of a code from the codebooks, for exports that carry codes alone."""
    import codebooks  # noqa: PLC0415 - the tables are only loaded when an export needs a name

    try:
        concept = codebooks.load().lookup(system, code)
    except codebooks.CodebookError:
        return None
    return concept.display if concept else None

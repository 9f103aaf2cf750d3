"""Native formats as data: `adapters/<agency>/format.toml`, `mapping.csv` and `words.csv`, read into frozen tables.

A `format.toml` that says `tables = "generic"` takes mapping and words from `adapters/generic`: agency types without
naming habits of their own share one profile in the unified codes.

A mapping row says which native element or attribute (`JBXX/AJMC`, `@XH`) stands for which member of the record
(`case/name`), through which codec. The same row serves reading and writing. Columns:

| column | content |
| --- | --- |
| scope | `case` (the document), or a scope that a `list` row opens (`person`, `charge`, …) |
| native | path of the element inside its scope, `@` for an attribute |
| record | path of the member inside the scope's object; a leading `/` starts at the record's root |
| codec | a value codec of `codecs.CODECS`, or one of the structural codecs below |
| arg | the codec's argument: code system, organ type, word table, number kind, list options |
| occurs | `1` must be there, `?` may be, `*` any number of times |
| label | the Chinese name, for people |

Structural codecs: `const`, `own-code` (the exporting agency), `uid` (identifier that the platform gave), `number`
(running number that references point to), `person` and `charge` (such references), `ref`, `refs`, `refs-rest` (the
agency's own numbers, and everybody else's), `coded`, `coded-any`, `organ`, `word`, `currency`, `docket`, `by-case`,
`term`, `terms-rest`, `keep` (survives in `extensions`), `list`.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

from adapters.native.codecs import CODECS, Codec, word_codec
from messages.problems import Problem
from standards import agencies

__all__ = ["AGENCY_TYPES", "Format", "Listing", "Row", "Variant", "load_format"]

AGENCY_TYPES = agencies.names()
CodeStyle = Literal["plain", "named", "attribute"]


@dataclass(frozen=True)
class Row:
    """One row of a mapping table."""

    scope: str
    native: tuple[str, ...]
    record: tuple[str, ...]
    absolute: bool
    codec: str
    arg: str
    occurs: Literal["1", "?", "*"]
    label: str

    @property
    def tag(self) -> str:
        """The element's own name."""
        return self.native[-1]

    @property
    def wrappers(self) -> tuple[str, ...]:
        """The elements around it, inside its scope."""
        return self.native[:-1]

    @property
    def is_attribute(self) -> bool:
        """Whether the value is an attribute."""
        return self.tag.startswith("@")

    @cached_property
    def listing(self) -> Listing:
        """The options of a `list` row."""
        return _listing(self)


@dataclass(frozen=True)
class Variant:
    """One element name that a list's items can have, and the member that decides it (empty: any item)."""

    tag: str
    member: str = ""
    value: str | bool = ""


@dataclass(frozen=True)
class Listing:
    """What a `list` row says: its scope, how its items are tied to the enclosing object, its element names."""

    scope: str
    wrappers: tuple[str, ...]
    variants: tuple[Variant, ...]
    link: str = ""
    unlinked: str = ""


@dataclass(frozen=True)
class Format:
    """One agency's native format."""

    agency_type: str
    root: str
    namespace: str
    code_style: CodeStyle
    organ_suffixes: tuple[str, str, str]
    scopes: Mapping[str, tuple[Row, ...]]
    words: Mapping[str, Mapping[str, str]]
    patterns: Mapping[str, str]
    numbers: Mapping[str, str]
    xsd: bytes

    def name(self, tag: str) -> str:
        """`tag` in the format's namespace, as lxml writes it."""
        return f"{{{self.namespace}}}{tag}" if self.namespace else tag

    def codec(self, row: Row) -> Codec | None:
        """The value codec of `row`; None for a structural one."""
        return word_codec(self.words[row.arg]) if row.codec == "word" else CODECS.get(row.codec)

    def rows(self) -> tuple[Row, ...]:
        """All rows, scope by scope."""
        return tuple(row for rows in self.scopes.values() for row in rows)


@cache
def load_format(agency_type: str) -> Format:
    """The format of `agency_type`. Raises `Problem` `native.agency-type` for another type."""
    known = agencies.types().get(agency_type)
    if known is None:
        raise Problem("native.agency-type", agency_type=agency_type)
    folder = resources.files(f"adapters.{known.native}")
    head = tomllib.loads((folder / "format.toml").read_text("utf-8"))
    tables = resources.files(f"adapters.{head['tables']}") if "tables" in head else folder
    scopes: dict[str, list[Row]] = {}
    for line in csv.DictReader(io.StringIO((tables / "mapping.csv").read_text("utf-8"))):
        scopes.setdefault(line["scope"], []).append(_row(line))
    words: dict[str, dict[str, str]] = {}
    for line in csv.DictReader(io.StringIO((tables / "words.csv").read_text("utf-8"))):
        words.setdefault(line["table"], {})[line["native"]] = line["record"]
    return Format(
        agency_type=agency_type,
        root=head["root"],
        namespace=head["namespace"],
        code_style=head["code_style"],
        organ_suffixes=tuple(head["organ_suffixes"]),
        scopes={scope: tuple(rows) for scope, rows in scopes.items()},
        words=words,
        patterns=head["patterns"],
        numbers=head["numbers"],
        xsd=_xsd(tables, head["root"]),
    )


ROOT = b'"ROOT"'
"""What stands for the root element in the XSD of tables that several agencies share."""


def _xsd(tables: Traversable, root: str) -> bytes:
    file = tables / "native.xsd"
    return file.read_bytes().replace(ROOT, f'"{root}"'.encode()) if file.is_file() else b""


def _row(line: dict[str, str]) -> Row:
    occurs = line["occurs"]
    if occurs not in {"1", "?", "*"}:
        msg = f"mapping row {line}: occurs must be 1, ? or *"
        raise ValueError(msg)
    record = line["record"]
    return Row(
        scope=line["scope"],
        native=tuple(line["native"].split("/")),
        record=tuple(part for part in record.strip("/").split("/") if part),
        absolute=record.startswith("/"),
        codec=line["codec"],
        arg=line["arg"],
        occurs=occurs,  # type: ignore[arg-type]
        label=line["label"],
    )


def _listing(row: Row) -> Listing:
    options: dict[str, str] = {}
    variants: list[Variant] = []
    for token in row.arg.split():
        tag, colon, condition = token.partition(":")
        if colon:
            member, _, value = condition.partition("=")
            variants.append(Variant(tag, member, {"true": True, "false": False}.get(value, value)))
        else:
            key, _, value = token.partition("=")
            options[key] = value
    inside = {variant.tag for variant in variants}
    wrapped = row.native if inside and row.tag not in inside else row.wrappers
    return Listing(
        scope=options["scope"],
        wrappers=wrapped,
        variants=tuple(variants) or (Variant(row.tag),),
        link=options.get("link", ""),
        unlinked=options.get("unlinked", ""),
    )

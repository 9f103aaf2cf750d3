"""The XSD of a native format, written from its tables: `python -m adapters.native.xsd police > native.xsd`.

The tables are the one source; the committed `native.xsd` beside them is what they give (a test holds the two together)
and what every export is validated against. Only sequences and choices of elements are used, so that `validation` can
name each missing, unknown or misplaced element by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from adapters.native.coding import UNMAPPED_MARK, UNMAPPED_SUFFIX
from adapters.native.formats import Format, Row, load_format

_SIMPLE_TYPES: Mapping[str, str] = {
    "Text": '<xs:maxLength value="1000"/>',
    "LongText": '<xs:maxLength value="100000"/>',
    "Count": r'<xs:pattern value="\d{1,12}"/>',
    "Flag01": '<xs:enumeration value="0"/><xs:enumeration value="1"/>',
    "FlagYN": '<xs:enumeration value="Y"/><xs:enumeration value="N"/>',
    "FlagZh": '<xs:enumeration value="是"/><xs:enumeration value="否"/>',
    "PackedDay": r'<xs:pattern value="\d{8}"/>',
    "Packed": r'<xs:pattern value="\d{8}(\d{6})?"/>',
    "DashedDay": r'<xs:pattern value="\d{4}-\d{2}-\d{2}"/>',
    "DashedBirth": r'<xs:pattern value="\d{4}(-\d{2}(-\d{2})?)?"/>',
    "Dashed": r'<xs:pattern value="\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?"/>',
    "WrittenDay": r'<xs:pattern value="\d{4}(年\d{1,2}月\d{1,2}日|\.\d{1,2}\.\d{1,2}|-\d{2}-\d{2})"/>',
    "WrittenBirth": (
        r'<xs:pattern value="\d{4}年(\d{1,2}月(\d{1,2}日)?)?"/><xs:pattern value="\d{4}(\.\d{1,2}(\.\d{1,2})?)?"/>'
        r'<xs:pattern value="\d{4}-\d{2}-\d{2}"/>'
    ),
    "Written": (
        r'<xs:pattern value="\d{4}年\d{1,2}月\d{1,2}日(\d{1,2}时\d{1,2}分(\d{1,2}秒)?)?"/>'
        r'<xs:pattern value="\d{4}(\.\d{1,2}\.\d{1,2}|-\d{2}-\d{2})"/>'
    ),
    "Yuan": r'<xs:pattern value="-?\d{1,16}(\.\d{1,6})?"/>',
    "Wan": r'<xs:pattern value="-?\d{1,12}(\.\d{1,10})?"/>',
    "Grouped": r'<xs:pattern value="-?\d{1,3}(,\d{3}){0,5}(\.\d{1,6})?"/><xs:pattern value="-?\d{1,16}(\.\d{1,6})?"/>',
    "Identifier": r'<xs:pattern value="[0-9A-Za-z:_.\-]{1,80}"/>',
    "Running": r'<xs:pattern value="[1-9]\d{0,5}"/>',
    "Currency": '<xs:pattern value="[A-Z]{3}"/>',
    "Code": r'<xs:pattern value="[0-9A-Za-z_.\-]{1,40}"/>',
    "Penalty": '<xs:pattern value="[一-龥〇零0-9]{2,20}"/>',
    "Agency": r'<xs:pattern value="[a-z][a-z0-9\-]{1,31}:[0-9A-Za-z._\-]{1,32}"/>',  # `agencies.FORM`
    "Kind": '<xs:maxLength value="64"/>',
}
_FIXED_TYPES = f"""\
  <xs:complexType name="Unmapped">
    <xs:annotation>
      <xs:documentation>本单位代码集中没有对应代码的原值：来源代码集 XT、版本 BB、代码 DM</xs:documentation>
    </xs:annotation>
    <xs:simpleContent><xs:extension base="Text">
      <xs:attribute name="BZ" type="Text" use="required" fixed="{UNMAPPED_MARK}"/>
      <xs:attribute name="XT" type="Text" use="required"/>
      <xs:attribute name="BB" type="Text"/>
      <xs:attribute name="DM" type="Text" use="required"/>
    </xs:extension></xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="OtherNumber">
    <xs:simpleContent><xs:extension base="Text">
      <xs:attribute name="DW" type="Agency" use="required"/>
      <xs:attribute name="LX" type="Kind" use="required"/>
      <xs:attribute name="YW" type="Text"/>
    </xs:extension></xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="OtherTerm">
    <xs:simpleContent><xs:extension base="Text">
      <xs:attribute name="MC" type="Text" use="required"/>
      <xs:attribute name="LX" type="Kind"/>
    </xs:extension></xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="Open" mixed="true">
    <xs:sequence><xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:anyAttribute processContents="skip"/>
  </xs:complexType>
"""
_OCCURS = {"1": "", "?": ' minOccurs="0"', "*": ' minOccurs="0" maxOccurs="unbounded"'}
_TYPE_OF: Mapping[str, Callable[[Row], str]] = {
    "const": lambda _: "Text",
    "own-code": lambda _: "Number_own",
    "uid": lambda _: "Identifier",
    "number": lambda _: "Running",
    "person": lambda _: "Running",
    "charge": lambda _: "Running",
    "ref": lambda row: f"Own_{row.arg}",
    "refs": lambda row: f"Own_{row.arg}",
    "refs-rest": lambda _: "OtherNumber",
    "by-case": lambda row: _code_type(row.arg),
    "word": lambda row: f"Word_{row.arg}",
    "currency": lambda _: "Currency",
    "docket": lambda _: "Written",
    "term": lambda _: "Penalty",
    "terms-rest": lambda _: "OtherTerm",
    "keep": lambda row: "Open" if row.arg == "any" else "Text",
}


def xsd_of(fmt: Format) -> str:
    r"""The whole schema as text. `\d` of the tables means the ASCII digits; in XSD it would mean any script's."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', _head(fmt), *_types(fmt)]
    for scope, rows in fmt.scopes.items():
        if scope != "case":
            lines += [
                f'  <xs:complexType name="Scope_{scope}">',
                *_content(fmt, rows, 0, "    "),
                "  </xs:complexType>",
            ]
    lines += [f'  <xs:element name="{fmt.root}">', "    <xs:complexType>"]
    lines += [*_content(fmt, fmt.scopes["case"], 0, "      "), "    </xs:complexType>", "  </xs:element>"]
    return "\n".join([*lines, "</xs:schema>", ""]).replace(r"\d", "[0-9]")


def _head(fmt: Format) -> str:
    target = f' targetNamespace="{fmt.namespace}" xmlns="{fmt.namespace}"' if fmt.namespace else ""
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"{target} elementFormDefault="qualified">'


def _types(fmt: Format) -> Iterator[str]:
    for name, facets in _SIMPLE_TYPES.items():
        yield _simple(name, facets)
    for name, pattern in fmt.numbers.items():
        yield _simple(f"Number_{name}", f'<xs:pattern value="{pattern}"/>')
        yield f'  <xs:complexType name="Own_{name}"><xs:simpleContent><xs:extension base="Number_{name}">'
        yield '    <xs:attribute name="YW" type="Text"/>'
        yield "  </xs:extension></xs:simpleContent></xs:complexType>"
    for system, pattern in fmt.patterns.items():
        yield _simple(_code_type(system), f'<xs:pattern value="{pattern}"/>')
        yield from _attributed(_code_type(system))
    yield from _attributed("Code")
    for table, words in fmt.words.items():
        values = "".join(f'<xs:enumeration value="{word}"/>' for word in words)
        yield _simple(f"Known_{table}", values)
        yield f'  <xs:simpleType name="Word_{table}"><xs:union memberTypes="Known_{table} Foreign"/></xs:simpleType>'
    yield _simple("Foreign", '<xs:pattern value="casehub:.{1,80}"/>')
    yield _FIXED_TYPES.rstrip()


def _simple(name: str, facets: str) -> str:
    return f'  <xs:simpleType name="{name}"><xs:restriction base="xs:string">{facets}</xs:restriction></xs:simpleType>'


def _attributed(code_type: str) -> Iterator[str]:
    yield f'  <xs:complexType name="Named_{code_type}"><xs:simpleContent><xs:extension base="Text">'
    yield f'    <xs:attribute name="DM" type="{code_type}" use="required"/>'
    yield "  </xs:extension></xs:simpleContent></xs:complexType>"


def _code_type(system: str) -> str:
    return f"Code_{system}"


def _content(fmt: Format, rows: tuple[Row, ...], depth: int, indent: str) -> Iterator[str]:
    """The sequence and the attributes of an element whose rows are `rows`, looking at step `depth` of their paths."""
    attributes = [row for row in rows if row.native[depth].startswith("@")]
    below = [row for row in rows if row not in attributes]
    yield f"{indent}<xs:sequence>"
    for step, group in groupby(below, key=lambda row: row.native[depth]):
        yield from _particle(fmt, step, tuple(group), depth, indent + "  ")
    yield f"{indent}</xs:sequence>"
    for row in attributes:
        use = ' use="required"' if row.occurs == "1" else ""
        fixed = f' fixed="{row.arg}"' if row.codec == "const" else ""
        yield f'{indent}<xs:attribute name="{row.tag[1:]}" type="{leaf_type(fmt, row)}"{use}{fixed}/>'


def _particle(fmt: Format, step: str, rows: tuple[Row, ...], depth: int, indent: str) -> Iterator[str]:
    first = rows[0]
    if len(first.native) > depth + 1 or (first.codec == "list" and first.listing.wrappers == first.native):
        need = "" if any(row.occurs == "1" for row in rows) else ' minOccurs="0"'
        yield f'{indent}<xs:element name="{step}"{need}>'
        yield f"{indent}  <xs:complexType>"
        if len(first.native) > depth + 1:
            yield from _content(fmt, rows, depth + 1, indent + "    ")
        else:
            yield f"{indent}    <xs:sequence>"
            yield from _items(first, indent + "      ")
            yield f"{indent}    </xs:sequence>"
        yield f"{indent}  </xs:complexType>"
        yield f"{indent}</xs:element>"
        return
    for row in rows:
        yield from _leaf(fmt, row, indent)


def _items(row: Row, indent: str) -> Iterator[str]:
    scope, variants = row.listing.scope, row.listing.variants
    note = f"<xs:annotation><xs:documentation>{row.label}</xs:documentation></xs:annotation>"
    if len(variants) == 1:
        most = _OCCURS[row.occurs]
        yield f'{indent}<xs:element name="{variants[0].tag}" type="Scope_{scope}"{most}>{note}</xs:element>'
        return
    yield f"{indent}<xs:choice{_OCCURS[row.occurs]}>"
    for variant in variants:
        yield f'{indent}  <xs:element name="{variant.tag}" type="Scope_{scope}">{note}</xs:element>'
    yield f"{indent}</xs:choice>"


def _leaf(fmt: Format, row: Row, indent: str) -> Iterator[str]:
    if row.codec == "list":
        yield from _items(row, indent)
        return
    note = f"<xs:annotation><xs:documentation>{row.label}</xs:documentation></xs:annotation>"
    for tag, xsd_type, occurs in _leaves(fmt, row):
        yield f'{indent}<xs:element name="{tag}" type="{xsd_type}"{_OCCURS[occurs]}>{note}</xs:element>'


def _leaves(fmt: Format, row: Row) -> Iterator[tuple[str, str, str]]:
    """Name, type and occurrence of each element that a row stands for."""
    if row.codec == "organ":
        for suffix, xsd_type in zip(fmt.organ_suffixes, ("Text", "Text", "Kind"), strict=True):
            yield row.tag + suffix, xsd_type, "?"
    elif row.codec == "coded":
        code_type = _code_type(row.arg) if row.arg in fmt.patterns else "Code"  # two codings share the loose type
        if fmt.code_style == "named":
            yield f"{row.tag}_DM", code_type, "?"
            yield f"{row.tag}_MC", "Text", "?"
        else:
            yield row.tag, f"Named_{code_type}" if fmt.code_style == "attribute" else code_type, "?"
        yield row.tag + UNMAPPED_SUFFIX, "Unmapped", "?"
    else:
        yield row.tag, leaf_type(fmt, row), row.occurs


def leaf_type(fmt: Format, row: Row) -> str:
    """The name of the XSD type that bounds a row's text."""
    if row.codec in _TYPE_OF:
        return _TYPE_OF[row.codec](row)
    codec = fmt.codec(row)
    assert codec is not None, row.codec
    return codec.xsd


if __name__ == "__main__":
    sys.stdout.buffer.write(xsd_of(load_format(sys.argv[1])).encode("utf-8"))

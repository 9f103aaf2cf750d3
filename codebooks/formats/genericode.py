"""Tables as OASIS genericode 1.0 (Code List Representation, OASIS Standard, 31 January 2023), out and in.

Every column of the table is a column of the code list, so that what goes out comes back whole. The key is the column
`key` (`codebooks.formats.uris.keyed`), since a code may have had several meanings one after another. What the header
file says beyond genericode's own identification stands in `AppInfo`, in a namespace of ours.
"""

from __future__ import annotations

from typing import cast

from lxml import etree

from codebooks.concepts import CodeSystem, Header
from codebooks.errors import CodebookError, CodebookErrors
from codebooks.formats.csv import Imported, Incoming, checked_table, concept_cells
from codebooks.formats.text import decoded
from codebooks.formats.uris import ROOT, keyed, system_uri
from codebooks.rows import damaged
from codebooks.tables import COLUMNS

NAMESPACE = "http://docs.oasis-open.org/codelist/ns/genericode/1.0/"
_OURS = f"{ROOT}codebook"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_KEY = "key"
_REQUIRED = {_KEY, "code", "display", "selectable"}
_TITLES = {
    _KEY: "键",
    "code": "代码",
    "display": "名称",
    "parent": "上级代码",
    "selectable": "可否选用",
    "valid_from": "生效日",
    "valid_to": "失效日",
    "successors": "后继代码",
    "aliases": "其他名称",
    "article": "条文",
    "note": "说明",
}
_SAID_BY_US = ("instrument", "source", "code_pattern", "unified", "note_zh", "note_en", "valid_from", "valid_to")


def export_table(system: CodeSystem) -> bytes:
    """The table as a genericode document, UTF-8; empty cells are left out."""
    root = etree.Element(f"{{{NAMESPACE}}}CodeList", nsmap={"gc": NAMESPACE})
    _annotate(root, system.header)
    _identify(root, system.header)
    columns = etree.SubElement(root, "ColumnSet")
    for name in (_KEY, *COLUMNS):
        _column(columns, name)
    key = etree.SubElement(columns, "Key", Id="concept")
    _texts(key, ShortName="concept")
    etree.SubElement(key, "ColumnRef", Ref=_KEY)
    listed = etree.SubElement(root, "SimpleCodeList")
    for unique, concept in keyed(system):
        row = etree.SubElement(listed, "Row")
        for name, cell in {_KEY: unique, **concept_cells(concept)}.items():
            if cell:
                _texts(etree.SubElement(row, "Value", ColumnRef=name), SimpleValue=cell)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def import_table(header: Header, raw: bytes, place: str = "") -> Imported:
    """A table of the system that `header` describes, from a genericode document. Raises `CodebookErrors`: every bad row
    by the line of its `Row`, columns that the table does not have by name, and what is no plain genericode at all.

    Columns are matched by their `ShortName`. Document types and entities are refused unread.
    """
    incoming = Incoming(COLUMNS, place or f"{header.id}.gc")
    root = _parsed(raw, incoming)
    columns = _columns(root, incoming)
    if not incoming.problems:
        for row in root.iterfind("SimpleCodeList/Row"):
            _read(row, columns, incoming)
    return checked_table(header, incoming)


def _parsed(raw: bytes, incoming: Incoming) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8", remove_comments=True
    )
    try:
        text = decoded(raw, incoming.place, incoming.notes)
        if "<!DOCTYPE" in text:
            line = text.count("\n", 0, text.index("<!DOCTYPE")) + 1
            raise CodebookError("codebook.file-xml", f"{incoming.place}:{line}", reason="DOCTYPE")
        root = etree.fromstring(text.encode("utf-8"), parser)
    except CodebookError as error:
        raise CodebookErrors([error]) from None
    except etree.XMLSyntaxError as error:
        where = f"{incoming.place}:{error.lineno or 1}"
        raise CodebookErrors([CodebookError("codebook.file-xml", where, reason=error.msg or "")]) from None
    if root.tag != f"{{{NAMESPACE}}}CodeList":
        raise CodebookErrors([CodebookError("codebook.file-xml", f"{incoming.place}:1", reason=str(root.tag))])
    return root


def _columns(root: etree._Element, incoming: Incoming) -> dict[str, str]:
    """The table's column by the column's id in the document."""
    found = {column.get("Id", ""): column.findtext("ShortName", "").strip() for column in root.iterfind("*/Column")}
    names = [name for name in found.values() if name != _KEY]
    faults = {
        "unknown": [name for name in names if name not in COLUMNS],
        "repeated": sorted({name for name in names if names.count(name) > 1}),
        "missing": [name for name in ("code", "display") if name not in names],
    }
    for fault, wrong in faults.items():
        if wrong:
            code = f"codebook.columns-{fault}"
            named = "、".join(wrong)
            incoming.problems.append(
                CodebookError(code, f"{incoming.place}:1", names=named, expected=",".join(COLUMNS))
            )
    return found


def _read(row: etree._Element, columns: dict[str, str], incoming: Incoming) -> None:
    cells = dict.fromkeys(COLUMNS, "")
    if "selectable" not in columns.values():
        cells["selectable"] = "yes"
    line = cast("int", row.sourceline)
    where = f"{incoming.place}:{line}"
    for value in row.iterfind("Value"):
        name = columns.get(value.get("ColumnRef", ""))
        if name is None:
            incoming.problems.append(CodebookError("codebook.cell-column", where, name=value.get("ColumnRef", "")))
            return
        if name != _KEY:
            cells[name] = value.findtext("SimpleValue", "")
    if not damaged(list(cells.values()), COLUMNS, where, incoming.problems):
        incoming.rows.append((line, cells))


def _annotate(root: etree._Element, header: Header) -> None:
    info = etree.SubElement(etree.SubElement(root, "Annotation"), "AppInfo")
    said = etree.SubElement(info, f"{{{_OURS}}}header", nsmap={"casehub": _OURS})
    said.set("stand_in", str(header.stand_in).lower())
    for name in _SAID_BY_US:
        if getattr(header, name):
            said.set(name, getattr(header, name))


def _identify(root: etree._Element, header: Header) -> None:
    named = etree.SubElement(root, "Identification")
    _texts(named, ShortName=header.id)
    for lang, title in (("zh-CN", header.title_zh), ("en", header.title_en)):
        etree.SubElement(named, "LongName", {_XML_LANG: lang}).text = title
    uri = system_uri(header.id)
    _texts(named, Version=header.version, CanonicalUri=uri, CanonicalVersionUri=f"{uri}:{header.version}")
    agency = etree.SubElement(named, "Agency")
    etree.SubElement(agency, "LongName", {_XML_LANG: "zh-CN"}).text = header.publisher


def _column(columns: etree._Element, name: str) -> None:
    column = etree.SubElement(columns, "Column", Id=name, Use="required" if name in _REQUIRED else "optional")
    _texts(column, ShortName=name)
    etree.SubElement(column, "LongName", {_XML_LANG: "zh-CN"}).text = _TITLES[name]
    etree.SubElement(column, "Data", Type="string")


def _texts(parent: etree._Element, **texts: str) -> None:
    for name, words in texts.items():
        etree.SubElement(parent, name).text = words

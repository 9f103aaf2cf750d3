"""genericode out and in: the same table comes back; the document keeps the rules of the OASIS Standard.

The rules are those of its chapter 4 and schema that concern a simple code list, held against the document by hand:
which elements stand where, in which order and how often, that columns and keys are defined before they are used, that
a key is required and tells every row apart.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from lxml import etree

import codebooks
from codebooks import CodebookErrors, Header, Release
from codebooks.concepts import CodeSystem
from codebooks.formats.genericode import NAMESPACE, export_table, import_table
from messages import catalogue
from tests.codebooks.formats.test_csv import systems

ORDER = {
    "CodeList": ["Annotation", "Identification", "ColumnSet", "SimpleCodeList"],
    "Identification": ["ShortName", "LongName", "Version", "CanonicalUri", "CanonicalVersionUri", "Agency"],
    "Column": ["ShortName", "LongName", "Data"],
    "Key": ["ShortName", "ColumnRef"],
}


def document(system: CodeSystem) -> etree._Element:
    return etree.fromstring(export_table(system))


@pytest.mark.parametrize("name", codebooks.load().systems())
def test_every_shipped_table_goes_out_and_comes_back(shipped: Release, name: str) -> None:
    system = shipped.system(name)
    back = import_table(system.header, export_table(system))
    assert back.content == shipped.files[f"tables/{name}.csv"].replace(b"\r\n", b"\n")
    assert back.notes == ()


@given(systems())
def test_any_table_goes_out_and_comes_back(system: CodeSystem) -> None:
    made = export_table(system)
    back = import_table(system.header, made)
    assert [row["display"] for row in back.rows] == [concept.display for concept in system.concepts]
    assert [row["code"] for row in back.rows] == [concept.code for concept in system.concepts]


@pytest.mark.parametrize("name", ["gb.division", "unified.crime", "procuratorate.crime", "court.sex"])
def test_the_document_keeps_the_rules_of_the_standard(shipped: Release, name: str) -> None:
    root = document(shipped.system(name))
    assert root.tag == f"{{{NAMESPACE}}}CodeList"
    for element in root.iter():
        assert element is root or element.tag.startswith("{urn:casehub:") or "{" not in element.tag
    _in_order(root, "CodeList")
    for path in ("Identification", "ColumnSet/Column", "ColumnSet/Key"):
        for element in root.iterfind(path):
            _in_order(element, path.rpartition("/")[2])
    ids = [element.get("Id") for element in root.iterfind("ColumnSet/*")]
    assert len(set(ids)) == len(ids)
    required = {column.get("Id") for column in root.iterfind("ColumnSet/Column") if column.get("Use") == "required"}
    (key,) = root.iterfind("ColumnSet/Key")
    assert {ref.get("Ref") for ref in key.iterfind("ColumnRef")} <= required
    seen = set()
    for row in root.iterfind("SimpleCodeList/Row"):
        values = {value.get("ColumnRef"): value.findtext("SimpleValue") for value in row.iterfind("Value")}
        assert len(values) == len(row)
        assert required <= set(values) <= set(ids)
        seen.add(values["key"])
    assert len(seen) == len(shipped.system(name).concepts)
    for short in root.iter("ShortName"):
        assert short.text
        assert not any(sign.isspace() for sign in short.text)


def _in_order(element: etree._Element, name: str) -> None:
    order = [ORDER[name].index(child.tag) for child in element]
    assert order == sorted(order), name


def test_a_code_with_two_meanings_has_two_keys(build: Callable[..., Release]) -> None:
    from tests.codebooks.small import table, walk

    rows = table("U1,旧,,yes,,1990-01-01", "U1,新,,yes,2000-01-01", "U2,他,,yes")
    release = build(tables_u_csv=rows, crosswalks_p_u_csv=walk(), crosswalks_u_c_csv=walk())
    root = document(release.system("u"))
    keys = [row.findtext("Value[@ColumnRef='key']/SimpleValue") for row in root.iterfind("SimpleCodeList/Row")]
    assert keys == ["U1@", "U1@2000-01-01", "U2"]


HEAD = Header("t", "表", "table", "p", "i", "1", "s", "[A-Z][0-9]+")


def listed(rows: str, columns: str = "", start: str = "") -> bytes:
    named = columns or "".join(
        f'<Column Id="{name[:1]}" Use="optional"><ShortName>{name}</ShortName><Data Type="string"/></Column>'
        for name in ("code", "display", "valid_to")
    )
    return (
        f'{start}<gc:CodeList xmlns:gc="{NAMESPACE}"><ColumnSet>{named}</ColumnSet><SimpleCodeList>\n{rows}\n'
        "</SimpleCodeList></gc:CodeList>"
    ).encode()


def row(**values: str) -> str:
    made = "".join(
        f'<Value ColumnRef="{name}"><SimpleValue>{value}</SimpleValue></Value>' for name, value in values.items()
    )
    return f"<Row>{made}</Row>"


REFUSED: list[tuple[str, bytes, list[tuple[str, int]]]] = [
    ("rows", listed("\n".join([row(c="A1", d="甲"), row(c="A1", d="乙"), row(c="1.1E+04", d="丙"), row(c="A3")])),
     [("duplicate-code", 3), ("cell-damaged", 4), ("cell-missing", 5)]),
    ("a column that is not defined", listed(row(c="A1", d="甲", x="?")), [("cell-column", 2)]),
    ("a column that the table lacks", listed("", '<Column Id="c"><ShortName>colour</ShortName></Column>'),
     [("columns-unknown", 1), ("columns-missing", 1)]),
    ("a document type", listed(row(c="A1", d="&x;"), start='<!DOCTYPE x [<!ENTITY x "甲">]>\n'), [("file-xml", 1)]),
    ("not closed", listed(row(c="A1", d="甲"))[:-4], [("file-xml", 3)]),
    ("another document", b"<CodeList/>", [("file-xml", 1)]),
    ("nothing", b"", [("file-xml", 1)]),
    ("another encoding", listed("").decode().encode("utf-16"), [("file-encoding", 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_bad_documents_are_refused_by_line(raw: bytes, expected: list[tuple[str, int]]) -> None:
    with pytest.raises(CodebookErrors) as caught:
        import_table(HEAD, raw, "t.gc")
    found = [(problem.code, problem.place) for problem in caught.value.problems]
    assert found == [(f"codebook.{code}", f"t.gc:{line}") for code, line in expected]
    assert all(problem.code in catalogue() for problem in caught.value.problems)


def test_gb18030_is_converted_whatever_the_declaration_says() -> None:
    raw = listed(row(c="A1", d="甲案"), start='<?xml version="1.0" encoding="GB18030"?>\n').decode().encode("gb18030")
    back = import_table(HEAD, raw)
    assert back.rows[0]["display"] == "甲案"
    assert [note.code for note in back.notes] == ["codebook.note-encoding"]

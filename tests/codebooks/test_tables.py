"""Spoiled tables: each is refused by file and line, and nothing of the release is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import codebooks
from codebooks import CodebookError, CodebookErrors, Header
from codebooks.crosswalks import COLUMNS as ROW
from codebooks.release import digest_of
from codebooks.rows import MAX_BYTES, decode
from codebooks.tables import COLUMNS
from messages import catalogue

HEAD = ",".join(COLUMNS)
WALK = ",".join(ROW)
TOML = (
    b'id = "u"\ntitle_zh = "z"\ntitle_en = "e"\npublisher = "p"\ninstrument = "i"\nversion = "1"\nsource = "s"\n'
    b"code_pattern = '[A-Z][0-9]+'\n"
)
BASE: Mapping[str, bytes] = {
    "release.toml": b'id = "t"\n',
    "targets.csv": b"unified,police,procuratorate,court,justice,detention,prison\nu,u,u,u,u,u,u\n",
    "tables/u.toml": TOML,
    "tables/u.csv": f"{HEAD}\nU1,甲,,yes,,,,,,\nU2,乙,,yes,2000-01-01,2010-01-01,,,,\n".encode(),
    "tables/v.toml": TOML.replace(b'"u"', b'"v"'),
    "tables/v.csv": f"{HEAD}\nV1,甲,,yes,,,,,,\nV2,乙,,yes,2012-01-01,,,,,\n".encode(),
    "crosswalks/u--v.csv": f"{WALK}\nU1,equivalent,V1,,,,same,me\n".encode(),
}


def rows(*lines: str) -> bytes:
    return "\n".join([HEAD, *lines, ""]).encode()


def walks(*lines: str) -> bytes:
    return "\n".join([WALK, *lines, ""]).encode()


BAD_TABLES = [
    ("duplicate code", rows("U1,甲,,yes,,,,,,", "U1,乙,,yes,,,,,,"), "duplicate-code", 3),
    ("overlapping validity", rows("U1,甲,,yes,,2001-01-01,,,,", "U1,乙,,yes,2000-12-31,,,,,"), "validity-overlap", 3),
    (
        "overlap in reverse order",
        rows("U1,乙,,yes,2000-01-01,,,,,", "U1,甲,,yes,,2000-01-02,,,,"),
        "validity-overlap",
        3,
    ),
    ("validity ends first", rows("U1,甲,,yes,2001-01-01,2001-01-01,,,,"), "validity-order", 2),
    ("parent not there", rows("U1,甲,U9,yes,,,,,,"), "unknown-parent", 2),
    ("own parent", rows("U1,甲,U1,yes,,,,,,"), "parent-loop", 2),
    ("parents in a loop", rows("U1,甲,U2,yes,,,,,,", "U2,乙,U1,yes,,,,,,"), "parent-loop", 2),
    ("loop behind a tail", rows("U1,甲,U2,yes,,,,,,", "U2,乙,U3,yes,,,,,,", "U3,丙,U2,yes,,,,,,"), "parent-loop", 3),
    ("successor not there", rows("U1,甲,,yes,,2001-01-01,U9,,,"), "unknown-successor", 2),
    ("successor of one in force", rows("U1,甲,,yes,,,U2,,,", "U2,乙,,yes,,,,,,"), "successor-in-force", 2),
    ("successor had ended", rows("U1,甲,,yes,,2001-01-01,U2,,,", "U2,乙,,yes,,2000-01-01,,,,"), "successor-ended", 2),
    (
        "successors in a loop",
        rows("U1,甲,,yes,,2001-01-01,U2,,,", "U2,乙,,yes,,2001-01-01,U1,,,"),
        "successor-loop",
        2,
    ),
    ("own successor", rows("U1,甲,,yes,,2001-01-01,U1,,,"), "successor-loop", 2),
    ("byte order mark", b"\xef\xbb\xbf" + rows("U1,甲,,yes,,,,,,"), "file-bom", 1),
    ("UTF-16", rows("U1,甲,,yes,,,,,,").decode().encode("utf-16"), "file-bom", 1),
    ("GB18030", rows("U1,a,,yes,,,,,,", "U2,盗窃罪,,yes,,,,,,").decode().encode("gb18030"), "file-encoding", 3),
    ("neither encoding", rows("U1,甲,,yes,,,,,,") + b"\xff\xff", "file-encoding", 3),
    ("NUL inside", rows("U1,甲\0,,yes,,,,,,"), "file-encoding", 2),
    ("spreadsheet's number", rows("1.1E+04,甲,,yes,,,,,,"), "cell-damaged", 2),
    ("spreadsheet's error", rows("U1,#REF!,,yes,,,,,,"), "cell-damaged", 2),
    ("lost leading zero", rows("11,甲,,yes,,,,,,"), "code-shape", 2),
    ("spreadsheet's date", rows("U1,甲,,yes,2002/3/26,,,,,"), "cell-date", 2),
    ("date without such a day", rows("U1,甲,,yes,2002-02-30,,,,,"), "cell-date", 2),
    ("date of eight digits", rows("U1,甲,,yes,20020326,,,,,"), "cell-date", 2),
    ("spaces around", rows("U1,甲 ,,yes,,,,,,"), "cell-spaces", 2),
    ("line break inside", rows('U1,"甲\n乙",,yes,,,,,,'), "cell-spaces", 3),
    ("no display", rows("U1,,,yes,,,,,,"), "cell-missing", 2),
    ("no code", rows(",甲,,yes,,,,,,"), "cell-missing", 2),
    ("selectable unclear", rows("U1,甲,,TRUE,,,,,,"), "cell-missing", 2),
    ("a cell too many", rows("U1,甲,,yes,,,,,,,"), "row-width", 2),
    ("empty line", rows("U1,甲,,yes,,,,,,", ""), "row-width", 3),
    ("open quote", rows('U1,"甲,,yes,,,,,,'), "row-quoting", 2),
    ("columns renamed", b"code,name\nU1,a\n", "columns", 1),
    ("empty file", b"", "columns", 1),
]


@pytest.mark.parametrize(("content", "code", "line"), [pytest.param(*row[1:], id=row[0]) for row in BAD_TABLES])
def test_a_spoiled_table_is_refused_by_line(content: bytes, code: str, line: int) -> None:
    with pytest.raises(CodebookErrors) as caught:
        codebooks.build({**BASE, "tables/u.csv": content})
    mine = [problem for problem in caught.value.problems if problem.place.startswith("tables/u.csv")]
    assert (f"codebook.{code}", f"tables/u.csv:{line}") in [(problem.code, problem.place) for problem in mine]
    assert all(problem.code in catalogue() for problem in caught.value.problems)


BAD_WALKS = [
    ("source not there", walks("U9,equivalent,V1,,,,same,me"), "unknown-source-code", 2),
    ("target not there", walks("U1,equivalent,V9,,,,same,me"), "unknown-target-code", 2),
    ("relationship unknown", walks("U1,same,V1,,,,same,me"), "relationship", 2),
    ("no target", walks("U1,narrower,,,,,same,me"), "target-cell", 2),
    ("no-equivalent with a target", walks("U1,no-equivalent,V1,,,,same,me"), "target-cell", 2),
    ("no justification", walks("U1,equivalent,V1,,,,,me"), "justification-missing", 2),
    ("nobody says so", walks("U1,equivalent,V1,,,,same,"), "justification-missing", 2),
    ("same row twice", walks("U1,equivalent,V1,,,,same,me", "U1,narrower,V1,,,,same,me"), "duplicate-row", 3),
    ("mapped and not", walks("U1,equivalent,V1,,,,same,me", "U1,no-equivalent,,,,,none,me"), "contradicting-row", 3),
    ("condition unreadable", walks("U1,equivalent,V1,,,if minor,same,me"), "condition", 2),
    ("order on a word", walks("U1,equivalent,V1,,,amount>much,same,me"), "condition", 2),
    ("ends before it begins", walks("U1,equivalent,V1,2001-01-01,2000-01-01,,same,me"), "validity-order", 2),
    ("outside the source's time", walks("U2,equivalent,V1,2010-01-01,,,same,me"), "row-outside-validity", 2),
    ("outside the target's time", walks("U1,equivalent,V2,,2012-01-01,,same,me"), "row-outside-validity", 2),
    ("byte order mark", b"\xef\xbb\xbf" + walks(), "file-bom", 1),
]


@pytest.mark.parametrize(("content", "code", "line"), [pytest.param(*row[1:], id=row[0]) for row in BAD_WALKS])
def test_a_spoiled_crosswalk_is_refused_by_line(content: bytes, code: str, line: int) -> None:
    with pytest.raises(CodebookErrors) as caught:
        codebooks.build({**BASE, "crosswalks/u--v.csv": content})
    assert [(problem.code, problem.place) for problem in caught.value.problems] == [
        (f"codebook.{code}", f"crosswalks/u--v.csv:{line}")
    ]
    assert f"codebook.{code}" in catalogue()


BAD_FOLDERS = [
    ("crosswalk of an unknown system", {"crosswalks/u--x.csv": walks()}, "unknown-system", "crosswalks/u--x.csv"),
    ("header missing", {"tables/w.csv": rows()}, "header-missing", "tables/w.toml"),
    ("header of another table", {"tables/u.toml": TOML.replace(b'"u"', b'"w"')}, "header", "tables/u.toml"),
    ("header with a word too many", {"tables/u.toml": TOML + b'colour = "red"\n'}, "header", "tables/u.toml"),
    ("header that is no TOML", {"tables/u.toml": b"id = u"}, "header", "tables/u.toml"),
    ("header with a mark", {"tables/u.toml": b"\xef\xbb\xbf" + TOML}, "file-bom", "tables/u.toml:1"),
    (
        "targets of an unknown system",
        {"targets.csv": b"unified,police,procuratorate,court,justice,detention,prison\nu,u,u,u,u,u,u\nu,x,u,u,u,u,u\n"},
        "unknown-system",
        "targets.csv:3",
    ),
    ("targets without a column", {"targets.csv": b"unified,police\nu,u\n"}, "unknown-system", "targets.csv:2"),
    ("targets with a mark", {"targets.csv": b"\xef\xbb\xbfunified\n"}, "file-bom", "targets.csv:1"),
]


@pytest.mark.parametrize(("files", "code", "place"), [pytest.param(*row[1:], id=row[0]) for row in BAD_FOLDERS])
def test_a_spoiled_folder_is_refused(files: dict[str, bytes], code: str, place: str) -> None:
    with pytest.raises(CodebookErrors) as caught:
        codebooks.build({**BASE, **files})
    assert (f"codebook.{code}", place) in [(problem.code, problem.place) for problem in caught.value.problems]


def test_all_bad_rows_are_named_at_once() -> None:
    with pytest.raises(CodebookErrors) as caught:
        codebooks.build({**BASE, "tables/u.csv": rows("U1,甲 ,,yes,,,,,,", "U1,,,yes,,,,,,", "U1,甲,,yes,x,,,,,")})
    lines = [problem.place for problem in caught.value.problems if problem.place.startswith("tables/u")]
    assert lines == ["tables/u.csv:2", "tables/u.csv:3", "tables/u.csv:4"]
    assert caught.value.params == {"count": len(caught.value.problems)}
    assert "codebook.cell-spaces at tables/u.csv:2" in str(caught.value)


def test_a_file_of_300_mb_is_refused_unread() -> None:
    with pytest.raises(CodebookError, match="file-too-large") as caught:
        decode(bytes(MAX_BYTES + 1), "tables/u.csv")
    assert str(caught.value) == f"codebook.file-too-large at tables/u.csv {{'limit': {MAX_BYTES}}}"


def test_codes_may_trade_places_in_time() -> None:
    """Two counties of Hebei did so in 1993 (130123 and 130124): a loop of codes that is none of concepts."""
    swapped = rows(
        "U1,正定,,yes,,1993-12-01,U2,,,",
        "U1,栾城,,yes,1993-12-01,,,,,",
        "U2,栾城,,yes,,1993-12-01,U1,,,",
        "U2,正定,,yes,1993-12-01,,,,,",
    )
    table = codebooks.build({**BASE, "tables/u.csv": swapped, "crosswalks/u--v.csv": walks()}).system("u")
    old = table.at("U1", date(1990, 1, 1))
    assert old is not None
    assert [(row.code, row.display) for row in table.successors(old, date(2000, 1, 1))] == [("U2", "正定")]


def test_the_digest_is_over_exact_bytes_and_names() -> None:
    assert codebooks.build(BASE).digest == digest_of(BASE)
    assert codebooks.build(BASE).id == f"t+{digest_of(BASE)[7:19]}"
    for name, content in BASE.items():
        assert digest_of({**BASE, name: content + b"\n"}) != digest_of(BASE)
    renamed = {name.replace("tables/u.csv", "tables/x.csv"): content for name, content in BASE.items()}
    assert digest_of(renamed) != digest_of(BASE)


def test_a_folder_reads_as_the_package_does(tmp_path: Path) -> None:
    for name, content in BASE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "tables" / "notes.txt").write_text("not a table")
    assert codebooks.load_folder(tmp_path).digest == digest_of(BASE)


def test_the_header_knows_a_stand_in() -> None:
    release = codebooks.build({**BASE, "tables/u.toml": TOML + b"stand_in = true\n"})
    header = release.system("u").header
    assert isinstance(header, Header)
    assert header.stand_in
    assert not release.system("v").header.stand_in

"""Case folders: what is read, what is refused by name, what is carried safely."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from dossier.contents import PATH
from dossier.folder import look_at_case_folder
from dossier.limits import Limits
from dossier.unseal import unseal_volume
from messages.problems import ProblemList
from tests.dossier.samples import (
    HEADER,
    JPEG,
    MP4,
    SECRETS,
    case_folder,
    caught,
    codes,
    ofd,
    pdf,
    read_case_folder,
    row,
    seal,
    tiff,
)

GOOD = HEADER + row(1, "笔录.pdf", 1, 3) + row(2, "照片.jpg", 4, 4, doc_type="E0101")
FILES = {"笔录.pdf": pdf(3), "照片.jpg": JPEG}


def test_a_case_folder_becomes_volumes(tmp_path: Path) -> None:
    case_folder(
        tmp_path,
        {
            "documents": ("", {"F0101_起诉意见书 示例.pdf": pdf(2), "F02.ofd": ofd(1)}),
            "V20-01": (GOOD, FILES),
            "V21-01": (HEADER + row(1, "讯问录像.mp4", 1, 1, doc_type="E0701"), {"讯问录像.mp4": MP4}),
            "V30-01": (HEADER, {}),
        },
    )
    (tmp_path / "case.xml").write_bytes(b"<x/>")
    found = read_case_folder(tmp_path)
    assert [volume.number for volume in found.volumes] == ["V00-01", "V20-01", "V21-01", "V30-01"]
    documents, evidence, recordings, empty = found.volumes
    assert [(file.path, file.name, file.pages) for file in evidence.files] == [
        ("V20-01-01-001_E0501_1-3.pdf", "笔录.pdf", 3),
        ("V20-01-01-002_E0101_4-4.jpg", "照片.jpg", 1),
    ]
    assert [item.doc_type for item in documents.items] == ["F0101", "F02"]
    assert [(file.page_from, file.page_to) for file in documents.files] == [(1, 2), (3, 3)]
    assert documents.items[0].title == "起诉意见书 示例"
    assert (recordings.pages, recordings.av_files) == (1, 1)
    assert (empty.pages, empty.file_count, empty.books) == (0, 0, 0)
    assert {item.title for item in evidence.items} == {"张某示例第1次讯问笔录", "张某示例第2次讯问笔录"}


def test_formats_and_covers(tmp_path: Path) -> None:
    lines = (
        row(1, "a.ofd", 1, 4)
        + row(2, "b.tif", 5, 6)
        + row(3, "c.pdf", 7, 8, cover=2)
        + row(4, "封面.pdf", cover=1)
        + row(5, "data.bin")
        + row(6, "scan.jpg", 9, 9)
        + row(6, "original.mp4", 9, 9)
    )
    files = {"a.ofd": ofd(4), "b.tif": tiff([0, 2]), "c.pdf": pdf(4), "封面.pdf": pdf(1), "data.bin": b"\x00\x01"}
    case_folder(tmp_path, {"V20-01": (HEADER + lines, {**files, "scan.jpg": JPEG, "original.mp4": MP4})})
    found = read_case_folder(tmp_path)
    (volume,) = found.volumes
    assert [file.pages for file in volume.files] == [4, 2, 2, 0, 0, 1, 0]
    assert [file.pages_by for file in volume.files] == ["file"] * 4 + ["none", "file", "none"]
    assert found.findings == []
    assert [file.path for file in volume.files][-1] == "V20-01-01-006-2_E0501_9-9.mp4"


UNCOUNTED = {
    "damaged PDF": (b"%PDF-1.4 nothing", "dossier.pages-damaged"),
    "text": (b"three pages", "dossier.pages-unknown-format"),
    "0 bytes": (b"", "dossier.pages-empty"),
}


@pytest.mark.parametrize(("data", "code"), UNCOUNTED.values(), ids=UNCOUNTED)
def test_files_that_cannot_be_counted_use_the_catalogue(tmp_path: Path, data: bytes, code: str) -> None:
    case_folder(
        tmp_path, {"V20-01": (HEADER + row(1, "a.doc", 1, 3) + row(1, "b.doc", 1, 3), {"a.doc": data, "b.doc": data})}
    )
    found = read_case_folder(tmp_path)
    assert [(file.pages, file.pages_by) for file in found.volumes[0].files] == [(3, "catalogue"), (0, "none")]
    assert [f.code for f in found.findings] == [code]
    assert found.findings[0].place == "dossier/V20-01/catalog.csv:2"


D05: dict[str, tuple[str, dict[str, bytes], dict[str, int]]] = {
    "file too short": (row(1, "a.pdf", 1, 3), {"a.pdf": pdf(2)}, {"listed": 3, "counted": 2, "cover": 0}),
    "file too long": (row(1, "a.pdf", 1, 3), {"a.pdf": pdf(5)}, {"listed": 3, "counted": 5, "cover": 0}),
    "cover too many": (row(1, "a.pdf", 1, 3, cover=1), {"a.pdf": pdf(3)}, {"listed": 3, "counted": 3, "cover": 1}),
    "pages but no numbers": (row(1, "a.pdf"), {"a.pdf": pdf(3)}, {"listed": 0, "counted": 3, "cover": 0}),
    "numbers but no page": (row(1, "a.pdf", 1, 1, cover=1), {"a.pdf": pdf(1)}, {"listed": 1, "counted": 1, "cover": 1}),
}


@pytest.mark.parametrize(("lines", "files", "params"), D05.values(), ids=D05)
def test_page_counts_that_disagree(tmp_path: Path, lines: str, files: dict[str, bytes], params: dict[str, int]) -> None:
    case_folder(tmp_path, {"V20-01": (HEADER + lines, files)})
    problem = caught(lambda: read_case_folder(tmp_path))
    assert isinstance(problem, ProblemList)
    (found,) = problem.problems
    assert (found.code, found.place, found.params) == (
        "dossier.pages-differ",
        "dossier/V20-01/catalog.csv:2",
        params,
    )


def test_a_recording_with_pages(tmp_path: Path) -> None:
    case_folder(tmp_path, {"V21-01": (HEADER + row(1, "a.mp4", 1, 3), {"a.mp4": MP4})})
    assert codes(caught(lambda: read_case_folder(tmp_path))) == ["dossier.recording-pages"]


RUNS: dict[str, tuple[str, int, list[str]]] = {
    "continuous": (row(1, "0", 1, 1) + row(2, "1", 2, 2), 2, []),
    "gap": (row(1, "0", 1, 1) + row(2, "1", 3, 3), 2, ["dossier.pages-not-continuous"]),
    "overlap": (row(1, "0", 1, 1) + row(2, "1", 1, 1), 2, ["dossier.pages-not-continuous"]),
    "does not begin at 1": (row(1, "0", 2, 2), 1, ["dossier.pages-not-continuous"]),
    "second book begins anew": (row(1, "0", 1, 1) + row(1, "1", 1, 1, book=2), 2, []),
    "second book goes on": (row(1, "0", 1, 1) + row(1, "1", 2, 2, book=2), 2, []),
    "second book jumps": (row(1, "0", 1, 1) + row(1, "1", 5, 5, book=2), 2, ["dossier.pages-not-continuous"]),
    "number left out": (row(1, "0", 1, 1) + row(3, "1", 2, 2), 2, ["dossier.seq-not-continuous"]),
}


@pytest.mark.parametrize(("lines", "count", "expected"), RUNS.values(), ids=RUNS)
def test_runs_of_pages_are_findings_only(tmp_path: Path, lines: str, count: int, expected: list[str]) -> None:
    case_folder(tmp_path, {"V20-01": (HEADER + lines, {str(n): JPEG for n in range(count)})})
    assert [finding.code for finding in read_case_folder(tmp_path).findings] == expected


def test_a_thick_book(tmp_path: Path) -> None:
    case_folder(tmp_path, {"V20-01": (HEADER + row(1, "a.pdf", 1, 201), {"a.pdf": pdf(201)})})
    (finding,) = read_case_folder(tmp_path).findings
    assert (finding.code, finding.params["pages"]) == ("dossier.book-thick", 201)


def link(path: Path) -> None:
    (path / "link.pdf").symlink_to("/etc/passwd")


def link_to_folder(path: Path) -> None:
    (path / "folder").symlink_to("/etc")


def fifo(path: Path) -> None:
    os.mkfifo(path / "pipe")


def gbk_name(path: Path) -> None:
    Path(os.fsdecode(os.fsencode(path) + b"/\xd5\xc5\xc4\xb3.pdf")).write_bytes(b"")


def too_deep(path: Path) -> None:
    (path / "/".join("abcdefghij")).mkdir(parents=True)


NAMES: dict[str, tuple[str, Callable[[Path], object] | None, str, str]] = {
    "traversal": (row(3, "../x.pdf", 5, 5), None, "dossier.name-outside", "dossier/V20-01/catalog.csv:4"),
    "traversal inside": (row(3, "a/../../x", 5, 5), None, "dossier.name-outside", "dossier/V20-01/catalog.csv:4"),
    "absolute": (row(3, "/etc/passwd", 5, 5), None, "dossier.name-outside", "dossier/V20-01/catalog.csv:4"),
    "a drive": (row(3, "C:\\x.pdf", 5, 5), None, "dossier.name-outside", "dossier/V20-01/catalog.csv:4"),
    "a server": (row(3, "\\\\s\\x.pdf", 5, 5), None, "dossier.name-outside", "dossier/V20-01/catalog.csv:4"),
    "300 bytes": (row(3, "长" * 100, 5, 5), None, "dossier.file-missing", "dossier/V20-01/catalog.csv:4"),
    "link": ("", link, "dossier.link", "dossier/V20-01/link.pdf"),
    "link to a folder": ("", link_to_folder, "dossier.link", "dossier/V20-01/folder"),
    "FIFO": ("", fifo, "dossier.special-file", "dossier/V20-01/pipe"),
    "GBK bytes": ("", gbk_name, "dossier.name-undecodable", "dossier/V20-01/\\xd5\\xc5\u0133.pdf"),
    "too deep": ("", too_deep, "dossier.folder-too-deep", "dossier/V20-01/a/b/c/d/e/f/g/h/i"),
    "file without row": (
        "",
        lambda path: (path / "more.pdf").write_bytes(b""),
        "dossier.file-not-listed",
        "dossier/V20-01/more.pdf",
    ),
    "row without file": (row(3, "gone.pdf", 5, 5), None, "dossier.file-missing", "dossier/V20-01/catalog.csv:4"),
    "file in two rows": (
        row(3, "照片.jpg", 5, 5),
        None,
        "dossier.file-listed-twice",
        "dossier/V20-01/catalog.csv:4",
    ),
}


@pytest.mark.parametrize(("lines", "act", "code", "place"), NAMES.values(), ids=NAMES)
def test_names_that_are_refused(
    tmp_path: Path, lines: str, act: Callable[[Path], object] | None, code: str, place: str
) -> None:
    case_folder(tmp_path, {"V20-01": (GOOD + lines, FILES)})
    if act:
        act(tmp_path / "dossier" / "V20-01")
    look = look_at_case_folder(tmp_path)
    assert [(problem.code, problem.place) for problem in look.problems] == [(code, place)]
    assert look.volumes == []


CARRIED: dict[str, list[str]] = {
    "case": ["A.jpg", "a.jpg"],
    "Unicode form": ["caf\u00e9.jpg", "cafe\u0301.jpg"],
    "control characters": ["a\x01b\x1b[31m.jpg"],
    "line break": ["a\nb.jpg"],
    "sub-folder": ["sub/a.jpg", "a.jpg"],
    "dots": ["..a.jpg", "a..jpg", "..."],
    "long": ["长" * 80 + ".jpg"],
    "Windows": ["CON.jpg", "a:b.jpg"],
    "bidi": ["a\u202egpj.exe"],
}


@pytest.mark.parametrize("names", CARRIED.values(), ids=CARRIED)
def test_names_that_are_carried_safely(tmp_path: Path, names: list[str]) -> None:
    lines = "".join(row(n, f'"{name}"', n, n) for n, name in enumerate(names, 1))
    files = {name: JPEG + str(n).encode() for n, name in enumerate(names)}
    case_folder(tmp_path / "case", {"V20-01": (HEADER + lines, files)})
    volume = read_case_folder(tmp_path / "case").volumes[0]
    assert all(PATH.fullmatch(file.path) for file in volume.files)
    _, descriptor, parts = seal(volume)
    target = tmp_path / "out"
    done = unseal_volume(descriptor, SECRETS.volume_key, parts.read, target)
    arrived = {file.name: (target / file.path).read_bytes() for file in done.catalogue.volume.files}
    assert arrived == files
    assert len({path.name.lower() for path in target.iterdir()}) == len(names)


def test_a_name_in_another_unicode_form_is_the_same_name(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "café.jpg")
    case_folder(tmp_path, {"V20-01": (HEADER + row(1, "café.jpg", 1, 1), {name: JPEG})})
    found = read_case_folder(tmp_path)
    assert [file.name for file in found.volumes[0].files] == ["café.jpg"]
    assert [finding.code for finding in found.findings] == ["dossier.name-form"]


@pytest.mark.parametrize("kind", ["V80", "V81", "V90", "V91"])
def test_volumes_that_never_leave(tmp_path: Path, kind: str) -> None:
    case_folder(tmp_path, {"V20-01": (GOOD, FILES), f"{kind}-01": ("", {"内部.pdf": b""})})
    look = look_at_case_folder(tmp_path)
    assert [(p.code, p.place) for p in look.problems] == [("dossier.internal-volume", f"dossier/{kind}-01")]
    assert look.problems[0].params["zh"]


BAD_FOLDERS = ["V20", "V2-01", "v20-01", "V20-01 ", "V00-01", "V99-01", "卷一", "V20-1", "V２0-01"]


@pytest.mark.parametrize("name", BAD_FOLDERS)
def test_folders_that_are_no_volume(tmp_path: Path, name: str) -> None:
    case_folder(tmp_path, {name: ("", {})})
    assert codes(caught(lambda: read_case_folder(tmp_path))) == ["dossier.volume-name"]


def test_internal_and_unknown_document_types(tmp_path: Path) -> None:
    from standards.documents import document_types

    internal = next(code for code, each in document_types().items() if each.internal)
    lines = row(1, "a.jpg", 1, 1, doc_type=internal) + row(2, "b.jpg", 2, 2, doc_type="E9999")
    case_folder(tmp_path, {"V20-01": (HEADER + lines, {"a.jpg": JPEG, "b.jpg": JPEG})})
    look = look_at_case_folder(tmp_path)
    assert [problem.code for problem in look.problems] == ["dossier.internal-document"]
    assert [finding.code for finding in look.findings] == ["dossier.type-unknown"]


def test_every_problem_in_one_pass(tmp_path: Path) -> None:
    lines = row(0, "x") + row(1, "笔录.pdf", 1, 9) + row(2, "gone", 4, 4) + row(1, "照片.jpg", 4, 4, doc_type="F01")
    case_folder(tmp_path, {"V20-01": (HEADER + lines, FILES), "V80-01": ("", {}), "V30-01": ("", {"a": b""})})
    (tmp_path / "documents").write_bytes(b"")
    problem = caught(lambda: read_case_folder(tmp_path))
    assert codes(problem) == [
        "dossier.not-a-folder",
        "dossier.listing-cell",
        "dossier.file-missing",
        "dossier.item-types",
        "dossier.pages-differ",
        "dossier.no-listing",
        "dossier.internal-volume",
    ]
    assert (problem.code, problem.params["count"]) == ("adapter.check", 7)


def test_a_number_that_comes_back(tmp_path: Path) -> None:
    lines = row(1, "a", 1, 1) + row(2, "b", 2, 2) + row(1, "c", 3, 3)
    case_folder(tmp_path, {"V20-01": (HEADER + lines, dict.fromkeys("abc", JPEG))})
    assert codes(caught(lambda: read_case_folder(tmp_path))) == ["dossier.seq-twice"]


def test_folders_that_are_links_or_missing(tmp_path: Path) -> None:
    assert read_case_folder(tmp_path).volumes == []
    assert read_case_folder(None).volumes == []
    (tmp_path / "dossier").symlink_to("/etc")
    (tmp_path / "documents").mkdir()
    look = look_at_case_folder(tmp_path)
    assert [(problem.code, problem.place) for problem in look.problems] == [("dossier.link", "dossier")]
    assert look.volumes == []


def test_what_desktops_leave_behind(tmp_path: Path) -> None:
    case_folder(tmp_path, {"V20-01": (GOOD, {**FILES, "Thumbs.db": b"x"})})
    (tmp_path / "dossier" / ".DS_Store").write_bytes(b"")
    assert [finding.code for finding in read_case_folder(tmp_path).findings] == ["dossier.junk-left-out"] * 2


LIMITED = {
    "files": (Limits(files_per_volume=1), "dossier.too-many-files"),
    "volumes": (Limits(volumes=0), "dossier.too-many-files"),
    "catalogue": (Limits(csv_bytes=10), "dossier.listing-too-large"),
}


@pytest.mark.parametrize(("limits", "code"), LIMITED.values(), ids=LIMITED)
def test_limits_hold(tmp_path: Path, limits: Limits, code: str) -> None:
    case_folder(tmp_path, {"V20-01": (GOOD, FILES)})
    assert code in codes(caught(lambda: read_case_folder(tmp_path, limits=limits)))


def refuse(*_: object) -> None:
    raise PermissionError(13, "no")


@pytest.mark.parametrize(
    "name", ["dossier.pages.count_pages", "dossier.folder.read_small", "dossier.scanning.os.scandir"]
)
def test_what_the_system_does_not_let_us_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case_folder(tmp_path, {"V20-01": (GOOD, FILES)})
    monkeypatch.setattr(name, refuse)
    problem = caught(lambda: read_case_folder(tmp_path))
    assert set(codes(problem)) == {"dossier.source-unreadable"}


# --- documents/ and documents given one by one


def test_documents_named_by_their_type(tmp_path: Path) -> None:
    case_folder(
        tmp_path,
        {"documents": ("", {"起诉意见书.pdf": pdf(2), "F99.jpg": JPEG, "F0101-x.mp4": MP4, "无类别.pdf": pdf(1)})},
    )
    look = look_at_case_folder(tmp_path)
    assert [(p.code, p.place) for p in look.problems] == [("dossier.no-document-type", "documents/无类别.pdf")]
    (tmp_path / "documents" / "无类别.pdf").unlink()
    (volume,) = read_case_folder(tmp_path).volumes
    assert [item.title for item in volume.items] == ["x", "F99", "起诉意见书"]
    assert [file.page_from for file in volume.files] == [None, 1, 2]


def test_documents_with_a_catalogue_and_more_given(tmp_path: Path) -> None:
    lines = row(1, "a.pdf", 1, 2, doc_type="F0101") + row(2, "b.pdf", 3, 3, doc_type="F0102")
    case_folder(tmp_path / "case", {"documents": (HEADER + lines, {"a.pdf": pdf(2), "b.pdf": pdf(1)})})
    letter = tmp_path / "张某示例 决定书.pdf"
    letter.write_bytes(pdf(2))
    (tmp_path / "link.jpg").symlink_to(letter)
    found = read_case_folder(tmp_path / "case", [("f0103", letter), ("起诉意见书", tmp_path / "link.jpg")])
    (volume,) = found.volumes
    assert [(file.page_from, file.page_to) for file in volume.files] == [(1, 2), (3, 3), (4, 5), (6, 7)]
    assert [item.seq for item in volume.items] == [1, 2, 3, 4]
    assert volume.items[3].title == "起诉意见书"
    seal(volume)


def test_documents_given_alone_and_wrongly(tmp_path: Path) -> None:
    good = tmp_path / "a.pdf"
    good.write_bytes(pdf(1))
    (volume,) = read_case_folder(None, [("F0101", good)]).volumes
    assert [file.path for file in volume.files] == ["V00-01-01-001_F0101_1-1.pdf"]
    bad = [
        ("讯问", good),
        ("F0101", tmp_path / "gone.pdf"),
        ("F0101", tmp_path),
        ("F0101", Path(os.fsdecode(b"/tmp/\xd5\xc5"))),
    ]
    assert codes(caught(lambda: read_case_folder(None, bad))) == [
        "dossier.no-document-type",
        "dossier.file-missing",
        "dossier.special-file",
        "dossier.name-undecodable",
    ]

"""Contents and catalogue: paths, page look-up, strict reading."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier import catalogue
from dossier.contents import PATH, Item, SourceFile, Volume, ascii_path, document_number
from dossier.limits import Limits
from dossier.reading import read_catalogue
from evidence.canonical import canonical
from tests.dossier.samples import SECRETS, VOLUME_ID, caught, seal, volume_of


def digest(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    volume = volume_of(tmp_path_factory.mktemp("volume"), [b"a", b"bb", b"ccc"], per_item=2)
    return b"".join(catalogue.pieces(VOLUME_ID, volume, [digest(n) for n in range(3)]))


def test_bytes_are_canonical_json(written: bytes) -> None:
    assert canonical(json.loads(written)) == written


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 3))
def test_any_text_is_written_canonically_and_read_back(title: str, note: str, count: int) -> None:
    volume = Volume("V20-01", title, tuple(_item_of(seq + 1, title, note) for seq in range(count)))
    data = b"".join(catalogue.pieces(VOLUME_ID, volume, [digest(n) for n in range(count)]))
    assert canonical(json.loads(data)) == data
    found = catalogue.decode([data])
    assert [item.note for item in found.volume.items] == [note] * count
    assert found.volume.title == title


def _item_of(seq: int, title: str, note: str) -> Item[SourceFile]:
    path = f"V20-01-01-{seq:03}_E0501.jpg"
    file = SourceFile(path, title, "image/jpeg", 5, 0, "none", None, None, 0, "/x", 0)
    return Item(1, seq, "E0501", title, note, note, "", (note,), True, note, (file,))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 1 << 20])
def test_pieces_of_any_size(written: bytes, size: int) -> None:
    pieces = [written[at : at + size] for at in range(0, len(written), size)]
    found = catalogue.decode(pieces)
    assert found == catalogue.decode([written])
    assert [file.offset for file in found.volume.files] == [0, 1, 3]
    assert next(file.name for file in found.volume.files) == "张某示例第0页.jpg"


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        body = json.loads(data)
        change(body)
        return canonical(body)

    return edit


def first(body: dict[str, Any]) -> dict[str, Any]:
    file: dict[str, Any] = body["items"][0]["files"][0]
    return file


def path_of(path: str) -> Callable[[bytes], bytes]:
    return edited(lambda body: first(body).update(path=path))


REFUSED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[:-1],
    "cut in a character": lambda data: data[: data.index("张".encode()) + 1],
    "a byte behind": lambda data: data + b" ",
    "white space": lambda data: data.replace(b'"items":[', b'"items":[ '),
    "no comma": lambda data: data.replace(b"},{", b"}{", 1),
    "white space in an entry": lambda data: data.replace(b'"note":', b'"note": ', 1),
    "no JSON": lambda data: b"PK\x03\x04" + data,
    "not UTF-8": lambda data: data.replace("张".encode(), b"\xd5\xc5"),
    "an array for an item": lambda data: data.replace(b'"items":[{', b'"items":[[],{', 1),
    "a fraction": lambda data: data.replace(b'"pages":1,', b'"pages":1.0,', 1),
    "not a number": lambda data: data.replace(b'"pages":1,', b'"pages":NaN,', 1),
    "too deep": lambda data: b'{"header":' + b"[" * 200_000,
    "suite": edited(lambda body: body["header"].update(suite="x")),
    "number": edited(lambda body: body["header"].update(number="V20")),
    "title no text": edited(lambda body: body["header"].update(title=1)),
    "counts in the header": edited(lambda body: body["header"].update(pages=9)),
    "path climbs": path_of("../x.jpg"),
    "path absolute": path_of("/etc/passwd.jpg"),
    "path with a folder": path_of("V20-01-01-001_E0501/x.jpg"),
    "path of another volume": path_of("V30-01-01-001_E0501_1-1.jpg"),
    "path twice": path_of("V20-01-01-001-2_E0501_2-2.jpg"),
    "path with digits of another script": path_of("V20-01-01-٠٠١_E0501_1-1.jpg"),
    "path upper case": path_of("V20-01-01-001_E0501_1-1.JPG"),
    "path with line end": path_of("V20-01-01-001_E0501_1-1.jpg\n"),
    "offset with a gap": edited(lambda body: first(body).update(offset=1)),
    "length negative": edited(lambda body: first(body).update(length=-1)),
    "length true": edited(lambda body: first(body).update(length=True)),
    "digest": edited(lambda body: first(body).update(sha256="0" * 64)),
    "pages by guess": edited(lambda body: first(body).update(pages_by="guess")),
    "pages too many": edited(lambda body: first(body).update(pages=10**9)),
    "page from text": edited(lambda body: first(body).update(page_from="1")),
    "no files": edited(lambda body: body["items"][0].update(files=[])),
    "file no object": edited(lambda body: body["items"][0].update(files=["x"])),
    "persons no list": edited(lambda body: body["items"][0].update(person_refs="R1")),
    "person no text": edited(lambda body: body["items"][0].update(person_refs=[1])),
    "excluded no truth": edited(lambda body: body["items"][0].update(excluded=0)),
    "type malformed": edited(lambda body: body["items"][0].update(doc_type="讯问笔录")),
    "title missing": edited(lambda body: body["items"][0].pop("title")),
}


@pytest.mark.parametrize("edit", REFUSED.values(), ids=REFUSED)
def test_malformed_catalogues(written: bytes, edit: Callable[[bytes], bytes]) -> None:
    data = edit(written)
    assert data != written
    assert caught(lambda: catalogue.decode([data])).code in {
        "dossier.catalogue",
        "dossier.unknown-suite",
        "evidence.bad-digest",
    }


def test_an_entry_beyond_the_limit(written: bytes) -> None:
    pieces = [written[at : at + 64] for at in range(0, len(written), 64)]
    problem = caught(lambda: catalogue.decode(pieces, limits=Limits(catalogue_object_bytes=200)))
    assert problem.code == "dossier.catalogue"


DIFFERENT: dict[str, tuple[dict[str, Any], str]] = {
    "another volume": ({"volume_id": "019ab6f8-0000-7000-8000-0000000000ff"}, "volume_id"),
    "more pages": ({"pages": 4}, "pages"),
    "other documents": ({"documents": ()}, "documents"),
    "more items": ({"items": 3}, "items"),
}


@pytest.mark.parametrize(("change", "member"), DIFFERENT.values(), ids=DIFFERENT)
def test_catalogue_against_descriptor(tmp_path: Path, change: dict[str, Any], member: str) -> None:
    _, descriptor, parts = seal(volume_of(tmp_path, [b"a", b"b"]))
    found = read_catalogue(descriptor, SECRETS.volume_key, parts.read)
    found.require_matches(descriptor)
    problem = caught(lambda: found.require_matches(replace(descriptor, **change)))
    assert (problem.code, problem.params["member"]) == ("dossier.catalogue-differs", member)


NAMES = {
    "plain": ("a.PDF", "pdf"),
    "two dots": ("a.tar.gz", "gz"),
    "none": ("笔录", "bin"),
    "hidden": (".htaccess", "bin"),
    "Chinese extension": ("a.文件", "bin"),
    "long extension": ("a.123456789", "bin"),
    "traversal": ("a./../x", "bin"),
    "control": ("a.pd\nf", "bin"),
}


@pytest.mark.parametrize(("name", "extension"), NAMES.values(), ids=NAMES)
def test_only_a_plain_extension_survives(name: str, extension: str) -> None:
    assert ascii_path("V20-01", (2, 7, "E0501"), 1, (31, 38), name) == f"V20-01-02-007_E0501_31-38.{extension}"


@given(st.integers(1, 9999), st.integers(1, 999_999), st.integers(1, 50), st.none() | st.integers(1, 10**6), st.text())
def test_our_paths_have_our_form(book: int, seq: int, index: int, page: int | None, name: str) -> None:
    path = ascii_path("V20-01", (book, seq, "E0501"), index, (page, page), name)
    assert PATH.fullmatch(path)
    assert re.fullmatch(r"[\x21-\x7e]+", path)
    assert document_number(path).startswith(f"V20-01-{book:02}-{seq:03}")


def test_pages_run_through_the_volume(tmp_path: Path) -> None:
    volume = volume_of(tmp_path, [b"a"] * 4, per_item=2)
    files = list(volume.files)
    scan = replace(files[1], pages=3, cover_pages=2)
    slip = replace(files[2], pages=1, pages_by="slip", media_type="video/mp4")
    film = replace(files[3], pages=0, pages_by="none", media_type="video/mp4")
    items = (replace(volume.items[0], files=(files[0], scan)), replace(volume.items[1], files=(slip, film), book=2))
    volume = replace(volume, items=items)
    found = [(page, volume.locate(page)) for page in range(7)]
    where = [(page, f and (f.file.path, f.page_in_file)) for page, f in found]
    assert where == [
        (0, None),
        (1, (files[0].path, 1)),
        (2, (scan.path, 3)),
        (3, (scan.path, 4)),
        (4, (scan.path, 5)),
        (5, (slip.path, None)),
        (6, None),
    ]
    assert (volume.pages, volume.av_files, volume.books, volume.file_count, volume.kind) == (5, 2, 2, 4, "V20")
    assert volume.pages_between(0, 1) == ("V20-01-01-001", "1")
    assert volume.pages_between(1, 4) == ("V20-01-01-001-2–V20-01-01-002-2", "2–5")
    assert volume.pages_between(3, 4) == ("V20-01-01-002-2", "—")
    assert Volume("V20-01", "", ()).pages_between(0, 1) == ("—", "—")

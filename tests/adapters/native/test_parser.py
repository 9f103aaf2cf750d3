"""What the hardened parser lets in, and what it refuses before parsing goes far."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.native.limits import LIMITS
from adapters.native.parser import parse, read_bytes
from messages.problems import Problem

_LEVELS = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 12))
BOMB = f'<!DOCTYPE l [<!ENTITY a0 "aaaaaaaaaa">{_LEVELS}]><l>&a11;</l>'
HEAD = '<?xml version="1.0" encoding="{}"?>\n<!-- 示例 -->\n<a b="①">张某示例<b/></a>'

REFUSED = {
    "entity bomb": (BOMB, "native.doctype"),
    "external entity": ('<!DOCTYPE l [<!ENTITY e SYSTEM "file:///etc/passwd">]><l>&e;</l>', "native.doctype"),
    "parameter entity": ('<!DOCTYPE l [<!ENTITY % e SYSTEM "http://127.0.0.1:9/x"> %e;]><l/>', "native.doctype"),
    "external DTD": ('<!DOCTYPE l SYSTEM "http://127.0.0.1:9/l.dtd"><l/>', "native.doctype"),
    "DTD behind a comment": ("<!-- <a> -->\n<!DOCTYPE l [<!ATTLIST l x CDATA 'y'>]><l/>", "native.doctype"),
    "DTD alone": ("<!DOCTYPE l>", "native.doctype"),
    "10,000 deep": ("<a>" * 10_000 + "</a>" * 10_000, "native.too-deep"),
    "one too deep": ("<a>" * (LIMITS.max_depth + 1) + "</a>" * (LIMITS.max_depth + 1), "native.too-deep"),
    "attributes": ("<a " + " ".join(f"x{n}=''" for n in range(300)) + "/>", "native.too-many-attributes"),
    "undeclared entity": ("<a>&nbsp;</a>", "native.not-well-formed"),
    "cut off": ("<a><b></b>", "native.not-well-formed"),
    "two roots": ("<a/><b/>", "native.not-well-formed"),
    "control character": ("<a>\x01</a>", "native.not-well-formed"),
    "nothing": ("", "native.not-well-formed"),
    "not XML": ("PK\x03\x04", "native.not-well-formed"),
    "unknown encoding": ('<?xml version="1.0" encoding="utf-7"?><a/>', "native.encoding-unknown"),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, code: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(text.encode())
    assert caught.value.code == code


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030", "gbk", "GB2312", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    """National encodings are read, declared or by their byte order mark; line numbers stay those of the file."""
    text = HEAD.format("UTF-8" if encoding == "utf-8-sig" else encoding)
    codec = "gb18030" if encoding.lower().startswith("gb") else encoding
    root = parse(text.encode(codec))
    assert [root.text, root.get("b"), root.sourceline, len(root)] == ["张某示例", "①", 3, 1]


def test_four_byte_gb18030_over_a_piece_boundary() -> None:
    """𠮷 takes four bytes in GB 18030 and must not break where the parser cuts its pieces."""
    for shift in range(8):
        text = "𠮷" * 3000
        data = f'<?xml version="1.0" encoding="GB18030"?>{" " * shift}<a>{text}</a>'.encode("gb18030")
        assert parse(data).text == text


@pytest.mark.parametrize(("at", "data"), [(5, b"<a>ab\xff</a>"), (5003, b"<a>" + b"x" * 5000 + b"\xe5\xbc</a>")])
def test_broken_encoding_names_the_byte(at: int, data: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse(data)
    assert (caught.value.code, caught.value.params["offset"]) == ("native.encoding-broken", at)


def test_size_and_elements() -> None:
    small = replace(LIMITS, max_bytes=20, max_elements=3)
    assert parse(b"<a><b/><b/></a>", small).tag == "a"
    for data, code in ((b"<a><b/><b/><b/></a>", "native.too-many-elements"), (b"<a>" + b" " * 20, "native.too-large")):
        with pytest.raises(Problem) as caught:
            parse(data, small)
        assert caught.value.code == code


def test_deepest_that_is_allowed() -> None:
    depth = LIMITS.max_depth
    assert parse(b"<a>" * depth + b"</a>" * depth).tag == "a"


def test_files(tmp_path: Path) -> None:
    """200 MB are refused by the size alone; links and special files are not followed."""
    large, link, pipe = tmp_path / "large.xml", tmp_path / "link.xml", tmp_path / "pipe.xml"
    with large.open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)
    link.symlink_to(large)
    os.mkfifo(pipe)
    expected = {
        large: "native.too-large",
        link: "native.not-a-file",
        pipe: "native.not-a-file",
        tmp_path: "native.not-a-file",
        tmp_path / "missing.xml": "native.not-a-file",
    }
    for path, code in expected.items():
        with pytest.raises(Problem) as caught:
            read_bytes(path)
        assert (caught.value.code, caught.value.place) == (code, path.name)


def test_memory_stays_flat() -> None:
    """30 MiB of open tags, of text behind a DTD, of elements: refused within a few MiB beyond the bytes themselves."""
    program = """
import sys
from tests.memory import peak
from adapters.native.parser import parse
from messages.problems import Problem
data = {"deep": b"<a>" * 10_000_000, "dtd": b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>" + b"&e;" * 10_000_000,
        "many": b"<a>" + b"<b/>" * 7_000_000}[sys.argv[1]]
before = peak()
try:
    parse(data)
except Problem as problem:
    print(problem.code, peak() - before)
"""
    for kind, code in (("deep", "native.too-deep"), ("dtd", "native.doctype"), ("many", "native.too-many-elements")):
        done = subprocess.run([sys.executable, "-c", program, kind], capture_output=True, text=True, check=True)
        seen, grown = done.stdout.split()
        assert seen == code
        assert int(grown) < 10 * 1024

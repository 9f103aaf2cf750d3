"""The hardened parser for native XML; there is no other.

Refused before parsing goes far, in this order: too many bytes, an encoding that is not known or does not decode, any
document type declaration (so no entity bomb, no external entity, no DTD at all), too deep, too many elements or
attributes, not well-formed. Nothing is ever fetched and no entity but the five of XML 1.0 is expanded.

The encodings are UTF-8, UTF-16 with a byte order mark, and the national ones: GB 18030 and its older subsets GBK and
GB 2312, which all decode as GB 18030.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from stat import S_ISREG
from typing import Any, cast

from lxml import etree

from adapters.native.limits import LIMITS, ExportLimits
from messages.problems import Problem

_DECLARATION = re.compile(rb"""^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]*?\?>""")
_TEXT_DECLARATION = re.compile(r"^\s*<\?xml\s[^>]*?\?>")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "gb2312": "gb18030",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class _Guard:
    """A parser target that builds nothing and stops the parser at the first thing that is not allowed."""

    def __init__(self, limits: ExportLimits) -> None:
        self._limits = limits
        self._depth = 0
        self._elements = 0

    def doctype(self, *_declared: object) -> None:
        raise Problem("native.doctype")

    def start(self, tag: str | bytes, attrib: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > self._limits.max_depth:
            raise Problem("native.too-deep", limit=self._limits.max_depth)
        if self._elements > self._limits.max_elements:
            raise Problem("native.too-many-elements", limit=self._limits.max_elements)
        if len(attrib) > self._limits.max_attributes:
            raise Problem("native.too-many-attributes", limit=self._limits.max_attributes)

    def end(self, tag: str | bytes) -> None:
        self._depth -= 1

    def data(self, data: str | bytes) -> None:
        """Text is bounded by the size limit."""

    def comment(self, text: str | bytes) -> None:
        """So is this."""

    def close(self) -> None:
        """Nothing was built."""


def read_bytes(path: Path, limits: ExportLimits = LIMITS) -> bytes:
    """The bytes of a native export, never more than `limits.max_bytes` of them in memory.

    Raises `Problem`: `native.not-a-file` for a link, a folder or a special file, `native.too-large` by its size.
    """
    status = path.lstat() if path.exists() or path.is_symlink() else None
    if status is None or not S_ISREG(status.st_mode):
        raise Problem("native.not-a-file", path.name)
    if status.st_size > limits.max_bytes:
        raise Problem("native.too-large", path.name, size=status.st_size, limit=limits.max_bytes)
    with path.open("rb") as stream:
        return stream.read(limits.max_bytes + 1)


def parse(data: bytes, limits: ExportLimits = LIMITS) -> etree._Element:
    """The root element of `data`, comments and processing instructions left out. Raises `Problem` (`native.*`).

    Two passes in small pieces: the first builds nothing, so what is refused costs no memory however large it is.
    """
    if len(data) > limits.max_bytes:
        raise Problem("native.too-large", size=len(data), limit=limits.max_bytes)
    encoding = _encoding(data)
    _feed(_parser(_Guard(limits)), _pieces(data, encoding, limits.feed_bytes))
    return _feed(_parser(None), _pieces(data, encoding, limits.feed_bytes))


def _parser(target: _Guard | None) -> etree.XMLParser:
    return etree.XMLParser(
        target=cast(Any, target),  # the stub asks for more than lxml does
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )


def _feed(parser: etree.XMLParser, pieces: Iterator[bytes]) -> etree._Element:
    """Small pieces, so that a refusal comes before the rest is looked at."""
    try:
        for piece in pieces:
            parser.feed(piece)
        return parser.close()
    except etree.XMLSyntaxError as error:
        line, column = max(error.position[0], 1), error.position[1]
        raise Problem("native.not-well-formed", f"line {line}", line=line, column=column) from None


def _pieces(data: bytes, encoding: str, step: int) -> Iterator[bytes]:
    """`data` as UTF-8 without its XML declaration; line numbers stay as they are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(data), step):
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data[start : start + step], start + step >= len(data))
        except UnicodeDecodeError as error:
            offset = start - waiting + error.start
            raise Problem("native.encoding-broken", f"byte {offset}", encoding=encoding, offset=offset) from None
        declaration = _TEXT_DECLARATION.match(text) if start == 0 else None
        if declaration:
            text = "\n" * declaration.group().count("\n") + text[declaration.end() :]
        if text:
            yield text.encode()


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    declared = _DECLARATION.match(data[:1024])
    if declared is None:
        return "utf-8"
    name = declared.group(1).decode("ascii").lower()
    if name not in _ENCODINGS:
        raise Problem("native.encoding-unknown", "line 1", encoding=name)
    return _ENCODINGS[name]

"""The sealed catalogue (卷内目录): what the files of a volume are, as canonical JSON, in a stream beside the pack.

    {"header":{"books":…,"files":…,"items":…,"number":"V20-01","pages":…,"suite":"intl-1","title":…,"v":1,"volume_id":…},
     "items":[{"book":1,"seq":1,"doc_type":"E0501","title":…,…,
               "files":[{"path":…,"name":…,"media_type":…,"offset":…,"length":…,"sha256":…,"pages":…,…}]},…]}

It is read entry by entry, so that a catalogue of 100,000 files is never in memory as one document, and strictly: only
canonical bytes, paths in the fixed form, files without gaps.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from digests import Algorithm, Digest
from dossier import suites
from dossier.contents import PAGES_BY, PATH, File, Item, SealedFile, SourceFile, Volume
from dossier.descriptor import DOC_TYPE, NUMBER, Descriptor
from dossier.limits import LIMITS, Limits
from evidence.canonical import require_digest
from evidence.suites import VERSION, WRITTEN
from messages.problems import Problem

_OPEN, _ITEMS, _CLOSE = '{"header":', ',"items":[', "]}"


@dataclass(frozen=True)
class Catalogue:
    """A catalogue as read: the volume it belongs to and what that holds."""

    volume_id: str
    volume: Volume[SealedFile]
    suite: str = WRITTEN

    def require_matches(self, descriptor: Descriptor) -> None:
        """Raises `Problem("dossier.catalogue-differs")` naming the first member that is not the descriptor's."""
        volume = self.volume
        pairs = {
            "suite": (self.suite, descriptor.suite),
            "volume_id": (self.volume_id, descriptor.volume_id),
            "number": (volume.number, descriptor.number),
            "books": (volume.books, descriptor.books),
            "items": (len(volume.items), descriptor.items),
            "files": (volume.file_count, descriptor.files),
            "pages": (volume.pages, descriptor.pages),
            "av_files": (volume.av_files, descriptor.av_files),
            "documents": (volume.documents, tuple(sorted(descriptor.documents, key=lambda d: d.doc_type))),
            "bytes": (volume.bytes, descriptor.pack.layout.plaintext),
        }
        for member, (found, stated) in pairs.items():
            if found != stated:
                raise Problem("dossier.catalogue-differs", descriptor.number, volume=descriptor.number, member=member)


def pieces(
    volume_id: str, volume: Volume[SourceFile], digests: Sequence[bytes], suite: str = WRITTEN
) -> Iterator[bytes]:
    """The canonical bytes of the catalogue of `volume`, entry by entry; `digests` are the values of its files' digests
    by the suite's algorithm, in order."""
    algorithm = suites.sealing(suite).digest.name
    header = {
        "suite": suite,
        "v": VERSION,
        "volume_id": volume_id,
        "number": volume.number,
        "title": volume.title,
        "books": volume.books,
        "items": len(volume.items),
        "files": volume.file_count,
        "pages": volume.pages,
    }
    yield (_OPEN + _dumps(header) + _ITEMS).encode()
    offset, position = 0, 0
    for number, item in enumerate(volume.items):
        files = []
        for file in item.files:
            files.append({**_file(file), "offset": offset, "sha256": str(Digest(algorithm, digests[position]))})
            offset, position = offset + file.length, position + 1
        yield ("," * (number > 0) + _dumps({**_item(item), "files": files})).encode()
    yield _CLOSE.encode()


def _dumps(value: Any) -> str:
    # The same bytes as RFC 8785, at the speed of C: all keys are ASCII and there is no float. A test holds the two
    # together.
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _file(file: File) -> dict[str, Any]:
    return {
        "path": file.path,
        "name": file.name,
        "media_type": file.media_type,
        "length": file.length,
        "pages": file.pages,
        "pages_by": file.pages_by,
        "page_from": file.page_from,
        "page_to": file.page_to,
        "cover_pages": file.cover_pages,
    }


def _item(item: Item[Any]) -> dict[str, Any]:
    return {
        "book": item.book,
        "seq": item.seq,
        "doc_type": item.doc_type,
        "title": item.title,
        "doc_no": item.doc_no,
        "responsible": item.responsible,
        "doc_date": item.doc_date,
        "person_refs": list(item.person_refs),
        "excluded": item.excluded,
        "note": item.note,
    }


def item_json(item: Item[SealedFile]) -> dict[str, Any]:
    """An item with its files as JSON, for delivery beside the files."""
    return {
        **_item(item),
        "files": [{**_file(file), "offset": file.offset, "sha256": file.sha256} for file in item.files],
    }


def decode(chunks: Iterable[bytes], place: str = "", limits: Limits = LIMITS) -> Catalogue:
    """Read a catalogue from its plaintext, given in pieces of any size.

    Guarantees canonical form, safe and distinct paths, offsets that follow one another from 0, and a header whose
    counts are true. Raises `Problem("dossier.catalogue")` with the entry as place.
    """
    entries = _entries(chunks, place, limits)
    header = next(entries)
    sealing = suites.of_body(header, place)
    reader = _Reader(place, limits, str(header.get("number")), sealing.digest)
    number, title = _text(header, "number", place, limits), _text(header, "title", place, limits)
    if not NUMBER.fullmatch(number):
        _refuse(f"{place}/header/number")
    volume = Volume(number, title, tuple(reader.item(entry) for entry in entries))
    counts = (volume.books, len(volume.items), volume.file_count, volume.pages)
    if counts != tuple(header.get(name) for name in ("books", "items", "files", "pages")):
        _refuse(f"{place}/header")
    return Catalogue(_text(header, "volume_id", place, limits), volume, sealing.name)


def _refuse(place: str) -> NoReturn:
    raise Problem("dossier.catalogue", place)


def _entries(chunks: Iterable[bytes], place: str, limits: Limits) -> Iterator[dict[str, Any]]:
    """The header, then every item, each checked to stand in canonical form."""
    text = _Text(chunks, place, limits)
    text.expect(_OPEN)
    yield text.value()
    text.expect(_ITEMS)
    if not text.accept(_CLOSE):
        yield text.value()
        while not text.accept(_CLOSE):
            text.expect(",")
            yield text.value()
    text.end()


class _Text:
    """A window over the catalogue's text that grows only as far as one entry needs."""

    def __init__(self, chunks: Iterable[bytes], place: str, limits: Limits) -> None:
        self._chunks, self._place, self._most = iter(chunks), place, limits.catalogue_object_bytes
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._text, self._at = "", 0
        self._json = json.JSONDecoder(parse_float=_no_number, parse_constant=_no_number)

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if len(self._text) - self._at > self._most:
            _refuse(self._place)
        try:
            self._text = self._text[self._at :] + self._utf8.decode(chunk or b"", final=chunk is None)
        except UnicodeDecodeError:
            _refuse(self._place)
        self._at = 0
        return chunk is not None

    def accept(self, expected: str) -> bool:
        while len(self._text) - self._at < len(expected) and self._more():
            pass
        if not self._text.startswith(expected, self._at):
            return False
        self._at += len(expected)
        return True

    def expect(self, expected: str) -> None:
        if not self.accept(expected):
            _refuse(self._place)

    def value(self) -> dict[str, Any]:
        while True:
            try:
                found, end = self._json.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                if not self._more():
                    _refuse(self._place)
                continue
            if not isinstance(found, dict) or _dumps(found) != self._text[self._at : end]:
                _refuse(self._place)
            self._at = end
            return found

    def end(self) -> None:
        while self._more():
            pass
        if self._text:
            _refuse(self._place)


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _text(entry: Mapping[str, Any], name: str, place: str, limits: Limits) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or len(value) > limits.text_characters:
        _refuse(f"{place}/{name}")
    return value


def _count(entry: Mapping[str, Any], name: str, place: str, most: int) -> int:
    value = entry.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        _refuse(f"{place}/{name}")
    return value


class _Reader:
    """Reads items in order and holds what must be true across them."""

    def __init__(self, place: str, limits: Limits, number: str, algorithm: Algorithm) -> None:
        self.place, self.limits, self.number, self._algorithm = place, limits, number, algorithm
        self.index, self.offset = -1, 0
        self.paths: set[str] = set()

    def item(self, entry: dict[str, Any]) -> Item[SealedFile]:
        self.index += 1
        at = f"{self.place}/items/{self.index}"
        limits = self.limits
        files, refs = entry.get("files"), entry.get("person_refs")
        if not isinstance(files, list) or not 0 < len(files) <= limits.files_per_item:
            _refuse(f"{at}/files")
        if not isinstance(refs, list) or len(refs) > limits.person_refs or not all(isinstance(r, str) for r in refs):
            _refuse(f"{at}/person_refs")
        doc_type = _text(entry, "doc_type", at, limits)
        if not DOC_TYPE.fullmatch(doc_type) or not isinstance(entry.get("excluded"), bool):
            _refuse(at)
        return Item(
            book=_count(entry, "book", at, 9_999),
            seq=_count(entry, "seq", at, 10**6),
            doc_type=doc_type,
            title=_text(entry, "title", at, limits),
            doc_no=_text(entry, "doc_no", at, limits),
            responsible=_text(entry, "responsible", at, limits),
            doc_date=_text(entry, "doc_date", at, limits),
            person_refs=tuple(refs),
            excluded=entry["excluded"],
            note=_text(entry, "note", at, limits),
            files=tuple(self.file(file, f"{at}/files/{n}") for n, file in enumerate(files)),
        )

    def file(self, entry: Any, at: str) -> SealedFile:
        if not isinstance(entry, dict):
            _refuse(at)
        limits = self.limits
        path = _text(entry, "path", at, limits)
        if not PATH.fullmatch(path) or not path.startswith(self.number + "-") or path in self.paths:
            _refuse(f"{at}/path")
        self.paths.add(path)
        if entry.get("pages_by") not in PAGES_BY:
            _refuse(f"{at}/pages_by")
        length = _count(entry, "length", at, limits.volume_bytes)
        if _count(entry, "offset", at, limits.volume_bytes) != self.offset:
            _refuse(f"{at}/offset")
        self.offset += length
        pages = limits.pages_per_file
        return SealedFile(
            path=path,
            name=_text(entry, "name", at, limits),
            media_type=_text(entry, "media_type", at, limits),
            length=length,
            pages=_count(entry, "pages", at, pages),
            pages_by=entry["pages_by"],
            page_from=None if entry.get("page_from") is None else _count(entry, "page_from", at, 10**7),
            page_to=None if entry.get("page_to") is None else _count(entry, "page_to", at, 10**7),
            cover_pages=_count(entry, "cover_pages", at, pages),
            offset=entry["offset"],
            sha256=require_digest(entry.get("sha256"), f"{at}/sha256", self._algorithm),
        )

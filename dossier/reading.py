"""Opens a sealed volume: the complete catalogue, and files and pages by the segments that they need.

Used by `unseal` and for reading a single page. Nothing is trusted before it is checked: the key against the
descriptor's commitment, parts against its digests where they are read whole, every segment by its tag, every file by
the digest that the catalogue states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from digests import Hasher, holds
from dossier import catalogue
from dossier.catalogue import Catalogue
from dossier.contents import PageLocation, SealedFile, document_number
from dossier.descriptor import Descriptor
from dossier.keys import Purpose, associated_data, check_commitment
from dossier.stream import HEADER, PART, PART_SEGMENTS, PLAIN, Buffer, Layout, StreamCipher, StreamHeader
from messages.problems import Problem

ReadPart = Callable[[Purpose, int], Buffer | None]
"""`read_part(purpose, index)`: the ciphertext of a whole part, or None when it is not to be had."""

ReadRange = Callable[[Purpose, int, int], Buffer | None]
"""`read_range(purpose, offset, length)`: ciphertext bytes of the stream, counted from the stream's start."""


_WHOLE: Mapping[Purpose, Mapping[str, str]] = {
    "pack": {"documents": "—", "pages": "—"},
    "catalogue": {"documents": "卷内目录/catalogue", "pages": "—"},
}
"""What a message names before, or without, knowing the documents."""


class SegmentSource(Protocol):
    """Where decrypted segments come from."""

    def segment(self, number: int) -> memoryview:
        """The plaintext of a segment, valid until the next call."""
        ...


def checked_part(descriptor: Descriptor, purpose: Purpose, index: int, read_part: ReadPart) -> memoryview:
    """A part that has the size and digest that the descriptor states.

    Raises `Problem` `dossier.part-missing` or `dossier.part-altered`, both naming volume, stream and part (from 1).
    """
    part = descriptor.stream(purpose).parts[index]
    where = {"volume": descriptor.number, "purpose": purpose, "part": index + 1, **_WHOLE[purpose]}
    place = f"{descriptor.number}/{purpose}/{index}"
    try:
        data = read_part(purpose, index)
    except KeyError as error:
        raise Problem("dossier.part-missing", place, **where) from error
    if data is None:
        raise Problem("dossier.part-missing", place, **where)
    if len(data) != part.size or not holds(part.digest, data):
        raise Problem("dossier.part-altered", place, **where)
    return memoryview(data)


def open_cipher(descriptor: Descriptor, volume_key: bytes, purpose: Purpose, head: Buffer) -> StreamCipher:
    """The cipher of a stream from its first bytes. Raises `Problem("dossier.stream-header")`."""
    header = StreamHeader.decode(head, f"{descriptor.number}/{purpose}")
    bound = associated_data(descriptor.volume_id, purpose, descriptor.suite)
    return StreamCipher(volume_key, header, bound, descriptor.suite)


def read_catalogue(descriptor: Descriptor, volume_key: bytes, read_part: ReadPart) -> Catalogue:
    """The catalogue of a volume, held against its descriptor.

    1. The key is the one that the descriptor commits to.
    2. Every part of the catalogue has its digest, every segment its tag.
    3. The catalogue is well formed and agrees with the descriptor in number, counts and bytes.

    Raises `Problem` `dossier.key-commitment`, `part-missing`, `part-altered`, `stream-header`, `segment-altered`,
    `catalogue`, `catalogue-differs`.
    """
    # Step 1
    check_commitment(volume_key, descriptor.key_commitment, descriptor.number, descriptor.suite)
    # Steps 2 and 3
    found = catalogue.decode(_catalogue_chunks(descriptor, volume_key, read_part), f"{descriptor.number}/catalogue")
    found.require_matches(descriptor)
    return found


def _catalogue_chunks(descriptor: Descriptor, volume_key: bytes, read_part: ReadPart) -> Iterator[bytes]:
    layout = descriptor.catalogue.layout
    cipher: StreamCipher | None = None
    buffer = memoryview(bytearray(PLAIN))
    for index in range(layout.parts):
        part = checked_part(descriptor, "catalogue", index, read_part)
        cipher = cipher or open_cipher(descriptor, volume_key, "catalogue", part)
        base = layout.part_ciphertext(index)[0]
        for number in layout.part_segments(index):
            low, high = layout.segment_ciphertext(number)
            start, end = layout.segment_plaintext(number)
            into = buffer[: end - start]
            try:
                cipher.open_segment(number, layout.is_last(number), part[low - base : high - base], into)
            except Problem as problem:
                where = {"volume": descriptor.number, **_WHOLE["catalogue"], **problem.params}
                raise Problem(problem.code, f"{descriptor.number}/catalogue", **where) from problem
            yield bytes(into)


def file_plaintext(source: SegmentSource, layout: Layout, file: SealedFile) -> Iterator[memoryview]:
    """The plaintext of one file, piece by piece; each piece is valid until the next is asked for."""
    position, end = file.offset, file.offset + file.length
    while position < end:
        number = layout.segment_at(position)
        start, stop = layout.segment_plaintext(number)
        stop = min(stop, end)
        yield source.segment(number)[position - start : stop - start]
        position = stop


def altered(descriptor: Descriptor, found: Catalogue, start: int, end: int, problem: Problem) -> Problem:
    """`problem` again, naming the documents and volume pages between two plaintext offsets of the pack."""
    documents, pages = found.volume.pages_between(start, end)
    params = {**problem.params, "volume": descriptor.number, "documents": documents, "pages": pages}
    return Problem(problem.code, f"{descriptor.number}/{documents}", **params)


def file_altered(descriptor: Descriptor, found: Catalogue, file: SealedFile) -> Problem:
    """A file whose bytes are not those that the catalogue states."""
    end = file.offset + max(file.length, 1)
    return altered(descriptor, found, file.offset, end, Problem("dossier.file-altered", file=file.path))


class SealedReader:
    """One file or one page of a sealed volume, fetching only the segments that it needs.

    The catalogue is read whole, through `read_part`; the pack only in ranges. Ranges cannot be held against the part
    digests; each segment's tag and the file's own digest vouch for them instead.
    """

    def __init__(self, descriptor: Descriptor, volume_key: bytes, read_part: ReadPart, read_range: ReadRange) -> None:
        """Raises what `read_catalogue` raises."""
        self.descriptor = descriptor
        self.catalogue = read_catalogue(descriptor, volume_key, read_part)
        self._key, self._read_range = volume_key, read_range

    def locate(self, page: int) -> PageLocation[SealedFile]:
        """The file of a page of the volume (from 1). Raises `Problem("dossier.no-such-page")` with the page count."""
        found = self.catalogue.volume.locate(page)
        if found is None:
            number = self.descriptor.number
            raise Problem("dossier.no-such-page", number, volume=number, page=page, pages=self.descriptor.pages)
        return found

    def find(self, path: str) -> SealedFile:
        """The file of a path or document number (`V20-01-02-007`). Raises `Problem("dossier.no-such-file")`."""
        for file in self.catalogue.volume.files:
            if path in (file.path, document_number(file.path)):
                return file
        raise Problem("dossier.no-such-file", self.descriptor.number, volume=self.descriptor.number)

    def read_file(self, file: SealedFile) -> Iterator[bytes]:
        """The bytes of a file in pieces of up to 1 MiB.

        Do not use them before the last has come: its digest is checked then. Raises `Problem`
        `dossier.part-missing`, `dossier.segment-altered`, `dossier.file-altered`.
        """
        hasher = Hasher.like(file.sha256)
        if file.length:
            source = _RangeSource(self, file)
            for piece in file_plaintext(source, self.descriptor.pack.layout, file):
                hasher.update(piece)
                yield bytes(piece)
        if str(hasher.digest()) != file.sha256:
            raise file_altered(self.descriptor, self.catalogue, file)

    def range_of(self, offset: int, length: int) -> memoryview:
        """Ciphertext bytes of the pack, complete. Raises `Problem("dossier.part-missing")`."""
        try:
            data = self._read_range("pack", offset, length)
        except KeyError:
            data = None
        if data is None or len(data) != length:
            number, part = self.descriptor.number, offset // PART
            where = {"volume": number, "purpose": "pack", "part": part + 1, **_WHOLE["pack"]}
            raise Problem("dossier.part-missing", f"{number}/pack/{part}", **where)
        return memoryview(data)

    def pack_cipher(self) -> StreamCipher:
        """The cipher of the pack, from the 40 bytes at its start."""
        return open_cipher(self.descriptor, self._key, "pack", self.range_of(0, HEADER))


class _RangeSource:
    """Segments of one file, fetched in ranges of up to 16 segments."""

    def __init__(self, reader: SealedReader, file: SealedFile) -> None:
        self._reader, self._layout = reader, reader.descriptor.pack.layout
        self._cipher = reader.pack_cipher()
        self._last = self._layout.segment_at(file.offset + file.length - 1)
        self._range = range(0)
        self._data = memoryview(b"")
        self._base = 0
        self._buffer = memoryview(bytearray(PLAIN))

    def segment(self, number: int) -> memoryview:
        if number not in self._range:
            self._range = range(number, min(number + PART_SEGMENTS, self._last + 1))
            self._base = self._layout.segment_ciphertext(number)[0]
            end = self._layout.segment_ciphertext(self._range[-1])[1]
            self._data = self._reader.range_of(self._base, end - self._base)
        low, high = self._layout.segment_ciphertext(number)
        start, end = self._layout.segment_plaintext(number)
        into = self._buffer[: end - start]
        try:
            self._cipher.open_segment(
                number, self._layout.is_last(number), self._data[low - self._base : high - self._base], into
            )
        except Problem as problem:
            raise altered(self._reader.descriptor, self._reader.catalogue, start, end, problem) from problem
        return into

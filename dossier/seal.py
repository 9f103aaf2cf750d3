"""Sealing (加密封装): a volume becomes two encrypted streams, handed over in parts of 16 MiB as they are made.

A second thread reads the files and takes their digests while this one encrypts and hashes the ciphertext; every byte is
hashed once on each side, and a few MiB are in memory whatever the volume's size. The same secrets and the same files
give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread

from digests import SHA256, Algorithm, Hasher
from dossier import catalogue
from dossier.contents import SourceFile, Volume
from dossier.descriptor import Descriptor, Part, SealedStream, sealed_digest
from dossier.keys import Purpose, VolumeSecrets, commitment
from dossier.stream import HEADER, PLAIN, Layout, StreamCipher
from dossier.suites import sealing
from evidence.suites import WRITTEN
from messages.problems import Problem

OnPart = Callable[[Purpose, int, str, memoryview], None]
"""`on_part(purpose, index, digest, data)`: write the digest to the journal, then upload. The bytes are the callee's to
keep; what takes long belongs into another thread, for sealing goes on when the call returns."""

_AHEAD = 8
"""Segments that the reader may be ahead."""


@dataclass(frozen=True)
class SealedVolume:
    """A volume whose parts have all been handed over."""

    volume_id: str
    volume: Volume[SourceFile]
    pack: SealedStream
    catalogue: SealedStream
    key_commitment: str
    suite: str = WRITTEN

    @property
    def sealed_digest(self) -> str:
        """The digest by which marks name this sealed volume."""
        return sealed_digest(self.pack.digests, self.catalogue.digests, sealing(self.suite).digest)

    def descriptor(self, sealed_by: str, sealed_at: str, supersedes: str | None = None) -> Descriptor:
        """The descriptor, to be signed by `sealed_by`; `sealed_at` is an RFC 3339 instant in UTC."""
        volume = self.volume
        return Descriptor(
            volume_id=self.volume_id,
            kind=volume.kind,
            number=volume.number,
            sealed_by=sealed_by,
            sealed_at=sealed_at,
            documents=volume.documents,
            books=volume.books,
            items=len(volume.items),
            files=volume.file_count,
            pages=volume.pages,
            av_files=volume.av_files,
            pack=self.pack,
            catalogue=self.catalogue,
            key_commitment=self.key_commitment,
            supersedes=supersedes,
            suite=self.suite,
        )


def seal_volume(
    volume: Volume[SourceFile],
    volume_id: str,
    secrets: VolumeSecrets,
    on_part: OnPart,
    expected: Mapping[Purpose, Sequence[str]] | None = None,
) -> SealedVolume:
    """Seal `volume` under `secrets`, calling `on_part` for every part in order, those of the pack first.

    `expected` holds the part digests that an interrupted push wrote to its journal: each part is compared before it is
    handed over. Raises `Problem("dossier.source-changed")` when a part differs from `expected` or a file is no longer
    what it was when the folder was read; then nothing more may be sent under these secrets: seal again with new ones.
    Raises `Problem("dossier.source-unreadable")` when a file cannot be read. What `on_part` raises passes through.
    """
    known = expected or {}
    layout = Layout(volume.bytes)
    source = PackSource(volume, sealing(secrets.suite).digest)
    ahead = _ReadAhead(source, layout)
    try:
        maker = _PartMaker("pack", volume.number, secrets.cipher(volume_id, "pack"), known.get("pack", ()), on_part)
        pack = maker.run(layout, ahead.segments())
    finally:
        ahead.stop()
        source.close()
    # Written twice, to know its length before its first segment: a large one never stands in memory whole.
    layout = Layout(sum(map(len, catalogue.pieces(volume_id, volume, source.digests, secrets.suite))))
    cipher = secrets.cipher(volume_id, "catalogue")
    maker = _PartMaker("catalogue", volume.number, cipher, known.get("catalogue", ()), on_part)
    sealed = maker.run(layout, _cut(catalogue.pieces(volume_id, volume, source.digests, secrets.suite), layout))
    return SealedVolume(volume_id, volume, pack, sealed, commitment(secrets.volume_key, secrets.suite), secrets.suite)


def _cut(pieces: Iterator[bytes], layout: Layout) -> Iterator[memoryview]:
    """The same bytes, cut into the plaintexts of the segments."""
    waiting = bytearray()
    for segment in range(layout.segments):
        start, end = layout.segment_plaintext(segment)
        while len(waiting) < end - start:
            waiting += next(pieces)
        yield memoryview(bytes(waiting[: end - start]))
        del waiting[: end - start]


class _PartMaker:
    """Encrypts one stream segment by segment and hands over its parts."""

    def __init__(
        self, purpose: Purpose, number: str, cipher: StreamCipher, expected: Sequence[str], on_part: OnPart
    ) -> None:
        self.purpose, self.number, self.cipher = purpose, number, cipher
        self.expected, self.on_part = expected, on_part

    def run(self, layout: Layout, segments: Iterator[memoryview]) -> SealedStream:
        parts: list[Part] = []
        for index in range(layout.parts):
            part, data = self._part(layout, index, segments)
            if index < len(self.expected) and self.expected[index] != part.digest:
                raise Problem("dossier.source-changed", f"{self.number}/{self.purpose}/{index}")
            self.on_part(self.purpose, index, part.digest, data)
            parts.append(part)
        if len(self.expected) > layout.parts:
            raise Problem("dossier.source-changed", f"{self.number}/{self.purpose}/{layout.parts}")
        return SealedStream(layout.ciphertext, tuple(parts))

    def _part(self, layout: Layout, index: int, segments: Iterator[memoryview]) -> tuple[Part, memoryview]:
        base, end = layout.part_ciphertext(index)
        data = memoryview(bytearray(end - base))
        hasher = Hasher(self.cipher.suite.digest)
        if index == 0:
            data[:HEADER] = self.cipher.header.encode()
            hasher.update(data[:HEADER])
        for segment in layout.part_segments(index):
            low, high = layout.segment_ciphertext(segment)
            into = data[low - base : high - base]
            self.cipher.seal_segment(segment, layout.is_last(segment), next(segments), into)
            hasher.update(into)  # at once, while it is in the processor's cache
        return Part(str(hasher.digest()), end - base), data


class _ReadAhead:
    """Fills segment buffers from a `PackSource` in a thread of its own; the buffers go round."""

    def __init__(self, source: PackSource, layout: Layout) -> None:
        self._source, self._layout = source, layout
        self._empty: SimpleQueue[memoryview | None] = SimpleQueue()
        self._full: SimpleQueue[memoryview | BaseException] = SimpleQueue()
        for _ in range(min(_AHEAD, layout.segments)):
            self._empty.put(memoryview(bytearray(min(PLAIN, layout.plaintext))))
        self._thread = Thread(target=self._run, name="casehub-read", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for segment in range(self._layout.segments):
                buffer = self._empty.get()
                if buffer is None:
                    return
                start, end = self._layout.segment_plaintext(segment)
                self._source.fill(buffer[: end - start])
                if self._layout.is_last(segment):
                    self._source.finish()
                self._full.put(buffer)
        except BaseException as error:  # raised again in the sealing thread
            self._full.put(error)

    def segments(self) -> Iterator[memoryview]:
        """The plaintext of every segment in order; each is valid until the next is asked for."""
        for segment in range(self._layout.segments):
            start, end = self._layout.segment_plaintext(segment)
            got = self._full.get()
            if isinstance(got, BaseException):
                raise got
            yield got[: end - start]
            self._empty.put(got)

    def stop(self) -> None:
        """End the thread, whatever it waits for."""
        self._empty.put(None)
        self._thread.join()


class PackSource:
    """The plaintext of a pack: the volume's files one after another, each held against what it was when listed."""

    def __init__(self, volume: Volume[SourceFile], algorithm: Algorithm = SHA256) -> None:
        self._volume, self._new = volume, algorithm.new
        self._files = volume.files
        self._file: SourceFile | None = None
        self._handle = -1
        self._left = 0
        self._hash = self._new()
        self.digests: list[bytes] = []
        """The values of the digests of the files that have been read to their end."""

    def fill(self, view: memoryview) -> None:
        """Fill `view` with the next bytes. Raises `Problem` `dossier.source-changed`, `dossier.source-unreadable`."""
        while len(view):
            if not self._left:
                self._next()
                continue
            count = self._read(view[: self._left])
            self._hash.update(view[:count])
            view, self._left = view[count:], self._left - count

    def finish(self) -> None:
        """Check the current file and the files of 0 bytes that follow it."""
        self._end_file()
        for file in self._files:
            self._open(file)
            self._end_file()

    def close(self) -> None:
        """Close the current file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _next(self) -> None:
        self._end_file()
        self._open(next(self._files))

    def _open(self, file: SourceFile) -> None:
        self._file, self._left, self._hash = file, file.length, self._new()
        try:
            path = os.path.join(self._volume.root, file.source)  # noqa: PTH118 - a Path for each file costs time
            # Neither a link nor a FIFO that took the file's place since is followed or waited for.
            self._handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise self._changed() from error
        except OSError as error:
            raise self._unreadable(error) from error
        self._compare()

    def _read(self, view: memoryview) -> int:
        try:
            count = os.readv(self._handle, [view])
        except OSError as error:
            raise self._unreadable(error) from error
        if count == 0:
            raise self._changed()
        return count

    def _end_file(self) -> None:
        if self._file is None:
            return
        if os.read(self._handle, 1):
            raise self._changed()
        self._compare()
        self.close()
        self.digests.append(self._hash.digest())
        self._file = None

    def _compare(self) -> None:
        assert self._file is not None
        now = os.fstat(self._handle)
        if (now.st_size, now.st_mtime_ns) != (self._file.length, self._file.mtime_ns):
            raise self._changed()

    def _place(self) -> str:
        return f"{self._volume.folder}/{self._file.name if self._file else ''}"

    def _changed(self) -> Problem:
        return Problem("dossier.source-changed", self._place())

    def _unreadable(self, error: OSError) -> Problem:
        return Problem("dossier.source-unreadable", self._place(), reason=os.strerror(error.errno or 0))

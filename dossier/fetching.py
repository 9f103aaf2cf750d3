"""Fetches several parts of a pack in parallel: each is fetched, compared with its digest, decrypted and hashed again.

Everything expensive except writing happens in the fetching threads, which use all cores.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from digests import Digest, algorithm_of
from dossier.catalogue import Catalogue
from dossier.contents import SealedFile
from dossier.descriptor import Descriptor
from dossier.reading import ReadPart, altered, checked_part, open_cipher
from dossier.stream import PART_SEGMENTS, Layout, StreamCipher
from messages.problems import Problem


@dataclass(frozen=True)
class _Opened:
    """The plaintext of a part, from pack offset `start` on, and the digests of the files that lie wholly in it."""

    start: int
    plaintext: memoryview
    digests: dict[str, str]


_NOTHING = _Opened(0, memoryview(b""), {})
_OURS = ("dossier.part-altered", "dossier.part-missing")


class PartSource:
    """Decrypted segments of the parts that hold the files `wanted`, asked for in rising order.

    Use as a context manager: leaving it ends the fetching threads. Raises `Problem` `dossier.part-missing`,
    `part-altered`, `segment-altered`, each naming volume, documents and pages, and what the fetcher raises.
    """

    def __init__(
        self,
        descriptor: Descriptor,
        found: Catalogue,
        volume_key: bytes,
        wanted: Iterable[SealedFile],
        *,
        read_part: ReadPart,
        ahead: int,
    ) -> None:
        self._descriptor, self._found, self._key, self._read_part = descriptor, found, volume_key, read_part
        self._layout = descriptor.pack.layout
        self._whole, self.parts = _by_part(self._layout, wanted)
        self._waiting = deque(self.parts)
        self._coming: deque[tuple[int, Future[_Opened]]] = deque()
        self._ahead = max(1, ahead)
        self._pool = ThreadPoolExecutor(self._ahead, thread_name_prefix="casehub-fetch")
        self._cipher: Future[StreamCipher] = Future()
        self._part, self._opened = -1, _NOTHING

    def __enter__(self) -> PartSource:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def segment(self, number: int) -> memoryview:
        """The plaintext of a segment, valid until one of another part is asked for."""
        if number // PART_SEGMENTS != self._part:
            self._advance_to(number // PART_SEGMENTS)
        start, end = self._layout.segment_plaintext(number)
        return self._opened.plaintext[start - self._opened.start : end - self._opened.start]

    def digest(self, file: SealedFile) -> str | None:
        """The digest of a file that lies wholly in the part at hand, else None: then whoever reads it hashes it."""
        return self._opened.digests.get(file.path)

    def lies_in_one_part(self, file: SealedFile) -> bool:
        """Whether `digest` will know the file once its segments have been asked for."""
        return bool(file.length) and len(_parts(self._layout, file)) == 1

    def _advance_to(self, part: int) -> None:
        while self._part != part:
            self._request()
            index, coming = self._coming.popleft()
            self._opened = _NOTHING  # let go of the last part before the next one counts
            self._opened, self._part = coming.result(), index
        self._request()

    def _request(self) -> None:
        while self._waiting and len(self._coming) < self._ahead:
            index = self._waiting.popleft()
            self._coming.append((index, self._pool.submit(self._fetch, index)))

    def _fetch(self, index: int) -> _Opened:
        start, end = self._layout.part_plaintext(index)
        try:
            data = checked_part(self._descriptor, "pack", index, self._read_part)
            cipher = self._cipher_from(index, data)
        except BaseException as error:
            if index == 0:
                self._cipher.set_exception(error)
            if isinstance(error, Problem) and error.code in _OURS:
                raise altered(self._descriptor, self._found, start, end, error) from error
            raise  # the fetcher's own: hub away, disk full …
        plaintext = memoryview(bytearray(end - start))
        self._open(cipher, index, data, plaintext)
        del data  # 16 MiB less while the files are hashed
        digests = {
            file.path: str(Digest.of(plaintext[file.offset - start :][: file.length], algorithm_of(file.sha256)))
            for file in self._whole[index]
        }
        return _Opened(start, plaintext, digests)

    def _cipher_from(self, index: int, data: memoryview) -> StreamCipher:
        """The pack's cipher. Its header stands in part 0, which is always fetched first."""
        if index == 0:
            self._cipher.set_result(open_cipher(self._descriptor, self._key, "pack", data))
        return self._cipher.result()

    def _open(self, cipher: StreamCipher, index: int, data: memoryview, plaintext: memoryview) -> None:
        base, first = self._layout.part_ciphertext(index)[0], self._layout.part_plaintext(index)[0]
        for number in self._layout.part_segments(index):
            low, high = self._layout.segment_ciphertext(number)
            start, end = self._layout.segment_plaintext(number)
            into = plaintext[start - first : end - first]
            try:
                cipher.open_segment(number, self._layout.is_last(number), data[low - base : high - base], into)
            except Problem as problem:
                raise altered(self._descriptor, self._found, start, end, problem) from problem


def _parts(layout: Layout, file: SealedFile) -> range:
    first, last = layout.segment_at(file.offset), layout.segment_at(file.offset + file.length - 1)
    return range(first // PART_SEGMENTS, last // PART_SEGMENTS + 1)


def _by_part(layout: Layout, wanted: Iterable[SealedFile]) -> tuple[dict[int, list[SealedFile]], list[int]]:
    """The files that lie wholly in one part, by part; and the parts that are needed, in order.

    The first part is needed whenever any is, for it holds the header.
    """
    whole: dict[int, list[SealedFile]] = defaultdict(list)
    needed: set[int] = set()
    for file in wanted:
        if file.length:
            parts = _parts(layout, file)
            needed.update(parts)
            if len(parts) == 1:
                whole[parts[0]].append(file)
    return whole, sorted(needed | {0}) if needed else []

"""Parts of a pack on their way in: fetched and hashed a few ahead, opened segment by segment."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from dossier.catalogue import Catalogue
from dossier.descriptor import Descriptor
from dossier.reading import ReadPart, altered, checked_part, open_cipher
from dossier.stream import PART_SEGMENTS, PLAIN, StreamCipher
from standards.problems import Problem


class PartSource:
    """Decrypted segments of the parts `needed`, which are in order and begin with part 0, that holds the header.

    Use as a context manager: leaving it ends the fetching threads. Segments are asked for in rising order. Raises
    `Problem` `dossier.part-missing`, `part-altered`, `segment-altered`, each naming volume, documents and pages.
    """

    def __init__(
        self,
        descriptor: Descriptor,
        found: Catalogue,
        volume_key: bytes,
        needed: Sequence[int],
        *,
        read_part: ReadPart,
        ahead: int,
    ) -> None:
        self._descriptor, self._found, self._key, self._read_part = descriptor, found, volume_key, read_part
        self._layout = descriptor.pack.layout
        self._waiting = deque(needed)
        self._coming: deque[tuple[int, Future[memoryview]]] = deque()
        self._ahead = max(1, ahead)
        self._pool = ThreadPoolExecutor(self._ahead, thread_name_prefix="casehub-fetch")
        self._cipher: StreamCipher | None = None
        self._part, self._data = -1, memoryview(b"")
        self._number, self._plain = -1, memoryview(b"")
        self._buffer = memoryview(bytearray(PLAIN if needed else 0))

    def __enter__(self) -> PartSource:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def segment(self, number: int) -> memoryview:
        """The plaintext of a segment, valid until another is asked for."""
        if number != self._number:
            if number // PART_SEGMENTS != self._part:
                self._advance_to(number // PART_SEGMENTS)
            self._open(number)
        return self._plain

    def _advance_to(self, part: int) -> None:
        while self._part != part:
            self._request()
            index, coming = self._coming.popleft()
            self._data = memoryview(b"")  # let go of the last part before the next one counts
            try:
                self._data = coming.result()
            except Problem as problem:
                raise self._named(problem, *self._layout.part_plaintext(index)) from problem
            self._part = index
            self._cipher = self._cipher or open_cipher(self._descriptor, self._key, "pack", self._data)
        self._request()

    def _request(self) -> None:
        while self._waiting and len(self._coming) < self._ahead:
            index = self._waiting.popleft()
            future = self._pool.submit(checked_part, self._descriptor, "pack", index, self._read_part)
            self._coming.append((index, future))

    def _open(self, number: int) -> None:
        assert self._cipher is not None
        base = self._layout.part_ciphertext(self._part)[0]
        low, high = self._layout.segment_ciphertext(number)
        start, end = self._layout.segment_plaintext(number)
        into = self._buffer[: end - start]
        try:
            self._cipher.open_segment(number, self._layout.is_last(number), self._data[low - base : high - base], into)
        except Problem as problem:
            raise self._named(problem, start, end) from problem
        self._number, self._plain = number, into

    def _named(self, problem: Problem, start: int, end: int) -> Problem:
        if problem.code not in ("dossier.part-altered", "dossier.part-missing", "dossier.segment-altered"):
            return problem  # the fetcher's own: hub away, disk full …
        return altered(self._descriptor, self._found, start, end, problem)

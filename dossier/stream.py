"""The encrypted stream: Tink's streaming AEAD, AES256_GCM_HKDF with segments of 1 MiB, in the primitives of a suite.

    stream   = header || segment 0 || segment 1 || … || last segment
    header   = 0x28 || salt (32 bytes) || nonce prefix (7 bytes)
    segment  = AES-256-GCM(stream key, nonce, plaintext), its 16-byte tag at its end
    nonce    = nonce prefix || segment number (u32, big endian) || 0x01 for the last segment, else 0x00
    stream key = HKDF-SHA256(ikm = volume key, salt, info = associated data), 32 bytes

Another suite takes its own HKDF and its own cipher with 12-byte nonces and 16-byte tags; the layout stays.

A segment of ciphertext fills 2^20 bytes; the header counts into the first, and the last may be shorter. So plaintext
offset p lies in segment (p + 40) // (2^20 - 16), and every segment can be found and opened by itself. The last-segment
flag makes truncation visible, the number reordering. Parts are 16 segments: 16 MiB of ciphertext.

Source: Tink wire format, "Streaming AEAD: AES-GCM-HKDF"; RFC 5869; NIST SP 800-38D. The tests let the `tink` package
read what this module writes and the other way round.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from evidence.suites import WRITTEN, suite
from messages.problems import Problem

SEGMENT = 1 << 20
"""Ciphertext bytes of a full segment."""
TAG = 16
HEADER = 40
PLAIN = SEGMENT - TAG
"""Plaintext bytes of a full segment; the first holds 40 fewer."""
PART_SEGMENTS = 16
PART = PART_SEGMENTS * SEGMENT
"""Ciphertext bytes of a full part."""
KEY = 32
SALT = 32
PREFIX = 7
MAX_SEGMENTS = 1 << 32

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True)
class StreamHeader:
    """Salt and nonce prefix of one stream. The same header and key may meet one plaintext only."""

    salt: bytes
    prefix: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != SALT or len(self.prefix) != PREFIX:
            raise Problem("dossier.stream-header")

    @classmethod
    def generate(cls) -> StreamHeader:
        """A new header from the operating system's randomness."""
        return cls(secrets.token_bytes(SALT), secrets.token_bytes(PREFIX))

    def encode(self) -> bytes:
        """The first 40 bytes of the stream."""
        return bytes([HEADER]) + self.salt + self.prefix

    @classmethod
    def decode(cls, data: Buffer, place: str = "") -> StreamHeader:
        """Read the first 40 bytes of a stream. Raises `Problem("dossier.stream-header")`."""
        head = bytes(data[:HEADER])
        if len(head) != HEADER or head[0] != HEADER:
            raise Problem("dossier.stream-header", place)
        return cls(head[1 : 1 + SALT], head[1 + SALT :])


@dataclass(frozen=True)
class Layout:
    """The layout of a stream of `plaintext` bytes. Ranges are half open and count bytes from 0."""

    plaintext: int

    def __post_init__(self) -> None:
        if self.plaintext < 0 or self.segments > MAX_SEGMENTS:
            raise Problem("dossier.stream-size", size=self.plaintext)

    @classmethod
    def of_ciphertext(cls, size: int, place: str = "") -> Layout:
        """The layout of a stream of `size` ciphertext bytes. Raises `Problem("dossier.stream-size")` for a size that
        no stream has."""
        segments = -(-size // SEGMENT)
        plaintext = size - HEADER - TAG * segments
        if plaintext < 0 or cls(plaintext).segments != segments:
            raise Problem("dossier.stream-size", place, size=size)
        return cls(plaintext)

    @property
    def segments(self) -> int:
        """Number of segments; an empty stream has one."""
        return max(1, -(-(self.plaintext + HEADER) // PLAIN))

    @property
    def ciphertext(self) -> int:
        """Bytes of the whole stream."""
        return HEADER + self.plaintext + TAG * self.segments

    @property
    def parts(self) -> int:
        """Number of parts."""
        return -(-self.segments // PART_SEGMENTS)

    def is_last(self, segment: int) -> bool:
        """Whether it is the stream's last segment."""
        return segment == self.segments - 1

    def segment_at(self, offset: int) -> int:
        """The segment that holds the plaintext byte at `offset`."""
        return (offset + HEADER) // PLAIN

    def segment_plaintext(self, segment: int) -> tuple[int, int]:
        """The plaintext range of a segment."""
        start = max(0, segment * PLAIN - HEADER)
        return start, min((segment + 1) * PLAIN - HEADER, self.plaintext)

    def segment_ciphertext(self, segment: int) -> tuple[int, int]:
        """The ciphertext range of a segment, its tag included and the header not."""
        return max(HEADER, segment * SEGMENT), min((segment + 1) * SEGMENT, self.ciphertext)

    def part_segments(self, part: int) -> range:
        """The segments of a part."""
        return range(part * PART_SEGMENTS, min((part + 1) * PART_SEGMENTS, self.segments))

    def part_ciphertext(self, part: int) -> tuple[int, int]:
        """The ciphertext range of a part; the first holds the header."""
        return part * PART, min((part + 1) * PART, self.ciphertext)

    def part_plaintext(self, part: int) -> tuple[int, int]:
        """The plaintext range of a part."""
        numbers = self.part_segments(part)
        return self.segment_plaintext(numbers[0])[0], self.segment_plaintext(numbers[-1])[1]


class StreamCipher:
    """Seals and opens the segments of one stream, in any order. `encrypt` and `decrypt` do it for a whole stream.

    The key must be 32 bytes. `associated_data` binds the stream to what it belongs to (see `keys.associated_data`).
    """

    def __init__(self, key: bytes, header: StreamHeader, associated_data: bytes, suite_name: str = WRITTEN) -> None:
        if len(key) != KEY:
            raise Problem("dossier.volume-key")
        self.header, self.suite = header, suite(suite_name)
        self._aead = self.suite.aead(self.suite.derive(key, header.salt, associated_data))

    def __repr__(self) -> str:
        return "StreamCipher(key not shown)"

    def _nonce(self, segment: int, last: bool) -> bytes:
        return self.header.prefix + segment.to_bytes(4, "big") + (b"\x01" if last else b"\x00")

    def seal_segment(self, segment: int, last: bool, plaintext: Buffer, into: memoryview) -> int:
        """Write ciphertext and tag to `into`, which is exactly 16 bytes longer than `plaintext`; returns the length."""
        return self._aead.encrypt_into(self._nonce(segment, last), plaintext, None, into)

    def open_segment(self, segment: int, last: bool, ciphertext: Buffer, into: memoryview, place: str = "") -> int:
        """Write the plaintext to `into`, which is exactly 16 bytes shorter than `ciphertext`; returns the length.

        Raises `Problem("dossier.segment-altered")` when key, place in the stream or bytes are not those of sealing;
        `into` then holds nothing to rely on.
        """
        try:
            return self._aead.decrypt_into(self._nonce(segment, last), ciphertext, None, into)
        except self.suite.refusals as error:
            raise Problem("dossier.segment-altered", place, segment=segment) from error


def encrypt(
    key: bytes, header: StreamHeader, associated_data: bytes, plaintext: bytes, suite_name: str = WRITTEN
) -> bytes:
    """The whole stream of a plaintext that fits into memory."""
    layout = Layout(len(plaintext))
    cipher = StreamCipher(key, header, associated_data, suite_name)
    stream = bytearray(layout.ciphertext)
    stream[:HEADER] = header.encode()
    source, target = memoryview(plaintext), memoryview(stream)
    for number in range(layout.segments):
        start, end = layout.segment_plaintext(number)
        low, high = layout.segment_ciphertext(number)
        cipher.seal_segment(number, layout.is_last(number), source[start:end], target[low:high])
    return bytes(stream)


def decrypt(key: bytes, associated_data: bytes, stream: bytes, suite_name: str = WRITTEN) -> bytes:
    """The plaintext of a whole stream in memory. Raises `Problem` `dossier.stream-header`, `stream-size`,
    `segment-altered`."""
    header = StreamHeader.decode(stream)
    layout = Layout.of_ciphertext(len(stream))
    cipher = StreamCipher(key, header, associated_data, suite_name)
    plaintext = bytearray(layout.plaintext)
    source, target = memoryview(stream), memoryview(plaintext)
    for number in range(layout.segments):
        start, end = layout.segment_plaintext(number)
        low, high = layout.segment_ciphertext(number)
        cipher.open_segment(number, layout.is_last(number), source[low:high], target[start:end])
    return bytes(plaintext)

"""The stream format, held against Tink's own reader and writer, and at every boundary."""

from __future__ import annotations

import io
from typing import Any

import pytest
import tink
from hypothesis import given, settings
from hypothesis import strategies as st
from tink import cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from dossier.stream import (
    HEADER,
    PART_SEGMENTS,
    PLAIN,
    SEGMENT,
    TAG,
    Layout,
    StreamCipher,
    StreamHeader,
    decrypt,
    encrypt,
)
from tests.dossier.samples import caught

KEY = bytes(range(32))
HEAD = StreamHeader(b"s" * 32, b"n" * 7)
AAD = b'{"purpose":"pack"}'
FIRST = PLAIN - HEADER

BOUNDARIES = {
    "empty": 0,
    "one byte": 1,
    "first segment less one": FIRST - 1,
    "first segment": FIRST,
    "first segment and one": FIRST + 1,
    "two segments less one": FIRST + PLAIN - 1,
    "two segments": FIRST + PLAIN,
    "two segments and one": FIRST + PLAIN + 1,
    "one part less one": FIRST + 15 * PLAIN - 1,
    "one part": FIRST + 15 * PLAIN,
    "one part and one": FIRST + 15 * PLAIN + 1,
}


def tink_primitive() -> Any:
    streaming_aead.register()
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, key_value=KEY, params=params)
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    entry = tink_pb2.Keyset.Key(key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[entry])
    handle = cleartext_keyset_handle.read(tink.BinaryKeysetReader(keyset.SerializeToString()))
    return handle.primitive(streaming_aead.StreamingAead)


class Kept(io.BytesIO):
    """Keeps what was written when the writer closes it."""

    written = b""

    def close(self) -> None:
        self.written = self.getvalue()
        super().close()


def pattern(size: int) -> bytes:
    return (b"Casehub/" * (size // 8 + 1))[:size]


@pytest.mark.parametrize("size", BOUNDARIES.values(), ids=BOUNDARIES)
def test_tink_reads_ours_and_we_read_tinks(size: int) -> None:
    primitive, plaintext = tink_primitive(), pattern(size)
    ours = encrypt(KEY, HEAD, AAD, plaintext)
    assert primitive.new_decrypting_stream(io.BytesIO(ours), AAD).read() == plaintext
    theirs = Kept()
    with primitive.new_encrypting_stream(theirs, AAD) as writer:
        writer.write(plaintext)
    assert len(theirs.written) == len(ours) == Layout(size).ciphertext
    assert decrypt(KEY, AAD, theirs.written) == plaintext


@given(st.integers(0, 1 << 45))
def test_layout_is_consistent(size: int) -> None:
    layout = Layout(size)
    assert Layout.of_ciphertext(layout.ciphertext) == layout
    last = layout.segments - 1
    assert layout.segment_plaintext(0)[0] == 0
    assert layout.segment_plaintext(last)[1] == size
    assert layout.segment_ciphertext(last)[1] == layout.ciphertext
    assert layout.part_ciphertext(layout.parts - 1)[1] == layout.ciphertext
    assert layout.part_plaintext(layout.parts - 1)[1] == size
    assert layout.is_last(last)


@given(st.integers(1, 1 << 34), st.data())
def test_every_offset_lies_in_the_segment_that_the_contract_names(size: int, data: st.DataObject) -> None:
    layout = Layout(size)
    offset = data.draw(st.integers(0, size - 1))
    number = layout.segment_at(offset)
    start, end = layout.segment_plaintext(number)
    low, high = layout.segment_ciphertext(number)
    assert number == (offset + 40) // (2**20 - 16)
    assert start <= offset < end
    assert high - low == end - start + TAG
    assert number in layout.part_segments(number // PART_SEGMENTS)


@given(st.integers(0, 40 * SEGMENT))
def test_a_size_is_refused_exactly_when_no_plaintext_has_it(size: int) -> None:
    segments = -(-size // SEGMENT)
    plaintext = size - HEADER - TAG * segments
    possible = plaintext >= 0 and Layout(max(0, plaintext)).ciphertext == size
    if possible:
        assert Layout.of_ciphertext(size).plaintext == plaintext
    else:
        assert caught(lambda: Layout.of_ciphertext(size)).code == "dossier.stream-size"


@settings(max_examples=25)
@given(st.sampled_from(sorted(BOUNDARIES.values())[:8]), st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_round_trip(size: int, key: bytes, associated_data: bytes) -> None:
    header = StreamHeader.generate()
    stream = encrypt(key, header, associated_data, pattern(size))
    assert StreamHeader.decode(stream) == header
    assert decrypt(key, associated_data, stream) == pattern(size)
    assert encrypt(key, header, associated_data, pattern(size)) == stream


def cut(stream: bytes) -> list[bytes]:
    return [stream[at : at + SEGMENT] for at in range(0, len(stream), SEGMENT)]


def swapped(stream: bytes) -> bytes:
    head, second, third, *rest = cut(stream)
    return b"".join([head, third, second, *rest])


def flipped(stream: bytes, at: int) -> bytes:
    return stream[:at] + bytes([stream[at] ^ 1]) + stream[at + 1 :]


THREE = encrypt(KEY, HEAD, AAD, pattern(FIRST + 3 * PLAIN))
HURT = {
    "a byte of the salt": (flipped(THREE, 1), "dossier.segment-altered"),
    "a byte of the nonce prefix": (flipped(THREE, 39), "dossier.segment-altered"),
    "the header's length": (flipped(THREE, 0), "dossier.stream-header"),
    "a byte of the first segment": (flipped(THREE, 500), "dossier.segment-altered"),
    "a byte of the last tag": (flipped(THREE, len(THREE) - 1), "dossier.segment-altered"),
    "two segments swapped": (swapped(THREE), "dossier.segment-altered"),
    "the last segment missing": (THREE[: 3 * SEGMENT], "dossier.segment-altered"),
    "the last byte missing": (THREE[:-1], "dossier.segment-altered"),
    "a byte added": (THREE + b"\x00", "dossier.stream-size"),
    "a segment added": (THREE + THREE[-SEGMENT:], "dossier.segment-altered"),
    "the header alone": (THREE[:HEADER], "dossier.stream-size"),
    "half a header": (THREE[:20], "dossier.stream-header"),
    "nothing": (b"", "dossier.stream-header"),
}


@pytest.mark.parametrize(("stream", "code"), HURT.values(), ids=HURT)
def test_what_is_not_as_sealed_is_refused(stream: bytes, code: str) -> None:
    assert caught(lambda: decrypt(KEY, AAD, stream)).code == code


def test_key_and_associated_data_count() -> None:
    stream = encrypt(KEY, HEAD, AAD, b"x")
    assert caught(lambda: decrypt(bytes(32), AAD, stream)).code == "dossier.segment-altered"
    assert caught(lambda: decrypt(KEY, b"", stream)).code == "dossier.segment-altered"
    assert caught(lambda: decrypt(KEY[:31], AAD, stream)).code == "dossier.volume-key"


def test_a_last_segment_cannot_be_passed_off_as_a_middle_one() -> None:
    cipher = StreamCipher(KEY, HEAD, AAD)
    sealed, opened = memoryview(bytearray(17)), memoryview(bytearray(1))
    cipher.seal_segment(0, True, b"x", sealed)
    assert cipher.open_segment(0, True, sealed, opened) == 1
    assert caught(lambda: cipher.open_segment(0, False, sealed, opened)).code == "dossier.segment-altered"
    assert caught(lambda: cipher.open_segment(1, True, sealed, opened)).code == "dossier.segment-altered"


def test_headers_and_sizes_out_of_bounds() -> None:
    assert caught(lambda: StreamHeader(b"s", b"n" * 7)).code == "dossier.stream-header"
    assert caught(lambda: Layout(-1)).code == "dossier.stream-size"
    assert caught(lambda: Layout(1 << 53)).code == "dossier.stream-size"
    assert "k" * 3 not in repr(StreamCipher(b"k" * 32, HEAD, AAD))

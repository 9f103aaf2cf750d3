"""Detects the kind of a file from its first bytes; file names are not trusted."""

from __future__ import annotations

HEAD = 1_100
"""How many bytes from the start of a file `media_type` wants."""

UNKNOWN = "application/octet-stream"
PDF, OFD, TIFF, ZIP = "application/pdf", "application/ofd", "image/tiff", "application/zip"

_SINGLE_IMAGES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"BM", "image/bmp"),
)
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_RECORDINGS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/x-matroska"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
)
SINGLE_IMAGES = frozenset(media for _, media in _SINGLE_IMAGES)


def media_type(head: bytes) -> str:
    """The media type of a file that begins with `head`. An OFD is a zip container to this function;
    `application/octet-stream` when nothing is known."""
    for start, media in _SINGLE_IMAGES:
        if head.startswith(start):
            return media
    if head.startswith(_TIFF):
        return TIFF
    if b"%PDF-" in head[:1024]:  # ISO 32000-1 annex H.3.4.1: readers accept it anywhere in the first 1,024 bytes
        return PDF
    if head.startswith(b"RIFF"):
        return {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], UNKNOWN)
    for offset, mark, media in _RECORDINGS:
        if head.startswith(mark, offset):
            return media
    return ZIP if head.startswith(b"PK\x03\x04") else UNKNOWN


def is_recording(media: str) -> bool:
    """Whether it is sound or film, which has no pages."""
    return media.startswith(("audio/", "video/"))

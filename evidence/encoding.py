"""Bytes as text: padded standard base64 (RFC 4648 section 4), in its one canonical form."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from messages.problems import Problem


def to_base64(data: bytes) -> str:
    """`data` as padded standard base64."""
    return base64.b64encode(data).decode("ascii")


def read_base64(text: Any, place: str = "") -> bytes:
    """The bytes of padded standard base64 in its canonical form. Raises `Problem("evidence.malformed-base64")`."""
    if isinstance(text, str):
        try:
            data = base64.b64decode(text.encode("ascii"), validate=True)
        except (ValueError, binascii.Error):
            data = b""
        if to_base64(data) == text:
            return data
    raise Problem("evidence.malformed-base64", place)

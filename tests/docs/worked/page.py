"""Reading and writing the worked blocks of docs/protocol.md and the file of vectors beside it.

A worked block is a fenced block whose info string has a second word, the value's name: ```hex stream.nonce
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.docs.worked.value import Value

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE, VECTORS = DOCS / "protocol.md", DOCS / "protocol-vectors.json"
FORMAT = "casehub/protocol-vectors/v1"
_BLOCK = re.compile(r"^```(text|hex|json) ([a-z0-9.-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> dict[str, tuple[str, str]]:
    """Form and content of every worked block by name. Raises `ValueError` for a name that stands twice."""
    found: dict[str, tuple[str, str]] = {}
    for match in _BLOCK.finditer(page):
        if match[2] in found:
            raise ValueError(match[2])
        found[match[2]] = match[1], match[3].removesuffix("\n")
    return found


def vectors() -> dict[str, Any]:
    """The file of vectors; empty when there is none yet."""
    body: dict[str, Any] = json.loads(VECTORS.read_text("utf-8")) if VECTORS.exists() else {"wrapped": {}, "values": {}}
    return body


def wrapped_keys() -> dict[str, bytes]:
    """The wrapped volume keys by recipient, as the vectors hold them."""
    return {name: base64.b64decode(value) for name, value in vectors()["wrapped"].items()}


def as_vectors(values: Mapping[str, Value], wrapped: Mapping[str, bytes]) -> dict[str, Any]:
    """What the file of vectors must hold."""
    return {
        "format": FORMAT,
        "about": "Every worked value of protocol.md in full. Seeds are no secrets; persons and agencies are invented.",
        "wrapped": {name: base64.b64encode(value).decode("ascii") for name, value in wrapped.items()},
        "values": {name: {"form": value.form, "value": value.stored()} for name, value in values.items()},
    }


def write(values: Mapping[str, Value], wrapped: Mapping[str, bytes]) -> None:
    """Put `values` into the page's blocks and into the vectors. Raises `KeyError` for a block without a value."""

    def block(match: re.Match[str]) -> str:
        value = values[match[2]]
        return f"```{value.form} {match[2]}\n{value.shown()}\n```"

    PAGE.write_text(_BLOCK.sub(block, PAGE.read_text("utf-8")), "utf-8")
    body = json.dumps(as_vectors(values, wrapped), ensure_ascii=False, indent=1)
    VECTORS.write_text(body + "\n", "utf-8")

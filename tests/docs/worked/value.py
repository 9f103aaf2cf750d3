"""One worked value and how a reader sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

Form = Literal["text", "hex", "json"]
LONGEST = 88
"""Characters of a JSON string before it is shortened for the page; the vectors hold it whole."""
KEPT = 28


@dataclass(frozen=True)
class Value:
    """`text` is UTF-8 text, `hex` bytes, `json` a JSON value."""

    form: Form
    value: Any

    def stored(self) -> Any:
        """As it stands in the vectors: whole."""
        return self.value.hex() if self.form == "hex" else self.value

    def shown(self) -> str:
        """As it stands in the page: bytes in lines of 32, JSON indented and with long strings shortened by `…`."""
        if self.form == "hex":
            digits = self.value.hex()
            return "\n".join(digits[start : start + 64] for start in range(0, len(digits), 64))
        if self.form == "json":
            return json.dumps(_shortened(self.value), ensure_ascii=False, indent=2, sort_keys=True)
        return str(self.value).removesuffix("\n")


def text(value: str | bytes) -> Value:
    """Text, or bytes that are UTF-8."""
    return Value("text", value.decode("utf-8") if isinstance(value, bytes) else value)


def octets(value: bytes) -> Value:
    """Bytes."""
    return Value("hex", value)


def document(value: Any) -> Value:
    """A JSON value."""
    return Value("json", value)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    if isinstance(value, str) and len(value) > LONGEST:
        return value[:KEPT] + "…"
    return value

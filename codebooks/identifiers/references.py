"""Normalises numbers that people write in different forms: case numbers, document numbers, acceptance numbers."""

from __future__ import annotations

import re
import unicodedata

_OPENING = "（〔[【〖{〈《﹙﹝⟨⦅「『"
_CLOSING = "）〕]】〗}〉》﹚﹞⟩⦆」』"
_BRACKETS = str.maketrans({**dict.fromkeys(_OPENING, "("), **dict.fromkeys(_CLOSING, ")")})
_UNSEEN = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\uff0d\u30fc]")


def normalize_reference(text: str) -> str:
    """The look-up form of a reference: half width, round brackets, plain hyphens, capitals, nothing unseen. Idempotent.

    `〔2024〕`, `[2024]`, `（2024）` all become `(2024)`. It is for comparing and blind indexes; what was written is
    kept beside it for display."""
    plain = text
    while (further := _normalized(plain)) != plain:  # taking a sign away can bring others together
        plain = further
    return plain


def _normalized(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(_BRACKETS)).translate(_BRACKETS)
    return _DASHES.sub("-", _UNSEEN.sub("", plain)).upper()

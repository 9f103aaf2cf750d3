"""Normalises names of crimes, case classes and causes for comparison.

One agency writes 组织他人偷越国（边）境罪, another 组织他人偷越国(边)境案. `fold` removes what has no meaning: width,
brackets, punctuation, spaces and the closing 罪 or 案.
"""

from __future__ import annotations

import re
import unicodedata

_NO_MEANING = re.compile(r"[\s、，,。．.；;：:·・\-—–_/（）()〔〕\[\]【】〈〉<>《》「」『』“”\"'‘’{}]+")
_CLOSING = ("罪", "案")


def fold(name: str) -> str:
    """The comparison form of a name; idempotent. A name that is only 罪 or 案 stays as it is."""
    plain = name
    while (further := _folded(plain)) != plain:  # taking a sign away can bring others together
        plain = further
    return plain


def _folded(name: str) -> str:
    plain = _NO_MEANING.sub("", unicodedata.normalize("NFKC", name)).casefold()
    return plain[:-1] if len(plain) > 1 and plain.endswith(_CLOSING) else plain

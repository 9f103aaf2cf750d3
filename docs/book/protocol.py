"""docs/protocol.md and docs/security.md by sections, which the book carries whole beside what it generates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from docs.book.paths import ROOT

_HEADING = re.compile(r"^## (?:(\d+) )?(.*)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|urn:)[^)]*\)")


@cache
def sections(name: str) -> Mapping[str, tuple[str, str]]:
    """Sections of `docs/<name>.md` by number → (title, text); unnumbered ones by their words, joined by hyphens.

    Headings inside sink by two levels; links to other files of the repository become their words."""
    text = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    heads = list(_HEADING.finditer(text))
    found = {}
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        found[head.group(1) or _slug(head.group(2))] = (head.group(2), _fitted(text[head.end() : end].strip()))
    return found


def _slug(title: str) -> str:
    """The heading as an anchor: words in lower case, joined by hyphens."""
    return "-".join(re.findall(r"\w+", title.lower()))


def _fitted(text: str) -> str:
    """The text with sunken headings and without links into the repository; fenced blocks stay as they are."""
    pieces = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    for index in range(0, len(pieces), 2):
        pieces[index] = _LINK.sub(r"\1", re.sub(r"^(#+) ", r"#\1 ", pieces[index], flags=re.MULTILINE))
    for index in range(1, len(pieces), 2):
        pieces[index] = re.sub(r"\A```[^\n]*", "```text", pieces[index])
    return "".join(pieces)

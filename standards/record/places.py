"""Places in a record as people say them: `/persons/1/certificates` is 第2人 林某甲 证件.

For people who read the record anyway. A person's name is part of the words, so they stand in no log and no statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messages import Lang, text
from standards.record.names import OBJECTS, Chain, names


def in_words(pointer: str, record: Mapping[str, Any], lang: Lang) -> str:
    """A JSON pointer (RFC 6901) into `record` in words; what is no pointer, or names nothing known, stays as it is."""
    if not pointer.startswith("/"):
        return pointer
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]
    node: Any = record
    chain: Chain = ()
    words: list[str] = []
    for step in steps:
        if step.isascii() and step.isdigit() and words:
            node = _at(node, int(step))
            words[-1] = _counted(words[-1], chain, int(step) + 1, node, lang)
            continue
        named = names().get(OBJECTS.get(chain, ""), {}).get(step)
        if named is None:
            return pointer if not words else " ".join([*words, step])
        words.append(named[0] if lang == "zh" else named[1])
        chain = (*chain, step)
        node = node.get(step) if isinstance(node, Mapping) else None
    return " ".join(words)


def _at(node: Any, index: int) -> Any:
    return node[index] if isinstance(node, list | tuple) and index < len(node) else None


def _counted(label: str, chain: Chain, number: int, node: Any, lang: Lang) -> str:
    """One of a list by its number from 1; a person with the name."""
    if chain != ("persons",):
        return text("place.item", lang, label=label, number=number)
    name = node.get("name") if isinstance(node, Mapping) else None
    told = text("place.person", lang, number=number)
    return f"{told} {name}" if isinstance(name, str) and name else told

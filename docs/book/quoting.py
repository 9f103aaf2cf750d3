"""Quotations of data in prose: `{{node N-ARR-001}}`, `{{count nodes = 619}}`, never a number typed by hand.

| quotation | becomes | error when |
| --- | --- | --- |
| `{{node N-ARR-001}}` | the node's name, linked | there is no such node |
| `{{document F0301}}` | the document's name and code | there is no such type |
| `{{volume V20}}` | the volume kind's name and code | there is no such kind |
| `{{term DL-20}}` | the statutory term's name, linked | there is no such term |
| `{{rule IR-01}}` | the rule's id, linked | there is no such rule |
| `{{code gb.sex 1}}` | the code's display | the table has no such code |
| `{{spec B2}}` | the specification's number and title, linked | there is none |
| `{{limit hub part_bytes = 16777216}}` | the value | the limit is another |
| `{{count nodes}}` | the number | nothing of this name is counted |
| `{{count core = 166}}` | the number | the data count otherwise |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import codebooks
import hub.limits
import standards.limits
from codebooks import CodebookError
from docs.book.markdown import escape
from docs.book.model import Book
from standards.documents import document_types
from standards.documents.volumes import kinds
from standards.nodes import catalogue
from standards.rules import deadlines, rules

_QUOTATION = re.compile(r"\{\{(\w+) ([^{}]+?)\}\}")
Lang = str


class QuotationError(Exception):
    """A quotation that the data do not bear out."""


def resolve(text: str, lang: Lang, book: Book, where: str, faults: list[str]) -> str:
    """`text` with every quotation filled in; what cannot be goes to `faults` with its place."""

    def fill(match: re.Match[str]) -> str:
        kind, argument = match.groups()
        try:
            return _KINDS[kind](argument.strip(), lang, book)
        except (KeyError, CodebookError):
            faults.append(f"{where}: {match.group(0)}: the data have no such thing")
        except QuotationError as error:
            faults.append(f"{where}: {match.group(0)}: {error}")
        return match.group(0)

    filled = _QUOTATION.sub(fill, text)
    if "{{" in _QUOTATION.sub("", text):
        faults.append(f"{where}: a quotation is not closed or not well formed")
    return filled


def counts() -> Mapping[str, int]:
    """What can be counted, by name."""
    release = codebooks.load()
    nodes = list(catalogue())
    return {
        "nodes": len(nodes),
        "core": sum(node.core for node in nodes),
        "categories": len({node.category for node in nodes}),
        "documents": len(document_types()),
        "volumes": len(kinds()),
        "terms": len(deadlines()),
        "rules": len(rules()),
        "tables": len(release.systems()),
        "crosswalks": len(release.crosswalks),
    }


def _node(argument: str, lang: Lang, book: Book) -> str:
    if argument not in catalogue():
        raise KeyError(argument)
    return f"[{escape(catalogue().get(argument).name(lang))}（{argument}）](#{argument})"


def _document(argument: str, lang: Lang, book: Book) -> str:
    document_types()[argument]
    return f"{escape(document_types().name(argument, lang))} `{argument}`"


def _volume(argument: str, lang: Lang, book: Book) -> str:
    kind = kinds()[argument]
    return f"{escape(kind.zh if lang == 'zh' else kind.en)} `{argument}`"


def _term(argument: str, lang: Lang, book: Book) -> str:
    return f"[{escape(deadlines()[argument].zh)}（{argument}）](#{argument})"


def _rule(argument: str, lang: Lang, book: Book) -> str:
    return f"[{rules()[argument].id}](#{argument})"


def _code(argument: str, lang: Lang, book: Book) -> str:
    system, code = argument.split()
    concept = codebooks.load().system(system).at(code, None)
    if concept is None:
        raise KeyError(argument)
    return f"{escape(concept.display)} `{code}`"


def _spec(argument: str, lang: Lang, book: Book) -> str:
    found = {each.number: each for each in book.specifications}[argument]
    return f"[{found.number} {escape(found.zh if lang == 'zh' else found.en)}]({found.number}.md)"


_LIMITS = {"hub": hub.limits.Limits(), "standards": standards.limits.LIMITS}


def _limit(argument: str, lang: Lang, book: Book) -> str:
    name, told = (part.strip() for part in argument.split("="))
    owner, member = name.split()
    return _same(getattr(_LIMITS[owner], member, None), told)


def _count(argument: str, lang: Lang, book: Book) -> str:
    name, _, told = (part.strip() for part in argument.partition("="))
    return _same(counts()[name], told or str(counts()[name]))


def _same(found: object, told: str) -> str:
    if str(found) != told:
        msg = f"the data say {found}"
        raise QuotationError(msg)
    return f"{found:,}" if isinstance(found, int) else str(found)


_KINDS: Mapping[str, Callable[[str, Lang, Book], str]] = {
    "node": _node,
    "document": _document,
    "volume": _volume,
    "term": _term,
    "rule": _rule,
    "code": _code,
    "spec": _spec,
    "limit": _limit,
    "count": _count,
}

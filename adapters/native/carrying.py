"""What a record has and a format does not carry: members for which the tables have no row, told by name.

A row that exists writes its member or refuses it. A member without a row would be lost unseen, so it becomes a finding
`native.not-carried`, one for each kind of object, with the members' names and no value. It looks at members only: that
a code is converted, or a number written in another column, is no loss. The record itself lies beside the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.native.formats import Row
from adapters.native.paths import SELF, pointer_to
from adapters.native.writer import Writer
from messages.findings import Finding
from standards import formats
from standards.record.names import OBJECTS, Chain, names

_NO_LOSS: frozenset[Chain] = frozenset(
    {
        ("schema",),  # the frame of the record, no fact of the case
        ("domain",),
        ("must_understand",),
        ("extensions",),  # an agency's own items: its own format takes them back, no other is meant to read them
        ("charges", "by_case"),  # where the police keep the charge
    }
)
_ENTRY_BY_ENTRY = frozenset({"list", "ref", "refs", "refs-rest", "docket", "by-case"})
"""Codecs whose row writes some entries of a list and leaves others to another row."""


def not_carried(writer: Writer) -> list[Finding]:
    """One finding for each kind of object of the record that has members which `writer` did not write."""
    looking = _Looking(writer)
    looking.members(writer.record, (), "", ())
    groups: dict[str, dict[Chain, None]] = {}
    for chain in looking.lost:
        whole = chain if len(chain) > 1 else ("case", *chain)  # what stands beside the lists is told with the case
        groups.setdefault(whole[0], {})[whole] = None
    return [_finding(group, list(chains)) for group, chains in groups.items()]


def _finding(group: str, chains: Iterable[Chain]) -> Finding:
    zh, en = names()["record"].get(group, (group, group))
    told = [_names(chain) for chain in chains]
    params = {
        "object_zh": zh,
        "object_en": en,
        "members_zh": "、".join(dict.fromkeys("：".join(zh for zh, _ in each) for each in told)),
        "members_en": ", ".join(dict.fromkeys(": ".join(en for _, en in each) for each in told)),
    }
    return Finding("native.not-carried", "D", f"/{group}", params=params)


def _names(chain: Chain) -> list[tuple[str, str]]:
    """The names of the members below the first; a part of a member without names of its own goes by the member's."""
    found: list[tuple[str, str]] = []
    for place in range(1, len(chain)):
        known = names().get(OBJECTS.get(chain[:place], ""))
        if known is None:
            break
        key = chain[place]
        shown = key if formats.fits("member-name", key) else "…"  # a key of no known form may be anything
        found.append(known.get(key, (shown, shown)))
    return found


class _Looking:
    """One look through a record that was written."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.lost: dict[Chain, None] = {}
        self.covers: dict[tuple[str, ...], Mapping[Chain, bool]] = {}

    def members(self, target: Mapping[str, Any], path: Chain, pointer: str, chain: Chain) -> None:
        """Look at an object for which scopes were written at `pointer`, or at the part at `path` of one."""
        cover = self._cover(self.writer.scoped[pointer])
        if SELF in cover:
            return
        for member, value in target.items():
            here, links = (*path, member), (*chain, member)
            if _is_empty(value) or links in _NO_LOSS or self._is_term(links, pointer):
                continue
            if here not in cover:
                if isinstance(value, dict) and any(row[: len(here)] == here for row in cover):
                    self.members(value, here, pointer, links)
                else:
                    self._lose(value, links)
            elif not cover[here]:
                self._entries(value, pointer_to(pointer, here), links)

    def _entries(self, value: Any, pointer: str, chain: Chain) -> None:
        for place, entry in enumerate(value if isinstance(value, list) else [value]):
            where = f"{pointer}/{place}"
            if where in self.writer.scoped:
                self.members(entry, (), where, chain)
            elif id(entry) not in self.writer.consumed:
                self._lose(entry, chain)

    def _is_term(self, chain: Chain, pointer: str) -> bool:
        """Whether a term of a penalty was written in words, which is known only when it has been tried."""
        return chain[:2] == ("decisions", "terms") and (pointer, chain[-1]) in self.writer.terms_written

    def _lose(self, value: Any, chain: Chain) -> None:
        """Nothing of `value` was written: it is told as one, save objects of the record, whose members are told."""
        objects = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
        if len(chain) > 1 or not objects or chain not in OBJECTS:
            self.lost[chain] = None
            return
        for each in objects:
            self.lost.update({(*chain, member): None for member, held in each.items() if not _is_empty(held)})

    def _cover(self, scopes: Iterable[str]) -> Mapping[Chain, bool]:
        """Paths that the rows of these scopes write → whether whole, not entry by entry."""
        key = tuple(scopes)
        if key not in self.covers:
            self.covers[key] = self._covered(key)
        return self.covers[key]

    def _covered(self, scopes: tuple[str, ...]) -> Mapping[Chain, bool]:
        cover: dict[Chain, bool] = {}
        for row in self.writer.format.rows():
            if _is_of(row, scopes) and row.record:
                if row.codec == "term":  # in words, so only the terms that words can say: see `_is_term`
                    cover.setdefault((*row.record, "penalty"), False)
                    continue
                cover[row.record] = row.codec not in _ENTRY_BY_ENTRY
            if row.codec == "list" and row.listing.scope in scopes:
                told = [row.listing.link, *(variant.member for variant in row.listing.variants)]
                cover |= {(member,): True for member in told if member}
        return cover


def _is_of(row: Row, scopes: tuple[str, ...]) -> bool:
    return "case" in scopes if row.absolute else row.scope in scopes


def _is_empty(value: Any) -> bool:
    return value is None or (not value and isinstance(value, str | list | dict))

"""Decides whether two persons are the same. Pure: facts about both in, a verdict out.

The rules are data (`rules.toml`). A tie always needs a number. A name alone never gives a tie or a candidate, so that a
person without papers under a self-reported name (自报姓名) is an identity of its own. A contradiction turns a tie into
a candidate for people to decide.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from rapidfuzz.fuzz import ratio

from codebooks.identifiers import check, normalize_reference

_BRACKETED = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    id: str
    basis: str
    then: str
    confidence: str
    zh: str
    en: str


@dataclass(frozen=True)
class CertificateClass:
    """Which unified types of certificates share one kind of number, and how it is checked."""

    name: str
    types: frozenset[str]
    check: str
    refused_warnings: frozenset[str]


@dataclass(frozen=True)
class Rules:
    """The complete table."""

    version: str
    certificates: tuple[CertificateClass, ...]
    rules: tuple[Rule, ...]
    agency_numbers: frozenset[str]
    contradictions: Mapping[str, str]
    placeholders: frozenset[str]
    least_length: int
    least_different: int
    least_similarity: float
    say_nothing: frozenset[str]

    def named(self, rule_id: str) -> Rule | None:
        """A rule by its id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


@dataclass(frozen=True)
class Traits:
    """What is known about one person. `certificates`: class ("" for none) by blind index; it contains no number."""

    kind: str = "natural"
    names: frozenset[str] = frozenset()
    sex: str = ""
    birth_date: str = ""
    certificates: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Traits:
        """As `to_json` wrote it; missing members are unknown."""
        return cls(
            kind=str(body.get("kind", "natural")),
            names=frozenset(body.get("names", ())),
            sex=str(body.get("sex", "")),
            birth_date=str(body.get("birth_date", "")),
            certificates=dict(body.get("certificates", {})),
        )

    def to_json(self) -> dict[str, Any]:
        """For the vault."""
        return {
            "kind": self.kind,
            "names": sorted(self.names),
            "sex": self.sex,
            "birth_date": self.birth_date,
            "certificates": dict(self.certificates),
        }

    def with_later(self, told: Traits) -> Traits:
        """After a later record: names and certificates are added, the rest is replaced."""
        return Traits(
            told.kind,
            self.names | told.names,
            told.sex or self.sex,
            told.birth_date or self.birth_date,
            {**self.certificates, **told.certificates},
        )


@dataclass(frozen=True)
class Verdict:
    """`link`: tie the two; else ask people. `rule` gives the reason, `contradictions` the conflicting facts."""

    rule: Rule
    contradictions: tuple[str, ...] = ()

    @property
    def link(self) -> bool:
        """Whether the two are tied at once."""
        return self.rule.then == "link" and not self.contradictions


@cache
def table() -> Rules:
    """The rules as shipped."""
    raw = tomllib.loads((resources.files(__package__) / "rules.toml").read_text("utf-8"))
    return Rules(
        version=raw["version"],
        certificates=tuple(
            CertificateClass(
                item["class"], frozenset(item["types"]), item["check"], frozenset(item.get("refused_warnings", ()))
            )
            for item in raw["certificate"]
        ),
        rules=tuple(Rule(**item) for item in raw["rule"]),
        agency_numbers=frozenset(item["kind"] for item in raw["number"] if item["scope"] == "agency"),
        contradictions=raw["contradictions"],
        placeholders=frozenset(normalize_reference(word) for word in raw["placeholders"]["words"]),
        least_length=int(raw["placeholders"]["least_length"]),
        least_different=int(raw["placeholders"]["least_different"]),
        least_similarity=float(raw["names"]["least_similarity"]),
        say_nothing=frozenset(raw["names"]["say_nothing"]),
    )


def certificate_class(unified_type: str, number: str) -> str:
    """The class of a certificate whose number passes the class's check; "" where none does."""
    for entry in table().certificates:
        if unified_type in entry.types:
            verdict = check(entry.check, number)
            if verdict.valid and not entry.refused_warnings & set(verdict.warnings):
                return entry.name
    return ""


def is_number(number: str) -> bool:
    """Whether a certificate's number can tell one human being from another: no placeholder, no `000000`."""
    plain = normalize_reference(number)
    signs = [sign for sign in plain if sign.isalnum()]
    rules = table()
    return (
        plain not in rules.placeholders
        and len(signs) >= rules.least_length
        and len(set(signs)) >= rules.least_different
    )


def judge(one: Traits, other: Traits, bases: Collection[str], against: Collection[str] = ()) -> Verdict | None:
    """The verdict on two persons who share what `bases` names; None when that says nothing.

    `against` are contradictions that the caller knows of beside those in the traits.
    """
    rule = next((rule for rule in table().rules if rule.basis in bases), None)
    if rule is None:
        return None
    found = [name for name, clash in _CLASHES.items() if clash(one, other)]
    known = [name for name in table().contradictions if name in {*found, *against}]
    return Verdict(rule, tuple(known))


def _births_clash(one: Traits, other: Traits) -> bool:
    """A date of which only the year is known agrees with any day of that year."""
    first, second = one.birth_date, other.birth_date
    return not (first.startswith(second) or second.startswith(first))


def _sexes_clash(one: Traits, other: Traits) -> bool:
    known = {one.sex, other.sex} - {"", "0", "9"}  # GB/T 2261.1: 0 unknown, 9 not stated
    return len(known) > 1


def _kinds_clash(one: Traits, other: Traits) -> bool:
    return one.kind != other.kind


def _names_clash(one: Traits, other: Traits) -> bool:
    first, second = _telling(one.names), _telling(other.names)
    if not first or not second or first & second:
        return False
    return max(ratio(mine, theirs) for mine in first for theirs in second) < table().least_similarity


def _telling(names: Collection[str]) -> frozenset[str]:
    """The names as they are compared: without remarks in brackets and without what stands for no name."""
    plain = {_BRACKETED.sub("", normalize_reference(name)) for name in names}
    return frozenset(plain - table().say_nothing - {""})


def _certificates_clash(one: Traits, other: Traits) -> bool:
    """Each has a checked citizen's number, and none in common: one human being has one."""
    first, second = ({blind for blind, name in item.certificates.items() if name == "citizen"} for item in (one, other))
    return bool(first) and bool(second) and not first & second


_CLASHES = {
    "birth-date": _births_clash,
    "sex": _sexes_clash,
    "kind": _kinds_clash,
    "name": _names_clash,
    "certificate": _certificates_clash,
}

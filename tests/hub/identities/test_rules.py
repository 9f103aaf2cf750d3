"""The rules by which two persons are held for one: what ties, what asks, what says nothing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identities.rules import Traits, certificate_class, judge, table

CARD, OTHER = "b" * 64, "c" * 64
ONE = Traits("natural", frozenset({"陈某甲（示例）"}), "1", "1990-01-02", {CARD: "citizen"})


def but(**told: Any) -> Traits:
    """The same person with something else."""
    return Traits(**{**{name: getattr(ONE, name) for name in Traits.__dataclass_fields__}, **told})


CERTIFICATES = {
    "citizen": ("ZJ01", "350102199001020118", "citizen"),
    "citizen of 15 digits": ("ZJ01", "350102900102011", "citizen"),
    "household register": ("ZJ03", "350102199001020118", "citizen"),
    "wrong check digit": ("ZJ01", "350102199001020119", ""),
    "type unknown": ("", "350102199001020118", ""),
    "type other": ("ZJ99", "350102199001020118", ""),
    "officer's card": ("ZJ05", "军字第001234号", ""),
    "passport": ("ZJ04", "E12345678", "passport"),
    "passport of an unknown issuer": ("ZJ04", "X12345", ""),
    "permit": ("ZJ07", "H12345678", "permit"),
    "permit number on a passport": ("ZJ04", "无", ""),
    "driving licence": ("ZJ13", "350102199001020118", "citizen"),
}


@pytest.mark.parametrize("what", CERTIFICATES)
def test_a_certificate_has_the_class_that_its_checked_number_deserves(what: str) -> None:
    unified, number, expected = CERTIFICATES[what]
    assert certificate_class(unified, number) == expected


VERDICTS: dict[str, tuple[Traits, set[str], tuple[str, bool, tuple[str, ...]] | None]] = {
    "the same citizen's number": (ONE, {"citizen", "certificate"}, ("ID-01", True, ())),
    "only a number of no class": (ONE, {"certificate"}, ("ID-08", False, ())),
    "nothing shared": (ONE, set(), None),
    "another date of birth": (but(birth_date="1990-01-03"), {"citizen"}, ("ID-01", False, ("birth-date",))),
    "only the year of birth": (but(birth_date="1990"), {"citizen"}, ("ID-01", True, ())),
    "no date of birth": (but(birth_date=""), {"citizen"}, ("ID-01", True, ())),
    "another sex": (but(sex="2"), {"citizen"}, ("ID-01", False, ("sex",))),
    "sex not stated": (but(sex="9"), {"citizen"}, ("ID-01", True, ())),
    "sex unknown": (but(sex=""), {"citizen"}, ("ID-01", True, ())),
    "quite another name": (but(names=frozenset({"欧阳丙（示例）"})), {"citizen"}, ("ID-01", False, ("name",))),
    "one sign of the name": (but(names=frozenset({"陈某申"})), {"citizen"}, ("ID-01", True, ())),
    "a former name": (but(names=frozenset({"欧阳丙", "陈某甲"})), {"citizen"}, ("ID-01", True, ())),
    "a name that says nothing": (but(names=frozenset({"无名氏"})), {"citizen"}, ("ID-01", True, ())),
    "a unit": (but(kind="unit"), {"unit"}, ("ID-04", False, ("kind",))),
    "an agency's number": (but(certificates={}), {"agency-number"}, ("ID-05", True, ())),
    "an agency's number, another card": (
        but(certificates={OTHER: "citizen"}),
        {"agency-number"},
        ("ID-05", False, ("certificate",)),
    ),
    "one of two cards": (but(certificates={OTHER: "citizen", CARD: "citizen"}), {"citizen"}, ("ID-01", True, ())),
    "two against": (but(sex="2", birth_date="2001"), {"citizen"}, ("ID-01", False, ("birth-date", "sex"))),
}


@pytest.mark.parametrize("what", VERDICTS)
def test_verdicts(what: str) -> None:
    other, bases, expected = VERDICTS[what]
    for pair in ((ONE, other), (other, ONE)):
        found = judge(*pair, bases)
        told = None if found is None else (found.rule.id, found.link, found.contradictions)
        assert told == expected


traits = st.builds(
    Traits,
    st.sampled_from(["natural", "unit"]),
    st.frozensets(st.sampled_from(["陈某甲", "林某乙", "无名氏", ""]), max_size=2),
    st.sampled_from(["", "0", "1", "2", "9"]),
    st.sampled_from(["", "1990", "1990-01", "1990-01-02", "1991"]),
    st.dictionaries(st.sampled_from([CARD, OTHER]), st.sampled_from(["citizen", ""]), max_size=2),
)
bases = st.frozensets(st.sampled_from([rule.basis for rule in table().rules]), max_size=3)


@given(traits, traits, bases)
def test_a_verdict_does_not_depend_on_who_came_first(one: Traits, other: Traits, shared: frozenset[str]) -> None:
    assert judge(one, other, shared) == judge(other, one, shared)


@given(traits, traits)
def test_names_sex_and_birth_alone_never_say_anything(one: Traits, other: Traits) -> None:
    assert judge(one, other, frozenset()) is None
    assert judge(one, one, frozenset()) is None


@given(traits, traits, traits)
def test_what_is_known_adds_up_and_survives_the_vault(one: Traits, other: Traits, third: Traits) -> None:
    assert Traits.from_json(one.to_json()) == one
    assert one.with_later(other).names == other.with_later(one).names
    assert one.with_later(other).with_later(third) == one.with_later(other.with_later(third))


def test_the_table_says_what_it_needs() -> None:
    rules = table()
    assert len({rule.id for rule in rules.rules}) == len(rules.rules)
    for rule in rules.rules:
        assert rule.zh
        assert rule.en
        assert rule.then in ("link", "ask")
        assert 0 < float(rule.confidence) < 1
    links = [float(rule.confidence) for rule in rules.rules if rule.then == "link"]
    asks = [float(rule.confidence) for rule in rules.rules if rule.then == "ask"]
    assert min(links) > max(asks)
    assert all("name" not in rule.basis for rule in rules.rules)
    assert [one.id for one, next_ in itertools.pairwise(rules.rules) if one.id >= next_.id] == []

"""Codecs of identifiers: what is composed reads back, what is read composes back, one wrong digit is caught."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codebooks
from codebooks import CodebookError
from codebooks.identifiers import GRADES, KINDS, check, compose
from messages import catalogue

codebooks.load()  # once, before any example is timed

USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DIVISIONS = st.sampled_from(["350102", "110105", "440305", "540102", "522401"])
COUNT = st.integers(1, 9999)
MONTHS = st.dates(date(1990, 1, 1), date(2030, 12, 1)).map(lambda day: f"{day:%Y%m}")
DAYS = st.dates(date(1949, 1, 1), date(2026, 12, 31)).map(date.isoformat)


def digits(width: int, first: int = 0) -> st.SearchStrategy[str]:
    return st.integers(first, 10**width - 1).map(lambda number: f"{number:0{width}d}")


def _organization(body: str) -> str:
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(weight * signs.index(sign) for weight, sign in zip((3, 7, 9, 10, 5, 8, 4, 2), body, strict=True))
    return body + "0123456789X"[(11 - total % 11) % 11]


POLICE = st.fixed_dictionaries(
    {"organ": DIVISIONS.map(lambda code: f"{code}000000"), "month": MONTHS, "sequence": digits(4, 1)}
)
PARTS: Mapping[str, st.SearchStrategy[dict[str, str]]] = {
    "gb11643": st.fixed_dictionaries({"division": DIVISIONS, "birth-date": DAYS, "sequence": digits(3, 1)}),
    "gb32100": st.fixed_dictionaries(
        {
            "registrar": st.sampled_from(["91", "92", "11", "12", "51", "N1", "A1"]),
            "division": DIVISIONS,
            "organization-code": st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8).map(_organization),
        }
    ),
    "police-case": POLICE,
    "police-person": POLICE,
    "procuratorate-case": st.one_of(
        st.fixed_dictionaries({"unit": DIVISIONS, "year": st.just("2024"), "number": digits(7)}),
        st.fixed_dictionaries(
            {
                "office": st.sampled_from(["榕鼓", "黟", "闽"]),
                "business": st.sampled_from(["刑诉", "刑捕", "一部刑捕", "未检"]),
                "year": st.just("2024"),
                "unit": DIVISIONS,
                "number": digits(6, 1),
            }
        ),
    ),
    "court-case": st.one_of(
        st.fixed_dictionaries(
            {
                "year": st.integers(2016, 2030).map(str),
                "court": st.sampled_from(["闽", "闽01", "闽0102", "京04", "最高法", "粤73", "兵01"]),
                "type": st.sampled_from(["刑初", "刑终", "刑更备", "刑医解", "民初"]),
                "number": COUNT.map(str),
            },
            optional={"continuation": st.sampled_from(["之一", "之2"])},
        ),
        st.fixed_dictionaries(
            {
                "year": st.integers(1990, 2015).map(str),
                "court": st.sampled_from(["鼓", "榕", "闽", "最高法", ""]),
                "type": st.sampled_from(["刑初", "刑终", "刑监"]),
                "number": COUNT.map(str),
                "form": st.just("old"),
            }
        ),
    ),
    "inmate": st.fixed_dictionaries({"house": DIVISIONS.map(lambda code: f"{code}111"), "entry-date": DAYS})
    .flatmap(lambda parts: digits(4, 1).map(lambda number: {**parts, "sequence": number})),
    "passport": st.one_of(
        st.fixed_dictionaries(
            {"series": st.sampled_from(["E", "G", "P", "S", "D", "K", "H"]), "number": digits(8)}
        ),
        st.fixed_dictionaries(
            {"series": st.sampled_from(["EA", "EB", "PE", "SE", "DE", "KJ", "MA"]), "number": digits(7)}
        ),
    ),
    "permit": st.one_of(
        st.fixed_dictionaries(
            {"series": st.sampled_from(["H", "M"]), "number": digits(8)}, optional={"issue": digits(2)}
        ),
        st.fixed_dictionaries({"series": st.sampled_from(["C", "W", "L", "T"]), "number": digits(8)}),
        st.fixed_dictionaries({"series": st.just("CA"), "number": digits(7)}),
        st.fixed_dictionaries({"series": st.just(""), "number": digits(8)}, optional={"issue": digits(2)}),
    ),
}  # fmt: skip


def test_every_kind_has_its_codec_tested() -> None:
    assert set(PARTS) == set(KINDS)


@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), PARTS[kind])))
def test_what_is_composed_reads_back(made: tuple[str, dict[str, str]]) -> None:
    kind, parts = made
    written = compose(kind, parts)
    verdict = check(kind, written)
    assert verdict.failed == ()
    assert verdict.formatted == written
    assert {name: verdict.parts[name] for name in parts} == parts
    assert compose(kind, verdict.parts) == written
    assert check(kind, verdict.normalized).formatted == written
    assert set(verdict.grades) == set(verdict.warnings)


@given(PARTS["gb11643"], st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_sign_in_a_citizens_number_fails(parts: dict[str, str], place: int, sign: str) -> None:
    good = compose("gb11643", parts)
    wrong = good[:place] + sign + good[place + 1 :]
    assert check("gb11643", wrong).valid == (wrong == good)


@given(PARTS["gb32100"], st.integers(0, 17), st.sampled_from(USCC))
def test_one_wrong_sign_in_a_units_code_fails(parts: dict[str, str], place: int, sign: str) -> None:
    good = compose("gb32100", parts)
    wrong = good[:place] + sign + good[place + 1 :]
    assert check("gb32100", wrong).valid == (wrong == good)


@given(PARTS["gb11643"], st.integers(0, 16))
def test_neighbours_that_changed_places_fail(parts: dict[str, str], place: int) -> None:
    """ISO 7064 MOD 11-2 catches every exchange of neighbours."""
    good = compose("gb11643", parts)
    wrong = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
    assert check("gb11643", wrong).valid == (wrong == good)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_part_is_named(kind: str) -> None:
    with pytest.raises(CodebookError) as caught:
        compose(kind, {})
    assert caught.value.code == "identifier.part-missing"
    assert caught.value.params["part"]


def test_an_unknown_kind_is_not_repeated() -> None:
    """Kind and value may have been swapped: what was given may be a person's number."""
    with pytest.raises(CodebookError) as caught:
        compose("110105194912310020", {})
    assert "110105" not in str(caught.value)


def test_nothing_refused_has_a_form_to_show() -> None:
    assert check("gb11643", "110105194912310020").formatted == ""
    ahead = check("court-case", "(2025)闽0102刑初1号", today=date(2024, 1, 1))
    assert (ahead.failed, ahead.formatted) == (("year",), "")


def test_every_warning_has_weight_and_words() -> None:
    assert all(f"identifier.{warning}" in catalogue() for warning in GRADES)
    assert set(GRADES.values()) == {"note", "attention", "doubt"}


def test_a_verdict_in_a_log_tells_no_number() -> None:
    verdict = check("gb11643", "11010519491231002X")
    assert "1949" not in repr(verdict)
    assert "002X" not in repr(verdict)

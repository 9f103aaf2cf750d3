"""Identifiers: accepted, refused with the failing part, warned about. All numbers are made up or published samples."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from codebooks import CodebookError
from codebooks.identifiers import KINDS, check, normalize_reference
from messages import catalogue

GOOD = [
    ("gb11643", "11010519491231002X", "11010519491231002X", ()),
    ("gb11643", "11010519491231002x", "11010519491231002X", ()),
    ("gb11643", "１１０１０５ 19491231 002X", "11010519491231002X", ()),
    ("gb11643", "350102900101001", "350102199001010016", ("old-form",)),
    ("gb11643", "999999199001010016", "999999199001010016", ("division-unknown",)),
    ("gb11643", "350182201801010016", "350182201801010016", ("division-not-in-force",)),
    ("gb11643", "350112199001010019", "350112199001010019", ("division-later",)),
    ("gb11643", "810000199001010019", "810000199001010019", ("residence-permit",)),
    ("gb11643", "911840199001010018", "911840199001010018", ("permanent-resident",)),
    ("gb32100", "91110000600037341L", "91110000600037341L", ()),
    ("police-case", "A3501020000002024030012", "A3501020000002024030012", ()),
    ("police-case", "A5224010109992013070451", "A5224010109992013070451", ("division-not-in-force",)),
    ("police-case", "A0000000000002013070451", "A0000000000002013070451", ("division-unknown",)),
    ("police-person", "R2100000000002017090207", "R2100000000002017090207", ()),
    ("procuratorate-case", "35010220240001200", "35010220240001200", ()),
    ("procuratorate-case", "黟检刑诉受[2023]341023000062号", "黟检刑诉受(2023)341023000062号", ()),
    ("procuratorate-case", "榕鼓检一部刑捕受〔2024〕350102000123号", "榕鼓检一部刑捕受(2024)350102000123号", ()),
    (
        "procuratorate-case",
        "榕鼓检杂事受〔2024〕350102000123号",
        "榕鼓检杂事受(2024)350102000123号",
        ("business-unknown",),
    ),
    ("court-case", "（2024）闽0102刑初123号", "(2024)闽0102刑初123号", ()),
    ("court-case", "〔2022〕闽刑终5号", "(2022)闽刑终5号", ()),
    ("court-case", "(2022)最高法刑核1号", "(2022)最高法刑核1号", ()),
    ("court-case", "(2015)鼓刑初字第123号", "(2015)鼓刑初字第123号", ("old-form",)),
    ("court-case", "（2012）榕刑终字第45号", "(2012)榕刑终字第45号", ("old-form",)),
    ("court-case", "（2013）刑监字第12号", "(2013)刑监字第12号", ("old-form",)),
    ("court-case", "(2018)鼓刑初字第123号", "(2018)鼓刑初字第123号", ("old-form", "form-not-of-year")),
    ("court-case", "(2014)闽0102刑初123号", "(2014)闽0102刑初123号", ("form-not-of-year",)),
    ("court-case", "(2017)闽0102民初1424号", "(2017)闽0102民初1424号", ("case-type-not-criminal",)),
    ("court-case", "(2022)粤73刑初1号", "(2022)粤73刑初1号", ("court-special",)),
    ("court-case", "(2022)兵01刑终1号", "(2022)兵01刑终1号", ()),
    ("inmate", "330181111200001040201", "330181111200001040201", ()),
    ("passport", "E12345678", "E12345678", ()),
    ("passport", "EB1234567", "EB1234567", ()),
    ("passport", "PE1234567", "PE1234567", ()),
    ("passport", "X1234567", "X1234567", ("issuer-unknown",)),
    ("passport", "G12345678", "G12345678", ()),
    ("passport", "D12345678", "D12345678", ()),
    ("passport", "SE1234567", "SE1234567", ()),
    ("passport", "C12345678", "C12345678", ("permit-instead",)),
    ("passport", "M1234567801", "M1234567801", ("permit-instead",)),
    ("permit", "CA1234567", "CA1234567", ()),
    ("permit", "L12345678", "L12345678", ()),
    ("permit", "T12345678", "T12345678", ()),
    ("permit", "1234567801(B)", "1234567801(B)", ()),
    ("permit", "USA110090010112", "USA110090010112", ()),
    ("permit", "911840199001010018", "911840199001010018", ()),
    ("permit", "H1234567800", "H1234567800", ()),
    ("permit", "12345678", "12345678", ()),
]


@pytest.mark.parametrize(("kind", "value", "normalized", "warnings"), GOOD)
def test_accepted(kind: str, value: str, normalized: str, warnings: tuple[str, ...]) -> None:
    verdict = check(kind, value)
    assert (verdict.valid, verdict.failed, verdict.normalized, verdict.warnings) == (True, (), normalized, warnings)
    assert check(kind, verdict.normalized).normalized == normalized
    assert all(f"identifier.{part}" in catalogue() for part in warnings)


BAD = [
    ("gb11643", "1101051949123100", ("length",)),
    ("gb11643", "", ("length",)),
    ("gb11643", "1101051949123100XX", ("characters",)),
    ("gb11643", "11010590010100X", ("characters",)),
    ("gb11643", "110105194912310020", ("checksum",)),
    ("gb11643", "110105194913310021", ("birth-date",)),
    ("gb11643", "11010519491331002X", ("birth-date", "checksum")),
    ("gb11643", "110105179912310023", ("birth-date", "checksum")),
    ("gb11643", "350102199001010008", ("sequence",)),
    ("gb32100", "9111000060003734", ("length",)),
    ("gb32100", "91110000600037341I", ("characters",)),
    ("gb32100", "91110000600037341M", ("checksum",)),
    ("gb32100", "0111000060003734", ("length",)),
    ("police-case", "A350102000000202403001", ("length",)),
    ("police-case", "R3501020000002024030012", ("prefix",)),
    ("police-case", "A35010200000O2024030012", ("characters",)),
    ("police-case", "A3501020000002024130012", ("month",)),
    ("police-case", "A3501020000001900030012", ("month",)),
    ("police-case", "A3501020000002024030000", ("sequence",)),
    ("police-person", "A35010200000X2024030012", ("prefix", "characters")),
    ("procuratorate-case", "3501022024000120", ("length",)),
    ("procuratorate-case", "35010200000001200", ("year",)),
    ("procuratorate-case", "榕鼓检刑诉2024", ("form",)),
    ("procuratorate-case", "检刑诉受[2024]350102000123号", ("office",)),
    ("procuratorate-case", "榕鼓检受[2024]350102000123号", ("business",)),
    ("procuratorate-case", "榕鼓检刑诉受[24]350102000123号", ("year",)),
    ("procuratorate-case", "榕鼓检刑诉受[2024]35010200012号", ("sequence",)),
    ("procuratorate-case", "榕鼓检刑诉受[2024]350102000123", ("closing",)),
    ("court-case", "2024闽0102刑初123号", ("form",)),
    ("court-case", "(24)闽0102刑初123号", ("year",)),
    ("court-case", "(2024)门0102刑初123号", ("court-code",)),
    ("court-case", "(2024)闽010刑初123号", ("court-code",)),
    ("court-case", "(2024)最高法01刑核1号", ("court-code",)),
    ("court-case", "(2024)闽0102刑出123号", ("case-type",)),
    ("court-case", "(2024)闽0102刑初号", ("sequence",)),
    ("court-case", "(2024)闽0102刑初000号", ("sequence",)),
    ("court-case", "(2024)闽0102刑初123", ("closing",)),
    ("inmate", "33018111120000104020", ("length",)),
    ("inmate", "33018111120000104020A", ("characters",)),
    ("inmate", "330181111200013040201", ("entry-date",)),
    ("inmate", "330181111200001040000", ("sequence",)),
    ("passport", "A12", ("length",)),
    ("passport", "ABCDEFG", ("characters",)),
    ("permit", "Z1", ("form",)),
    ("permit", "CI1234567", ("form",)),
    ("permit", "USA110090133112", ("birth-date",)),
    ("permit", "911840199001010019", ("checksum",)),
    ("court-case", "(2015)鼓刑初字第号", ("sequence",)),
    ("court-case", "(2015)鼓刑初字第12", ("closing",)),
]


@pytest.mark.parametrize(("kind", "value", "failed"), BAD)
def test_refused_by_part(kind: str, value: str, failed: tuple[str, ...]) -> None:
    verdict = check(kind, value)
    assert (verdict.valid, verdict.failed) == (False, failed)
    assert verdict.to_json()["failed"] == list(failed)
    assert all(f"identifier.{part}" in catalogue() for part in failed)


def test_a_unit_with_a_wrong_inner_code_names_it() -> None:
    body = "9135010260003734X"
    value = body + uscc.calc_check_digit(body)
    assert check("gb32100", value).failed == ("organization-code",)
    letter = "0135010260003734" + "1"
    assert check("gb32100", letter + uscc.calc_check_digit(letter)).failed == ("registrar",)
    national = "1210000040000624"
    assert "division-unknown" not in check("gb32100", national + "4X").warnings


def test_a_continued_court_number_is_one(shipped: object) -> None:
    assert shipped is not None
    assert check("court-case", "(2024)闽0102刑初123之一号").valid


def test_dates_ahead_of_the_reader_fail() -> None:
    today = date(2024, 3, 4)
    assert check("gb11643", "11010519491231002X", today=today).valid
    assert check("police-case", "A3501020000002024040012", today=today).failed == ("month",)
    assert check("inmate", "330181111202403050201", today=today).failed == ("entry-date",)
    assert check("court-case", "(2025)闽0102刑初1号", today=today).failed == ("year",)


def test_a_verdict_says_what_was_read() -> None:
    verdict = check("gb11643", "11010519491231002X")
    assert verdict.parts == {
        "division": "110105", "birth-date": "1949-12-31", "sequence": "002", "checksum": "X", "sex": "2",
    }  # fmt: skip
    assert verdict.to_json()["rule"] == "GB 11643-1999"
    assert "1949" not in repr(verdict).replace(verdict.normalized, "")


def test_unknown_kinds_are_refused() -> None:
    assert set(KINDS) >= {
        "gb11643", "gb32100", "police-case", "police-person", "procuratorate-case", "court-case", "inmate", "passport",
    }  # fmt: skip
    with pytest.raises(CodebookError) as caught:
        check("shoe-size", "42")
    assert (caught.value.code, caught.value.params) == ("identifier.unknown-kind", {"kinds": "、".join(KINDS)})


@pytest.mark.parametrize(
    "written",
    [
        "榕公(鼓)拘字〔2024〕00012号", "榕公（鼓）拘字[2024]00012号", "榕公﹙鼓﹚拘字【2024】０００１２号",
        " 榕公（鼓）\u200b拘字〔２０２４〕 00012 号\n", "榕公「鼓」拘字『2024』00012号",
    ],
)  # fmt: skip
def test_one_reference_in_many_writings(written: str) -> None:
    assert normalize_reference(written) == "榕公(鼓)拘字(2024)00012号"


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_normalizing_twice_changes_nothing(text: str) -> None:
    assert normalize_reference(normalize_reference(text)) == normalize_reference(text)


@given(st.sampled_from(KINDS), st.text(alphabet=st.characters(codec="utf-8"), max_size=25))
def test_no_text_breaks_a_check(kind: str, text: str) -> None:
    verdict = check(kind, text)
    assert verdict.valid == (not verdict.failed)


@given(
    division=st.sampled_from(["350102", "110105", "440305", "540102"]),
    born=st.dates(date(1900, 1, 1), date(1999, 12, 31)),
    sequence=st.integers(1, 995),
)
def test_old_and_new_citizen_numbers_are_one(division: str, born: date, sequence: int) -> None:
    body = f"{division}{born:%Y%m%d}{sequence:03d}"
    whole = body + ric.calc_check_digit(f"{body}0")
    new, old = check("gb11643", whole), check("gb11643", body[:6] + body[8:])
    assert new.valid
    assert old.valid
    assert new.normalized == old.normalized == whole
    assert new.dates["birth-date"] == born


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(place: int, more: int) -> None:
    """ISO 7064 MOD 11-2 catches every single error."""
    good = "350102199001010016"
    wrong = good[:place] + str((int(good[place]) + more) % 10) + good[place + 1 :]
    assert "checksum" in check("gb11643", wrong).failed


@given(
    year=st.integers(1990, 2030),
    court=st.sampled_from(["闽", "闽01", "闽0102", "京04", "最高法"]),
    kind=st.sampled_from(["刑初", "刑终", "刑更备", "刑医解"]),
    number=st.integers(1, 99999),
    brackets=st.sampled_from(["()", "（）", "〔〕", "[]"]),
)
def test_court_numbers_read_as_written(year: int, court: str, kind: str, number: int, brackets: str) -> None:
    verdict = check("court-case", f"{brackets[0]}{year}{brackets[1]}{court}{kind}{number}号")
    assert verdict.valid
    assert verdict.parts == {"year": str(year), "court": court, "type": kind, "number": str(number)}

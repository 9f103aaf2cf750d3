"""The forms of dates, money and penalties: what each agency writes, what the record holds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.native.codecs import CODECS, OWN_WORD, word_codec
from adapters.native.terms import decode_term, encode_term

DATES = [
    ("packed-birth", "19900102", "1990-01-02"),
    ("packed-birth", "19900000", "1990"),
    ("packed-birth", "19900100", "1990-01"),
    ("packed-day", "20240304", "2024-03-04"),
    ("packed", "20240304", "2024-03-04"),
    ("packed", "20240304093000", "2024-03-04T09:30:00+08:00"),
    ("packed", "20240304000000", "2024-03-04T00:00:00+08:00"),
    ("dashed-birth", "1990", "1990"),
    ("dashed-birth", "1990-01", "1990-01"),
    ("dashed", "2024-03-04", "2024-03-04"),
    ("dashed", "2024-03-04 09:30:05", "2024-03-04T09:30:05+08:00"),
    ("dotted-birth", "1990.01.02", "1990-01-02"),
    ("dotted-birth", "1990", "1990"),
    ("written-day", "2024年3月4日", "2024-03-04"),
    ("written", "2024年3月4日9时30分", "2024-03-04T09:30:00+08:00"),
    ("written", "2024年12月31日23时59分59秒", "2024-12-31T23:59:59+08:00"),
]
READ_ALSO = [
    ("dotted-birth", "1990-01-02", "1990-01-02"),
    ("dotted-birth", "1990年1月2日", "1990-01-02"),
    ("dotted-birth", "1990.1.2", "1990-01-02"),
    ("dotted-birth", "1990年", "1990"),
    ("written-day", "2024.03.04", "2024-03-04"),
    ("written-day", "2024-03-04", "2024-03-04"),
    ("yuan", "12000", "12000.00"),
    ("wan", "1.20", "12000.00"),
    ("grouped", "12000", "12000.00"),
]
MONEY = [
    ("yuan", "4600.00", "4600.00"),
    ("yuan", "0.5", "0.50"),
    ("yuan", "0.1234", "0.1234"),
    ("wan", "1.2", "12000.00"),
    ("wan", "0.00001", "0.10"),
    ("wan", "0", "0.00"),
    ("wan", "123456.7891", "1234567891.00"),
    ("grouped", "12,000.00", "12000.00"),
    ("grouped", "800.50", "800.50"),
    ("grouped", "1,234,567.8901", "1234567.8901"),
]
WRONG = [
    ("packed-day", "20240230"),
    ("packed-day", "19900000"),
    ("packed-birth", "19900002"),
    ("packed-birth", "00000000"),
    ("packed", "20240304250000"),
    ("packed-day", "20240304093000"),
    ("packed-day", "１９９００１０２"),
    ("dashed-day", "2024-13-01"),
    ("dashed-birth", "2024-03-04 09:30:00"),
    ("written-day", "2024年2月30日"),
    ("written", "三月四日"),
    ("written-day", "2024年3月"),
    ("flag01", "2"),
    ("flagyn", "是"),
    ("flagzh", "Y"),
    ("int", "-1"),
    ("int", "一"),
    ("yuan", "一万"),
]


def refused(call: Callable[[], object]) -> bool:
    """Whether `call` raises ValueError, the one error of codecs."""
    try:
        call()
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(("codec", "native", "value"), [*DATES, *(row for row in MONEY if row[1] != "0.5")])
def test_both_ways(codec: str, native: str, value: str) -> None:
    assert CODECS[codec].decode(native) == value
    assert CODECS[codec].encode(value) == native


@pytest.mark.parametrize(("codec", "native", "value"), [*READ_ALSO, ("yuan", "0.5", "0.50")])
def test_read_also(codec: str, native: str, value: str) -> None:
    assert CODECS[codec].decode(native) == value
    assert CODECS[codec].decode(CODECS[codec].encode(value)) == value


@pytest.mark.parametrize(("codec", "native"), WRONG)
def test_wrong(codec: str, native: str) -> None:
    assert refused(lambda: CODECS[codec].decode(native))


@pytest.mark.parametrize(
    ("codec", "value"),
    [("packed-day", "1990"), ("written", "1990-01"), ("dashed-day", "2024-03-04T09:30:00+08:00"), ("yuan", "much")],
)
def test_not_written(codec: str, value: str) -> None:
    assert refused(lambda: CODECS[codec].encode(value))


def test_moments_of_other_zones_are_china_time() -> None:
    assert CODECS["packed"].encode("2024-03-04T01:30:00Z") == "20240304093000"


@given(st.decimals(0, 10**12, places=4))
def test_money_is_exact(amount: Decimal) -> None:
    """Shifting to 万元 and back loses no fen."""
    for codec in ("yuan", "wan", "grouped"):
        assert Decimal(CODECS[codec].decode(CODECS[codec].encode(f"{amount:f}"))) == amount


TERMS = [
    ("有期徒刑一年六个月", "fixed-term", 18),
    ("有期徒刑六个月", "fixed-term", 6),
    ("有期徒刑十二年", "fixed-term", 144),
    ("有期徒刑二十年", "fixed-term", 240),
    ("有期徒刑二十五年十一个月", "fixed-term", 311),
    ("拘役四个月", "detention", 4),
    ("管制二年", "control", 24),
    ("无期徒刑", "life", None),
    ("死刑", "death", None),
    ("死刑缓期二年执行", "death-suspended", None),
    ("免予刑事处罚", "exempt", None),
    ("无罪", "not-guilty", None),
    ("单处罚金", "fine-only", None),
]


@pytest.mark.parametrize(("words", "kind", "months"), TERMS)
def test_terms(words: str, kind: str, months: int | None) -> None:
    assert decode_term(words) == (kind, months)
    assert encode_term(kind, months) == words


@pytest.mark.parametrize(
    ("words", "months"),
    [("有期徒刑1年6个月", 18), ("有期徒刑两年", 24), ("有期徒刑一年零三个月", 15), ("有期徒刑18个月", 18)],
)
def test_terms_as_clerks_write_them(words: str, months: int) -> None:
    assert decode_term(words) == ("fixed-term", months)


@pytest.mark.parametrize("words", ["", "有期徒刑", "有期徒刑零年", "徒刑一年", "无期徒刑一年", "有期徒刑一年半"])
def test_no_terms(words: str) -> None:
    assert refused(lambda: decode_term(words))


@pytest.mark.parametrize(("kind", "months"), [("life", 12), ("fixed-term", None), ("fixed-term", 0), ("x", 1)])
def test_impossible_terms(kind: str, months: int | None) -> None:
    assert refused(lambda: encode_term(kind, months))


@given(st.integers(1, 1199))
def test_every_length_of_term(months: int) -> None:
    assert decode_term(encode_term("fixed-term", months)) == ("fixed-term", months)


def test_unknown_words_survive() -> None:
    codec = word_codec({"01": "suspect", "1": "suspect"})
    assert codec.encode("suspect") == "01"
    assert codec.decode("1") == "suspect"
    assert codec.decode(codec.encode("amicus")) == "amicus"
    assert refused(lambda: codec.decode("02"))
    assert refused(lambda: codec.decode(OWN_WORD))

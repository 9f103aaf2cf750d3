"""Codecs: convert between a native text and a value of the record.

A codec is a pair of pure functions and the name of the XSD type that bounds its texts. Both functions raise
`ValueError` for what they cannot carry; the engine turns that into a `Problem` with its place. Money is decimal text
throughout, never a float.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.native import dates


@dataclass(frozen=True)
class Codec:
    """`decode` native text → value, `encode` value → native text, `xsd` the simple type in the generated XSD."""

    decode: Callable[[str], Any]
    encode: Callable[[Any], str]
    xsd: str


def _flag(true: str, false: str, xsd: str) -> Codec:
    table = {true: True, false: False}

    def decode(text: str) -> bool:
        if text not in table:
            raise ValueError(text)
        return table[text]

    return Codec(decode, lambda value: true if value else false, xsd)


def _money(shift: int, xsd: str, grouped: bool = False) -> Codec:
    """Amounts in units of 10^`shift` yuan (or of the currency named beside)."""

    def decode(text: str) -> str:
        try:
            amount = Decimal(text.replace(",", "") if grouped else text).scaleb(shift)
        except InvalidOperation:
            raise ValueError(text) from None
        return _plain(amount, places=2)

    def encode(value: Any) -> str:
        try:
            amount = Decimal(value).scaleb(-shift)
        except InvalidOperation:
            raise ValueError(value) from None
        if grouped:
            return f"{amount:,.2f}" if amount == amount.quantize(Decimal("0.01")) else f"{amount:,}"
        return _plain(amount, places=0 if shift else 2)

    return Codec(decode, encode, xsd)


def _plain(amount: Decimal, places: int) -> str:
    """Decimal text without exponent, with at least `places` decimals and no further trailing zeros."""
    text = f"{amount:f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _dated(
    decode: Callable[[str], str],
    encode: Callable[[str], str],
    xsd: str,
    *,
    partial: bool = False,
    days_only: bool = False,
) -> Codec:
    """A date, or a moment unless `days_only`; its day may be unknown only with `partial`."""

    def checked(value: str) -> str:
        if (len(value) < 10 and not partial) or ("T" in value and days_only):
            raise ValueError(value)
        return value

    return Codec(lambda text: checked(decode(text)), lambda value: encode(checked(_text(value))), xsd)


def _integer(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(text)
    return int(text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(type(value).__name__)
    return value


CODECS: Mapping[str, Codec] = {
    "text": Codec(str, _text, "Text"),
    "long": Codec(str, _text, "LongText"),
    "int": Codec(_integer, str, "Count"),
    "flag01": _flag("1", "0", "Flag01"),
    "flagyn": _flag("Y", "N", "FlagYN"),
    "flagzh": _flag("是", "否", "FlagZh"),
    "packed-day": _dated(dates.decode_packed, dates.encode_packed, "PackedDay", days_only=True),
    "packed-birth": _dated(dates.decode_packed, dates.encode_packed, "PackedDay", partial=True, days_only=True),
    "packed": _dated(dates.decode_packed, dates.encode_packed, "Packed"),
    "dashed-day": _dated(dates.decode_dashed, dates.encode_dashed, "DashedDay", days_only=True),
    "dashed-birth": _dated(dates.decode_dashed, dates.encode_dashed, "DashedBirth", partial=True, days_only=True),
    "dashed": _dated(dates.decode_dashed, dates.encode_dashed, "Dashed"),
    "written-day": _dated(dates.decode_written, dates.encode_written, "WrittenDay", days_only=True),
    "dotted-birth": _dated(dates.decode_written, dates.encode_dotted, "WrittenBirth", partial=True, days_only=True),
    "written": _dated(dates.decode_written, dates.encode_written, "Written"),
    "yuan": _money(0, "Yuan"),
    "wan": _money(4, "Wan"),
    "grouped": _money(0, "Grouped", grouped=True),
}

OWN_WORD = "casehub:"


def word_codec(words: Mapping[str, str]) -> Codec:
    """A codec for a table of the agency's words → the record's words.

    A word of the record that the agency has none for is written as `casehub:<word>` and comes back as it was, so an
    agency never reads a wrong word and never loses one.
    """
    back: dict[str, str] = {}
    for native, value in words.items():
        back.setdefault(value, native)

    def decode(text: str) -> str:
        if text in words:
            return words[text]
        if text.startswith(OWN_WORD) and len(text) > len(OWN_WORD):
            return text[len(OWN_WORD) :]
        raise ValueError(text)

    return Codec(decode, lambda value: back.get(_text(value), OWN_WORD + value), "")

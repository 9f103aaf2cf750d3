"""Prison terms in words and in months: 有期徒刑一年六个月 ↔ fixed-term imprisonment, 18.

Courts write a penalty as text, programs compute with months. Life imprisonment (无期徒刑) and the suspended
death penalty (死刑缓期二年执行) are kinds of their own, not numbers. The kinds are those of articles 33 and 48 of the
Criminal Law; 免予刑事处罚 (article 37) and 无罪 stand beside them because judgments put them in the same place.
"""

from __future__ import annotations

import re

_WITH_TERM = {
    "fixed-term": "有期徒刑",
    "detention": "拘役",
    "control": "管制",
}
_WITHOUT_TERM = {
    "life": "无期徒刑",
    "death": "死刑",
    "death-suspended": "死刑缓期二年执行",
    "fine-only": "单处罚金",
    "exempt": "免予刑事处罚",
    "not-guilty": "无罪",
}
KINDS = (*_WITH_TERM, *_WITHOUT_TERM)
_BY_WORD = {word: kind for kind, word in _WITHOUT_TERM.items()}
_BY_TERM_WORD = {word: kind for kind, word in _WITH_TERM.items()}
_DIGITS = "零一二三四五六七八九"
_TEXT = re.compile(
    r"(有期徒刑|拘役|管制)(?:([零一二两三四五六七八九十\d]+)年)?(?:零?([零一二两三四五六七八九十\d]+)个?月)?"
)


def decode_term(text: str) -> tuple[str, int | None]:
    """Kind and months of a penalty in words; months is None for the kinds that have none.

    Raises `ValueError` when the words name no penalty or a term of nothing.
    """
    if text in _BY_WORD:
        return _BY_WORD[text], None
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    word, years, months = found.groups()
    total = 12 * _number(years or "零") + _number(months or "零")
    if total == 0:
        raise ValueError(text)
    return _BY_TERM_WORD[word], total


def encode_term(kind: str, months: int | None) -> str:
    """The words of a penalty. Raises `ValueError` for an unknown kind or a term that the kind cannot have."""
    if kind in _WITHOUT_TERM and months is None:
        return _WITHOUT_TERM[kind]
    if kind not in _WITH_TERM or not months or months < 0:
        raise ValueError(kind)
    years, rest = divmod(months, 12)
    text = _WITH_TERM[kind]
    if years:
        text += f"{_words(years)}年"
    if rest:
        text += f"{_words(rest)}个月"
    return text


def _words(number: int) -> str:
    if number > 99:
        raise ValueError(number)
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def _number(text: str) -> int:
    if text.isascii():
        return int(text)
    tens, ten, ones = text.replace("两", "二").rpartition("十")
    value = _DIGITS.index(ones) if ones else 0
    if not ten:
        return value
    return value + 10 * (_DIGITS.index(tens) if tens else 1)

"""The date and time forms of the three agencies, to and from those of the record.

The record writes a date as `1990-01-02`, a day-unknown one as `1990-01` or `1990`, and a moment as RFC 3339 with
`+08:00`, the one legal time of China. `decode_*` take a native text, `encode_*` a value of the record; both raise
`ValueError` for what is not a date (30 February) or not in the form.

| form | date | day or month unknown | moment |
| --- | --- | --- | --- |
| packed (police) | 19900102 | 19900100, 19900000 | 20240304093000 |
| dashed (procuratorate) | 1990-01-02 | 1990-01, 1990 | 2024-03-04 09:30:00 |
| dotted (court) | 1990.01.02 | 1990.01, 1990 | |
| written (court) | 2024年3月4日 | 2024年3月, 2024年 | 2024年3月4日9时30分 |
"""

from __future__ import annotations

import re
from datetime import date, datetime

from standards.times import BEIJING

_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?", re.ASCII)
_DASHED = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?", re.ASCII)
_DOTTED = re.compile(r"(\d{4})(?:\.(\d{1,2})(?:\.(\d{1,2}))?)?", re.ASCII)
_WRITTEN = re.compile(
    r"(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})日(?:(\d{1,2})时(?:(\d{1,2})分(?:(\d{1,2})秒)?)?)?)?)?", re.ASCII
)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def decode_packed(text: str) -> str:
    """`19900102`, `19900000`, `20240304093000` → `1990-01-02`, `1990`, `2024-03-04T09:30:00+08:00`."""
    parts = _parts(_PACKED, text)
    return _compose([None if part == "00" and place < 3 else part for place, part in enumerate(parts)])


def decode_written(text: str) -> str:
    """Any of the forms a court clerk writes: `2024年3月4日`, `1990.01.02`, `1990-01-02`, with or without a time."""
    for form in (_WRITTEN, _DOTTED, _DASHED):
        if form.fullmatch(text):
            return _compose(_parts(form, text))
    raise ValueError(text)


def decode_dashed(text: str) -> str:
    """`1990-01-02`, `1990`, `2024-03-04 09:30:00`."""
    return _compose(_parts(_DASHED, text))


def encode_packed(value: str) -> str:
    """A record's date or moment as 8 or 14 digits, unknown parts as zeros."""
    if "T" in value:
        return _local(value).strftime("%Y%m%d%H%M%S")
    year, month, day = _date_parts(value)
    return f"{year}{month or '00'}{day or '00'}"


def encode_dashed(value: str) -> str:
    """A record's date as it is, a moment as `2024-03-04 09:30:00`."""
    if "T" in value:
        return _local(value).strftime("%Y-%m-%d %H:%M:%S")
    return "-".join(part for part in _date_parts(value) if part)


def encode_dotted(value: str) -> str:
    """A record's date as `1990.01.02`; of a moment its day in China."""
    day = _local(value).date().isoformat() if "T" in value else value
    return ".".join(part for part in _date_parts(day) if part)


def encode_written(value: str) -> str:
    """A record's date as `2024年3月4日`, a moment as `2024年3月4日9时30分`, seconds only when there are any."""
    if "T" in value:
        moment = _local(value)
        seconds = f"{moment.second}秒" if moment.second else ""
        return f"{encode_written(moment.date().isoformat())}{moment.hour}时{moment.minute}分{seconds}"
    return "".join(f"{int(part)}{unit}" for part, unit in zip(_date_parts(value), "年月日", strict=True) if part)


def _parts(form: re.Pattern[str], text: str) -> list[str | None]:
    found = form.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return list(found.groups())


def _compose(parts: list[str | None]) -> str:
    year, month, day, hour, minute, second = [*parts, None, None, None][:6]
    if month is None and day is not None:
        raise ValueError(day)
    if month is None or day is None:
        partial = date(int(year or 0), int(month or 1), 1)
        return partial.isoformat()[: 4 if month is None else 7]
    known = date(int(year or 0), int(month), int(day))
    if hour is None:
        return known.isoformat()
    moment = datetime(known.year, known.month, known.day, int(hour), int(minute or 0), int(second or 0), tzinfo=BEIJING)
    return moment.isoformat()


def _date_parts(value: str) -> tuple[str, str | None, str | None]:
    found = _PARTIAL.fullmatch(value)
    if found is None:
        raise ValueError(value)
    year, month, day = found.groups()
    date(int(year), int(month or 1), int(day or 1))
    return year, month, day


def _local(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(BEIJING)

"""Reading the two kinds of time that meet in a record: legal facts (a date, or a Beijing time) and the hub's instants.

Every comparison is made in Beijing time (UTC+8), since the law counts days there; China has no summer time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
YEARS = range(1800, 2200)
"""Years of legal facts, as the schema of dates has them: every term can be counted from them."""


def moment(text: str) -> date | datetime | None:
    """A date, or an aware datetime in Beijing time; None when `text` is no full date (`1990-01`) or nonsense.

    What a decision's own terms tell is free text; a year outside `YEARS` (9999 for "never") is nonsense too.
    """
    try:
        if len(text) == 10:
            read: date | datetime = date.fromisoformat(text)
        else:
            read = datetime.fromisoformat(text)
    except ValueError:
        return None
    if read.year not in YEARS or not isinstance(read, datetime):
        return read if read.year in YEARS else None
    return read.replace(tzinfo=BEIJING) if read.tzinfo is None else read.astimezone(BEIJING)


def civil_day(text: str) -> date:
    """A calendar day `2026-05-10` that somebody names as such, in `YEARS`. Raises `ValueError` for anything else.

    Beyond those years a day has no neighbours left (year 1, 9999), or is no instant of any clock.
    """
    read = date.fromisoformat(text)
    if read.isoformat() != text or read.year not in YEARS:  # 20260510 and 2026-W19-7 are ISO 8601 too
        raise ValueError(text)
    return read


def day(value: date | datetime) -> date:
    """The Beijing calendar day of a moment; a naive datetime is taken as Beijing time."""
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).date() if value.tzinfo else value.date()
    return value


def earliest(value: date | datetime) -> datetime:
    """The moment as an aware datetime, a bare date as its first instant: for putting moments in order."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=BEIJING)
    return datetime(value.year, value.month, value.day, tzinfo=BEIJING)


def shown(instant: str) -> str:
    """An instant such as `2026-03-01T16:30:00.000Z` as people read it: Beijing date and time, to the second."""
    return f"{datetime.fromisoformat(instant).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def shown_day(instant: str) -> str:
    """The Beijing calendar day of an instant: the first ten signs of the text are another day until eight o'clock."""
    return shown(instant)[:10]

"""The calendar by which this hub counts."""

from __future__ import annotations

from hub.runtime import Hub
from standards.calendars import OFFICIAL, Calendar, read_folder, with_years


def calendar_of(hub: Hub) -> Calendar:
    """The calendar of this release and the years that the hub's operator added. Raises the problems of a bad file."""
    return with_years(OFFICIAL, read_folder(hub.settings.calendars))

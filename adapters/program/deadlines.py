"""`deadlines`: the statutory deadlines of a case, computed by the hub from what this agency sent or received."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from adapters.adapter import Adapter
from adapters.client.answers import Anything
from adapters.client.hub import segment, sound
from adapters.joining.handlers import case_uid
from adapters.program.console import Console
from adapters.station import Station
from messages.commandline import DONE
from standards.terms import clock_view


def of_case(station: Station, case: str, *, handler: str | None = None) -> dict[str, Any]:
    """The terms of the case that `case` names. Raises what `case_uid` raises."""
    path = f"/v1/cases/{segment(case_uid(station, case))}/deadlines"
    return station.client.ask(Anything, path, handler=handler).to_json()


def deadlines(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`deadlines`"""
    body = of_case(adapter.station, options.case, handler=options.handler)
    with sound("deadlines"):
        page = clock_view.page(body, console.lang, mode=options.mode, everything=options.all, columns=console.columns)
    console.write(page)
    console.result(body)
    return DONE

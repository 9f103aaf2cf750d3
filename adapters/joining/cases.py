"""A case and its trail (流转轨迹) as the hub shows them to this agency, by any number that names the case."""

from __future__ import annotations

from typing import Any

from adapters.client import door
from adapters.client.case_answers import CaseShown, TrailEntry, TrailShown
from adapters.client.hub import segment
from adapters.joining.handlers import case_uid
from adapters.station import Station
from evidence.identifiers import is_uuid
from messages.problems import Problem


def read_case(station: Station, case: str, *, handler: str | None = None) -> CaseShown:
    """Numbers, parties and the transfers that this agency sent or received. Raises what `case_uid` raises."""
    return station.client.ask(CaseShown, f"/v1/cases/{segment(case_uid(station, case))}", handler=handler)


def trail(station: Station, case: str, *, handler: str | None = None) -> dict[str, Any]:
    """The marks of a case, or of one transfer when `case` names one of ours, in the order of the log; its findings.

    A mark that cannot be read is told and left out. Raises what `case_uid` raises.
    """
    if is_uuid(case) and (station.journal.knows(case) or station.inbox.find(case) is not None):
        path = f"/v1/transfers/{segment(case)}/trail"
    else:
        path = f"/v1/cases/{segment(case_uid(station, case))}/trail"
    answer = station.client.ask(TrailShown, path, handler=handler)
    entries = []
    for index, told in enumerate(answer.marks):
        try:
            entries.append(TrailEntry.read(told).to_json())
        except (KeyError, TypeError) as error:
            member = str(error.args[0] if error.args else "-")[:40]
            station.tell(Problem("adapter.odd-item", f"{path}/marks/{index}", member=member))
    # what a sweep holds open is a finding with the time since when it stands
    bare = [each.get("finding", each) if isinstance(each, dict) else each for each in answer.findings]
    return {**answer.to_json(), "marks": entries, "findings": list(door.findings(bare))}

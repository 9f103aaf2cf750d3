"""Handlers (承办人) of this agency and their access to cases."""

from __future__ import annotations

from typing import Any

from adapters.client.hub import segment
from adapters.station import Station
from evidence.identifiers import is_uuid
from messages.problems import Problem


class AmbiguousCase(Problem):
    """Several cases fit; `params["cases"]` lists their ids."""


def handlers(station: Station) -> list[dict[str, Any]]:
    """This agency's handlers as the hub knows them."""
    found: list[dict[str, Any]] = station.client.get("/v1/handlers")["handlers"]
    return found


def add_handler(station: Station, handler: str, role: str = "handler") -> dict[str, Any]:
    """Make a handler known; the id is the agency's own, never a person's name or number."""
    answer: dict[str, Any] = station.client.send("PUT", f"/v1/handlers/{segment(handler)}", {"role": role})
    return answer


def remove_handler(station: Station, handler: str) -> dict[str, Any]:
    """The handler loses every grant at once."""
    answer: dict[str, Any] = station.client.send("DELETE", f"/v1/handlers/{segment(handler)}", {})
    return answer


def grant(station: Station, case: str, handler: str, *, by: str | None = None) -> dict[str, Any]:
    """Let a handler see a case. Raises what `case_uid` raises."""
    path = f"/v1/cases/{segment(case_uid(station, case))}/grants/{segment(handler)}"
    answer: dict[str, Any] = station.client.send("PUT", path, {}, handler=by)
    return answer


def revoke(station: Station, case: str, handler: str, *, by: str | None = None) -> dict[str, Any]:
    """Take a case away from a handler. Raises what `case_uid` raises."""
    path = f"/v1/cases/{segment(case_uid(station, case))}/grants/{segment(handler)}"
    answer: dict[str, Any] = station.client.send("DELETE", path, {}, handler=by)
    return answer


def case_uid(station: Station, case: str) -> str:
    """The case that `case` names: the hub's id, a transfer id, or any agency's number for it.

    Raises `adapter.unknown-case`, and `AmbiguousCase` (`adapter.ambiguous-case`) when several fit.
    """
    if is_uuid(case) and station.numbers.record(case) is not None:
        return case
    found = station.client.get("/v1/cases", ref=case)["cases"]
    if not found:
        raise Problem("adapter.unknown-case", case)
    if len(found) > 1:
        raise AmbiguousCase("adapter.ambiguous-case", case, cases="、".join(item["case_uid"] for item in found))
    return str(found[0]["case_uid"])

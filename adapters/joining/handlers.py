"""Handlers (承办人) of this agency and their access to cases."""

from __future__ import annotations

from typing import Any

from adapters.client.case_answers import CasesFound, Grants, Handler, Handlers
from adapters.client.hub import segment
from adapters.station import Station
from evidence.identifiers import is_uuid
from messages.problems import Problem


class AmbiguousCase(Problem):
    """Several cases fit; `params["cases"]` lists their ids."""


def handlers(station: Station) -> list[dict[str, Any]]:
    """This agency's handlers as the hub knows them."""
    found = station.client.ask(Handlers, "/v1/handlers")
    return [item.to_json() for item in found.handlers]


def add_handler(station: Station, handler: str, role: str = "handler") -> dict[str, Any]:
    """Make a handler known; the id is the agency's own, never a person's name or number."""
    return station.client.submit(Handler, "PUT", f"/v1/handlers/{segment(handler)}", {"role": role}).to_json()


def remove_handler(station: Station, handler: str) -> dict[str, Any]:
    """The handler loses every grant at once."""
    return station.client.submit(Handler, "DELETE", f"/v1/handlers/{segment(handler)}", {}).to_json()


def grant(station: Station, case: str, handler: str, *, by: str | None = None) -> dict[str, Any]:
    """Let a handler see a case. Raises what `case_uid` raises."""
    path = f"/v1/cases/{segment(case_uid(station, case))}/grants/{segment(handler)}"
    return station.client.submit(Grants, "PUT", path, {}, handler=by).to_json()


def revoke(station: Station, case: str, handler: str, *, by: str | None = None) -> dict[str, Any]:
    """Take a case away from a handler. Raises what `case_uid` raises."""
    path = f"/v1/cases/{segment(case_uid(station, case))}/grants/{segment(handler)}"
    return station.client.submit(Grants, "DELETE", path, {}, handler=by).to_json()


def case_uid(station: Station, case: str) -> str:
    """The case that `case` names: the hub's id, a transfer id, or any agency's number for it.

    Raises `adapter.unknown-case`, and `AmbiguousCase` (`adapter.ambiguous-case`) when several fit.
    """
    if is_uuid(case) and station.numbers.record(case) is not None:
        return case
    found = station.client.ask(CasesFound, "/v1/cases", ref=case).cases
    if not found:
        raise Problem("adapter.unknown-case", case)
    if len(found) > 1:
        raise AmbiguousCase("adapter.ambiguous-case", case, cases="、".join(item.case_uid for item in found))
    return found[0].case_uid

"""Codebook drafts over the API, for a maintainers' desk: the same work as `casehub codebook`, by signed requests.

Only agencies with the role `maintainer` take part, which the hub's operators give. A person is `type:code/handler`, so
that two handlers of one agency are two persons, and the second of them may review what the first one made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from codebooks import build
from hub import marking
from hub.access import looking
from hub.callers import Caller
from hub.runtime import Hub
from hub.store import agencies, transfers
from hub.terminology import accepting, comparing, drafts, editing, releasing, traffic
from messages.problems import Problem
from messages.rendering import problem_json
from standards.times import civil_day

Json = Mapping[str, Any]
"""A body that fits its model (`hub.api.typed`)."""

MAINTAINER = "maintainer"
MAX_CHANGES = 10_000
MAX_DAYS = 400


def require(hub: Hub, who: Caller) -> str:
    """The caller as a maintainer. Raises `Problem("codebook.not-maintainer")`, which leaves a mark."""
    with hub.database.transaction(write=False) as connection:
        found = agencies.get(connection, who.agency)
    if found is None or found.role != MAINTAINER or who.role is None:
        marking.access_refused(hub, who, "codebook-drafts", "")
        raise Problem("codebook.not-maintainer")
    return f"{who.agency}/{who.handler}"


def maintainers(hub: Hub) -> list[str]:
    """The agencies that may maintain codebooks over the API."""
    with hub.database.transaction(write=False) as connection:
        return [item.agency for item in agencies.every(connection) if item.role == MAINTAINER and not item.revoked_at]


def set_maintainer(hub: Hub, agency: str, allowed: bool) -> list[str]:
    """Let an enrolled agency maintain codebooks, or no longer. Raises `agency.unknown`."""
    with hub.database.transaction() as connection:
        if not agencies.set_role(connection, agency, MAINTAINER if allowed else "agency"):
            raise Problem("agency.unknown", agency)
    return maintainers(hub)


def listing(hub: Hub, who: Caller, *, every: bool) -> dict[str, Any]:
    """The drafts."""
    require(hub, who)
    return {"drafts": [row.to_json() for row in drafts.listing(hub, every=every)]}


def new(hub: Hub, who: Caller, body: Json) -> dict[str, Any]:
    """Begin a draft: `{"title"?, "name"?, "from"?}`."""
    person = require(hub, who)
    title, name, like = (body.get(each, "") for each in ("title", "name", "from"))
    return drafts.new(hub, person, title, name=name, like=like).to_json()


def show(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """A draft with all its edits."""
    require(hub, who)
    row, made = drafts.show(hub, name)
    edits = [
        {"version": item.version, "editor": item.editor, "edited_at": item.edited_at, **item.edit.to_json()}
        for item in made
    ]
    return {**row.to_json(), "edits": edits}


def edit(hub: Hub, who: Caller, name: str, body: Json) -> dict[str, Any]:
    """Edit rows: `{"changes": [{"action", "table", "key", "cells"}], "seen"?}`."""
    person = require(hub, who)
    changes = [
        editing.RowChange(each["action"], each["table"], each.get("key", ""), each.get("cells", {}))
        for each in body["changes"]
    ]
    return editing.edit(hub, name, person, changes, seen=body.get("seen")).to_json()


def import_table(hub: Hub, who: Caller, name: str, body: Json) -> dict[str, Any]:
    """Import a table: `{"table", "content", "header"?, "seen"?}`, content and header as text."""
    person = require(hub, who)
    header = body.get("header", "").encode("utf-8") or None
    content, seen = body["content"].encode("utf-8"), body.get("seen")
    return editing.import_file(hub, name, person, body["table"], content, header=header, seen=seen).to_json()


def table(hub: Hub, who: Caller, name: str, of: str) -> dict[str, Any]:
    """A table of the draft as guarded CSV, with the version to name as seen."""
    require(hub, who)
    version, data = editing.exported(hub, name, of)
    return {"version": version, "content": data.decode("utf-8")}


def check(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """What the release checks refuse."""
    require(hub, who)
    row, wrong = drafts.check(hub, name)
    return {"draft": row.draft, "passed": not wrong, "problems": [problem_json(item) for item in wrong]}


def diff(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """What the draft changes."""
    require(hub, who)
    return comparing.compare(hub, name).to_json()


def review(hub: Hub, who: Caller, name: str, body: Json) -> dict[str, Any]:
    """Approve or return: `{"approve": true|false, "note"?}`."""
    person = require(hub, who)
    return drafts.review(hub, name, person, approve=body["approve"], note=body.get("note", "")).to_json()


def rebase(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """Bring the draft up to the newest release."""
    row, kept = drafts.rebase(hub, name, require(hub, who))
    return {**row.to_json(), "kept": kept}


def drop(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """Give the draft up."""
    return drafts.drop(hub, name, require(hub, who)).to_json()


def release(hub: Hub, who: Caller, name: str, body: Json) -> dict[str, Any]:
    """Release: `{"effective_from"?, "allow_orphans"?}`."""
    person = require(hub, who)
    day = _day(body, "effective_from")
    return releasing.release(hub, name, person, day, allow_orphans=body.get("allow_orphans", False)).to_json()


def dry_run(hub: Hub, who: Caller, name: str, days: int) -> dict[str, Any]:
    """What the draft would change for the transfers of the last days. Counts cover all of them; examples are given only
    for transfers that the caller may see.
    """
    require(hub, who)
    _, files = drafts.contents(hub, name)
    with drafts.problems_told():
        after = build(files)
    found = traffic.dry_run(hub, hub.release, after, days)
    named = {each["transfer_id"] for change in found["changes"] for each in change["examples"]}
    with hub.database.transaction(write=False) as connection:
        seen = {
            key
            for key, row in transfers.get_many(connection, named).items()
            if row.involves(who.agency) and looking.sees(connection, who, row.case_uid)
        }
    for change in found["changes"]:
        change["examples"] = [each for each in change["examples"] if each["transfer_id"] in seen]
    return {"draft": name, **found, "after": name}


def worklist(hub: Hub, who: Caller, days: int, limit: int) -> dict[str, Any]:
    """Unmapped and ambiguous codes of real traffic."""
    require(hub, who)
    return traffic.worklist(hub, days, limit=limit)


def accept(hub: Hub, who: Caller, body: Json) -> dict[str, Any]:
    """Accept a suggestion: `{"item", "code"?, "relationship"?, "draft"?, "why"?}`."""
    person = require(hub, who)
    optional = {name: body.get(name, "") for name in ("code", "draft", "why")}
    relationship = body.get("relationship", "equivalent")
    return accepting.accept(hub, body["item"], person, relationship=relationship, **optional).to_json()


def _day(body: Json, name: str) -> date | None:
    """A day that may be missing or empty. Raises `http.bad-parameter`."""
    try:
        return civil_day(found) if (found := body.get(name)) else None
    except ValueError:
        raise Problem("http.bad-parameter", f"/{name}") from None

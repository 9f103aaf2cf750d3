"""Codebook drafts over the API, for a maintainers' desk: the same work as `casehub codebook`, by signed requests.

Only agencies with the role `maintainer` take part, which the hub's operators give. A person is `type:code/handler`, so
that two handlers of one agency are two persons, and the second of them may review what the first one made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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


def new(hub: Hub, who: Caller, body: Any) -> dict[str, Any]:
    """Begin a draft: `{"title"?, "name"?, "from"?}`."""
    person, told = require(hub, who), _object(body)
    return drafts.new(hub, person, _text(told, "title"), name=_text(told, "name"), like=_text(told, "from")).to_json()


def show(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """A draft with all its edits."""
    require(hub, who)
    row, made = drafts.show(hub, name)
    edits = [
        {"version": item.version, "editor": item.editor, "edited_at": item.edited_at, **item.edit.to_json()}
        for item in made
    ]
    return {**row.to_json(), "edits": edits}


def edit(hub: Hub, who: Caller, name: str, body: Any) -> dict[str, Any]:
    """Edit rows: `{"changes": [{"action", "table", "key", "cells"}], "seen"?}`."""
    person, told = require(hub, who), _object(body)
    changes = [_change(item, place) for place, item in enumerate(_list(told, "changes"))]
    return editing.edit(hub, name, person, changes, seen=_whole(told, "seen")).to_json()


def _change(item: Any, place: int) -> editing.RowChange:
    told = _object(item, f"/changes/{place}")
    cells = _object(told.get("cells", {}), f"/changes/{place}/cells")
    action = told.get("action")
    texts = [told.get("table"), told.get("key", ""), *cells.values()]
    if action not in editing.ACTIONS or not all(isinstance(text, str) for text in texts):
        raise Problem("http.bad-parameter", f"/changes/{place}")
    return editing.RowChange(action, told["table"], told.get("key", ""), cells)


def import_table(hub: Hub, who: Caller, name: str, body: Any) -> dict[str, Any]:
    """Import a table: `{"table", "content", "header"?, "seen"?}`, content and header as text."""
    person, told = require(hub, who), _object(body)
    header = _text(told, "header").encode("utf-8") or None
    content = _text(told, "content").encode("utf-8")
    seen = _whole(told, "seen")
    return editing.import_file(hub, name, person, _text(told, "table"), content, header=header, seen=seen).to_json()


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


def review(hub: Hub, who: Caller, name: str, body: Any) -> dict[str, Any]:
    """Approve or return: `{"approve": true|false, "note"?}`."""
    person, told = require(hub, who), _object(body)
    if not isinstance(told.get("approve"), bool):
        raise Problem("http.bad-parameter", "/approve")
    return drafts.review(hub, name, person, approve=told["approve"], note=_text(told, "note")).to_json()


def rebase(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """Bring the draft up to the newest release."""
    row, kept = drafts.rebase(hub, name, require(hub, who))
    return {**row.to_json(), "kept": kept}


def drop(hub: Hub, who: Caller, name: str) -> dict[str, Any]:
    """Give the draft up."""
    return drafts.drop(hub, name, require(hub, who)).to_json()


def release(hub: Hub, who: Caller, name: str, body: Any) -> dict[str, Any]:
    """Release: `{"effective_from"?, "allow_orphans"?}`."""
    person, told = require(hub, who), _object(body)
    day = _day(told, "effective_from")
    return releasing.release(hub, name, person, day, allow_orphans=told.get("allow_orphans") is True).to_json()


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


def accept(hub: Hub, who: Caller, body: Any) -> dict[str, Any]:
    """Accept a suggestion: `{"item", "code"?, "relationship"?, "draft"?, "why"?}`."""
    person, told = require(hub, who), _object(body)
    return accepting.accept(
        hub, _text(told, "item"), person, code=_text(told, "code"),
        relationship=_text(told, "relationship") or "equivalent", draft=_text(told, "draft"), why=_text(told, "why"),
    ).to_json()  # fmt: skip


def _object(body: Any, place: str = "") -> Mapping[str, Any]:
    if body is None:
        return {}
    if not isinstance(body, Mapping):
        raise Problem("http.bad-parameter", place or "/")
    return body


def _list(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = body.get(name)
    if not isinstance(found, list) or not 0 < len(found) <= MAX_CHANGES:
        raise Problem("http.bad-parameter", f"/{name}")
    return found


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name, "")
    if not isinstance(found, str):
        raise Problem("http.bad-parameter", f"/{name}")
    return found


def _whole(body: Mapping[str, Any], name: str) -> int | None:
    found = body.get(name)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise Problem("http.bad-parameter", f"/{name}")
    return found


def _day(body: Mapping[str, Any], name: str) -> date | None:
    found = _text(body, name)
    if not found:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", found, re.ASCII):
            return date.fromisoformat(found)
    except ValueError:
        pass
    raise Problem("http.bad-parameter", f"/{name}")

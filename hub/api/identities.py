"""The crosswalk of persons and cases (人员、案件标识对照): it links the numbers of several systems.

Numbers are sent in bodies only, never in a URL, so that no proxy and no log contains one.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from hub.api import examples
from hub.api.documented import Json, documented
from hub.api.models.identities import (
    CandidateTaken,
    IdentitiesFound,
    Identity,
    IdentityHistory,
    IdentityQuestion,
    Proposal,
    ProposedChange,
    Reason,
    SettledProposal,
    WaitingProposals,
)
from hub.api.typed import typed_json
from hub.auth import caller_once, hub_of
from hub.callers import Caller
from hub.identities import decisions, desk, views
from hub.identities.decisions import Wanted
from messages.problems import Problem

router = APIRouter(prefix="/v1/identities", tags=["identities"])

MEMBER: Final = "01933e79-2f10-7a63-8d52-0c9b6f7a1e01"
OTHER: Final = "01933e79-2f10-7a63-8d52-0c9b6f7a1e02"
PROPOSAL: Final = "01933e7c-5b61-7d0f-9a3e-6a1c2b7d4e03"
_NUMBERS: Final = [
    {"agency": examples.POLICE, "kind": "RYBH", "value": "R3501020000002026030001"},
    {"agency": "", "kind": "certificate", "value": "****************18"},
]
IDENTITY: Final[Json] = {
    "identity": MEMBER,
    "kind": "person",
    "members": [
        {
            "member": MEMBER,
            "case_uid": examples.CASE_UID,
            "person_uid": "01933e79-2f0f-7b8c-9c4e-3d2a1b0c9d04",
            "since": examples.INSTANT,
            "registered_by": examples.POLICE,
            "names": ["陈**"],
            "numbers": [{**number, "since": examples.INSTANT, "ended_at": None} for number in _NUMBERS],
        }
    ],
    "ties": [],
    "more_ties": 0,
}
PROPOSED: Final[Json] = {
    "proposal": PROPOSAL,
    "kind": "person",
    "action": "merge",
    "status": "proposed",
    "members": [MEMBER, OTHER],
    "tie": None,
    "since": examples.INSTANT,
    "settled_at": None,
    "by": f"{examples.POLICE}/h-1024",
    "why": "核对户籍档案，系同一人。",
    "decided_by": None,
    "contradictions": ["birth-date"],
}
HISTORY: Final[Json] = {
    "identity": MEMBER,
    "events": [
        {
            "at": examples.INSTANT,
            "event": "registered",
            "members": [MEMBER],
            "tie": None,
            "proposal": None,
            "by": examples.POLICE,
            "why": None,
            "contradictions": [],
            "leaf_hash": examples.DIGEST,
        }
    ],
}


@router.post(
    "/resolve",
    summary="Find identities by a number",
    **documented(
        "resolve_identities",
        gives=IdentitiesFound,
        takes=IdentityQuestion,
        body={"value": "350102199001020118", "kind": "person", "reveal": False},
        answer={"identities": [IDENTITY]},
        told="The identities found; none is an empty list.",
    ),
)
async def resolve(request: Request) -> dict[str, Any]:
    """Identities of the caller's cases by any number of a person or case, in any spelling, or by an id of the hub's.

    Certificate numbers and names are shortened unless `reveal` is true. The look is a mark.
    """
    who, body = await typed_json(request, IdentityQuestion)
    value, kind, reveal = _text(body, "value"), body.get("kind"), body.get("reveal", False)
    viewer = views.handler(who)
    return await run_in_threadpool(desk.resolve, hub_of(request), viewer, value, kind=kind, reveal=reveal)


@router.get(
    "/proposals",
    summary="What waits for people",
    **documented(
        "list_proposals",
        gives=WaitingProposals,
        answer={"candidates": [{**PROPOSED, "cases": [examples.CASE_UID]}], "more": 0},
        told="Candidates of the rules and proposals of people.",
    ),
)
async def candidates(request: Request, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """Candidates and proposals of which the caller may see every side, oldest first."""
    return await run_in_threadpool(desk.candidates, hub_of(request), views.handler(who))


@router.post(
    "/proposals",
    summary="Propose a change",
    **documented(
        "propose_change",
        gives=Proposal,
        takes=(ProposedChange, CandidateTaken),
        body={"action": "merge", "members": [MEMBER, OTHER], "why": "核对户籍档案，系同一人。"},
        answer=PROPOSED,
        told="The proposal, which a second person confirms.",
    ),
)
async def propose(request: Request) -> dict[str, Any]:
    """`merge` two `members`; `undo` a `tie`; `separate` one member; `link` or `unlink` a `number` of one member
    (`{"agency", "kind", "value"}`, agency "" for a certificate); or take up a rule's `candidate`."""
    who, body = await typed_json(request, ProposedChange, CandidateTaken)
    hub, viewer = hub_of(request), views.handler(who)
    if "candidate" in body:
        taken = _text(body, "candidate"), body.get("why", "")
        return await run_in_threadpool(decisions.take_up, hub, viewer, *taken)
    return await run_in_threadpool(decisions.propose, hub, viewer, _wanted(body))


@router.post(
    "/proposals/{proposal}/confirmation",
    summary="Confirm a proposal",
    **documented(
        "confirm_proposal",
        gives=SettledProposal,
        takes=Reason,
        body={"why": "已复核。"},
        answer={**PROPOSED, "status": "confirmed", "tied": [OTHER]},
        told="The proposal, carried out.",
    ),
)
async def confirm(request: Request, proposal: str) -> dict[str, Any]:
    """Carry out what somebody else proposed."""
    who, body = await typed_json(request, Reason, may_lack=True)
    return await _settle(request, decisions.confirm, who, proposal, body)


@router.post(
    "/proposals/{proposal}/rejection",
    summary="Reject a proposal",
    **documented(
        "reject_proposal",
        gives=SettledProposal,
        takes=Reason,
        body={"why": "同名不同人。"},
        answer={**PROPOSED, "status": "rejected"},
        told="The proposal, settled without effect.",
    ),
)
async def reject(request: Request, proposal: str) -> dict[str, Any]:
    """Settle a proposal or candidate without doing it; the rules will not tie the two again."""
    who, body = await typed_json(request, Reason, may_lack=True)
    return await _settle(request, decisions.reject, who, proposal, body)


@router.get(
    "/{identity}",
    summary="Read an identity",
    **documented("read_identity", gives=Identity, answer=IDENTITY, told="The identity."),
)
async def show(
    request: Request,
    identity: str,
    who: Annotated[Caller, Depends(caller_once)],
    reveal: Annotated[bool, Query()] = False,
) -> dict[str, Any]:
    """One identity by the id of any of its members, as far as the caller may see its cases."""
    viewer = views.handler(who)
    return await run_in_threadpool(desk.show, hub_of(request), viewer, identity, reveal=reveal)


@router.get(
    "/{identity}/history",
    summary="History of an identity",
    **documented("read_identity_history", gives=IdentityHistory, answer=HISTORY, told="Every step, in order."),
)
async def history(request: Request, identity: str, who: Annotated[Caller, Depends(caller_once)]) -> dict[str, Any]:
    """Registered, linked, merged, undone: who, when, why, and the mark of each step."""
    return await run_in_threadpool(desk.history, hub_of(request), views.handler(who), identity)


async def _settle(request: Request, how: Any, who: Caller, proposal: str, body: Json) -> dict[str, Any]:
    why = body.get("why", "")
    found: dict[str, Any] = await run_in_threadpool(how, hub_of(request), views.handler(who), proposal, why)
    return found


def _wanted(body: Json) -> Wanted:
    action, members, tie, number = body["action"], body.get("members", []), body.get("tie"), body.get("number")
    numbered = action in ("link", "unlink")
    if numbered != (number is not None) or (action == "undo") != (tie is not None):
        raise Problem("http.bad-parameter", "/number" if numbered or number is not None else "/tie")
    wanted = {"merge": 2, "undo": 0}.get(action, 1)
    if len(members) != wanted:
        raise Problem("http.bad-parameter", "/members")
    return Wanted(action, tuple(members), tie, number, body.get("why", ""))


def _text(body: Json, name: str) -> str:
    value: str = body[name]
    if not value.strip():
        raise Problem("http.bad-parameter", f"/{name}")
    return value

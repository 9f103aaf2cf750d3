"""Drafts of codebooks, their checks, review and release, for agencies that maintain the standards."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.api import draft_examples as examples
from hub.api.conditional import conditional
from hub.api.documented import documented
from hub.api.models.drafts import (
    Acceptance,
    Draft,
    DraftCheck,
    Drafts,
    DraftTable,
    DraftWithEdits,
    DryRun,
    Edited,
    Edits,
    NewDraft,
    RebasedDraft,
    ReleasedDraft,
    ReleaseOrder,
    Review,
    TableImport,
    Worklist,
)
from hub.api.models.releases import CodebookReleases, Comparison
from hub.api.typed import typed_json
from hub.auth import caller, hub_of, signed_json
from hub.callers import Caller
from hub.terminology import desk

router = APIRouter(prefix="/v1", tags=["codebook-drafts"])

DRAFTS = "/codebook-drafts"
Who = Annotated[Caller, Depends(caller)]
Days = Annotated[int, Query(ge=1, le=desk.MAX_DAYS)]


@router.get(
    "/codebooks/releases",
    summary="Codebook releases",
    **documented(
        "list_releases",
        gives=CodebookReleases,
        answer=examples.RELEASES,
        told="All releases, oldest first; the shipped one is number 0.",
        kept=True,
    ),
)
async def releases(request: Request, who: Who) -> Response:
    """Every codebook release with number, digest and first day; `in_effect` marks the one that converts today.
    Adapters ask when an answer's header `Casehub-Codebooks` names a release that they do not hold."""
    found = await run_in_threadpool(hub_of(request).releases.published)
    return await conditional(request, (json.dumps(found, sort_keys=True),), lambda: {"releases": found})


@router.get(
    DRAFTS,
    summary="Drafts",
    **documented("list_drafts", gives=Drafts, answer=examples.DRAFTS, told="The drafts."),
)
async def listing(request: Request, who: Who, every: bool = False) -> dict[str, Any]:
    """The drafts that somebody works on; with `every=true` also the closed ones."""
    return await run_in_threadpool(desk.listing, hub_of(request), who, every=every)


@router.post(
    DRAFTS,
    summary="Begin a draft",
    status_code=201,
    **documented(
        "begin_draft",
        gives=Draft,
        takes=NewDraft,
        body=examples.NEW,
        answer=examples.DRAFT,
        status=201,
        told="The draft, on the newest release; with `from` it brings back what that release has.",
    ),
)
async def new(request: Request) -> dict[str, Any]:
    """Begin a draft: `{"title"?, "name"?, "from"?}`."""
    who, body = await typed_json(request, NewDraft, may_lack=True)
    return await run_in_threadpool(desk.new, hub_of(request), who, body)


@router.get(
    DRAFTS + "/{draft}",
    summary="Read a draft",
    **documented(
        "read_draft", gives=DraftWithEdits, answer=examples.SHOWN, told="The draft and every edit, oldest first."
    ),
)
async def show(request: Request, draft: str, who: Who) -> dict[str, Any]:
    """State, version, reviewer and edits of a draft."""
    return await run_in_threadpool(desk.show, hub_of(request), who, draft)


@router.post(
    DRAFTS + "/{draft}/edits",
    summary="Edit rows",
    **documented(
        "edit_draft",
        gives=Edited,
        takes=Edits,
        body=examples.EDITS,
        answer=examples.EDITED,
        told="The draft's version now, and what was changed.",
    ),
)
async def edit(request: Request, draft: str) -> dict[str, Any]:
    """Add, change, end or remove rows, all or none. `seen` is the draft's version that the editor looked at: a row
    that somebody else changed since is a conflict that tells both values."""
    who, body = await typed_json(request, Edits)
    return await run_in_threadpool(desk.edit, hub_of(request), who, draft, body)


@router.post(
    DRAFTS + "/{draft}/imports",
    summary="Import a table",
    **documented(
        "import_into_draft",
        gives=Edited,
        takes=TableImport,
        body=examples.IMPORT,
        answer=examples.EDITED,
        told="The draft's version now, what was changed, and notes on what was converted.",
    ),
)
async def import_table(request: Request, draft: str) -> dict[str, Any]:
    """Put a whole table or crosswalk into the draft, all or nothing; every bad row is named by line."""
    who, body = await typed_json(request, TableImport)
    return await run_in_threadpool(desk.import_table, hub_of(request), who, draft, body)


@router.get(
    DRAFTS + "/{draft}/tables/{table}",
    summary="A table of a draft",
    **documented(
        "read_draft_table",
        gives=DraftTable,
        answer=examples.TABLE,
        told="The table as CSV with formulas guarded, and the version to name as seen when it comes back.",
    ),
)
async def table(request: Request, draft: str, table: str, who: Who) -> dict[str, Any]:
    """A code system, a crosswalk `<from>--<to>`, or `targets`, as the draft has it."""
    return await run_in_threadpool(desk.table, hub_of(request), who, draft, table)


@router.get(
    DRAFTS + "/{draft}/check",
    summary="Check a draft",
    **documented(
        "check_draft", gives=DraftCheck, answer=examples.CHECK, told="What a release would refuse, by file and line."
    ),
)
async def check(request: Request, draft: str, who: Who) -> dict[str, Any]:
    """The checks of a release, at any time."""
    return await run_in_threadpool(desk.check, hub_of(request), who, draft)


@router.get(
    DRAFTS + "/{draft}/diff",
    summary="What a draft changes",
    **documented(
        "compare_draft", gives=Comparison, answer=examples.DIFF, told="Rows and answers that differ from the base."
    ),
)
async def diff(request: Request, draft: str, who: Who) -> dict[str, Any]:
    """The draft's net edits, and the codes that would convert otherwise today."""
    return await run_in_threadpool(desk.diff, hub_of(request), who, draft)


@router.get(
    DRAFTS + "/{draft}/dry-run",
    summary="Dry run",
    **documented(
        "try_draft",
        gives=DryRun,
        answer=examples.DRY_RUN,
        told="By code: counts, and examples by transfer and place. Nothing personal.",
    ),
)
async def dry_run(request: Request, draft: str, who: Who, days: Days = 30) -> dict[str, Any]:
    """What the draft would change for the transfers of the last `days` days. Writes nothing."""
    return await run_in_threadpool(desk.dry_run, hub_of(request), who, draft, days)


@router.post(
    DRAFTS + "/{draft}/review",
    summary="Review a draft",
    **documented(
        "review_draft",
        gives=Draft,
        takes=Review,
        body=examples.REVIEW,
        answer=examples.DRAFT,
        told="The draft, approved or open again.",
    ),
)
async def review(request: Request, draft: str) -> dict[str, Any]:
    """A second person's verdict; whoever made the draft or an edit in it may not give it."""
    who, body = await typed_json(request, Review)
    return await run_in_threadpool(desk.review, hub_of(request), who, draft, body)


@router.put(
    DRAFTS + "/{draft}/base",
    summary="Bring a draft up to the newest release",
    **documented("rebase_draft", gives=RebasedDraft, answer=examples.REBASED, told="The draft on its new base."),
)
async def rebase(request: Request, draft: str) -> dict[str, Any]:
    """Lay the draft's edits on the newest release. Rows that conflict are named, and nothing is changed then."""
    who, _ = await signed_json(request, may_lack=True)
    return await run_in_threadpool(desk.rebase, hub_of(request), who, draft)


@router.post(
    DRAFTS + "/{draft}/release",
    summary="Release a draft",
    status_code=201,
    **documented(
        "release_draft",
        gives=ReleasedDraft,
        takes=ReleaseOrder,
        body=examples.RELEASE,
        answer=examples.RELEASED,
        status=201,
        told="The release: immutable, signed, marked.",
    ),
)
async def release(request: Request, draft: str) -> dict[str, Any]:
    """Release an approved draft, effective from a civil day in China: `{"effective_from"?, "allow_orphans"?}`."""
    who, body = await typed_json(request, ReleaseOrder, may_lack=True)
    return await run_in_threadpool(desk.release, hub_of(request), who, draft, body)


@router.delete(
    DRAFTS + "/{draft}",
    summary="Drop a draft",
    **documented("drop_draft", gives=Draft, answer=examples.DRAFT, told="The draft, closed; its edits stay readable."),
)
async def drop(request: Request, draft: str) -> dict[str, Any]:
    """Give a draft up."""
    who, _ = await signed_json(request, may_lack=True)
    return await run_in_threadpool(desk.drop, hub_of(request), who, draft)


@router.get(
    "/codebook-worklist",
    summary="Work list",
    **documented(
        "read_worklist", gives=Worklist, answer=examples.WORKLIST, told="Items, most frequent first, with suggestions."
    ),
)
async def worklist(
    request: Request, who: Who, days: Days = 90, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """Codes of real traffic that are unmapped or ambiguous, with counts by the senders' type and similar names."""
    return await run_in_threadpool(desk.worklist, hub_of(request), who, days, limit)


@router.post(
    "/codebook-worklist/accept",
    summary="Accept a suggestion",
    **documented(
        "accept_suggestion",
        gives=Edited,
        takes=Acceptance,
        body=examples.ACCEPT,
        answer=examples.EDITED,
        told="The row is in the draft.",
    ),
)
async def accept(request: Request) -> dict[str, Any]:
    """Put the suggestion, or another code, as a row into a draft; a new draft unless one is named."""
    who, body = await typed_json(request, Acceptance)
    return await run_in_threadpool(desk.accept, hub_of(request), who, body)

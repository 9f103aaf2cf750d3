"""Releases of the codebooks one by one: what is in them, their exact files, and how two of them differ."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.api import codebook_query_examples as examples
from hub.api.conditional import conditional
from hub.api.documented import documented
from hub.api.models.releases import Comparison, ReleaseManifest
from hub.auth import caller, hub_of
from hub.callers import Caller
from hub.runtime import Hub
from hub.terminology import comparing, queries
from standards.times import day as as_of_day

router = APIRouter(prefix="/v1/codebooks", tags=["codebooks"])

Who = Annotated[Caller, Depends(caller)]
_NAME = Query(min_length=1, max_length=100, description="Id or number of a release.")


@router.get(
    "/release",
    summary="The release in effect",
    **documented(
        "read_current_release",
        gives=ReleaseManifest,
        answer=examples.MANIFEST,
        told="The release with its files.",
        kept=True,
    ),
)
async def current(request: Request, who: Who) -> Response:
    """The release that converts today: id, digest, day from which it counts, and its files with digests."""
    hub = hub_of(request)
    told = await run_in_threadpool(_told, hub, None)
    return await conditional(request, (_stated(told),), lambda: _manifest(hub, told))


@router.get(
    "/releases/{release}",
    summary="One release",
    **documented(
        "read_release", gives=ReleaseManifest, answer=examples.MANIFEST, told="The release with its files.", kept=True
    ),
)
async def one(request: Request, release: str, who: Who) -> Response:
    """Id or number names it. Its statement, where a hub signed one, lets an adapter check the digest."""
    hub = hub_of(request)
    told = await run_in_threadpool(_told, hub, release)
    return await conditional(request, (_stated(told),), lambda: _manifest(hub, told))


@router.get(
    "/releases/{release}/files/{file:path}",
    summary="One file of a release",
    response_class=Response,
    **documented(
        "read_release_file",
        answer=examples.CSV,
        media_type="application/octet-stream",
        told="Its exact bytes.",
        kept=True,
    ),
)
async def file(request: Request, release: str, file: str, who: Who) -> Response:
    """The exact bytes over which the release's digest is made."""
    hub = hub_of(request)
    found = await run_in_threadpool(lambda: hub.releases.numbered(hub.releases.named(release)))
    content = queries.file(found, file)
    return await conditional(request, (found.digest,), lambda: content, "application/octet-stream")


@router.get(
    "/diff",
    summary="How two releases differ",
    **documented(
        "compare_releases", gives=Comparison, answer=examples.DIFF, told="Rows and outcomes that differ.", kept=True
    ),
)
async def diff(request: Request, who: Who, before: Annotated[str, _NAME], after: Annotated[str, _NAME]) -> Response:
    """Rows added, changed, ended and removed from one release to another, and whose outcomes change today."""
    hub = hub_of(request)
    digests = await run_in_threadpool(
        lambda: [hub.releases.numbered(hub.releases.named(name)).digest for name in (before, after)]
    )
    day = as_of_day(hub.clock())
    return await conditional(
        request,
        (*digests, day.isoformat()),
        lambda: comparing.compare(hub, before, after, day).to_json(),
    )


def _told(hub: Hub, name: str | None) -> dict[str, Any]:
    """What the list says of one release, or of the one in effect. Raises `codebook.no-release`."""
    listed = hub.releases.published()
    if name is None:
        return next(item for item in listed if item["in_effect"])
    number = hub.releases.named(name)
    return next(item for item in listed if item["number"] == number)


def _manifest(hub: Hub, told: dict[str, Any]) -> dict[str, Any]:
    statement = hub.releases.statement(told["number"])
    signed = {} if statement is None else {"statement": statement.to_json()}
    return queries.manifest(hub.releases.numbered(told["number"]), {**told, **signed})


def _stated(body: Any) -> str:
    return json.dumps(body, sort_keys=True)

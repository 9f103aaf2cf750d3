"""Code tables, crosswalks and their releases, for every enrolled agency.

Every query can name a `release` (id or number; default: the one in effect) and a day, `as_of` (default: today in
China). Responses have an ETag; `If-None-Match` gets 304. Facts from a record (amounts, ages) are sent in the body of a
batch, never in a URL.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.api import codebook_query_examples as examples
from hub.api.conditional import JSON_TYPE, conditional
from hub.api.documented import FHIR, documented
from hub.api.fhir_described import CODE_SYSTEM
from hub.api.models.codebooks import (
    Batch,
    BatchAnswer,
    CodeLookup,
    CodeSystems,
    CodeTranslation,
    CodeValidation,
    ConceptPage,
    ConceptsFound,
    Coverage,
    CrosswalkPage,
    Crosswalks,
    OneCodeSystem,
    Subsumption,
)
from hub.api.models.fhir import FhirCodeSystem, FhirConceptMap
from hub.auth import caller, hub_of, signed_json
from hub.callers import Caller
from hub.terminology import queries
from hub.terminology.queries import MEDIA_TYPES, Asked
from messages.problems import Problem
from standards.times import civil_day
from standards.times import day as as_of_day

router = APIRouter(prefix="/v1/codebooks", tags=["codebooks"])
PAGE = 1_000
"""Rows in one page at most."""
Who = Annotated[Caller, Depends(caller)]
Code = Annotated[str, Query(min_length=1, max_length=100)]
Text = Annotated[str | None, Query(max_length=200)]
After = Annotated[int, Query(ge=0, le=10_000_000, description="Position in the list; `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=PAGE)]
AllTimes = Annotated[bool, Query(description="Also what is not in force on the day.")]
_DAY = Query(max_length=10, description="A day, YYYY-MM-DD; today in China when missing.")
_RELEASE = Query(max_length=100, description="Id or number of a release; the one in effect when missing.")


def asked(
    request: Request, as_of: Annotated[str | None, _DAY] = None, release: Annotated[str | None, _RELEASE] = None
) -> Asked:
    """FastAPI dependency: release and day of a question. Raises `codebook.no-release`, `http.bad-request`."""
    hub = hub_of(request)
    day = as_of_day(hub.clock()) if as_of is None else the_day(as_of)
    return Asked(hub.release if release is None else hub.releases.numbered(hub.releases.named(release)), day)


def the_day(text: str) -> date:
    """A day as YYYY-MM-DD. Raises `http.bad-parameter`."""
    try:
        return civil_day(text)
    except ValueError:
        raise Problem("http.bad-parameter", "query/as_of") from None


For = Annotated[Asked, Depends(asked)]


@router.get(
    "/systems",
    summary="All code systems",
    **documented(
        "list_code_systems",
        gives=CodeSystems,
        answer=examples.SYSTEMS,
        told="The systems with their headers and sizes.",
        kept=True,
    ),
)
async def systems(request: Request, who: Who, question: For) -> Response:
    """Headers of all tables; `stand_in` marks those that only stand in for one that is not public."""
    return await conditional(request, question.follows_from, lambda: queries.systems(question))


@router.get(
    "/systems/{system}",
    summary="One code system",
    **documented(
        "read_code_system",
        gives=OneCodeSystem,
        answer=examples.ONE_SYSTEM,
        told="Its header, sizes and crosswalks.",
        kept=True,
    ),
)
async def system(request: Request, system: str, who: Who, question: For) -> Response:
    """The header of a table, and the systems to which crosswalks lead from it."""
    return await conditional(request, question.follows_from, lambda: queries.system(question, system))


@router.get(
    "/systems/{system}/concepts",
    summary="Concepts of a system",
    **documented(
        "list_concepts",
        gives=ConceptPage,
        answer=examples.CONCEPTS,
        told="A page of concepts in the table's order.",
        kept=True,
    ),
)
async def concepts(
    request: Request, system: str, who: Who, question: For, *, parent: Text = None, all_times: AllTimes = False,
    after: After = 0, limit: Limit = 200,
) -> Response:  # fmt: skip
    """The concepts in force on the day (or of all times), all or directly under `parent`."""
    return await conditional(
        request,
        question.follows_from,
        lambda: queries.concepts(question, system, all_times=all_times, parent=parent, after=after, limit=limit),
    )


@router.get(
    "/systems/{system}/lookup",
    summary="What a code means",
    **documented(
        "look_up_code",
        gives=CodeLookup,
        answer=examples.LOOKUP,
        told="Its meaning on the day and at all times.",
        kept=True,
    ),
)
async def lookup(request: Request, system: str, code: Code, who: Who, question: For) -> Response:
    """Meaning, parents and children on the day, successors, and every meaning that the code ever had."""
    return await conditional(request, question.follows_from, lambda: queries.lookup(question, system, code))


@router.get(
    "/systems/{system}/find",
    summary="Find by name",
    **documented(
        "find_concepts", gives=ConceptsFound, answer=examples.FOUND, told="The concepts, best first.", kept=True
    ),
)
async def find(
    request: Request, system: str, text: Code, who: Who, question: For, *, all_times: AllTimes = False
) -> Response:
    """Concepts by code or by any historic form of their name; one that has ended answers through its successors."""
    return await conditional(
        request, question.follows_from, lambda: queries.find(question, system, text, all_times=all_times)
    )


@router.get(
    "/systems/{system}/validate",
    summary="May a code be used",
    **documented(
        "validate_code",
        gives=CodeValidation,
        answer=examples.VALIDATION,
        told="Whether, and what is wrong with it.",
        kept=True,
    ),
)
async def validate(
    request: Request, system: str, code: Code, who: Who, question: For, *, display: Text = None, version: Text = None
) -> Response:
    """Whether the code is in the table, in force, no heading, and named and versioned as the table says."""
    return await conditional(
        request, question.follows_from, lambda: queries.validate(question, system, code, display, version)
    )


@router.get(
    "/systems/{system}/subsumes",
    summary="How two codes stand to each other",
    **documented("compare_codes", gives=Subsumption, answer=examples.SUBSUMPTION, told="The outcome.", kept=True),
)
async def subsumes(request: Request, system: str, *, a: Code, b: Code, who: Who, question: For) -> Response:
    """`equivalent`, `subsumes` (a is above b), `subsumed-by` or `not-subsumed`, on the day."""
    return await conditional(request, question.follows_from, lambda: queries.subsumes(question, system, a, b))


@router.get(
    "/translate",
    summary="Translate one code",
    **documented(
        "translate_code",
        gives=CodeTranslation,
        answer=examples.TRANSLATION,
        told="The outcome; never empty.",
        kept=True,
    ),
)
async def translate(
    request: Request, *, system: Code, code: Code, target: Code, who: Who, question: For, version: Text = None
) -> Response:
    """What a code of one system is in another. Unknown names are outcomes (`unmapped` with a note), not errors."""
    return await conditional(
        request, question.follows_from, lambda: queries.translate(question, system, code, target, version)
    )


@router.post(
    "/batch",
    summary="Translate up to 1,000 codes",
    **documented(
        "translate_batch",
        gives=BatchAnswer,
        takes=Batch,
        body=examples.BATCH,
        answer=examples.BATCH_ANSWER,
        told="One answer per item, in order; an item that cannot be read fails alone.",
    ),
)
async def batch(request: Request, question: For) -> Response:
    """Translations with what the record says (`context`: `amount`, `minor`, `article`). Nothing of it is kept."""
    _, body = await signed_json(request)
    made = await run_in_threadpool(queries.batch, question, body)
    return Response(made, media_type=JSON_TYPE)


@router.get(
    "/crosswalks",
    summary="All crosswalks",
    **documented(
        "list_crosswalks",
        gives=Crosswalks,
        answer=examples.CROSSWALKS,
        told="The crosswalks with their sizes.",
        kept=True,
    ),
)
async def crosswalks(request: Request, who: Who, question: For) -> Response:
    """Which systems lead to which; a crosswalk is read in its own direction only."""
    return await conditional(request, question.follows_from, lambda: queries.crosswalks(question))


@router.get(
    "/crosswalks/{name}",
    summary="Rows of a crosswalk",
    **documented("read_crosswalk", gives=CrosswalkPage, answer=examples.ROWS, told="A page of rows.", kept=True),
)
async def crosswalk(
    request: Request, name: str, who: Who, question: For, *, after: After = 0, limit: Limit = 200
) -> Response:
    """The rows as they stand in the file, each with its line."""
    return await conditional(
        request, question.follows_from, lambda: queries.crosswalk_rows(question, name, after, limit)
    )


@router.get(
    "/coverage",
    summary="How far the crosswalks reach",
    **documented(
        "read_coverage", gives=Coverage, answer=examples.COVERAGE, told="Counts per crosswalk and outcome.", kept=True
    ),
)
async def coverage(request: Request, who: Who, question: For) -> Response:
    """Per crosswalk, how many codes come out with which outcome on the day."""
    return await conditional(request, question.follows_from, lambda: queries.coverages(question))


@router.get(
    "/exports/{name}",
    summary="A table or crosswalk in another format",
    response_class=Response,
    **documented(
        "export_codebook",
        answer=examples.CSV,
        media_type="text/csv",
        others={
            "application/xml": (None, "<?xml version='1.0' encoding='utf-8'?>…"),
            FHIR: ((FhirCodeSystem, FhirConceptMap), CODE_SYSTEM),
            "text/tab-separated-values": (None, "#curie_map: …"),
        },
        told="The table or crosswalk.",
        kept=True,
    ),
)
async def export(request: Request, name: str, who: Who, question: For, format: Code = "csv") -> Response:  # noqa: A002
    """`csv`, `genericode` or `fhir` of a table; `csv`, `fhir` or `sssom` of a crosswalk (`from--to`)."""
    return await conditional(
        request,
        question.follows_from,
        lambda: queries.exported(question.release, name, format, question.as_of),
        MEDIA_TYPES.get(format, JSON_TYPE),
    )

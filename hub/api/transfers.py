"""Transfers (流转): submit one, read one, answer for its receipt, follow its trail."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access.rules import Caller
from hub.api import examples
from hub.api.documented import documented
from hub.auth import caller, hub_of, signed_json
from hub.exchange import answers, desk, mark_desk, trails

router = APIRouter(prefix="/v1", tags=["transfers"])

STATEMENT_ERRORS: Final = (
    "evidence.malformed-statement",
    "evidence.malformed-base64",
    "evidence.not-canonical",
    "evidence.unknown-suite",
    "evidence.newer-vocabulary",
    "evidence.must-understand",
    "evidence.unknown-algorithm",
    "evidence.wrong-owner",
    "statement.from-future",
)
MARK_ERRORS: Final = (
    *STATEMENT_ERRORS,
    "evidence.bad-mark",
    "mark.not-accepted",
    "mark.other-actor",
    "mark.other-transfer",
    "mark.differs",
    "mark.out-of-order",
)
SUBMISSION_ERRORS: Final = (
    "package.malformed",
    *STATEMENT_ERRORS,
    "envelope.sender",
    "envelope.handler",
    "package.marks",
    "mark.other-actor",
    "mark.other-transfer",
    "mark.differs",
    "mark.out-of-order",
    "transfer.id-reused",
    "transfer.unknown",
    "transfer.not-superseded",
    "case.unknown",
    "case.uid-differs",
    "package.schema",
    "record.digest",
    "record.other-case",
    "package.volumes-differ",
    "descriptor.altered",
    "descriptor.digest",
    "descriptor.sealed-by-other",
    "dossier.descriptor",
    "dossier.descriptor-counts",
    "volume.not-new",
    "part.missing",
    "package.parts",
    "node.unknown",
    "agency.not-enrolled",
    "envelope.key-recipient",
    "rule.D-02",
    "rule.D-03",
    "rule.D-04",
    "rule.D-04-any",
    "rule.D-04-volume",
    "rule.D-06",
    "rule.D-06-receiver",
    "rule.D-06-paper",
    "package.incomplete",
)
"""Every code with which a submission may be refused, in the order of the steps of `hub.exchange.decisions.receive`."""


@router.post(
    "/transfers",
    summary="Submit a transfer",
    status_code=201,
    **documented(
        body=examples.SUBMISSION,
        answer=examples.SUBMISSION_ANSWER,
        status=201,
        told="Received. 200 with the very same bytes when this envelope was received before.",
        errors=SUBMISSION_ERRORS,
    ),
)
async def submit(request: Request) -> Response:
    """Receive an envelope with its record, descriptors and marks, in the steps of `hub.exchange.decisions.receive`.

    201 with the signed receipt, the annex and the findings; the same envelope again gives 200 and the same bytes.
    """
    who, body = await signed_json(request)
    answer, new = await run_in_threadpool(desk.submit, hub_of(request), who, body)
    return Response(answer, status_code=201 if new else 200, media_type="application/json")


@router.get(
    "/transfers/{transfer_id}",
    summary="Read a transfer",
    **documented(answer=examples.TRANSFER, told="The package without its volumes.", errors=["transfer.unknown"]),
)
async def read(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """Everything but the sealed volumes, for sender and receiver: envelope, record, annex, descriptors, receipt."""
    return await run_in_threadpool(answers.read_transfer, hub_of(request), who, transfer_id)


@router.post(
    "/transfers/{transfer_id}/acknowledgement",
    summary="Acknowledge or decline",
    **documented(
        body=examples.ACKNOWLEDGEMENT,
        answer=examples.ACKNOWLEDGEMENT_ANSWER,
        told="The transfer's state now, and the mark's leaf hash.",
        errors=["transfer.unknown", "transfer.wrong-state", "mark.private", *MARK_ERRORS],
    ),
)
async def acknowledge(request: Request, transfer_id: str) -> dict[str, Any]:
    """Take the receiver's signed mark: `acknowledged` (all is durable there) or `declined` (cannot be unsealed)."""
    who, body = await signed_json(request)
    return await run_in_threadpool(mark_desk.acknowledge, hub_of(request), who, transfer_id, body)


@router.get(
    "/transfers/{transfer_id}/trail",
    summary="Marks of a transfer",
    **documented(answer=examples.TRAIL, told="The marks.", errors=["transfer.unknown"]),
)
async def trail(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """All marks of the transfer in the log's order, those not yet numbered last."""
    return await run_in_threadpool(trails.of_transfer, hub_of(request), who, transfer_id)


@router.get(
    "/transfers/{transfer_id}/proofs",
    summary="Proofs of inclusion",
    **documented(answer=examples.PROOFS, told="Checkpoint and proofs.", errors=["transfer.unknown"]),
)
async def proofs(request: Request, transfer_id: str, who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """The newest checkpoint and a proof of inclusion for every mark of the transfer that it covers."""
    return await run_in_threadpool(trails.proofs, hub_of(request), who, transfer_id)


@router.post(
    "/marks",
    summary="Hand in marks",
    **documented(
        body=examples.MARKS,
        answer=examples.MARKS_ANSWER,
        told="Leaf hashes in the order of the marks.",
        errors=["http.bad-parameter", "transfer.unknown", *MARK_ERRORS],
    ),
)
async def marks(request: Request) -> dict[str, Any]:
    """Marks that a party signed after the transfer, such as `opened` for each page that was read."""
    who, body = await signed_json(request)
    return await run_in_threadpool(mark_desk.hand_in, hub_of(request), who, body)

"""Checks that a package is complete and may be sent: rules D-02 and D-04 to D-07, on what the volumes' descriptors
declare.

A *declaration* is a list with one entry for each volume of the transfer, carried or by reference:

    {"number": "V20-01", "kind": "V20", "files": 3, "pages": 60, "reused": False, "returned": False,
     "documents": [{"doc_type": "E0501", "files": 1, "pages": 8}, …]}

`reused`: sent by reference. `returned`: the receiver sealed the volume or has received it before; only where this
member is given, the matrix of `standards.documents.volumes` is applied. The adapter checks before anything is sent, and
the hub checks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from messages.findings import Finding
from messages.problems import Problem
from standards.documents import document_types, volumes
from standards.nodes import Node, Requirement

Volume = Mapping[str, Any]
PAGES_ADVISED = 200
"""Pages of a book above which practice would bind a second one (dossier.md section 2)."""


def refusals(
    node: Node, declaration: Sequence[Volume], *, sender: str | None = None, receiver: str | None = None
) -> list[Problem]:
    """Everything for which the package must be refused; empty when it may go.

    1. D-02: sender and receiver (`police` or `police:3501…`, where given) are those of the node.
    2. D-04: every required document and volume is there, each missing one named.
    3. D-05: each volume's files and pages are the sums of its documents'; not for deltas, nor for volumes by reference.
    4. D-06: no volume and no paper that must not leave its agency; no volume that may not go to this receiver.
    """
    return [
        *_parties(node, sender, receiver),
        *_missing_documents(node, declaration),
        *_missing_volumes(node, declaration),
        *(problem for volume in declaration for problem in _wrong_counts(node, volume)),
        *(problem for volume in declaration for problem in _forbidden(node, volume)),
    ]


def findings(node: Node, declaration: Sequence[Volume]) -> list[Finding]:
    """What is noticed in the package but refuses nothing.

    Counts that differ in a delta or a volume by reference (D-05), books whose length goes beyond practice (D-07),
    document types that the standard does not know.
    """
    known = document_types()
    found = []
    for volume in declaration:
        number = str(volume["number"])
        for member, declared, summed in _differences(volume):
            if not _counts_refuse(node, volume):
                found.append(
                    Finding(f"rule.D-05-{member}", "W", number, params={"declared": declared, "summed": summed})
                )
        books = volume.get("books")
        if books and volume["pages"] > books * PAGES_ADVISED:
            params = {"pages": volume["pages"], "books": books, "advised": PAGES_ADVISED}
            found.append(Finding("rule.D-07", "W", number, params=params))
        found += [
            Finding("document.unknown-type", "D", number, params={"doc_type": each["doc_type"]})
            for each in volume["documents"]
            if each["doc_type"] not in known
        ]
    return found


def declared_types(declaration: Sequence[Volume]) -> frozenset[str]:
    """The document types that the volumes declare."""
    return frozenset(str(each["doc_type"]) for volume in declaration for each in volume["documents"])


def _parties(node: Node, sender: str | None, receiver: str | None) -> Iterator[Problem]:
    given = tuple(None if agency is None else agency.partition(":")[0] for agency in (sender, receiver))
    if any(mine not in (None, theirs) for mine, theirs in zip(given, (node.sender, node.receiver), strict=True)):
        yield Problem("rule.D-02", node.id, node=node.id, expected_sender=node.sender, expected_receiver=node.receiver)


def _missing_documents(node: Node, declaration: Sequence[Volume]) -> Iterator[Problem]:
    present = {
        str(document["doc_type"])
        for volume in declaration
        # the node's own papers are new with every transfer: those of an earlier one do not answer for this one
        if not (volume.get("reused") and volume["kind"] == "V00")
        for document in volume["documents"]
    }
    for requirement in node.documents:
        if not requirement.optional and not _met(requirement, present):
            yield _missing(node, "rule.D-04", [requirement])
    only_optional = node.documents and all(each.optional for each in node.documents) and not node.needs_volumes
    if only_optional and not any(_met(each, present) for each in node.documents):
        yield _missing(node, "rule.D-04-any", list(node.documents))


def _met(requirement: Requirement, present: set[str]) -> bool:
    meets = document_types().meets
    return any(meets(code, wanted) for wanted in requirement.any_of for code in present)


def _missing(node: Node, code: str, requirements: list[Requirement]) -> Problem:
    types = document_types()
    codes = [each for requirement in requirements for each in requirement.any_of]
    return Problem(
        code,
        node.id,
        node=node.id,
        doc_type="/".join(codes),
        document_zh="或者".join(types.name(each, "zh") for each in codes),
        document_en=" or ".join(types.name(each, "en") for each in codes),
    )


def _missing_volumes(node: Node, declaration: Sequence[Volume]) -> Iterator[Problem]:
    present = {volume["kind"] for volume in declaration}
    for clause in node.volumes:
        if not present & set(clause):
            kinds = [volumes.kind(code) for code in clause]
            yield Problem(
                "rule.D-04-volume",
                node.id,
                node=node.id,
                kind="/".join(clause),
                volume_zh="或者".join(f"{each.zh}（{each.code}）" for each in kinds),
                volume_en=" or ".join(f"{each.en} ({each.code})" for each in kinds),
            )


def _differences(volume: Volume) -> Iterator[tuple[str, int, int]]:
    for member in ("files", "pages"):
        summed = sum(document[member] for document in volume["documents"])
        if summed != volume[member]:
            yield member, volume[member], summed


def _counts_refuse(node: Node, volume: Volume) -> bool:
    return node.dossier != "delta" and not volume.get("reused")


def _wrong_counts(node: Node, volume: Volume) -> Iterator[Problem]:
    if _counts_refuse(node, volume):
        for member, declared, summed in _differences(volume):
            yield Problem(f"rule.D-05-{member}", str(volume["number"]), declared=declared, summed=summed)


def _forbidden(node: Node, volume: Volume) -> Iterator[Problem]:
    number, kind = str(volume["number"]), volumes.kinds().get(volume["kind"])
    if kind is None:
        yield Problem("volume.unknown-kind", number, kind=volume["kind"])
    elif kind.never_leaves:
        yield Problem("rule.D-06", number, volume=number, kind_zh=kind.zh, kind_en=kind.en)
    elif "returned" in volume and not volumes.may_send(
        kind.code, node.sender, node.receiver, returned=bool(volume["returned"])
    ):
        yield Problem("rule.D-06-receiver", number, volume=number, receiver=node.receiver)
    types = document_types()
    for document in volume["documents"]:
        known = types.get(document["doc_type"])
        if known is not None and known.internal:
            yield Problem("rule.D-06-paper", number, volume=number, document_zh=known.zh, document_en=known.en)

"""Which operations show what only some may see, how outsiders are refused there, and which mark a look leaves.

A new operation whose path names a case, a transfer or an identity gets its row in LOOKS. tests/flows/test_access.py
asks every row as all outsiders and insiders, and fails for an operation that stands in no table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.api.document import described


@dataclass(frozen=True)
class Look:
    """What an operation on one case, transfer or identity answers to an outsider, and which marks a party may leave.

    `what` gives the code, such as `case.unknown`, and `asked` the parameter that the mark of the refusal names. With
    `known`, a handler whom the agency does not have gets `handler.not-allowed` before anything is looked for.
    """

    what: str
    asked: str
    marks: tuple[str, ...] = ()
    known: bool = False


LOOKS: dict[str, Look] = {
    "read_transfer": Look("transfer", "transfer_id", ("fetched", "viewed")),
    "read_transfer_trail": Look("transfer", "transfer_id", ("viewed",)),
    "read_transfer_proofs": Look("transfer", "transfer_id"),
    "read_case": Look("case", "case_uid", ("viewed",)),
    "read_case_trail": Look("case", "case_uid", ("viewed",)),
    "read_case_deadlines": Look("case", "case_uid", ("viewed",)),
    "read_case_findings": Look("case", "case_uid", ("viewed",)),
    "grant_case": Look("case", "case_uid"),
    "withdraw_grant": Look("case", "case_uid"),
    "read_identity": Look("identity", "identity", ("viewed",), known=True),
    "read_identity_history": Look("identity", "identity", ("viewed",), known=True),
}
"""By the operation's id in the OpenAPI document, which gives method and path. The table "Looks and their marks" of
docs/security.md says the same of the marks."""

ELSEWHERE: dict[str, tuple[str, tuple[str, ...]]] = {
    "test_access.py::test_an_outsider_finds_no_case_and_has_nothing_in_its_inbox": (
        "a list, which is empty for outsiders",
        ("read_inbox", "find_cases"),
    ),
    "test_access.py::test_an_outsider_answers_for_nobody": (
        "takes marks that are signed",
        ("acknowledge_transfer", "hand_in_marks"),
    ),
    "test_access.py::test_a_stranger_sends_nothing_into_a_case_that_it_knows_by_id": (
        "names the case in its envelope",
        ("submit_transfer",),
    ),
    "test_access.py::test_each_agency_sees_its_own_handlers": ("a list of the caller's agency", ("list_handlers",)),
    "test_access.py::test_what_only_intake_may_do": (
        "about the caller's agency, for its intake role",
        ("add_handler", "remove_handler", "reconcile_day"),
    ),
    "test_findings.py::test_strangers_and_handlers_without_a_grant_are_told_nothing": (
        "a list, which is empty for outsiders",
        ("read_findings",),
    ),
    "test_identities.py::test_an_agency_sees_only_the_side_of_its_own_cases": (
        "a list, which is empty for outsiders, or names members in its body or an identity by a proposal",
        ("resolve_identities", "list_proposals", "propose_change", "confirm_proposal", "reject_proposal"),
    ),
    "test_parts.py::test_a_strangers_part_is_as_one_that_does_not_exist": (
        "ciphertext, for the agency and not for one handler",
        ("look_for_part", "read_part"),
    ),
    "test_parts.py::test_parts_of_another_agency_are_missing": (
        "says only what the caller must upload",
        ("find_missing_parts",),
    ),
    "test_parts.py::test_a_part_is_new_once": ("shows nothing", ("upload_part",)),
}
"""Operations that LOOKS cannot ask, by the test in tests/flows that asks them as an outsider: why, and their ids."""

PUBLIC = {
    "service": "answers anybody",
    "directory": "keys of agencies, for every enrolled agency",
    "log": "marks say nothing personal, and the log is for every enrolled agency and every auditor",
    "codebooks": "the standard",
    "codebook-drafts": "tests/flows/test_codebook_desk.py: for agencies that maintain the standards",
    "fhir": "the standard",
}
"""Tags whose operations show nothing of a case, and why."""
PUBLIC_NAMES = {"agency_type", "code", "path", "system", "name", "release", "file", "draft", "table", "id"}
"""Path parameters that name something public. A name that is not here names something that only some may see."""

DOCUMENT = described().openapi()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, set(operation["tags"]))
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def is_public(operation: str) -> bool:
    """Whether every enrolled agency may see what the operation shows."""
    _, path, tags = OPERATIONS[operation]
    return tags <= set(PUBLIC) and set(re.findall(r"{(\w+)}", path)) <= PUBLIC_NAMES

"""The file of refusals is what the code says now, and the collector sees what it must."""

from __future__ import annotations

import pytest

from hub.api.document import described
from hub.api.documented import refusals as told
from tests.refusals.__main__ import FILE, page
from tests.refusals.collecting import problem_codes, refusals

FOUND = refusals()


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text("utf-8") == page(FOUND), "run: python -m tests.refusals"
    assert told() == FOUND


def test_every_operation_and_nothing_else_is_in_it() -> None:
    paths = described().openapi()["paths"]
    assert set(FOUND) == {operation["operationId"] for methods in paths.values() for operation in methods.values()}
    assert {code for codes in FOUND.values() for code in codes} <= problem_codes()


SEEN = {
    "through a table of functions": ("confirm_proposal", "identity.number-unknown"),
    "through a callback": ("read_inbox", "evidence.unknown-key"),
    "through what another package calls back": ("read_inbox", "evidence.request-skew"),
    "through an interface": ("read_part", "part.lost"),
    "put together of two parts": ("read_case", "case.unknown"),
    "in a list of several": ("submit_transfer", "part.missing"),
    "passed on from another error": ("edit_draft", "codebook.no-row"),
    "in a default": ("read_inbox", "hub.database-busy"),
    "of the last resort": ("check_health", "hub.internal"),
    "of the framework's own check": ("read_inbox", "http.bad-request"),
}
NOT_SEEN = {
    "what a handler keeps": ("check_health", "hub.database-away"),
    "what is another thing's name": ("read_case", "transfer.unknown"),
    "what only writes can meet": ("read_inbox", "request.replayed"),
    "what ships with the program": ("read_hub", "codebook.duplicate-code"),
}


@pytest.mark.parametrize("how", SEEN)
def test_a_code_is_seen(how: str) -> None:
    operation, code = SEEN[how]
    assert code in FOUND[operation]


@pytest.mark.parametrize("how", NOT_SEEN)
def test_a_code_is_not_made_up(how: str) -> None:
    operation, code = NOT_SEEN[how]
    assert code not in FOUND[operation]

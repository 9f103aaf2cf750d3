"""Whether record and envelope belong together."""

from __future__ import annotations

from typing import Any

import pytest

from messages.problems import Problem
from standards.record import Record
from standards.record.agreement import require_agreement
from standards.record.envelope import Envelope

CASE, OTHER = "019cac0f-2681-7101-8101-010101010101", "019cac0f-2681-7101-8101-010101010102"


def record(**more: Any) -> Record:
    return Record.read({"schema": "casehub/record/v1", "case": {"case_uid": CASE}, **more})


def envelope(case_uid: str = CASE, **more: Any) -> Envelope:
    texts = dict.fromkeys(("suite", "transfer_id", "node", "sender", "receiver", "handler", "record_digest"), "x")
    rest = {"v": 1, "case_refs": [], "volumes": [], "in_reply_to": None, "supersedes": None, "created_at": "x"}
    return Envelope.read({**texts, **rest, "case_uid": case_uid, **more})


def test_what_names_no_domain_is_criminal() -> None:
    require_agreement(record(), envelope())
    require_agreement(record(domain="criminal"), envelope())
    require_agreement(record(), envelope(domain="criminal"))
    require_agreement(record(domain="civil"), envelope(domain="civil"))


def test_it_is_written_as_it_was_read() -> None:
    for more in ({}, {"domain": "criminal"}, {"domain": "civil"}):
        assert ("domain" in envelope(**more).to_json()) == ("domain" in record(**more).to_json()) == bool(more)
        assert envelope(**more).to_json().get("domain") == more.get("domain")


@pytest.mark.parametrize(
    ("one", "other", "code", "place"),
    [
        (record(), envelope(OTHER), "record.other-case", "/record/case/case_uid"),
        (record(domain="civil"), envelope(), "record.other-domain", "/record/domain"),
        (record(), envelope(domain="civil"), "record.other-domain", "/record/domain"),
        (
            record(haste=1, must_understand=["case", "haste"]),
            envelope(),
            "record.must-understand",
            "/record/must_understand",
        ),
    ],
)
def test_what_does_not_belong_together_is_named(one: Record, other: Envelope, code: str, place: str) -> None:
    with pytest.raises(Problem) as caught:
        require_agreement(one, other)
    assert (caught.value.code, caught.value.place) == (code, place)


@pytest.mark.parametrize(
    "more",
    [
        {"must_understand": "haste"},
        {"must_understand": ["haste", 7]},
        {"must_understand": ["charges"], "charges": {"by": "another form"}},
        {"must_understand": ["persons"], "persons": [{"name": 7}]},
        {"domain": 5},
        {"domain": {"name": "civil"}},
    ],
)
def test_what_must_be_understood_and_cannot_be_read_is_not_passed_over(more: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        require_agreement(record(**more), envelope())
    assert caught.value.code == "record.must-understand"


@pytest.mark.parametrize("domain", [5, None, ["criminal"], {"name": "civil"}])
def test_an_envelope_whose_domain_is_no_text_is_not_criminal(domain: Any) -> None:
    with pytest.raises(Problem) as caught:
        require_agreement(record(), envelope(domain=domain))
    assert caught.value.code == "record.other-domain"


def test_known_members_may_be_named() -> None:
    require_agreement(record(must_understand=["schema", "case", "persons", "domain"]), envelope())

"""Every sample reads, becomes a valid record, and goes back and across without loss."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count, pairwise
from typing import Any

import pytest

import codebooks
from adapters import native
from adapters.native.case import is_local
from adapters.native.formats import AGENCY_TYPES
from codebooks.conversion import annex_entries
from evidence.identifiers import uuid7
from standards import agencies
from standards.record import Record
from standards.schemas import violations
from tests.adapters.native.records import in_one_order
from tests.adapters.native.samples import SAMPLES, sample
from tests.scene.agencies import OF_TYPE


def numbered() -> Iterator[str]:
    """Identifiers of the right form, one after another."""
    return (f"01900000-0000-7000-8000-{number:012x}" for number in count(1))


@pytest.mark.parametrize("agency_type", AGENCY_TYPES)
def test_every_agency_type_has_samples(agency_type: str) -> None:
    held = [name for name in SAMPLES if name.startswith(f"{agency_type}/")]
    least = 3 if agency_type in agencies.core() else 1
    assert len(held) >= least, f"adapters/{agency_type}/samples needs at least {least} exports (*.xml), not {held}"


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_a_valid_record(name: str) -> None:
    record = sample(name).settle({}, uuid7)
    assert violations("record-v1.1", record) == []
    assert Record.model_validate(record).to_json() == record


@pytest.mark.parametrize("name", SAMPLES)
def test_local_identifiers_are_stable_and_settled_everywhere(name: str) -> None:
    case = sample(name)
    assert case.record == sample(name).record
    assert case.local[0] == "local:case:1"
    new = numbered()
    settled = case.settle({"local:person:1": "known"}, lambda: next(new))
    assert settled["persons"][0]["person_uid"] == "known"
    assert "local:" not in str(settled)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_survives_its_own_format(name: str) -> None:
    agency_type = name.partition("/")[0]
    new = numbered()
    record = sample(name).settle({}, lambda: next(new))
    document = native.write(agency_type, record, (), OF_TYPE[agency_type])
    again = native.read(agency_type, document)
    assert not again.local or all(local.startswith("local:charge") for local in again.local)
    charges = [charge for charge in record["charges"] if not charge.get("by_case")]
    back = [charge for charge in again.record["charges"] if not charge.get("by_case")]
    assert back == charges
    for member in record.keys() - {"charges"}:
        assert in_one_order(again.record)[member] == in_one_order(record)[member], member
    assert native.write(agency_type, again.record, (), OF_TYPE[agency_type]) == document


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("receiver", AGENCY_TYPES)
def test_sample_goes_to_every_agency(name: str, receiver: str) -> None:
    """With the hub's annex, the receiver's document is valid and has its own codes for what converts."""
    record = sample(name).settle({}, uuid7)
    entries = annex_entries(record, receiver, date(2024, 9, 1), codebooks.load())
    annex = [entry.to_json() for entry in entries]
    arrived = native.read(receiver, native.write(receiver, record, annex, OF_TYPE[receiver])).record
    people = [(person["name"], person["kind"]) for person in record["persons"]]
    assert [(person["name"], person["kind"]) for person in arrived["persons"]] == people
    own = codebooks.load().targets["unified.crime"][receiver]
    assert {charge["crime"]["codings"][0]["system"] for charge in arrived["charges"]} == {own}
    amounts = sorted(str(charge.get("amount")) for charge in record["charges"])
    assert sorted(str(charge.get("amount")) for charge in arrived["charges"]) == amounts


@pytest.mark.parametrize("name", SAMPLES)
def test_dates_are_in_lawful_order(name: str) -> None:
    """Offence ≤ filing ≤ detention ≤ arrest ≤ closing ≤ acceptances ≤ judgment ≤ effect, and no term is broken."""
    record = sample(name).record
    case = record["case"]
    measures = [measure for measure in record.get("measures", []) if "executed_at" in measure]
    detained = [_day(m["executed_at"]) for m in measures if "拘留" in _words(m["measure"])]
    arrested = [_day(m["executed_at"]) for m in measures if _words(m["measure"]) == "逮捕"]
    requests = [_day(d["issue_date"]) for d in record.get("documents", []) if d["doc_type"] == "F0301"]
    accepted = {entry["business"]: _day(entry["accepted_at"]) for entry in case.get("acceptances", [])}
    judged = [_day(d["decided_at"]) for d in record.get("decisions", []) if d["kind"] == "judgment"]
    steps: list[date] = [_day(case[key]) for key in ("offence_from", "filing_date") if key in case]
    steps += [*detained, *requests, *arrested]
    steps += [_day(case[key]) for key in ("investigation_closed_date",) if key in case]
    steps += [accepted[business] for business in ("审查起诉", "一审") if business in accepted]
    steps += [_day(d["decided_at"]) for d in record.get("decisions", []) if d["kind"] == "judgment"]
    if not any("取保" in _words(m["measure"]) for m in measures):
        assert all(one <= other for one, other in pairwise(steps)), steps
    assert all((request - min(detained)).days <= 3 for request in requests)
    assert all((arrest - max(requests)).days <= 8 for arrest in arrested)
    assert all((accepted["审查起诉"] - arrest).days <= 59 for arrest in arrested)
    assert all((day - accepted["一审"]).days <= 60 for day in judged)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _words(value: dict[str, Any]) -> str:
    return str(value["codings"][0]["display"])


def test_is_local() -> None:
    assert is_local("local:person:1")
    assert not is_local("01900000-0000-7000-8000-000000000001")

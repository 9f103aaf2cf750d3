"""The sample case keeps every term, on whatever day it is told, and gives reason for no finding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import codebooks
from adapters import native
from bench.cases import hops as story_hops
from bench.cases import story
from bench.cases.story import Calendar, Hop
from codebooks.conversion import annex_entries
from standards import nodes
from standards.judging.procedure import answers_open_request
from standards.record import Record
from standards.record.history import HistoryEntry
from standards.schemas import violations
from standards.terms.calendars import OFFICIAL
from standards.terms.deadlines import due
from tests.scene.judging import evaluate, passed

LASTS = [date(2025, 6, 30) + timedelta(days=13 * step) for step in range(38)]
CHINA = "+08:00"

# name: (from, to, term, whether custody binds it)
TERMS = {
    "刑诉法91 提请批准逮捕": (story.DETAINED, story.REQUESTED, "P3D", True),
    "刑诉法91 审查逮捕": (story.ACCEPTED_ARREST, story.APPROVED, "P7D", True),
    "公安程序规定142 执行回执": (story.ARRESTED, story.EXECUTED, "P3D", False),
    "刑诉法156 侦查羁押": (story.ARRESTED, story.TRANSFERRED, "P2M", True),
    "刑诉法172 审查起诉": (story.ACCEPTED_PROSECUTION, story.RETURNED, "P1M", True),
    "刑诉法175 补充侦查": (story.RETURNED, story.RESENT, "P1M", True),
    "刑诉法172 重新审查起诉": (story.ACCEPTED_AGAIN, story.INDICTED, "P1M", True),
    "法院解释219 受理": (story.INDICTED, story.ACCEPTED_COURT, "P7D", False),
    "刑诉法208 一审": (story.ACCEPTED_COURT, story.JUDGED, "P2M", True),
    "刑诉法202 送达": (story.JUDGED, story.SERVED, "P5D", False),
}


@pytest.mark.parametrize(("start", "act", "term", "custody"), TERMS.values(), ids=TERMS)
def test_every_term_is_kept(start: int, act: int, term: str, custody: bool) -> None:
    for last in LASTS:
        days = Calendar(last)
        assert days.day(start) <= days.day(act)
        assert due(days.day(start), term, custody=custody).missed_by(days.day(act)) <= 0, last


def test_judgment_takes_effect_the_day_after_the_appeal_ended() -> None:
    """Told on any day of two years: the appeal ends on the first working day from its tenth on."""
    for last in (date(2025, 1, 1) + timedelta(days=step) for step in range(720)):
        days = Calendar(last)
        effective = date.fromisoformat(days.effective())
        tenth = days.day(story.SERVED) + timedelta(days=10)
        candidates = (tenth + timedelta(days=later) for later in range(20))
        ended = next(day for day in candidates if OFFICIAL.is_workday(day))
        assert effective == ended + timedelta(days=1), last
        assert effective <= last


def told(last: date) -> Iterator[tuple[Hop, dict[str, Any]]]:
    """Every hop with its sender's record, each agency answering from what reached it."""
    days = Calendar(last)
    known: dict[str, dict[str, Any]] = {}
    for hop in story_hops.hops():
        record = story.next_record(hop, known.get(hop.sender) or story.opening(days), days)
        known[hop.sender] = known[hop.receiver] = record
        yield hop, record


@pytest.mark.parametrize("last", LASTS[::6], ids=str)
def test_no_finding_at_any_hop(last: date) -> None:
    """Told within a minute, as the demo does, and with the hub's clock on the day after the last."""
    received = datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC)
    history: list[HistoryEntry] = []
    for number, (hop, record) in enumerate(told(last)):
        node = nodes.catalogue().get(hop.node)
        at = received + timedelta(seconds=number)
        assert evaluate(node, history, record, at) == [], hop.node
        assert answers_open_request(node, history, sender=hop.sender, receiver=hop.receiver)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        history.append(passed(hop.node, str(number), parties=(hop.sender, hop.receiver), received_at=stamp))


def test_every_record_is_valid_and_every_code_converts() -> None:
    """A clean case shows no false finding: each code has one equivalent at the receiver's."""
    release = codebooks.load()
    for hop, record in told(LASTS[0]):
        assert violations("record-v1.1", record) == [], hop.node
        Record.model_validate(record)
        receiver = hop.receiver.partition(":")[0]
        for entry in annex_entries(record, receiver, LASTS[0], release):
            assert entry.receiver.outcome == "equivalent", (hop.node, entry)


def test_senders_export_is_the_agencys_own() -> None:
    """Each hop's case.xml is valid under the sender's XSD and reads back as the same persons and charges."""
    known: dict[str, list[dict[str, Any]]] = {}
    for hop, record in told(LASTS[0]):
        agency_type = hop.sender.partition(":")[0]
        document = native.write(agency_type, record, known.get(hop.sender, []), hop.sender)
        back = native.read(agency_type, document)
        assert back.agency == hop.sender
        assert [p["person_uid"] for p in back.record["persons"]] == [p["person_uid"] for p in record["persons"]]
        assert len(back.record["charges"]) == len(record["charges"])
        receiver = hop.receiver.partition(":")[0]
        entries = annex_entries(record, receiver, LASTS[0], codebooks.load())
        known[hop.receiver] = [entry.to_json() for entry in entries]
        if hop.node == "N-TRI-032":
            assert "<ZXXF>有期徒刑一年二个月</ZXXF>" in document.decode()


def test_all_persons_and_papers_are_marked_as_samples() -> None:
    _, record = next(told(LASTS[0]))
    assert all("示例" in person["name"] for person in record["persons"])
    assert "示例" in record["case"]["brief_facts"]
    assert all("示例" in name for name in story.NAMES.values())
    assert CHINA in json.dumps(record)

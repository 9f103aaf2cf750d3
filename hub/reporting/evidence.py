"""The report of one bundle: verdict, checks, transfers with their marks, volumes, keys, and what it does not say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reportlab.platypus import Flowable

from evidence.bundles.bundle import Bundle
from evidence.bundles.cli import check_outcome, fact_line, headline, in_china, problem_line, reservations, told_keys
from evidence.bundles.enclosures import sealed_digest
from evidence.bundles.report import Report
from evidence.identifiers import timestamp
from evidence.keys import TrustedKeys
from evidence.log import merkle
from evidence.statements import SignedStatement
from hub.reporting import sheet
from messages import Lang, text
from messages.problems import Problem
from messages.version import VERSION
from standards import actions, nodes
from standards.documents import volumes

MAX_MARKS = 5_000
"""Marks that are listed; of more, the report says how many are left to `casehub-verify --marks`."""


@dataclass(frozen=True)
class Verified:
    """A bundle that was verified: its file's digest and size, the bundle where it could be read, the report, and the
    keys that were trusted."""

    facts: Mapping[str, Any]
    bundle: Bundle | None
    report: Report
    trusted: TrustedKeys


def write_report(verified: Verified, target: Path, *, lang: Lang, made_at: datetime, keys_from: str) -> None:
    """Write the report to `target`, whole or not at all. `keys_from` says where the trusted keys came from."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        _Writer(verified, lang, made_at, keys_from).write(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


class _Writer:
    def __init__(self, verified: Verified, lang: Lang, made_at: datetime, keys_from: str) -> None:
        self._of, self._lang, self._made_at, self._keys_from = verified, lang, made_at, keys_from
        self._statements = list(_enclosed(verified.bundle))
        self._names = dict(_agency_names(self._statements)) if _passed(verified.report, "statements") else {}

    def _say(self, code: str, **params: Any) -> str:
        return text(f"report.{code}", self._lang, **params)

    def write(self, target: Path) -> None:
        digest = str(self._of.facts["digest"])
        story = [
            *self._head(digest),
            *self._checks(),
            *self._transfers(),
            *self._volumes(),
            *self._keys(),
            *self._notes(),
        ]
        footer = self._say("footer", digest=digest[:23] + "…")
        sheet.write(target, story, title=self._say("title"), author="Casehub", footer=footer, pages=self._say("page"))

    def _head(self, digest: str) -> Iterator[Flowable]:
        report = self._of.report
        kept = "\n".join((*told_keys(report, self._lang), *reservations(report, self._lang)))
        left = [
            sheet.text(self._say("title"), 18, spaceAfter=6),
            sheet.text(headline(report, self._lang), 12, textColor=sheet.COLOURS[report.verdict], spaceAfter=4),
            *([sheet.text(kept, 9, spaceAfter=4)] if kept else []),
            sheet.text(self._say("aid"), 8),
        ]
        yield sheet.beside(left, sheet.qr_code(digest), 90)
        rows = [(self._say("bundle"), digest), (self._say("size"), f"{self._of.facts['size']:,}")]
        rows += [(self._say(name), value) for name, value in self._subject()]
        rows += [(self._say("made-at"), self._time(timestamp(self._made_at)))]
        rows += [(self._say("keys-from"), self._keys_from)]
        rows += [(self._say("program"), f"casehub-verify {VERSION}")]
        yield sheet.table(rows, (1, 4), head=False)

    def _subject(self) -> Iterator[tuple[str, str]]:
        report, bundle = self._of.report, self._of.bundle
        if bundle is not None:
            yield "case", str(report.subject.get("case_uid", self._say("not-shown")))
            yield from self._case()
            yield "created-at", self._time(bundle.manifest.get("created_at"))
            standard = bundle.manifest.get("standard")
            told = standard.items() if isinstance(standard, dict) else ()
            yield "standard", "; ".join(f"{name}: {value}" for name, value in told) or "-"
        if report.checkpoint is not None:
            yield (
                "log",
                f"{report.checkpoint.origin} · {report.checkpoint.size:,} · {merkle.text_of(report.checkpoint.root)}",
            )

    def _case(self) -> Iterator[tuple[str, str]]:
        """Number, name and handler of the case, as bound envelopes and records say them."""
        bound = {each["name"] for each in self._of.report.bound}
        for name, statement in _named(self._of.bundle):
            body = statement.unverified_body
            if statement.kind != "envelope" or name not in bound:
                continue
            refs = body.get("case_refs")
            for ref in [each for each in refs if isinstance(each, dict)] if isinstance(refs, list) else ():
                yield "case-number", f"{ref.get('value')} ({self._who(str(ref.get('agency')))})"
            yield "handler", f"{body.get('handler', '-')} ({self._who(str(body.get('sender')))})"
        for name, data in () if self._of.bundle is None else self._of.bundle.numbered("records"):
            if name in bound:
                record = json.loads(data)
                case = record.get("case") if isinstance(record, dict) else None
                yield "case-name", str(case.get("name", "-")) if isinstance(case, dict) else "-"

    def _checks(self) -> Iterator[Flowable]:
        yield sheet.heading(self._say("checks"))
        rows = [(self._say("number"), self._say("check"), self._say("result"))]
        for check in self._of.report.checks:
            lines = [check_outcome(check, self._lang)]
            lines += [fact_line(check.name, fact, self._lang) for fact in check.facts]
            lines += [problem_line(problem, self._lang) for problem in (*check.problems, *check.newer)]
            lines += [text("verify.unbound-place", self._lang, place=place).strip() for place in check.unbound[:10]]
            name = text(f"verify.check-{check.name}", self._lang)
            rows.append((str(check.number), name, "\n".join(lines)))
        yield sheet.table(rows, (0.7, 3, 7))
        for problem in self._of.report.warnings:
            yield sheet.text(problem_line(problem, self._lang), 9)

    def _transfers(self) -> Iterator[Flowable]:
        marks = self._of.report.marks
        if not marks:
            return
        yield sheet.heading(self._say("marks"))
        head = tuple(self._say(name) for name in ("place", "time", "who", "what"))
        for transfer_id in dict.fromkeys(mark["transfer_id"] for mark in marks[:MAX_MARKS]):
            ours = [mark for mark in marks[:MAX_MARKS] if mark["transfer_id"] == transfer_id]
            node = self._node(ours[0]["node"])
            yield sheet.text(self._say("transfer", transfer_id=transfer_id or "-", node=node), 9, keepWithNext=True)
            rows = [
                (
                    str(mark["index"]),
                    self._time(mark["occurred_at"]),
                    self._who(mark["actor"]),
                    self._what(mark["action"]),
                )
                for mark in ours
            ]
            yield sheet.table([head, *rows], (1, 2.4, 4, 2))
        if len(marks) > MAX_MARKS:
            yield sheet.text(self._say("more-marks", count=len(marks) - MAX_MARKS))

    def _volumes(self) -> Iterator[Flowable]:
        bodies = [item.unverified_body for item in self._statements if item.kind == "descriptor"]
        if not bodies:
            return
        yield sheet.heading(self._say("volumes"))
        rows = [tuple(self._say(name) for name in ("volume", "files", "pages", "av", "sealed", "sealed-digest"))]
        for body in bodies:
            sealed = f"{self._who(str(body.get('sealed_by')))} {self._time(body.get('sealed_at'))}"
            counts = tuple(str(body.get(name, "-")) for name in ("files", "pages", "av_files"))
            rows.append((self._volume(body), *counts, sealed, _sealed(body)))
        yield sheet.table(rows, (2, 0.8, 0.8, 0.8, 3, 3.4))

    def _keys(self) -> Iterator[Flowable]:
        owners = {mark["actor"] for mark in self._of.report.marks}
        entries = [entry for entry in self._of.trusted if entry.owner in owners and entry.purpose != "hpke"]
        if not entries:
            return
        yield sheet.heading(self._say("keys"))
        rows = [tuple(self._say(name) for name in ("who", "purpose", "key-id", "validity"))]
        for entry in entries:
            ends = [at for at in (entry.valid_to, entry.revoked_at) if at is not None]
            until = self._time(timestamp(min(ends))) if ends else ""
            valid = f"{self._time(timestamp(entry.valid_from))} – {until}"
            rows.append((self._who(entry.owner), self._say(f"purpose-{entry.purpose}"), entry.key_id, valid))
        yield sheet.table(rows, (3, 1, 4, 2.4))

    def _notes(self) -> Iterator[Flowable]:
        yield sheet.heading(self._say("notes"))
        for number in range(1, 7):
            yield sheet.text(self._say(f"note-{number}"), 8, spaceAfter=2)
        yield sheet.gap(10)
        yield sheet.table([(self._say(name), "\n\n") for name in ("verified-by", "signed-at")], (1, 4), head=False)

    def _who(self, party: str) -> str:
        name = self._names.get(party)
        return f"{name}（{party}）" if name and self._lang == "zh" else f"{name} ({party})" if name else party

    def _what(self, action: str | None) -> str:
        return actions.title(action, self._lang)

    def _node(self, node: str | None) -> str:
        known = nodes.catalogue()
        return f"{node} {known.get(node).name(self._lang)}" if node and node in known else node or "-"

    def _volume(self, body: Mapping[str, Any]) -> str:
        kind = volumes.kinds().get(str(body.get("kind")))
        name = "" if kind is None else kind.zh if self._lang == "zh" else kind.en
        return f"{body.get('number', '-')} {name}".strip()

    def _time(self, instant: Any) -> str:
        try:
            return in_china(str(instant))
        except Problem:
            return str(instant)


def _enclosed(bundle: Bundle | None) -> Iterator[SignedStatement]:
    return (statement for _, statement in _named(bundle))


def _named(bundle: Bundle | None) -> Iterator[tuple[str, SignedStatement]]:
    for name, data in () if bundle is None else bundle.numbered("statements"):
        try:
            yield name, SignedStatement.decode(data)
        except Problem:  # the report's checks name it, or say that it is newer
            continue


def _agency_names(statements: Sequence[SignedStatement]) -> Iterator[tuple[str, str]]:
    """What the hub's admissions call the agencies."""
    for statement in statements:
        agency = statement.unverified_body.get("agency")
        if statement.kind == "admission" and isinstance(agency, dict):
            yield f"{agency.get('type')}:{agency.get('code')}", str(agency.get("name"))


def _passed(report: Report, name: str) -> bool:
    return any(check.name == name and check.outcome in ("passed", "newer") for check in report.checks)


def _sealed(body: Mapping[str, Any]) -> str:
    try:
        return sealed_digest(body)
    except Problem:
        return "-"

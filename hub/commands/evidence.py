"""`casehub evidence export | report`: evidence for a third party, for programs and for people."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence.bundles.bundle import Bundle, read_bundle
from evidence.bundles.cli import EXIT_CODES, read_brought, read_keys, verify_file
from evidence.bundles.report import Report
from evidence.bundles.verify import Brought
from evidence.identifiers import utc_now
from evidence.keys import TrustedKeys
from hub.commands import finding_case
from hub.commands.adding import Adder
from hub.commands.inspect import evidence_keys, marks_of
from hub.exchange import exporting
from hub.runtime import open_hub
from hub.store import marks
from messages import Lang, text
from messages.commandline import DONE, Console
from messages.problems import Problem
from messages.version import VERSION


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("evidence")
    words = group.words
    parser = group.command("export", export)
    parser.add_argument("case", metavar="CASE|TRANSFER", help=words("cli.hub.case"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help=words("cli.hub.evidence.out"))
    parser.add_argument("--private", action="store_true", help=words("cli.hub.evidence.private"))
    parser.add_argument("--report", type=Path, metavar="FILE.pdf", help=words("cli.hub.evidence.pdf"))
    parser = group.command("report", report, home="none")
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help=words("verify.help-bundle"))
    trust = words("verify.help-trust")
    parser.add_argument("--trust", type=Path, action="append", required=True, metavar="KEYS", help=trust)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.pdf", help=words("cli.hub.evidence.pdf"))
    parser.add_argument("--policy", type=Path, metavar="P", help=words("verify.help-policy"))
    parser.add_argument("--tsa-ca", type=Path, metavar="FILE.pem", help=words("verify.help-tsa-ca"))
    parser.add_argument("--bag", type=Path, metavar="DIR", help=words("verify.help-bag"))


def export(options: argparse.Namespace, console: Console) -> int:
    """Write the bundle that `casehub-verify` checks offline, and mark that it was exported. With `--report`, what a
    verification under the hub's own keys gives, as a PDF."""
    hub = open_hub(options.home)
    try:
        hub.log.step()
        with hub.database.transaction(write=False) as connection:
            found = finding_case.find(connection, hub, options.case)
            if len(found) != 1:
                return finding_case.not_one(connection, hub, options.case, found, console)
            chosen = [mark for mark in marks_of(connection, hub, options.case, found[0]) if mark.transfer_id]
        count = exporting.export(hub, found[0], _transfer_ids(chosen), options.out, private=options.private)
        trusted, settings = evidence_keys(hub), hub.settings
    finally:
        hub.stop()
    console.say("cli.hub.evidence.done", path=options.out, count=count)
    result = {"bundle": str(options.out), "marks": count, "case_uid": found[0]}
    if options.report is not None:
        brought = replace(read_brought(settings.witness_policy_file, settings.tsa_ca_file, None), keys_of_hub=True)
        keys_from = text("report.keys-of-hub", console.lang, name=settings.owner)
        made, _ = _report(options.out, trusted, brought, target=options.report, lang=console.lang, keys_from=keys_from)
        console.say("cli.hub.evidence.reported", path=options.report, verdict=made.verdict)
        result |= {"report": str(options.report), "verdict": made.verdict, "level": made.level}
    console.result(result)
    return DONE


def report(options: argparse.Namespace, console: Console) -> int:
    """Verify a bundle as `casehub-verify` does and write what it finds as a PDF; its exit codes."""
    brought = read_brought(options.policy, options.tsa_ca, options.bag)
    keys_from = text("report.keys-of-file", console.lang, name=", ".join(path.name for path in options.trust))
    trusted = read_keys(options.trust)
    made, facts = _report(options.bundle, trusted, brought, target=options.out, lang=console.lang, keys_from=keys_from)
    console.say("cli.hub.evidence.reported", path=options.out, verdict=made.verdict)
    program = f"casehub-verify {VERSION}"
    console.result({**made.to_json(), "bundle": facts, "program": program, "report": str(options.out)})
    return EXIT_CODES[made.verdict]


def _report(
    path: Path, trusted: TrustedKeys, brought: Brought, *, target: Path, lang: Lang, keys_from: str
) -> tuple[Report, dict[str, Any]]:
    found, facts = verify_file(path, trusted, brought)
    bundle: Bundle | None = None
    try:
        with path.open("rb") as source:
            bundle = read_bundle(source)
    except Problem:  # the first check says so
        bundle = None
    from hub.reporting.evidence import Verified, write_report  # noqa: PLC0415 - the PDF library, for this alone

    write_report(Verified(facts, bundle, found, trusted), target, lang=lang, made_at=utc_now(), keys_from=keys_from)
    return found, facts


def _transfer_ids(rows: Iterable[marks.StoredMark]) -> list[str]:
    return list(dict.fromkeys(mark.transfer_id for mark in rows if mark.transfer_id))

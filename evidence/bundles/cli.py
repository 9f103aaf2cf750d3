"""`casehub-verify BUNDLE --trust KEYS … [--policy P] [--tsa-ca FILE.pem] [--bag DIR]`: check a bundle offline;
`casehub-verify --make-policy N --trust KEYS …`: print a policy under which N of the agencies must have cosigned.

Exit codes: 0 the bundle is VALID, at the level that the policy asks for (without a policy: witnessed), 1 it is INVALID
or cannot be read, 2 invalid usage, 3 nothing in it is wrong, but it shows less than was asked for, shows nothing, holds
only under keys that were not brought, or is newer than this program.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from digests import Digest
from evidence.bundles.report import Check, Report, Verdict
from evidence.bundles.trust import joined, make_policy
from evidence.bundles.verify import Brought, verify_bundle
from evidence.identifiers import is_hub, parse_timestamp
from evidence.keys import TrustedKeys
from evidence.log import timestamps
from evidence.log.policy import parse_policy
from messages import Lang, commandline, message, text
from messages.columns import printable
from messages.commandline import DONE, REFUSED, Console, Parser
from messages.problems import Problem
from messages.version import VERSION
from standards import actions
from standards.times import BEIJING

LESS = 3
EXIT_CODES: Mapping[Verdict, int] = {
    "VALID": DONE,
    "INVALID": REFUSED,
    "UNANCHORED": LESS,
    "NEWER": LESS,
    "NOTHING": LESS,
    "LESS": LESS,
}
MAX_KEYS_FILE = 64 * 1024 * 1024


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None) -> int:
    """Run the program; returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console.opened(given, os.environ, out)
    options = commandline.parse(program(console.lang), given, console)
    return commandline.run(lambda: _work(options, console), console)


def _work(options: Namespace, console: Console) -> int:
    trusted = read_keys(options.trust)
    if options.make_policy is not None:
        console.out.write(make_policy(trusted, options.make_policy))
        return DONE
    if options.bundle is None:
        program(console.lang).error("the following arguments are required: BUNDLE")
    report, facts = verify_file(Path(options.bundle), trusted, _brought(options))
    console.write("\n".join(_lines(report, facts, console.lang, with_marks=options.marks)))
    console.result({**report.to_json(), "bundle": facts, "program": f"casehub-verify {VERSION}"})
    return EXIT_CODES[report.verdict]


def program(lang: Lang) -> Parser:
    """The program with its options and help."""
    about, examples = text("verify.help", lang), text("verify.help-examples", lang)
    parser = Parser(lang=lang, prog="casehub-verify", description=about, epilog=examples)
    parser.add_argument("bundle", metavar="BUNDLE", nargs="?", help=text("verify.help-bundle", lang))
    trust = text("verify.help-trust", lang)
    parser.add_argument("--trust", metavar="KEYS", type=Path, action="append", required=True, help=trust)
    parser.add_argument("--policy", metavar="P", type=Path, help=text("verify.help-policy", lang))
    parser.add_argument("--tsa-ca", metavar="FILE.pem", type=Path, help=text("verify.help-tsa-ca", lang))
    parser.add_argument("--bag", metavar="DIR", type=Path, help=text("verify.help-bag", lang))
    parser.add_argument("--make-policy", metavar="N", type=int, help=text("verify.help-make-policy", lang))
    parser.add_argument("--marks", action="store_true", help=text("verify.help-marks", lang))
    commandline.add_common(parser)
    return parser


def read_keys(paths: Iterable[Path]) -> TrustedKeys:
    """The keys of one or several KEYS files. Raises `Problem` for one that cannot be read or is none, and where two say
    different things of one key."""
    return joined(TrustedKeys.from_json(_read(path, "evidence.bad-keys-file")) for path in paths)


def verify_file(bundle: Path, trusted: TrustedKeys, brought: Brought) -> tuple[Report, dict[str, Any]]:
    """The report on a bundle's file, and the file's digest and size. Raises `Problem` when it cannot be read."""
    try:
        with bundle.open("rb") as source:
            facts = {"digest": str(Digest.of_file(source)), "size": source.tell()}
            return verify_bundle(source, trusted, brought=brought), facts
    except OSError as error:
        raise Problem("evidence.file-unreadable", str(bundle), reason=error.strerror or "") from error


def read_brought(policy: Path | None, tsa_ca: Path | None, bag: Path | None) -> Brought:
    """What the verifier brings, from files. Raises `Problem` naming the file that cannot be read or is malformed."""
    return Brought(
        None if policy is None else parse_policy(_read(policy, "evidence.bad-policy")),
        () if tsa_ca is None else timestamps.read_authorities(_read(tsa_ca, "evidence.bad-tsa-file")),
        bag,
    )


def _brought(options: Namespace) -> Brought:
    return read_brought(options.policy, options.tsa_ca, options.bag)


def _read(path: Path, too_large: str) -> bytes:
    try:
        with path.open("rb") as source:
            data = source.read(MAX_KEYS_FILE + 1)
    except OSError as error:
        raise Problem("evidence.file-unreadable", str(path), reason=error.strerror or "") from error
    if len(data) > MAX_KEYS_FILE:
        raise Problem(too_large, str(path))
    return data


def _lines(report: Report, facts: dict[str, Any], lang: Lang, *, with_marks: bool) -> Iterable[str]:
    yield text("verify.bundle", lang, **facts)
    if report.checkpoint is not None:
        origin = printable(report.checkpoint.origin)
        yield text("verify.log", lang, origin=origin, size=report.checkpoint.size)
    yield ""
    for check in report.checks:
        yield from _check_lines(check, lang)
    if with_marks:
        yield ""
        yield from (_mark_line(mark, lang) for mark in report.marks)
    yield ""
    yield from (problem_line(problem, lang) for problem in report.warnings)
    yield from told_keys(report, lang)
    yield headline(report, lang)
    yield from reservations(report, lang)


def headline(report: Report, lang: Lang) -> str:
    """The verdict in one line, with the level reached or the step that failed."""
    failed = report.failed
    step = text(f"verify.check-{failed.name}", lang) if failed else ""
    level = level_of(report, lang)
    return text(
        f"verify.{report.verdict.lower()}", lang, number=failed.number if failed else "", step=step, level=level
    )


def level_of(report: Report, lang: Lang) -> str:
    """The level reached, in words."""
    return text(f"verify.level-{report.level}", lang) + (text("verify.stamped", lang) if report.stamped else "")


def reservations(report: Report, lang: Lang) -> Iterable[str]:
    """What the verdict does not cover: what no mark binds, why the level is not the one asked for, what was not
    checked. Nothing for a bundle that is INVALID."""
    if report.verdict == "INVALID":
        return
    for each in report.unbound:
        code = "verify.claimed" if each["kind"] == "subject" else "verify.unbound"
        yield text(code, lang, name=printable(str(each["name"])), claim=printable(str(each.get("claim", ""))))
    if report.level == "signed" and report.witnessing.asked == "witnessed":
        yield text("verify.not-witnessed", lang)
    if report.marks and not report.witnessing.independent and report.level != "none":
        yield text("verify.hub-alone", lang)
    names = [text(f"verify.check-{check.name}", lang) for check in report.unchecked]
    if names:
        yield text("verify.unchecked", lang, names=text("verify.and", lang).join(names))


def told_keys(report: Report, lang: Lang) -> Iterable[str]:
    """Whose keys are lacking, and how to get them."""
    for owner in report.lacking:
        code = "verify.lacking-hub" if is_hub(owner) else "verify.lacking"
        yield text(code, lang, owner=printable(owner))


def _check_lines(check: Check, lang: Lang) -> Iterable[str]:
    name = text(f"verify.check-{check.name}", lang)
    yield text("verify.check", lang, number=f"{check.number:>2}", name=name, outcome=check_outcome(check, lang))
    yield from (f"      {fact_line(check.name, fact, lang)}" for fact in check.facts)
    yield from (f"      {problem_line(problem, lang)}" for problem in check.problems)
    yield from (f"      {problem_line(problem, lang)}" for problem in check.newer)
    for place in check.unanchored[:10]:
        yield text("verify.unanchored-place", lang, place=printable(place))
    for place in check.unbound[:10]:
        yield text("verify.unbound-place", lang, place=printable(place))


def check_outcome(check: Check, lang: Lang) -> str:
    """How a check ended, and why when it was not made."""
    outcome = text(f"verify.outcome-{check.outcome}", lang, count=check.count)
    if check.outcome != "not-checked" or not check.reason:
        return outcome
    return text("verify.not-checked-why", lang, outcome=outcome, why=text(f"verify.{check.reason}", lang))


def problem_line(problem: Problem, lang: Lang) -> str:
    """What is wrong, where, and its code."""
    said = printable(message(problem.code).text(lang, problem.params))
    return text("verify.problem", lang, place=printable(problem.place), name=problem.code, said=said).strip()


def fact_line(check: str, fact: Mapping[str, Any], lang: Lang) -> str:
    """One thing that a check found out, as a sentence."""
    kind = "transfer" if "transfer_id" in fact else "sealed" if check == "bag" else check
    shown = {name: in_china(value) if name.endswith("at") else printable(str(value)) for name, value in fact.items()}
    return text(f"verify.fact-{kind}", lang, **shown)


def in_china(instant: str) -> str:
    """An instant as people in China read it. Raises `Problem` for a text that is none."""
    return parse_timestamp(instant).astimezone(BEIJING).isoformat(" ", "seconds")


def _mark_line(mark: Any, lang: Lang) -> str:
    name = actions.title(mark["action"], lang)
    occurred = parse_timestamp(mark["occurred_at"]).astimezone(BEIJING).isoformat(" ", "milliseconds")
    shown = [f"{mark['index']:>8}", occurred, mark["actor"], printable(mark["node"] or "-"), name]
    return "  ".join(shown)


if __name__ == "__main__":
    sys.exit(main())

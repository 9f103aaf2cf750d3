"""`casehub codebook systems | find | lookup | translate | batch | coverage | export`: reading the code tables.

All of them work without a hub, from the tables that ship with Casehub; with `--home` from the hub's releases.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import codebooks
from codebooks import CodebookError, Release
from codebooks.answers import OUTCOMES
from codebooks.batch import translate_each
from codebooks.coverage import coverage, total
from codebooks.near import near
from hub.commands.adding import Adder
from hub.commands.codebook_answers import say_near, say_reasons, show_answer, show_concepts, write_list
from hub.commands.codebook_batches import read_items
from hub.reading import read_json
from hub.runtime import open_hub
from hub.terminology import queries
from messages import text
from messages.commandline import DONE, REFUSED, Console, WrongUse
from messages.problems import Problem
from standards import times
from standards.times import civil_day

FORMATS = ("csv", "genericode", "fhir", "sssom")


def add(group: Adder) -> None:
    """Add the subcommands to `casehub codebook`."""
    _command(group, "systems", systems)
    parser = _command(group, "find", find)
    _positionals(parser, group, "system", "text")
    parser = _command(group, "lookup", lookup)
    _positionals(parser, group, "system", "code")
    parser = _command(group, "translate", translate)
    _positionals(parser, group, "system", "code")
    target = group.words("cli.hub.codebook.to")
    parser.add_argument("--to", dest="target", required=True, metavar="SYSTEM", help=target)
    parser.add_argument("--code-version", metavar="V", help=group.words("cli.hub.codebook.code-version"))
    context = group.words("cli.hub.codebook.context")
    parser.add_argument("--context", default="{}", metavar="JSON", help=context)
    parser = _command(group, "batch", batch)
    parser.add_argument("file", type=Path, metavar="FILE", help=group.words("cli.hub.codebook.batch-file"))
    parser.add_argument("--to", dest="target", default="", metavar="SYSTEM", help=target)
    parser = _command(group, "coverage", shown_coverage)
    parser.add_argument("--markdown", action="store_true", help=group.words("cli.hub.codebook.markdown"))
    parser = _command(group, "export", export)
    _positionals(parser, group, "name-of-either")
    parser.add_argument("--format", choices=FORMATS, required=True, help=group.words("cli.hub.codebook.format"))
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=group.words("cli.hub.codebook.out-file")
    )


def _command(group: Adder, name: str, run: Any) -> argparse.ArgumentParser:
    parser = group.command(name, run, home="optional")
    day = group.words("cli.hub.codebook.day")
    parser.add_argument("--as-of", type=civil_day, metavar="YYYY-MM-DD", help=day)
    parser.add_argument("--release", metavar="RELEASE", help=group.words("cli.hub.codebook.of-release"))
    return parser


def _positionals(parser: argparse.ArgumentParser, group: Adder, *names: str) -> None:
    for name in names:
        shown = "SYSTEM|CROSSWALK" if name == "name-of-either" else name.upper()
        parser.add_argument(
            name.replace("-", "_"), metavar=shown, help=group.words(f"cli.hub.codebook.argument-{name}")
        )


@contextmanager
def _release(options: argparse.Namespace) -> Iterator[Release]:
    """The hub's release in effect, or the one that is named; without a hub the one that ships with Casehub."""
    if options.home is None:
        shipped = codebooks.load()
        if options.release not in (None, "0", shipped.id, shipped.id.partition("+")[0]):
            raise Problem("codebook.no-release", options.release)
        yield shipped
        return
    hub = open_hub(options.home)
    try:
        yield hub.release if options.release is None else hub.releases.numbered(hub.releases.named(options.release))
    finally:
        hub.stop()


def _day(options: argparse.Namespace) -> date:
    day: date | None = options.as_of
    return times.day(datetime.now(UTC)) if day is None else day


def systems(options: argparse.Namespace, console: Console) -> int:
    """All code systems with titles, versions and sizes."""
    with _release(options) as release:
        told = queries.systems(queries.Asked(release, _day(options)))
    title = "title_zh" if console.lang == "zh" else "title_en"
    rows = [
        (item["id"], item[title], item["version"], str(item["codes"]), str(item["in_force"]))
        for item in told["systems"]
    ]
    columns = ("system", "title", "version", "codes", "in-force")
    console.table([f"cli.hub.codebook.heads.{name}" for name in columns], rows, right=(3, 4))
    console.say("cli.hub.codebook.systems.sum", count=len(rows), release=release.id)
    console.result(told)
    return DONE


def find(options: argparse.Namespace, console: Console) -> int:
    """Concepts by code or by any historic form of their name."""
    with _release(options) as release:
        queries.table(release, options.system)
        found = release.find(options.system, options.text, options.as_of)
    show_concepts(console, found)
    if not found:
        console.say("cli.hub.codebook.find.none", text=options.text, system=options.system)
    write_list(console, [concept.to_json() for concept in found])
    return DONE


def lookup(options: argparse.Namespace, console: Console) -> int:
    """What a code means on a day; without one every meaning that it ever had."""
    with _release(options) as release:
        table = queries.table(release, options.system)
        rows = table.by_code.get(options.code, ())
        told = [concept.to_json() for concept in rows]
        if rows and options.as_of is not None:
            verdict = release.validate(options.system, options.code, options.as_of)
            assert verdict.concept is not None
            rows = (verdict.concept,)
            told = [{**verdict.concept.to_json(), "valid": verdict.valid, "reasons": list(verdict.reasons)}]
            if verdict.successors:
                told[0]["replaced_by"] = [concept.to_json() for concept in verdict.successors]
            say_reasons(console, verdict.reasons, verdict.successors)
        above = [] if not rows else table.parents(options.code, rows[-1].valid_from)
    show_concepts(console, rows)
    if above:
        console.say("cli.hub.codebook.lookup.above", path=" › ".join(concept.display for concept in reversed(above)))
    if not rows:
        console.say("cli.hub.codebook.lookup.none", wanted=options.code, system=options.system)
        say_near(console, near(table, options.code))
    write_list(console, told)
    return DONE if rows else REFUSED


def translate(options: argparse.Namespace, console: Console) -> int:
    """What a code of one system is in another, and what says so."""
    context = _context(options.context)
    day = _day(options)
    with _release(options) as release:
        table = queries.table(release, options.system)
        queries.table(release, options.target)
        answer = release.translate(
            options.system, options.code, options.target, day, context, version=options.code_version
        )
    show_answer(console, answer, day)
    say_near(console, near(table, options.code))
    console.result({**answer.to_json(), "as_of": day.isoformat()})
    return DONE


def _context(given: str) -> Mapping[str, Any]:
    try:
        context = read_json(given.encode("utf-8", "surrogateescape"))
    except Problem:
        context = None
    if not isinstance(context, dict):
        raise WrongUse("codebook.context-not-object", "--context")
    return context


def batch(options: argparse.Namespace, console: Console) -> int:
    """Translate every item of a JSON, JSON Lines or CSV file; one answer per item, in order."""
    items = read_items(options.file)
    day = _day(options)
    with _release(options) as release:
        answers = translate_each(release, items, day, options.target)
    rows = [
        (str(number), *_asked(item), *_answered(answer, console))
        for number, (item, answer) in enumerate(zip(items, answers, strict=True), start=1)
    ]
    if rows:
        columns = ("number", "system", "code", "outcome", "candidates")
        console.table([f"cli.hub.codebook.heads.{name}" for name in columns], rows, right=(0,))
    failed = sum(1 for answer in answers if "error" in answer)
    counts = {outcome: sum(1 for answer in answers if answer.get("outcome") == outcome) for outcome in OUTCOMES}
    console.say("cli.hub.codebook.batch.sum", count=len(answers), failed=failed, equivalent=counts["equivalent"])
    console.result(
        {"release": release.id, "as_of": day.isoformat(), "answers": answers, "counts": counts, "failed": failed}
    )
    return REFUSED if failed else DONE


def _asked(item: Any) -> tuple[str, str]:
    if not isinstance(item, Mapping):
        return "", ""
    return str(item.get("system", "")), str(item.get("code", ""))


def _answered(answer: Mapping[str, Any], console: Console) -> tuple[str, str]:
    if "error" in answer:
        return "", text(answer["error"]["code"], console.lang, **answer["error"]["params"])
    named = "、".join(f"{match['display']}（{match['code']}）" for match in answer["matches"])
    if not named and answer.get("note"):
        named = text(f"cli.hub.codebook.note.{answer['note']}", console.lang)
    return text(f"cli.hub.codebook.outcome.{answer['outcome']}", console.lang), named


def shown_coverage(options: argparse.Namespace, console: Console) -> int:
    """How many codes of each crosswalk come out with which outcome."""
    day = _day(options)
    with _release(options) as release:
        found = coverage(release, day)
    summed = total(found)
    headers = ["source", "target", "rows", "codes", *OUTCOMES]
    last = ("", text("cli.hub.codebook.coverage.total", console.lang), *(str(summed[name]) for name in headers[2:]))
    rows = [*(row.cells() for row in found), last]
    codes = [f"cli.hub.codebook.heads.{name}" for name in headers[:4]]
    codes += [f"cli.hub.codebook.outcome.{name}" for name in headers[4:]]
    if options.markdown:
        console.write("\n".join(_markdown([text(code, console.lang) for code in codes], rows)))
    else:
        console.table(codes, rows, right=range(2, len(headers)))
        console.say("cli.hub.codebook.coverage.day", day=day.isoformat(), release=release.id)
    told = [row.to_json() for row in found]
    console.result({"release": release.id, "as_of": day.isoformat(), "crosswalks": told, "total": summed})
    return DONE


def _markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield f"| --- | --- |{' ---: |' * (len(headers) - 2)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def export(options: argparse.Namespace, console: Console) -> int:
    """Write a table or a crosswalk in another format."""
    with _release(options) as release:
        try:
            made = queries.exported(release, options.name_of_either, options.format, _day(options))
        except CodebookError as error:
            raise Problem(error.code, error.place, **error.params) from None
    content = made if isinstance(made, bytes) else (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()
    partial = options.out.with_name(options.out.name + ".partial")
    partial.write_bytes(content)
    partial.replace(options.out)
    console.say("cli.hub.codebook.export.done", name=options.name_of_either, path=options.out, release=release.id)
    console.result({"name": options.name_of_either, "format": options.format, "out": str(options.out),
                    "bytes": len(content), "release": release.id})  # fmt: skip
    return DONE

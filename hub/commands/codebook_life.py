"""`casehub codebook draft | edit | import | check | diff | review | release | releases`: from draft to release.

The work itself is in `hub.terminology`; `hub.commands.codebook_traffic` has what looks at real transfers.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from codebooks import rows as tables
from hub.commands import codebook_traffic
from hub.commands.adding import Adder
from hub.commands.codebook_shown import edit_table, opened, problem_of_files, show_edits
from hub.terminology import comparing, drafts, editing, releasing
from messages.commandline import DONE, REFUSED, Console, WrongUse
from messages.problems import Problem
from messages.rendering import problem_json
from standards.times import civil_day


def add(group: Adder) -> None:
    """Add the subcommands to `casehub codebook`."""
    _add_draft(group.group("draft"))
    parser = group.command("edit", edit)
    _draft_argument(parser, group)
    parser.add_argument("action", choices=editing.ACTIONS, help=group.words("cli.hub.codebook.action"))
    parser.add_argument("table", metavar="TABLE", help=group.words("cli.hub.codebook.table"))
    parser.add_argument("cells", nargs="*", metavar="KEY|COLUMN=VALUE", help=group.words("cli.hub.codebook.cells"))
    parser.add_argument("--on", type=civil_day, metavar="DATE", help=group.words("cli.hub.codebook.on"))
    _editor(parser, group, seen=True)
    parser = group.command("import", import_file)
    _draft_argument(parser, group)
    parser.add_argument("file", type=Path, metavar="FILE", help=group.words("cli.hub.codebook.file"))
    parser.add_argument("--table", metavar="TABLE", help=group.words("cli.hub.codebook.import-table"))
    parser.add_argument("--header", type=Path, metavar="FILE.toml", help=group.words("cli.hub.codebook.header"))
    _editor(parser, group, seen=True)
    parser = group.command("check", check, home="optional")
    parser.add_argument("what", metavar="DRAFT|DIR", help=group.words("cli.hub.codebook.what"))
    parser = group.command("diff", diff)
    parser.add_argument("one", metavar="DRAFT|RELEASE", help=group.words("cli.hub.codebook.one"))
    parser.add_argument("other", nargs="?", metavar="RELEASE", help=group.words("cli.hub.codebook.other"))
    parser.add_argument("--as-of", type=civil_day, metavar="DATE", help=group.words("cli.hub.codebook.as-of"))
    parser = group.command("review", review)
    _draft_argument(parser, group)
    verdict = parser.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--approve", action="store_true", help=group.words("cli.hub.codebook.approve"))
    verdict.add_argument("--return", dest="sent_back", action="store_true", help=group.words("cli.hub.codebook.return"))
    parser.add_argument("--note", default="", metavar="TEXT", help=group.words("cli.hub.codebook.note"))
    _editor(parser, group)
    parser = group.command("release", release)
    _draft_argument(parser, group)
    day = group.words("cli.hub.codebook.effective-from")
    parser.add_argument("--effective-from", type=civil_day, metavar="DATE", help=day)
    parser.add_argument("--allow-orphans", action="store_true", help=group.words("cli.hub.codebook.allow-orphans"))
    _editor(parser, group)
    codebook_traffic.add(group)


def _add_draft(group: Adder) -> None:
    parser = group.command("new", new)
    parser.add_argument("--title", default="", metavar="TEXT", help=group.words("cli.hub.codebook.title"))
    parser.add_argument("--name", default="", metavar="DRAFT", help=group.words("cli.hub.codebook.name"))
    parser.add_argument("--from", dest="like", default="", metavar="RELEASE", help=group.words("cli.hub.codebook.from"))
    _editor(parser, group)
    parser = group.command("list", listing)
    parser.add_argument("--all", dest="every", action="store_true", help=group.words("cli.hub.codebook.every"))
    _draft_argument(group.command("show", show), group)
    for name, run in (("rebase", rebase), ("drop", drop)):
        parser = group.command(name, run)
        _draft_argument(parser, group)
        _editor(parser, group)
    parser = group.command("export", export)
    _draft_argument(parser, group)
    parser.add_argument("table", metavar="TABLE", help=group.words("cli.hub.codebook.table"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help=group.words("cli.hub.codebook.out"))


def _draft_argument(parser: argparse.ArgumentParser, group: Adder) -> None:
    parser.add_argument("draft", metavar="DRAFT", help=group.words("cli.hub.codebook.draft-name"))


def _editor(parser: argparse.ArgumentParser, group: Adder, *, seen: bool = False) -> None:
    said = group.words("cli.hub.codebook.as")
    parser.add_argument("--as", dest="person", required=True, metavar="NAME", help=said)
    if seen:
        parser.add_argument("--seen", type=int, metavar="VERSION", help=group.words("cli.hub.codebook.seen"))


def new(options: argparse.Namespace, console: Console) -> int:
    """Begin a draft."""
    with opened(options) as hub:
        made = drafts.new(hub, options.person, options.title, name=options.name, like=options.like)
    console.say("cli.hub.codebook.draft.new.done", draft=made.draft, base=made.base, version=made.version)
    console.result(made.to_json())
    return DONE


def listing(options: argparse.Namespace, console: Console) -> int:
    """The drafts."""
    with opened(options) as hub:
        found = drafts.listing(hub, every=options.every)
    if not found:
        console.say("cli.hub.codebook.draft.list.none")
    else:
        columns = ("draft", "state", "version", "base", "author", "reviewer", "title")
        rows = [[str(item.to_json()[name] or "") for name in columns] for item in found]
        console.table([f"cli.hub.codebook.column.{name}" for name in columns], rows, right=[2])
    console.result({"drafts": [item.to_json() for item in found]})
    return DONE


def show(options: argparse.Namespace, console: Console) -> int:
    """A draft with its edits, and who made them."""
    with opened(options) as hub:
        row, made = drafts.show(hub, options.draft)
    body = row.to_json()
    console.say("cli.hub.codebook.draft.show.line", **{name: value or "-" for name, value in body.items()})
    edit_table(console, [(item.version, item.editor, item.edit) for item in made if item.version > row.start])
    told = [
        {"version": item.version, "editor": item.editor, "edited_at": item.edited_at, **item.edit.to_json()}
        for item in made
    ]
    console.result({**body, "edits": told})
    return DONE


def rebase(options: argparse.Namespace, console: Console) -> int:
    """Bring a draft up to the newest release."""
    with opened(options) as hub:
        row, kept = drafts.rebase(hub, options.draft, options.person)
    console.say("cli.hub.codebook.draft.rebase.done", draft=row.draft, base=row.base, count=kept)
    console.result({**row.to_json(), "kept": kept})
    return DONE


def drop(options: argparse.Namespace, console: Console) -> int:
    """Give a draft up."""
    with opened(options) as hub:
        row = drafts.drop(hub, options.draft, options.person)
    console.say("cli.hub.codebook.draft.drop.done", draft=row.draft)
    console.result(row.to_json())
    return DONE


def export(options: argparse.Namespace, console: Console) -> int:
    """A table of the draft for a spreadsheet."""
    with opened(options) as hub:
        version, data = editing.exported(hub, options.draft, options.table)
    options.out.write_bytes(data)
    console.say("cli.hub.codebook.draft.export.done", path=options.out, version=version)
    console.result({"out": str(options.out), "version": version, "bytes": len(data)})
    return DONE


def edit(options: argparse.Namespace, console: Console) -> int:
    """Change one row of a draft."""
    change = _change(options)
    with opened(options) as hub:
        made = editing.edit(hub, options.draft, options.person, [change], seen=options.seen)
    show_edits(console, made)
    return DONE


def _change(options: argparse.Namespace) -> editing.RowChange:
    words = list(options.cells)
    key = "" if options.action == "add" else (words.pop(0) if words and "=" not in words[0].partition("{")[0] else "")
    if options.action != "add" and not key:
        raise WrongUse("commandline.required", names="KEY", program="casehub codebook edit")
    cells = {}
    for word in words:
        column, equals, value = word.partition("=")
        if not equals:
            raise WrongUse("codebook.bad-cell", word[:40])
        cells[column] = value
    if options.action == "end":
        if options.on is None:
            raise WrongUse("commandline.required", names="--on", program="casehub codebook edit")
        cells["valid_to"] = options.on.isoformat()
    return editing.RowChange(options.action, options.table, key, cells)


def import_file(options: argparse.Namespace, console: Console) -> int:
    """Put a table from a spreadsheet into a draft."""
    table = options.table or options.file.name.removesuffix(".csv")
    header = None if options.header is None else _read(options.header)
    raw = _read(options.file)
    with opened(options) as hub:
        made = editing.import_file(hub, options.draft, options.person, table, raw, header=header, seen=options.seen)
    show_edits(console, made)
    return DONE


def _read(path: Path) -> bytes:
    if path.stat().st_size > tables.MAX_BYTES:  # before a byte of it is in memory
        raise Problem("codebook.file-too-large", str(path), limit=tables.MAX_BYTES)
    return path.read_bytes()


def check(options: argparse.Namespace, console: Console) -> int:
    """What the release checks refuse, in a draft of a hub or in a folder of CSV files. Exit 1 when there is any."""
    if Path(options.what).is_dir():
        name, wrong = options.what, problem_of_files(Path(options.what))
    else:
        if options.home is None:
            raise WrongUse("commandline.required", names="--home", program="casehub codebook check")
        with opened(options) as hub:
            row, wrong = drafts.check(hub, options.what)
            name = row.draft
    for problem in wrong:
        if not console.as_json:
            console.problem(problem)
    console.say(f"cli.hub.codebook.check.{'refused' if wrong else 'passed'}", name=name, count=len(wrong))
    console.result({"name": name, "passed": not wrong, "problems": [problem_json(item) for item in wrong]})
    return REFUSED if wrong else DONE


def diff(options: argparse.Namespace, console: Console) -> int:
    """What a draft changes, or in what two releases differ."""
    with opened(options) as hub:
        found = comparing.compare(hub, options.one, options.other, options.as_of)
    edit_table(console, [(None, "", item) for item in found.edits])
    for item in found.outcomes[:40]:
        console.say("cli.hub.codebook.diff.outcome", **_outcome(item))
    how = "sum" if found.comparable else "sum-only-rows"
    console.say(f"cli.hub.codebook.diff.{how}", rows=len(found.edits), outcomes=len(found.outcomes), **found.counts)
    console.result(found.to_json())
    return DONE


def _outcome(item: dict[str, Any]) -> dict[str, str]:
    sides = {side: f"{item[side]['outcome']} {'、'.join(item[side]['codes'])}".strip() for side in ("before", "after")}
    return {"system": item["system"], "source": item["code"], "target": item["target"], **sides}


def review(options: argparse.Namespace, console: Console) -> int:
    """A second person's verdict."""
    with opened(options) as hub:
        row = drafts.review(hub, options.draft, options.person, approve=options.approve, note=options.note)
    said = "approved" if options.approve else "returned"
    console.say(f"cli.hub.codebook.review.{said}", draft=row.draft, reviewer=row.reviewer, note=options.note or "-")
    console.result(row.to_json())
    return DONE


def release(options: argparse.Namespace, console: Console) -> int:
    """Release a reviewed draft."""
    with opened(options) as hub:
        made = releasing.release(
            hub, options.draft, options.person, options.effective_from, allow_orphans=options.allow_orphans
        )
    console.say("cli.hub.codebook.release.done", release=made.row.release, effective_from=made.row.effective_from)
    if made.orphans:
        console.say("cli.hub.codebook.release.orphans", count=len(made.orphans))
    for name in made.supersedes:
        console.say("cli.hub.codebook.release.supersedes", release=name)
    console.result(made.to_json())
    return DONE

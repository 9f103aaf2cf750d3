"""`casehub organ list | show | find | check | import | export`: the tree of organs of a hub."""

from __future__ import annotations

import argparse
from pathlib import Path

import codebooks
from dossier.durable import write_durably
from hub import organs as kept
from hub.commands.adding import Adder
from hub.commands.organs_shown import show_difference, show_organ, show_organs
from hub.home import HubHome
from hub.runtime import open_hub
from hub.store import agencies as enrolled
from messages import listed
from messages.commandline import DONE, REFUSED, Console, WrongUse
from messages.findings import Finding
from messages.problems import Problem, ProblemList
from standards import agencies, organs
from standards.limits import LIMITS
from standards.organs import Organ, OrganTree, levels
from standards.organs.columns import COLUMNS, resembled
from standards.organs.comparing import compare
from standards.organs.model import above, is_area
from standards.organs.writing import UTF8_BOM, cells

DIVISIONS = "gb.division"
_NAMED = 8
"""How many area codes a notice names."""


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("organ")
    parser = group.command("list", listing)
    _type(parser, group)
    parser.add_argument("--level", metavar="LEVEL", help=group.words("cli.hub.organ.level"))
    parser.add_argument("--area", metavar="CODE", help=group.words("cli.hub.organ.area"))
    parser = group.command("show", show)
    parser.add_argument("organ", metavar="TYPE:CODE", help=group.words("cli.hub.organ.name"))
    parser = group.command("find", find)
    parser.add_argument("text", nargs="+", metavar="TEXT", help=group.words("cli.hub.organ.text"))
    _type(parser, group)
    parser = group.command("check", check, home="optional")
    parser.add_argument("file", type=Path, metavar="FILE.csv", help=group.words("cli.hub.organ.file"))
    parser = group.command("import", import_table)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE.csv", help=group.words("cli.hub.organ.file"))
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--sample", action="store_true", help=group.words("cli.hub.organ.sample"))
    other.add_argument("--undo", action="store_true", help=group.words("cli.hub.organ.undo"))
    parser = group.command("export", export)
    out = group.words("cli.hub.organ.out")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help=out)


def _type(parser: argparse.ArgumentParser, group: Adder) -> None:
    parser.add_argument("--type", metavar="TYPE", help=group.words("cli.hub.organ.type"))


def listing(options: argparse.Namespace, console: Console) -> int:
    """List the organs of the table, all or those of a type, a level or an area."""
    if options.type is not None:
        agencies.require_known(options.type, "--type")
    level = "" if options.level is None else levels.require(options.level, "--level").name
    if options.area is not None and not is_area(options.area):
        raise Problem("organ.area-form", "--area", found=options.area[:100])
    tree = _tree(options.home)
    found = [
        each
        for each in tree
        if options.type in (None, each.type)
        and level in ("", each.level)
        and (options.area is None or options.area in each.areas)
    ]
    if not len(tree):
        console.say("cli.hub.organ.none")
    else:
        show_organs(console, found)
        console.say("cli.hub.organ.listed", count=len(found), of=len(tree))
    console.result({"organs": [each.to_json() for each in found]})
    return DONE


def show(options: argparse.Namespace, console: Console) -> int:
    """Show an organ: its row, the organs above and below it, its counterparts, whether it is enrolled."""
    tree = _tree(options.home)
    organ = tree.get(options.organ.strip())
    show_organ(console, tree, organ, agency := _enrolled(options.home, organ))
    console.result(
        {
            "organ": organ.to_json(),
            "above": [each.id for each in tree.ancestors(organ.id)],
            "below": [each.id for each in tree.children(organ.id)],
            "counterparts": [each.id for each in tree.counterparts(organ.id)],
            "enrolled_at": None if agency is None else agency.admitted_at,
        }
    )
    return DONE


def _enrolled(home: Path, organ: Organ) -> enrolled.Agency | None:
    hub = open_hub(home)
    try:
        with hub.database.transaction(write=False) as connection:
            everyone = enrolled.every(connection)
    finally:
        hub.stop()
    return next((each for each in everyone if each.agency == organ.id and each.revoked_at is None), None)


def find(options: argparse.Namespace, console: Console) -> int:
    """Find who is competent for a place, by its code or name, and every organ that contains the words. Exit 1 if there
    is none."""
    if options.type is not None:
        agencies.require_known(options.type, "--type")
    tree = _tree(options.home)
    words = " ".join(options.text).strip()
    types = agencies.names() if options.type is None else (options.type,)
    competent = {area: _competent(tree, area, types) for area in _areas(tree, words)}
    competent = {area: found for area, found in competent.items() if found}
    found = tree.search(words, options.type or "")
    for area, there in competent.items():
        console.say("cli.hub.organ.find.area", area=area)
        show_organs(console, there, reachable=True)
    told = {each.id for there in competent.values() for each in there}
    if others := [each for each in found if each.id not in told]:
        console.say("cli.hub.organ.find.words", text=words)
        show_organs(console, others, reachable=True)
    if not found and not competent:
        console.say("cli.hub.organ.none" if not len(tree) else "cli.hub.organ.find.none", text=words)
    areas = [{"area": area, "competent": [each.to_json() for each in there]} for area, there in competent.items()]
    console.result({"areas": areas, "organs": [each.to_json() for each in found]})
    return DONE if found or competent else REFUSED


def _areas(tree: OrganTree, words: str) -> list[str]:
    """The areas meant: the code itself, or the codes of GB/T 2260 with this name for which the tree has an organ."""
    if is_area(words):
        return [words]
    concepts = codebooks.load().find(DIVISIONS, words, None)
    codes = dict.fromkeys(each.code for each in concepts if each.display == words)
    return [code for code in codes if any(tree.serving(place) for place in above(code))]


def _competent(tree: OrganTree, area: str, types: tuple[str, ...]) -> list[Organ]:
    return [each for of_type in types for each in tree.of(of_type, area)]


def check(options: argparse.Namespace, console: Console) -> int:
    """Check a table; with a hub's home, also show what an import would change."""
    tree = organs.read(_bytes(options.file), options.file.name)
    _notice(tree, console)
    console.say("cli.hub.organ.check.sound", count=len(tree))
    result = {"organs": len(tree), "file": str(options.file)}
    if options.home is not None:
        difference = compare(_tree(options.home), tree)
        show_difference(console, difference)
        result |= difference.to_json()
    console.result(result)
    return DONE


def import_table(options: argparse.Namespace, console: Console) -> int:
    """Import a table or the sample, or undo the last import."""
    HubHome(options.home).settings()
    if options.undo:
        if options.file is not None:
            raise WrongUse("commandline.together", "FILE.csv", other="--undo")
        return _undo(options, console)
    if (options.file is None) == (not options.sample):
        code, words = ("required", {"names": "FILE.csv"}) if not options.sample else ("together", {"other": "--sample"})
        raise WrongUse(f"commandline.{code}", "FILE.csv", program="casehub organ import", **words)
    now = kept.newest(options.home)
    if options.sample:
        tree = organs.sample()
        _require_no_others(options.home, tree)
        console.say("cli.hub.organ.import.sample")
    else:
        tree = organs.read(_bytes(options.file), options.file.name)
        _notice(tree, console)
    difference = compare(_before(options.home, console), tree)
    seen = 0 if now is None else now.number
    made = kept.take(options.home, tree, seen) if difference else now  # before any output: a pipe may break
    show_difference(console, difference)
    if difference and made is not None:
        console.say("cli.hub.organ.import.done", count=len(tree), path=made.path)
    number = 0 if made is None else made.number
    console.result({"organs": len(tree), "version": number, **difference.to_json()})
    return DONE


def _undo(options: argparse.Namespace, console: Console) -> int:
    before = _before(options.home, console)
    back = kept.take_back(options.home)
    tree = _before(options.home, console)
    difference = compare(before, tree)
    show_difference(console, difference)
    now = kept.newest(options.home)
    console.say("cli.hub.organ.import.undone", count=len(tree), path=back.path)
    console.result({"organs": len(tree), "version": 0 if now is None else now.number, **difference.to_json()})
    return DONE


def export(options: argparse.Namespace, console: Console) -> int:
    """Write the table for a spreadsheet program."""
    tree = _tree(options.home)
    if not len(tree):
        raise Problem("organ.nothing-kept", str(options.home))
    data = UTF8_BOM + organs.write(tree)
    write_durably(options.out, data)
    console.say("cli.hub.organ.export.done", count=len(tree), path=options.out)
    console.result({"out": str(options.out), "organs": len(tree), "bytes": len(data)})
    return DONE


def _tree(home: Path) -> OrganTree:
    HubHome(home).settings()  # refuses a folder without a hub
    return kept.load(home)


def _before(home: Path, console: Console) -> OrganTree:
    """The tree in force. One that cannot be read is reported and counts as empty, so that it can be replaced."""
    try:
        return kept.load(home)
    except ProblemList as problem:
        console.notice(Finding("organ.kept-unreadable", "W", problem.place, params={"count": len(problem.problems)}))
        return OrganTree()


def _require_no_others(home: Path, sample: OrganTree) -> None:
    """Refuse the sample if the table in force has other organs, or may have them because it cannot be read."""
    try:
        others = bool(compare(kept.load(home), sample).removed)
    except ProblemList:
        others = True
    if others:
        raise Problem("organ.sample-beside-others", str(home))


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size  # before it is in memory
    if size > LIMITS.organ_bytes:
        raise Problem("organ.file-large", str(path), found=size, limit=LIMITS.organ_bytes)
    return path.read_bytes()


def _notice(tree: OrganTree, console: Console) -> None:
    """Report what may be a mistake but is imported: unknown columns and area codes."""
    if unknown := dict.fromkeys(name for organ in tree for name, _ in organ.more):
        used = {name for organ in tree for name, cell in cells(organ).items() if cell}
        absent = [name for name in COLUMNS if name not in used]
        meant = {name: resembled(name, absent) for name in unknown}
        zh = (f"{name}（{near}？）" if near else name for name, near in meant.items())
        en = (f"{name} ({near}?)" if near else name for name, near in meant.items())
        console.notice(Finding("organ.columns-unknown", "W", params=listed("names", zh, en)))
    known = codebooks.load().system(DIVISIONS).by_code
    strange = dict.fromkeys(area for organ in tree for area in organ.areas if area not in known)
    if strange:
        named = listed("names", [*list(strange)[:_NAMED], *(["…"] if len(strange) > _NAMED else [])])
        console.notice(Finding("organ.areas-unlisted", "W", params={"count": len(strange), **named}))

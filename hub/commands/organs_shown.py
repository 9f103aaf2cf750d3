"""How `casehub organ` prints organs and differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.store.agencies import Agency
from messages import text
from messages.columns import pad
from messages.commandline import Console
from messages.fitting import wrapped
from standards import agencies, times
from standards.organs import Organ, OrganTree, wording
from standards.organs.comparing import Difference

SHOWN = 60
"""Rows of a difference that are printed; JSON has all."""
_LABEL = 16
"""The width of the labels in columns."""


def show_organs(console: Console, found: Sequence[Organ], *, reachable: bool = False) -> None:
    """Print organs as a table: their place in the tree, or how people reach them."""
    lang = console.lang
    columns = ("organ", "name", *(("address", "telephone", "hours") if reachable else ("level", "areas", "parent")))
    rows = []
    for each in found:
        where = (wording.level(each.level, lang), " ".join(each.areas), each.parent)
        how = (each.address, each.telephone, wording.hours(each.hours, lang))
        rows.append((each.id, each.name(lang), *(how if reachable else where)))
    if rows:
        console.table([f"cli.hub.organ.column.{name}" for name in columns], rows)


def show_organ(console: Console, tree: OrganTree, organ: Organ, agency: Agency | None) -> None:
    """Print an organ and the organs around it, one label per line; empty values are left out."""
    console.write("  ".join(each for each in (organ.id, organ.zh, organ.en) if each))
    space = (console.columns or 10_000) - _LABEL - 2
    for name, lines in _sections(console, tree, organ, agency):
        for number, line in enumerate(part for told in lines for part in wrapped(told, space)):
            label = "" if number else text(f"cli.hub.organ.show.{name}", console.lang)
            console.write(f"  {pad(label, _LABEL)}{line}")


def _sections(
    console: Console, tree: OrganTree, organ: Organ, agency: Agency | None
) -> Iterator[tuple[str, list[str]]]:
    lang = console.lang
    whole = text("cli.hub.organ.show.country", lang)
    joined = text(
        "cli.hub.organ.show.enrolled-since", lang, day="" if agency is None else times.shown_day(agency.admitted_at)
    )
    sections = {
        "type": [agencies.title(organ.type, lang)],
        "level": [wording.level(organ.level, lang)],
        "special": [organ.special],
        "areas": [" ".join(organ.areas) or whole],
        "address": [organ.address],
        "telephone": [organ.telephone],
        "hours": [wording.hours(organ.hours, lang)],
        "above": [_called(each, console) for each in tree.ancestors(organ.id)],
        "below": [_called(each, console) for each in tree.children(organ.id)],
        "counterparts": [_called(each, console) for each in tree.counterparts(organ.id)],
        "enrolled": [joined if agency is not None else text("cli.hub.organ.show.not-enrolled", lang)],
        "notes": [organ.notes],
        "more": [f"{name}: {cell}" for name, cell in organ.more],
    }
    for name, lines in sections.items():
        if told := [line for line in lines if line]:
            yield name, told


def _called(organ: Organ, console: Console) -> str:
    return f"{organ.id} {organ.name(console.lang)}"


def show_difference(console: Console, difference: Difference) -> None:
    """Print the organs that are added, changed and removed, and how many of each."""
    rows = [("added", each.id, each.zh) for each in difference.added]
    rows += [
        (
            "changed",
            each.organ.id,
            " ".join(f"{name}: {old or '-'} → {new or '-'}" for name, old, new in each.differing),
        )
        for each in difference.changed
    ]
    rows += [("removed", each.id, each.zh) for each in difference.removed]
    if not rows:
        console.say("cli.hub.organ.same")
        return
    words = {kind: text(f"cli.hub.organ.kind.{kind}", console.lang) for kind in ("added", "changed", "removed")}
    heads = [f"cli.hub.organ.column.{name}" for name in ("change", "organ", "what")]
    console.table(heads, [(words[kind], *rest) for kind, *rest in rows[:SHOWN]])
    if len(rows) > SHOWN:
        console.say("cli.hub.organ.more", count=len(rows) - SHOWN)
    counts = {"added": len(difference.added), "changed": len(difference.changed), "removed": len(difference.removed)}
    console.say("cli.hub.organ.difference", **counts)

"""How `casehub codebook` shows concepts and answers to people, and lists to programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from codebooks import OPEN_END, OPEN_START, Concept, Translation
from messages import text
from messages.commandline import Console


def write_list(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """The one JSON value of a command that answers with a list; silent when a person reads."""
    if console.as_json:
        console.out.write(json.dumps(list(rows), ensure_ascii=False, indent=2) + "\n")
        console.out.flush()


def say_reasons(console: Console, reasons: Sequence[str], successors: Sequence[Concept]) -> None:
    """What is wrong with a code, and what took its place."""
    for reason in reasons:
        console.say(f"cli.hub.codebook.reason.{reason}")
    if successors:
        named = "、".join(f"{concept.display}（{concept.code}）" for concept in successors)
        console.say("cli.hub.codebook.successors", named=named)


def say_near(console: Console, concepts: Sequence[Concept]) -> None:
    """Codes that may have been meant; nothing for none."""
    if concepts:
        named = "、".join(f"{concept.code} {concept.display}" for concept in concepts)
        console.say("cli.hub.codebook.near", named=named)


def show_concepts(console: Console, concepts: Sequence[Concept]) -> None:
    """Concepts as a table; nothing for none."""
    if concepts:
        columns = ("code", "display", "validity", "article", "parent")
        rows = [(row.code, _name(row, console), _validity(row), row.article, row.parent) for row in concepts]
        console.table([f"cli.hub.codebook.heads.{name}" for name in columns], rows)


def _name(concept: Concept, console: Console) -> str:
    return (
        concept.display if concept.selectable else f"{concept.display}{text('cli.hub.codebook.heading', console.lang)}"
    )


def _validity(concept: Concept) -> str:
    begin = "" if concept.valid_from == OPEN_START else concept.valid_from.isoformat()
    end = "" if concept.valid_to == OPEN_END else concept.valid_to.isoformat()
    return f"{begin}…{end}" if begin or end else ""


def show_answer(console: Console, answer: Translation, day: date) -> None:
    """One translation: outcome, way, candidates with what says so, and what else there is to know."""
    said = text(f"cli.hub.codebook.outcome.{answer.outcome}", console.lang)
    console.say(
        "cli.hub.codebook.translate.outcome",
        outcome=said,
        word=answer.outcome,
        day=day.isoformat(),
        path=" → ".join(answer.path),
        release=answer.release,
    )
    if answer.matches:
        columns = ("code", "display", "relationship", "source", "justification", "by")
        rows = [
            (
                match.code,
                match.display,
                text(f"cli.hub.codebook.outcome.{match.relationship}", console.lang),
                f"{match.crosswalk}:{match.row}" if match.crosswalk else "",
                match.justification,
                match.by,
            )
            for match in answer.matches
        ]
        console.table([f"cli.hub.codebook.heads.{name}" for name in columns], rows)
    if answer.note:
        console.say(f"cli.hub.codebook.note.{answer.note}")
    shared = max((match.sources for match in answer.matches), default=1)
    if shared > 1:
        console.say("cli.hub.codebook.translate.shared", count=shared)
    say_reasons(console, (), answer.successors)

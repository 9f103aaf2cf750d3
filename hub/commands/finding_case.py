"""Which case a person means: an id, the short form of one, a number, or a part of a number or a name.

An id or a number names a case exactly. Where nothing does, a short id may: the beginning or the end of one, as lists
and trails show it. Anything else only leads to candidates, which are shown and never taken.
"""

from __future__ import annotations

from difflib import get_close_matches

from codebooks.identifiers.references import normalize_reference
from hub.runtime import Hub
from hub.store import cases, lists, transfers
from hub.store.database import Connection
from messages.commandline import AMBIGUOUS, Console
from messages.problems import Problem

SHOWN = 10
NEAR = 0.75


def find(connection: Connection, hub: Hub, wanted: str) -> list[str]:
    """The cases that `wanted` names: exactly, or by a short id where nothing is named exactly."""
    exact = cases.find(connection, hub.vault, wanted)
    if exact:
        return exact
    found, sent = lists.by_short_id(connection, wanted.strip().lower())
    return sorted({*found, *(each.case_uid for each in transfers.get_many(connection, sent).values())})


def transfer_of(connection: Connection, wanted: str) -> str | None:
    """The transfer that `wanted` names, whole or short; None when it names a case, or several transfers."""
    text = wanted.strip().lower()
    if transfers.get(connection, text) is not None:
        return text
    found, sent = lists.by_short_id(connection, text)
    return sent[0] if len(sent) == 1 and not found else None


def candidates(connection: Connection, hub: Hub, wanted: str) -> list[str]:
    """Numbers and names of cases that contain `wanted` or are near it, the best first, at most `SHOWN`."""
    plain = normalize_reference(wanted).casefold()
    if not plain:
        return []
    known = {normalize_reference(text).casefold(): text for _, text in lists.parts_of(connection, hub.vault)}
    containing = [text for key, text in known.items() if plain in key]
    near = [known[key] for key in get_close_matches(plain, known, n=SHOWN, cutoff=NEAR)]
    return list(dict.fromkeys([*containing, *near]))[:SHOWN]


def not_one(connection: Connection, hub: Hub, wanted: str, found: list[str], console: Console) -> int:
    """Several cases listed (exit 3). Raises `case.not-found`, or `case.not-found-near` with what comes near."""
    if not found:
        near = candidates(connection, hub, wanted)
        if near:
            raise Problem("case.not-found-near", wanted, near="、".join(near))
        raise Problem("case.not-found", wanted)
    refs = {case_uid: cases.refs(connection, hub.vault, case_uid) for case_uid in found}
    console.say("cli.hub.ambiguous", count=len(found))
    rows = [(case_uid, "、".join(ref["value"] for ref in refs[case_uid])) for case_uid in found]
    console.table(["cli.hub.trail.column.case", "cli.hub.trail.column.refs"], rows)
    console.result({"ambiguous": [{"case_uid": case_uid, "refs": refs[case_uid]} for case_uid in found]})
    return AMBIGUOUS

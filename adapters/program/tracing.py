"""`case` and `trail`: where a case is, and what was done with it."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from adapters.adapter import Adapter
from adapters.program.console import Console
from messages import Lang, text
from messages.columns import printable
from messages.commandline import DONE
from standards import actions, agencies, nodes, times


def case(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`case`"""
    body = adapter.case(options.case, handler=options.handler)
    numbers = "、".join(sorted({printable(str(ref.get("value", ""))) for ref in body["refs"]}))
    parties = "、".join(organ(each, console.lang) for each in body["parties"])
    console.say("say-case", case_uid=body["case_uid"], numbers=numbers, parties=parties)
    rows = [
        [
            times.shown(each["received_at"]),
            node(each["node"], console.lang),
            organ(each["sender"], console.lang),
            organ(each["receiver"], console.lang),
            state(each["status"], console.lang),
            str(each["pages"]),
            each["transfer_id"],
        ]
        for each in body["transfers"]
    ]
    console.table(["received", "node", "sender", "receiver", "state", "pages", "transfer"], rows, right=[5])
    console.result(body)
    return DONE


def trail(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`trail`"""
    body = adapter.trail(options.case, handler=options.handler)
    rows = [_mark(each, console.lang) for each in body["marks"]]
    console.table(["index", "occurred", "transfer", "node", "action", "actor"], rows, right=[0])
    console.findings(body["findings"])
    console.result(body)
    return DONE


def _mark(each: dict[str, Any], lang: Lang) -> list[str]:
    return [
        "-" if each["leaf_index"] is None else str(each["leaf_index"]),
        times.shown(each["occurred_at"]),
        (each["transfer_id"] or "-")[-12:],
        node(each["node"] or "-", lang),
        actions.title(each["action"], lang),
        organ(each["actor"], lang),
    ]


def node(name: str, lang: Lang) -> str:
    """A node with its title; the name alone of one that this program does not know."""
    known = nodes.catalogue()
    if name not in known:
        return name
    return f"{name} {known.get(name).zh if lang == 'zh' else known.get(name).en}"


def organ(party: str, lang: Lang) -> str:
    """An agency by type and code, in words; the hub as it names itself."""
    kind, _, code = party.partition(":")
    return f"{agencies.title(kind, lang)} {code}".strip()


def state(name: str, lang: Lang) -> str:
    """The state of a transfer in words; the word itself of one that this program does not know."""
    known = f"adapter.state-{name}"
    found = text(known, lang)
    return name if found == known else found

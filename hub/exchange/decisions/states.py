"""The life of a transfer at the hub: a table of allowed moves, and the only function that makes one.

    (new) ──accept──▶ offered ──acknowledge──▶ acknowledged
                         │
                         └──decline──▶ undeliverable ──supersede──▶ superseded

A receiver that acknowledged once may do so again with the same mark (a lost answer); every other move is refused.
"""

from __future__ import annotations

from typing import Final, Literal

from messages.problems import Problem

State = Literal["offered", "acknowledged", "undeliverable", "superseded"]
Event = Literal["acknowledged", "declined", "superseded"]

MOVES: Final[dict[tuple[State, Event], State]] = {
    ("offered", "acknowledged"): "acknowledged",
    ("offered", "declined"): "undeliverable",
    ("undeliverable", "superseded"): "superseded",
}


def move(state: State, event: Event) -> State:
    """The state after `event`. Raises `transfer.wrong-state` (409) where the table has no such move."""
    after = MOVES.get((state, event))
    if after is None:
        raise Problem("transfer.wrong-state", state=state, event=event)
    return after

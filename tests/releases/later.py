"""The programs one release later: they have an action, a kind of statement and a suite more than those of this tree.

    python -m tests.releases.later casehub serve --home H
    python -m tests.releases.later --second casehub-adapter key rotate identity --home A
    python -m tests.releases.later leave H TRANSFER

`--second` makes new keys and volumes in the second suite; `leave` has the hub of home H leave a mark of the new action
and an entry of the new kind, both on the trail of the transfer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from standards import actions

ACTION, KIND = "handed-on", "order"
ROW = """
[handed-on]
by = "hub"
zh = "转交"
en = "handed on"
vocabulary = {number}
"""


def register() -> None:
    """Add the action, the kind and the suite to the registers. Call it before anything of `evidence` is imported."""
    number = actions.vocabulary() + 1
    known = resources.files("standards").joinpath("actions.toml").read_text("utf-8")
    table = actions.read(known + ROW.format(number=number))
    actions.actions = lambda: table  # type: ignore[assignment]

    from evidence import dsse, statements
    from tests.dossier.second import registered

    for register_of, name, entry in registered.lines():
        register_of[name] = entry
    dsse.KINDS[KIND] = number  # type: ignore[index]
    statements.VOCABULARY = number


def write_in_the_second_suite() -> None:
    """Make new keys and volumes in the second suite from now on."""
    from dossier.keys import Identity, VolumeSecrets
    from evidence.keys import SigningKey
    from tests.dossier.second.evidence_side import NAME

    made: tuple[Any, ...] = (SigningKey.generate, Identity.generate, VolumeSecrets.generate)
    for each in made:
        each.__func__.__defaults__ = (NAME,)


def leave(home: Path, transfer_id: str) -> None:
    """One mark of the new action and one entry of the new kind on the transfer's trail, both the hub's own."""
    from evidence.identifiers import uuid7
    from evidence.mark_bodies import mark_body
    from evidence.statements import sign
    from hub import marking
    from hub.runtime import open_hub
    from hub.store import marks, transfers

    hub = open_hub(home)
    with hub.database.transaction() as connection:
        transfer = transfers.get(connection, transfer_id)
        assert transfer is not None
        marking.leave(connection, hub, ACTION, transfer_id=transfer_id, case_uid=transfer.case_uid)
        seq, prev = marks.next_link(connection, transfer_id, hub.settings.owner)
        body = mark_body(
            mark_id=uuid7(),
            action=ACTION,
            actor=hub.settings.owner,
            occurred_at=hub.clock(),
            transfer_id=transfer_id,
            seq=seq,
            prev=prev,
        )
        entry = sign(KIND, body.to_json(), hub.keys.identity)
        beside = marks._Beside(transfer.case_uid, None, None, None)
        marks._insert(connection, hub.vault, entry, beside, hub.clock())


def main(arguments: Sequence[str]) -> int:
    """Run one of the programs."""
    register()
    wanted = list(arguments)
    if wanted[:1] == ["--second"]:
        wanted.pop(0)
        write_in_the_second_suite()
    if wanted[:1] == ["leave"]:
        leave(Path(wanted[1]), wanted[2])
        return 0
    import adapters.program.cli
    import evidence.bundles.cli
    import hub.cli

    programs: dict[str, Callable[[list[str]], int]] = {
        "casehub": hub.cli.main,
        "casehub-adapter": adapters.program.cli.main,
        "casehub-verify": evidence.bundles.cli.main,
    }
    return programs[wanted[0]](wanted[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

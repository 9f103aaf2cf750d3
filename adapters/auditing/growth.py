"""Whether the log only grew from one signed checkpoint to another, computed from the log's own tiles.

 1. Equal trees agree, two roots of one size are two histories, and every tree continues the empty one.
 2. The consistency proof is computed from the larger tree's tiles (C2SP tlog-tiles) and verified against both roots.
 3. Where the tiles do not show it, the hub is asked for its own proof, which is verified like any other.

What neither shows is `Forked`, with what was asked and what was answered. A log that answers neither raises `HubAway`:
silence is no proof, and no excuse either (`withholding`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapters.client.answers import Consistency
from adapters.client.hub import HubAway, HubClient, Refused
from evidence.canonical import digest
from evidence.encoding import read_base64, to_base64
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint
from evidence.log.tiles import Tile, TileNodes
from messages.problems import Problem

PROOF = "/log/proof/consistency"


class Forked(Exception):  # noqa: N818 - of the log; the caller makes the alarm of it
    """One checkpoint does not continue the other. `place` names both sizes, `asked` what the hub was asked for and what
    it answered: [{asked, answered}], empty where the two notes are proof enough."""

    def __init__(self, place: str, asked: list[dict[str, Any]]) -> None:
        super().__init__(f"log forked {place}")
        self.place = place
        self.asked = asked


def require_grown(client: HubClient, one: Checkpoint, other: Checkpoint) -> None:
    """The larger of two checkpoints of the log, in any order, continues the smaller.

    Raises `Forked`, and `HubAway` when the log answers nothing from which it could be seen.
    """
    older, newer = sorted((one, other), key=lambda each: each.size)
    place = f"{older.size}–{newer.size}"
    if (older.size, older.root) == (newer.size, newer.root):
        return
    if older.size == newer.size:
        raise Forked(place, [])
    if older.size == 0:
        return
    question = _Question(client, older, newer)
    if not (question.tiles_show_it() or question.proof_shows_it()):
        if question.away is not None and not question.answered:
            raise question.away
        raise Forked(place, question.asked)


def require_shown(client: HubClient, checkpoint: Checkpoint) -> None:
    """The tiles of the log give the root of this checkpoint: what is signed is what is shown.

    Raises `Forked` when they give another, and `HubAway` when the log does not show them, which accuses nobody.
    """
    question = _Question(client, checkpoint, checkpoint)
    place = f"0–{checkpoint.size}"
    try:
        frontier = merkle.frontier_at(checkpoint.size, TileNodes(checkpoint.size, question.tile))
    except HubAway:
        raise
    except Refused as refused:
        raise HubAway(refused.code, place, answered=True, **refused.params) from refused
    except Problem as problem:
        raise Forked(place, question.asked) from problem
    if frontier.root() != checkpoint.root:
        raise Forked(place, question.asked)


@dataclass
class _Question:
    client: HubClient
    older: Checkpoint
    newer: Checkpoint
    asked: list[dict[str, Any]] = field(default_factory=list)
    away: HubAway | None = None
    answered: bool = False
    """Whether the log gave anything that is no proof, which is more than silence."""

    def tiles_show_it(self) -> bool:
        """Step 2."""
        try:
            path = merkle.consistency_path(self.older.size, self.newer.size, TileNodes(self.newer.size, self.tile))
        except Problem as problem:
            return self._failed(f"/log/tile of {self.newer.size}", problem)
        return self._holds(f"/log/tile of {self.newer.size}", path)

    def tile(self, tile: Tile) -> bytes:
        where = f"/log/{tile.path}"
        try:
            data = self.client.request("GET", where).content
        except Refused as refused:
            self.asked.append({"asked": where, "answered": {"status": refused.status, "code": refused.code}})
            raise
        self.asked.append({"asked": where, "answered": {"bytes": len(data), "digest": digest(data)}})
        return data

    def proof_shows_it(self) -> bool:
        """Step 3."""
        where = f"{PROOF}?old={self.older.size}&new={self.newer.size}"
        try:
            answer = self.client.ask(Consistency, PROOF, old=str(self.older.size), new=str(self.newer.size))
            path = [read_base64(step) for step in answer.path]
        except Problem as problem:
            return self._failed(where, problem)
        return self._holds(where, path)

    def _holds(self, where: str, path: list[bytes]) -> bool:
        older, newer = self.older, self.newer
        try:
            merkle.verify_consistency(older.size, newer.size, older.root, newer.root, path)
        except Problem as problem:
            self.answered = True
            shown = [to_base64(step) for step in path]
            self.asked.append({"asked": where, "answered": {"path": shown, "code": problem.code}})
            return False
        return True

    def _failed(self, where: str, problem: Problem) -> bool:
        if isinstance(problem, HubAway):
            self.away = problem
        elif not isinstance(problem, Refused):
            self.answered = True
        status = problem.status if isinstance(problem, Refused) else None
        self.asked.append({"asked": where, "answered": {"status": status, "code": problem.code}})
        return False

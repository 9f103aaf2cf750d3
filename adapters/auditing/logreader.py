"""Reads and verifies the log under one signed checkpoint (C2SP tlog-tiles).

 1. The checkpoint is signed by the pinned log key, and is of the log that was pinned.
 2. It continues the checkpoint seen before, or is continued by it: the proof is computed from the log's own tiles.
 3. The bundles read so far, the tiles over the whole bundles since, and the tile of hashes at the edge give its root.
 4. The entries of each bundle hash to what step 3 has shown to stand under the root; so each bundle is verified as it
    comes, and one at a time is held.

Whatever fails is an `Alarm`, and what the hub gave is kept as evidence (`complaints`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapters.auditing import complaints, growth
from adapters.auditing.cosigning import HUB, Cosigner
from adapters.client.hub import Refused
from adapters.keys.trust import Alarm
from adapters.station import Station
from evidence.canonical import digest
from evidence.encoding import to_base64
from evidence.log import checkpoints, merkle, tiles
from evidence.log.checkpoints import Checkpoint
from evidence.log.merkle import Frontier
from evidence.log.tiles import HEIGHT, WIDTH, Tile, TileNodes
from messages.problems import Problem

SHOWN_BYTES = 1 << 20
"""An answer up to this size is kept whole as evidence; of a larger one its digest and size."""
GONE = 404


@dataclass(frozen=True)
class Bundle:
    """Verified entries in the order of the log: the first one's index, their bytes, their hashes."""

    start: int
    leaves: list[bytes]
    hashes: list[bytes]
    frontier: Frontier
    """Over the whole bundles up to and with this one, or before it when it is the one at the edge."""


class LogReader:
    """The log as one checkpoint has it."""

    def __init__(self, station: Station, checkpoint: Checkpoint, note: bytes) -> None:
        self._station = station
        self.checkpoint = checkpoint
        self.note = note
        self._nodes = TileNodes(checkpoint.size, self._fetch)
        self._edge: list[bytes] = []
        self.last_bytes = b""

    @property
    def nodes(self) -> TileNodes:
        """Stored nodes of this tree, for proofs."""
        return self._nodes

    def require_continues(self, note: bytes, source: str) -> None:
        """Step 2 for a checkpoint of before, whichever of the two is larger. `source`: who showed it; empty for the one
        that the monitor read last. What this home witnesses keeps its own proof of it (`cosigning`)."""
        before = checkpoints.parse_checkpoint(note)[0]
        try:
            growth.require_grown(self._station.client, before, self.checkpoint)
        except growth.Forked as fork:
            if source:
                theirs = self.note if source == HUB else note
                cosigner = Cosigner(self._station)
                raise cosigner.contradicted(source, theirs, "trust.log-forked", fork.place, asked=fork.asked) from fork
            evidence = {"before": note.decode("utf-8"), "asked": fork.asked}
            raise self.alarm("trust.log-forked", _history(before), **evidence) from fork

    def authenticate(self, bundles: Frontier) -> None:
        """Step 3."""
        frontier = Frontier(bundles.size, list(bundles.nodes))
        whole, width = divmod(self.checkpoint.size, WIDTH)
        for index in range(bundles.size, whole):
            frontier.append(self._nodes(HEIGHT, index))
        self._edge = self._hashes(Tile(0, whole, width)) if width else []
        edge = Frontier()
        for hashed in self._edge:
            edge.append(hashed)
        if Frontier(self.checkpoint.size, frontier.nodes + edge.nodes).root() != self.checkpoint.root:
            raise self.alarm("monitor.bad-tile", f"0–{self.checkpoint.size}")

    def bundles(self, read: Frontier, *, edge: bool) -> Iterator[Bundle]:
        """Step 4, from the first bundle that was not read whole; with `edge` also the partial one at the end."""
        frontier = Frontier(read.size, list(read.nodes))
        for index in range(read.size, self.checkpoint.size // WIDTH):
            tile = Tile(None, index)
            leaves = self._leaves(tile)
            hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
            root = merkle.root_of(hashes)
            if root != self._nodes(HEIGHT, index):
                raise self.alarm("monitor.bad-bundle", tile.path, **self._answered())
            frontier.append(root)
            yield Bundle(tile.start, leaves, hashes, Frontier(frontier.size, list(frontier.nodes)))
        if edge and self._edge:
            tile = Tile(None, self.checkpoint.size // WIDTH, len(self._edge))
            leaves = self._leaves(tile)
            if [merkle.leaf_hash(leaf) for leaf in leaves] != self._edge:
                raise self.alarm("monitor.bad-bundle", tile.path, **self._answered())
            yield Bundle(tile.start, leaves, self._edge, frontier)

    def proof(self, index: int) -> dict[str, Any]:
        """That the leaf at `index` is in this tree, for evidence."""
        path = merkle.inclusion_path(index, self.checkpoint.size, self._nodes)
        shown = [to_base64(each) for each in path]
        return {"index": index, "size": self.checkpoint.size, "path": shown}

    def alarm(self, code: str, place: str, **evidence: Any) -> Alarm:
        """Keep what the hub signed and gave, and give the alarm to raise."""
        return raised(self._station, code, place, checkpoint=self.note.decode("utf-8"), **evidence)

    def _hashes(self, tile: Tile) -> list[bytes]:
        data = self._fetch(tile)
        try:
            return tiles.read_hashes(tile, data)
        except Problem as error:
            raise self.alarm("monitor.bad-tile", tile.path, **self._answered()) from error

    def _leaves(self, tile: Tile) -> list[bytes]:
        data = self._fetch(tile)
        try:
            return tiles.read_bundle(tile, data)
        except Problem as error:
            raise self.alarm("monitor.bad-bundle", tile.path, **self._answered()) from error

    def _fetch(self, tile: Tile) -> bytes:
        """What the hub gives for a tile; one that a signed tree has and the hub refuses is an alarm."""
        try:
            self.last_bytes = self._station.client.request("GET", f"/log/{tile.path}").content
        except Refused as refused:
            if refused.status != GONE:
                raise
            raise self.alarm("monitor.no-tile", tile.path, answered=complaints.refusal(refused)) from refused
        if tile.level is not None and len(self.last_bytes) != tile.width * merkle.HASH_BYTES:
            raise self.alarm("monitor.bad-tile", tile.path, **self._answered())
        return self.last_bytes

    def _answered(self) -> dict[str, Any]:
        data = self.last_bytes
        shown = {"bytes": len(data), "digest": digest(data)}
        whole = {"body": to_base64(data)} if len(data) <= SHOWN_BYTES else {}
        return {"answered": {**shown, **whole}}


def _history(checkpoint: Checkpoint) -> str:
    """A history by the checkpoint that it leads to: however far another grows, it contradicts the same one."""
    return f"{checkpoint.size} {to_base64(checkpoint.root)}"


def newest(station: Station) -> LogReader | None:
    """The log under the newest checkpoint (step 1); None before the first one."""
    try:
        note = station.client.request("GET", "/log/checkpoint").content
    except Refused as refused:
        if refused.status == GONE:
            return None
        raise
    hub = station.trust.hub
    try:
        checkpoint = checkpoints.verify_checkpoint(note, checkpoints.log_verifiers(hub.keys))
    except Problem as error:
        shown = note[:SHOWN_BYTES].decode("utf-8", "replace")
        raise raised(station, "monitor.bad-checkpoint", error.code, checkpoint=shown) from error
    if checkpoint.origin != hub.origin:
        raise raised(station, "trust.log-origin", checkpoint.origin, checkpoint=note.decode("utf-8"))
    return LogReader(station, checkpoint, note)


def raised(station: Station, code: str, place: str, **evidence: Any) -> Alarm:
    """Keep an alarm with its evidence, once, and give it to be raised."""
    return complaints.alarmed(station, code, place, f"{code}-{place}", evidence, source=HUB)

"""Where cosignatures arrive, handed in by agencies (pull) or fetched from witnesses (push): see `hub.log.cosigned`.

What a witness has seen and the database contradicts is kept outside the database, and the log stops signing; the
witness is told. Nothing else of the exchange changes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from evidence.log.notes import NoteVerifier
from evidence.log.policy import Policy, parse_policy
from hub.log import cosigned, proofs
from hub.log.cosigned import Contradiction
from hub.log.proofs import StoredCheckpoint
from hub.log.runner import LogRunner
from hub.metrics import Metrics
from hub.store import agencies
from hub.store.database import Connection, Database
from messages.problems import Problem

LOGGER = structlog.get_logger("hub.witnesses")


class WitnessDesk:
    """Takes in and serves the cosignatures of one log."""

    def __init__(
        self,
        database: Database,
        log: LogRunner,
        verifier: NoteVerifier,
        *,
        clock: Callable[[], datetime],
        metrics: Metrics,
        policy_file: Path | None = None,
        round_seconds: int = 0,
    ) -> None:
        self._database = database
        self._log = log
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics
        self._policy_file = policy_file
        self._round_seconds = round_seconds

    def accept(self, witness: str, data: bytes) -> dict[str, Any]:
        """Take in one witness's cosigned checkpoint: `{"size", "stored"}`.

        Raises what `cosigned.read` and `cosigned.compare` raise; a contradiction is kept before it is raised.
        """
        try:
            size, stored = self._accept(witness, data)
        except Problem as problem:
            self._metrics.cosignatures.labels(problem.code).inc()
            raise
        self._metrics.cosignatures.labels("stored" if stored else "known").inc()
        return {"size": size, "stored": stored}

    def _accept(self, witness: str, data: bytes) -> tuple[int, bool]:
        now = self._clock()
        with self._database.transaction(write=False) as connection:
            keys = agencies.trusted_keys(connection, [witness])
        handed = cosigned.read(data, witness, keys, self._verifier, now)
        try:
            with self._database.transaction() as connection:
                cosigned.compare(connection, handed)
                return handed.checkpoint.size, cosigned.keep(connection, handed, now)
        except Contradiction as proof:
            self._keep(proof)
            raise

    def _keep(self, proof: Contradiction) -> None:
        head, note = self._log.head, proof.note.encode()
        LOGGER.critical("a witness contradicts the log", code=proof.code, witness=proof.place, **proof.params)
        if head is not None and proof.code == "log.witness-differs":
            head.accuse(note)
        elif head is not None:
            head.keep(note)
        self._log.doubt()

    def policy(self) -> Policy | None:
        """The policy in the settings, read again. Raises `evidence.bad-policy`, also for a file that cannot be read."""
        if self._policy_file is None:
            return None
        try:
            return parse_policy(self._policy_file.read_bytes())
        except OSError as error:
            raise Problem("evidence.bad-policy", str(self._policy_file), line=0) from error

    def newest(self) -> str:
        """The newest checkpoint with the cosignatures that it has. Raises `log.empty` before the first."""
        with self._database.transaction(write=False) as connection:
            return self._shown(connection, proofs.latest(connection))

    def round(self) -> str:
        """The checkpoint of the current round, likewise: the one that witnesses are to cosign."""
        with self._database.transaction(write=False) as connection:
            return self._shown(connection, self.of_round(connection))

    def of_round(self, connection: Connection) -> StoredCheckpoint | None:
        """The checkpoint that every witness is shown now; None before the first."""
        return proofs.of_round(connection, self._clock(), self._round_seconds)

    def _shown(self, connection: Connection, found: StoredCheckpoint | None) -> str:
        if found is None:
            raise Problem("log.empty")
        return cosigned.with_lines(connection, found, self._policy_or_none())

    def _policy_or_none(self) -> Policy | None:
        """The policy; none when its file is wrong, which whoever asks for it by itself is told."""
        with suppress(Problem):
            return self.policy()
        return None

    def witnessed(self) -> str:
        """The newest checkpoint that fulfils the policy, cosignatures and all. Raises `log.unwitnessed`."""
        policy = self.policy()
        with self._database.transaction(write=False) as connection:
            found = cosigned.witnessed(connection, policy)
        if found is None:
            raise Problem("log.unwitnessed")
        return found

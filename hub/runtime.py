"""A running hub: settings, stores and keys, created once at start and passed to every request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import codebooks
from evidence.identifiers import utc_now
from evidence.log.notes import NoteVerifier
from hub.home import HubHome, HubKeys
from hub.log.dating import Dating
from hub.log.runner import LogRunner
from hub.log.stamping import Authority, Stamper
from hub.log.witness_desk import WitnessDesk
from hub.log.witness_rounds import WitnessRounds
from hub.metrics import Metrics
from hub.noise import Noise
from hub.quotas import Quotas
from hub.releases import Releases
from hub.settings import Settings
from hub.store.blobs import BlobStore, open_blob_store
from hub.store.database import Database, refuse_moved
from hub.store.housekeeping import Housekeeper
from hub.store.vault import Vault
from standards.nodes import NodeCatalogue
from standards.nodes import catalogue as node_catalogue


@dataclass
class Hub:
    """Everything that a request handler may use. `start` and `stop` frame its life."""

    settings: Settings
    home: HubHome
    keys: HubKeys
    database: Database
    vault: Vault
    blobs: BlobStore
    log: LogRunner
    housekeeper: Housekeeper
    clock: Callable[[], datetime] = utc_now
    metrics: Metrics = field(default_factory=Metrics)
    noise: Noise = field(default_factory=Noise)

    @cached_property
    def stamper(self) -> Stamper | None:
        """Has checkpoints time stamped; None when the settings name no authority."""
        settings = self.settings
        if not settings.tsa_url or settings.tsa_ca_file is None:
            return None
        authority = Authority(settings.tsa_url, settings.tsa_ca_file)
        interval = settings.tsa_interval_seconds
        return Stamper(self.database, authority, interval=interval, clock=self.clock, metrics=self.metrics)

    @cached_property
    def witness_desk(self) -> WitnessDesk:
        """Takes in and serves cosignatures of the log's checkpoints."""
        verifier = NoteVerifier(self.keys.origin, self.keys.log.public, self.keys.log.alg)
        policy_file, clock = self.settings.witness_policy_file, self.clock
        return WitnessDesk(
            self.database,
            self.log,
            verifier,
            clock=clock,
            metrics=self.metrics,
            policy_file=policy_file,
            round_seconds=self.settings.witness_round_seconds,
        )

    @cached_property
    def witness_rounds(self) -> tuple[WitnessRounds, ...]:
        """One for each witness that new checkpoints are sent to: a slow one holds up no other."""
        settings = self.settings
        return tuple(
            WitnessRounds(self.witness_desk, self.database, name, url, settings.witness_interval_seconds)
            for name, url in settings.witnesses.items()
        )

    def count_noise(self, code: str) -> None:
        """Count one request or connection that nobody vouched for, for the metrics and the hourly summary mark."""
        self.metrics.unauthenticated.labels(reason=code).inc()
        self.noise.count(code)

    @cached_property
    def dating(self) -> Dating:
        """When the hub may sign."""
        in_use = {self.keys.identity.key_id, self.keys.log.key_id}
        begins = max(entry.valid_from for entry in self.keys.entries if entry.key_id in in_use)
        return Dating(self.clock, begins)

    @property
    def nodes(self) -> NodeCatalogue:
        """The node catalogue of this release."""
        return node_catalogue()

    def __post_init__(self) -> None:
        self.log.dating = self.dating
        self.releases = Releases(self.database, self.clock)
        self.quotas = Quotas(self.settings.allowance, lambda quota: self.metrics.quotas.labels(quota).inc())

    @property
    def release(self) -> codebooks.Release:
        """The codebook release in effect now. Loaded at the first use, so that commands which convert nothing start at
        once; a release made meanwhile, here or by another process, is picked up within a second."""
        return self.releases.current()

    def codebook_releases(self) -> list[dict[str, Any]]:
        """All codebook releases, oldest first: `{"id", "number", "digest", "effective_from", "released_at", …}`."""
        return self.releases.listing()

    @property
    def _asking(self) -> list[Stamper | WitnessRounds]:
        """What asks others: they may be slow or away, so each has a thread of its own."""
        return [*([] if self.stamper is None else [self.stamper]), *self.witness_rounds]

    def start(self) -> None:
        """Load the standards, then begin to sequence and publish the log, and to tidy the stores."""
        assert len(self.nodes) > 0
        self.releases.start()
        self.log.start()
        self.housekeeper.start()
        for each in self._asking:
            each.start()

    def stop(self) -> None:
        """Stop the threads and close the stores; safe to call twice."""
        for each in self._asking:
            each.stop()
        self.housekeeper.stop()
        self.releases.stop()
        self.log.stop()
        self.database.close()


def open_hub(home: Path, *, clock: Callable[[], datetime] = utc_now) -> Hub:
    """Open the hub that `casehub init` made in `home`, bringing its database schema up to date.

    Raises `hub.not-initialised` when there is none, `hub.database-moved` when its database was moved, and the stores'
    own problems.
    """
    folder = HubHome(home)
    settings = folder.settings()
    keys = folder.keys()
    database = Database(settings.database, pool_size=settings.database_pool)
    with database.transaction(write=False) as connection:
        refuse_moved(connection)
    database.migrate()
    blobs = open_blob_store(settings)
    return Hub(
        settings=settings,
        home=folder,
        keys=keys,
        database=database,
        vault=Vault(keys.master, lambda: folder.keys().master),
        blobs=blobs,
        log=LogRunner(
            database,
            keys.log,
            origin=settings.log_origin,
            clock=clock,
            interval=settings.log_interval_seconds,
            head=home,
        ),
        housekeeper=Housekeeper(database, blobs, clock=clock, interval=settings.collect_interval_seconds),
        clock=clock,
    )

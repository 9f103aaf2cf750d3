"""A hub and its agencies' adapters in one process, joined by a line that may misbehave, at a time that can be moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

import httpx
from sqlalchemy import select

from adapters import Adapter
from adapters.client.transport import InProcessTransport
from adapters.limits import DEFAULT
from bench.cases import hops as story_hops
from bench.cases import story
from bench.journey import Journey
from hub.app import create_app
from hub.runtime import Hub, open_hub
from hub.store.tables import marks
from messages.findings import Finding
from tests.scene import hubs
from tests.scene.clocks import Clock, yesterday
from tests.scene.wires import Wire

FAST = replace(DEFAULT, attempts=2, backoff=0.0, poll_wait=0)
BYTES_PER_PAGE = 2_000

Through = Callable[[httpx.BaseTransport], httpx.BaseTransport]
"""What a test puts between the hub and everybody who asks it."""


class World:
    """A hub in `root/hub` and the adapters of these agencies, each in `root/<agency>`, enrolled and open."""

    def __init__(self, root: Path, *agencies: str, through: Through = lambda inner: inner) -> None:
        self.root = root
        self.clock = Clock()
        self.yesterday = yesterday()  # once: midnight may come
        self.agency_clocks: dict[str, Clock] = {}
        self.heard: list[Finding] = []
        self.adapters: dict[str, Adapter] = {}
        hubs.prepared(root / "hub", now=self.clock())
        with (root / "hub" / "hub.toml").open("a") as told:  # no test is so slow that a promise is overdue by itself
            told.write("inclusion_delay_seconds = 3600\n")
        self.hub: Hub = open_hub(root / "hub", clock=self.clock)
        self.application = InProcessTransport(create_app(hub=self.hub))
        self.wire = Wire(through(self.application))
        for agency in agencies:
            self.join(agency)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __getitem__(self, agency: str) -> Adapter:
        return self.adapters[agency]

    def home(self, agency: str) -> Path:
        """Where the agency's adapter lives."""
        return self.root / agency.replace(":", "-")

    def join(self, agency: str, *, transport: httpx.BaseTransport | None = None) -> Adapter:
        """Enrol an agency as operator and agency would, and open its adapter."""
        clock = self.agency_clocks.setdefault(agency, Clock())
        admission = hubs.admitted(self.hub, agency, self.home(agency), clock=clock)
        adapter = self.restart(agency, transport=transport)
        adapter.enrol(admission, self.hub.keys.fingerprint)
        return adapter

    def open(self, agency: str, *, transport: httpx.BaseTransport | None = None) -> Adapter:
        """One more process over the agency's home."""
        line, clock = transport or self.wire, self.agency_clocks[agency]
        return Adapter(self.home(agency), transport=line, clock=clock, say=self.heard.append, limits=FAST)

    def restart(self, agency: str, *, transport: httpx.BaseTransport | None = None) -> Adapter:
        """As if the adapter had been killed and started again."""
        if agency in self.adapters:
            self.adapters.pop(agency).close()
        self.adapters[agency] = self.open(agency, transport=transport)
        return self.adapters[agency]

    def codes_heard(self) -> list[str]:
        """Codes of what the adapters have said."""
        return [finding.code for finding in self.heard]

    def marks(self, transfer_id: str | None = None) -> list[str]:
        """The actions marked, in order of arrival: of a transfer, or all."""
        query = select(marks.c.action).order_by(marks.c.arrival)
        if transfer_id is not None:
            query = query.where(marks.c.transfer_id == transfer_id)
        with self.hub.database.transaction(write=False) as connection:
            return list(connection.execute(query).scalars())

    def case_dir(self, node: str = "N-ARR-001", *, pages: int = 14, name: str = "case") -> Path:
        """A CASE_DIR of the sample case for one of its nodes, freshly numbered."""
        hop = next(hop for hop in story_hops.hops() if hop.node == node)
        return self._told(name, pages).prepare(1, hop)

    def journey(self, pages: int = 14) -> Journey:
        """The whole sample case, walked by this world's adapters."""
        journey = self._told("journey", pages)
        journey.adapters = self.adapters
        return journey

    def _told(self, name: str, pages: int) -> Journey:
        return Journey(self.root / name, pages, BYTES_PER_PAGE, story.Calendar(self.yesterday))

    def close(self) -> None:
        """Close adapters, application and stores."""
        for adapter in self.adapters.values():
            adapter.close()
        self.application.close()
        self.hub.stop()

"""A small world for flow tests: one hub, its agencies' adapters, and the sample case, all in one process.

The hub is the real application with its real stores on disk, reached through the adapters' in-process transport; only
the socket is left out. Time is the world's own and can be moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters import Adapter, native
from adapters.client.transport import InProcessTransport
from bench.cases import hops as story_hops
from bench.cases import story
from bench.journey import Journey
from evidence.enrolment import read_enrolment
from evidence.statements import SignedStatement
from hub.access import directory_desk
from hub.app import create_app
from hub.home import init_home
from hub.runtime import Hub, open_hub
from messages.findings import Finding
from standards.times import BEIJING

URL = "http://127.0.0.1:8440"
POLICE, PROCURATORATE, COURT = story.POLICE, story.PROCURATORATE, story.COURT
STRANGER = "procuratorate:350104"
NAMES = {**story.NAMES, STRANGER: "邻县人民检察院（示例）"}


def yesterday() -> date:
    """The day before today in China, on which the sample case ends."""
    return datetime.now(BEIJING).date() - timedelta(days=1)


class Clock:
    """The world's time: real time, moved by what a test asks for, or standing still."""

    def __init__(self) -> None:
        self.moved = timedelta()
        self._stands: datetime | None = None

    def __call__(self) -> datetime:
        """Now."""
        return (self._stands or datetime.now(UTC)) + self.moved

    @contextmanager
    def standing(self, at: datetime | None = None) -> Iterator[datetime]:
        """Inside, it is `at` (the next whole second) and no time passes."""
        self._stands = at or datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        try:
            yield self._stands
        finally:
            self._stands = None


class World:
    """A hub in `root/hub` and an adapter for each agency in `root/<agency>`, enrolled unless told otherwise."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = Clock()
        self.yesterday = yesterday()  # once: midnight may come
        self.agency_clocks: dict[str, Clock] = {}
        self.heard: list[Finding] = []
        init_home(root / "hub", name="test", public_url=URL, now=self.clock())
        self.hub: Hub = open_hub(root / "hub", clock=self.clock)
        self.transport = InProcessTransport(create_app(hub=self.hub))
        self.adapters: dict[str, Adapter] = {}

    def join(self, agency: str, *, transport: httpx.BaseTransport | None = None) -> Adapter:
        """Enrol an agency and open its adapter."""
        kind, _, code = agency.partition(":")
        home = self.home(agency)
        clock = self.agency_clocks.setdefault(agency, Clock())
        fingerprint = Adapter.init(home, agency=kind, code=code, name=NAMES[agency], hub=URL, clock=clock)
        request = SignedStatement.from_json(json.loads((home / "enrolment.json").read_bytes()))
        admission = directory_desk.admit_agency(self.hub, read_enrolment(request), request, fingerprint)
        path = home / "admission.json"
        path.write_text(json.dumps(admission.to_json()), "utf-8")
        adapter = self.open(agency, transport=transport)
        adapter.enrol(path, self.hub.keys.fingerprint)
        return adapter

    def open(self, agency: str, *, transport: httpx.BaseTransport | None = None) -> Adapter:
        """Open (again) the adapter of an agency that joined, as after a restart."""
        if agency in self.adapters:
            self.adapters[agency].close()
        clock = self.agency_clocks.setdefault(agency, Clock())
        adapter = Adapter(self.home(agency), transport=transport or self.transport, clock=clock, say=self.heard.append)
        self.adapters[agency] = adapter
        return adapter

    def home(self, agency: str) -> Path:
        """The adapter's home folder."""
        return self.root / agency.replace(":", "-")

    def marks(self, transfer_id: str | None = None) -> list[str]:
        """The actions marked, in order of arrival: of a transfer, or all."""
        from sqlalchemy import select

        from hub.store.tables import marks

        query = select(marks.c.action).order_by(marks.c.arrival)
        if transfer_id is not None:
            query = query.where(marks.c.transfer_id == transfer_id)
        with self.hub.database.transaction(write=False) as connection:
            return list(connection.execute(query).scalars())

    def case_dir(self, node: str = "N-ARR-001", *, pages: int = 14, name: str = "case") -> Path:
        """A CASE_DIR of the sample case for one of the police bureau's or another sender's nodes, freshly numbered."""
        days = story.Calendar(self.yesterday)
        journey = Journey(self.root / name, pages, 2_000, days)
        hop = next(hop for hop in story_hops.hops() if hop.node == node)
        return journey.prepare(1, hop)

    def journey(self, pages: int = 14) -> Journey:
        """The whole sample case, walked by this world's adapters."""
        days = story.Calendar(self.yesterday)
        journey = Journey(self.root / "journey", pages, 2_000, days)
        journey.adapters = self.adapters
        return journey

    def close(self) -> None:
        """Close adapters, application and stores."""
        for adapter in self.adapters.values():
            adapter.close()
        self.transport.close()
        self.hub.stop()


@contextmanager
def world(root: Path, *agencies: str) -> Iterator[World]:
    """A world with these agencies (the three of the sample case by default)."""
    made = World(root)
    try:
        for agency in agencies or (POLICE, PROCURATORATE, COURT):
            made.join(agency)
        yield made
    finally:
        made.close()


def native_case(agency: str, record: dict[str, Any]) -> bytes:
    """A record as the agency's own export."""
    return native.write(agency.partition(":")[0], record, (), agency)

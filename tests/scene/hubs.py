"""A hub in this process: made, opened, opened a second time, and agencies enrolled at it.

It is the real application with its real stores: SQLite and a folder, unless the environment names others. Only the
socket is left out. Hubs that are processes of their own are in `sites`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from adapters import Adapter
from adapters.client.transport import InProcessTransport
from evidence.enrolment import read_enrolment
from evidence.identifiers import utc_now
from evidence.statements import SignedStatement
from hub.access import directory_desk
from hub.app import create_app
from hub.home import init_home
from hub.runtime import Hub, open_hub
from tests.scene.agencies import HUB, URL, named

Timer = Callable[[], datetime]


def prepared(home: Path, *, url: str = URL, now: datetime | None = None) -> Path:
    """The home of a new hub, as `casehub init` makes it."""
    init_home(home, name=HUB.partition(":")[2], public_url=url, now=now or utc_now())
    return home


def opened(home: Path, *, url: str = URL, clock: Timer = utc_now) -> Hub:
    """A new hub, opened. Its threads do not run until an application starts them."""
    return open_hub(prepared(home, url=url, now=clock()), clock=clock)


@contextmanager
def process(home: Path, *, clock: Timer = utc_now) -> Iterator[tuple[Hub, InProcessTransport]]:
    """A hub that was made already, served again as by another process of the same operator, and the line to it."""
    hub = open_hub(home, clock=clock)
    transport = InProcessTransport(create_app(hub=hub))
    try:
        yield hub, transport
    finally:
        transport.close()
        hub.stop()


def admitted(hub: Hub, agency: str, home: Path, *, url: str = URL, clock: Timer = utc_now) -> Path:
    """Make the adapter's home of an agency and let the operator admit it; returns the admission, for `enrol`."""
    kind, _, code = agency.partition(":")
    fingerprint = Adapter.init(home, agency=kind, code=code, name=named(agency), hub=url, clock=clock)
    request = SignedStatement.from_json(json.loads((home / "enrolment.json").read_bytes()))
    admission = directory_desk.admit_agency(hub, read_enrolment(request), request, fingerprint)
    path = home / "admission.json"
    path.write_text(json.dumps(admission.to_json()), "utf-8")
    return path

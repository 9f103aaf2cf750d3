"""A hub and agencies as real processes on real disks, which tests kill, starve and restart.

Every verb runs in a process of its own under LANG=C: as the installed program where a test wants to meet it at a random
moment or to see it as its users do, else forked (`forked`), which is quicker. What the programs wrote is looked at in
their own files: the adapter's journal, the hub's database and its folder of parts.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from adapters.adapter import Adapter
from bench.hubprocess import free_port
from tests.scene import hubs
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.forked import Child, Point, Twist
from tests.scene.processes import Ended, Forked, Process, environment, forked, start
from tests.waiting import PATIENCE, until

BEFORE_ITS_END = Point("adapters.program.console:Console.result", after=False, signal=signal.SIGSTOP)
"""The adapter has done its work, and stands still before it says so: it cannot end before it is killed."""


class Agency:
    """One agency's adapter: its home, and its program."""

    def __init__(self, name: str, home: Path) -> None:
        self.name, self.home = name, home

    def start(self, verb: str, *arguments: object, **how: Any) -> Process:
        """Begin a verb with `--json`, as the installed program."""
        return start("casehub-adapter", verb, "--json", "--home", self.home, *arguments, **how)

    def forked(self, verb: str, *arguments: object, twist: Twist = None) -> AbstractContextManager[Forked]:
        """Begin a verb with `--json`, forked."""
        return forked("casehub-adapter", (verb, "--json", "--home", self.home, *arguments), twist)

    def run(
        self, verb: str, *arguments: object, twist: Twist = None, bind: Callable[[Child], None] | None = None
    ) -> Ended:
        """A verb with `--json`, to its end; `bind` is given the process once it was started."""
        with self.forked(verb, *arguments, twist=twist) as child:
            if bind:
                bind(child)
            return child.ended()

    def killed(self, verb: str, *arguments: object, when: Callable[[], bool], after: float) -> None:
        """Begin a verb and SIGKILL it `after` seconds after the moment came, at the latest before its end."""
        with self.forked(verb, *arguments, twist=BEFORE_ITS_END) as child:
            until(lambda: when() or child.stands or child.poll() is not None, "the moment to kill", 0.002)
            time.sleep(after)  # any moment will do
            child.kill()
            assert child.poll() == -signal.SIGKILL, "it had ended by itself"

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Look into `state.db`."""
        return rows(self.home / "state.db", sql, *values)

    def journaled(self) -> int:
        """How many parts are in the journal."""
        return int(self.rows("SELECT count(*) AS n FROM sealed_part")[0]["n"])


def rows(path: Path, sql: str, *values: Any) -> list[dict[str, Any]]:
    """What an SQLite file answers; nothing while it is being made."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(sql, values)]
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return []


def answers(url: str) -> bool:
    """Whether a hub is ready."""
    with suppress(URLError, OSError), urlopen(f"{url}/readyz", timeout=PATIENCE):
        return True
    return False


class Site:
    """A folder with a hub's home and the homes of enrolled agencies. Nothing runs until `serve`."""

    def __init__(self, root: Path, port: int) -> None:
        self.root, self.port = root, port
        self.hub_home = root / "hub"
        self.hub: Child | None = None

    @classmethod
    def made(cls, root: Path, *agencies: str) -> Site:
        """A new site with these agencies enrolled, as `init`, `admit` and `enrol` would."""
        site = cls(root, free_port())
        hub = hubs.opened(site.hub_home, url=site.url)
        try:
            for agency in agencies or (POLICE, PROCURATORATE):
                admission = hubs.admitted(hub, agency, site.home(agency), url=site.url)
                with Adapter(site.home(agency)) as adapter:
                    adapter.enrol(admission, hub.keys.fingerprint)
        finally:
            hub.stop()
        return site

    def copied(self, root: Path) -> Site:
        """The same site elsewhere, before anything happened on it. The two share the port: run one at a time."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Site(root, self.port)

    @property
    def url(self) -> str:
        """The hub's address."""
        return f"http://127.0.0.1:{self.port}"

    def home(self, agency: str) -> Path:
        """The home of an agency's adapter."""
        return self.root / agency.replace(":", "-")

    def __getitem__(self, agency: str) -> Agency:
        return Agency(agency, self.home(agency))

    def serve(self, twist: Twist = None) -> Child:
        """Start the hub, anew if it had been killed."""
        line = ("serve", "--home", self.hub_home, "--port", self.port)
        log = self.hub_home / "serve.log"
        self.hub = hub = Child("casehub", line, out=log, err=log, environ=environment(), twist=twist)
        until(lambda: hub.poll() is not None or answers(self.url), "a hub that answers", 0.05)
        assert hub.poll() is None, log.read_text("utf-8")
        return hub

    def kill_hub(self) -> None:
        """SIGKILL the hub."""
        assert self.hub is not None
        self.hub.kill()

    @contextmanager
    def doomed(self, point: Point) -> Iterator[None]:
        """A hub that dies at `point`; it must have come there when the block ends."""
        hub = self.serve(point)
        yield
        until(lambda: hub.poll() is not None, f"the hub's death {point}")
        assert hub.poll() == -signal.SIGKILL

    def stop(self) -> None:
        """Stop the hub if it runs."""
        if self.hub is not None:
            self.hub.stop()

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Look into the hub's database."""
        return rows(self.hub_home / "casehub.db", sql, *values)

    def transfers(self) -> list[dict[str, Any]]:
        """The transfers at the hub, by id."""
        return self.rows("SELECT transfer_id, status FROM transfers ORDER BY transfer_id")

    def actions(self, transfer_id: str) -> list[str]:
        """What was marked of a transfer, in the order of arrival."""
        found = self.rows("SELECT action FROM marks WHERE transfer_id = ? ORDER BY arrival", transfer_id)
        return [row["action"] for row in found]

    def parts(self) -> dict[str, Path]:
        """The parts that lie whole in the hub's folder, by digest."""
        found = (self.hub_home / "blobs").glob("??/??/*")
        return {f"sha256:{path.name}": path for path in found}

    def settle(self) -> None:
        """Let the hub finish what was under way when its callers died: it does so before it stops. Then it is anew."""
        self.stop()
        self.serve()

    def answers(self, method: str, route: str) -> list[int]:
        """Statuses with which the hub answered a method on a route, from its log."""
        lines = (self.hub_home / "serve.log").read_text("utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        asked = [entry for entry in entries if entry.get("event") == "request"]
        return [entry["status"] for entry in asked if (entry["method"], entry["route"]) == (method, route)]

    def complaints(self) -> list[str]:
        """What the hub logged as an error, tracebacks included."""
        lines = (self.hub_home / "serve.log").read_text("utf-8").splitlines()
        return [line for line in lines if '"level": "error"' in line or '"level": "critical"' in line]

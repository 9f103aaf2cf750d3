"""Strangers flood a real hub that has few file descriptors: who is honest is still answered, and the log goes on."""

from __future__ import annotations

from pathlib import Path

from bench.flood import DESCRIPTORS, Flood, asked
from bench.hubprocess import HubProcess
from messages.commandline import DONE
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.sites import Site
from tests.waiting import until


def test_a_case_goes_through_a_flood(quiet: Site, tmp_path: Path) -> None:
    site, case, into = quiet, case_dir(tmp_path / "case"), tmp_path / "in"
    with HubProcess(site.hub_home, site.port, descriptors=DESCRIPTORS) as hub, Flood(hub.url) as flood:
        assert asked(hub.url, 100)[1] == 0
        pushed = site[POLICE].run("push", "--node", "N-ARR-001", "--to", PROCURATORATE, case)
        assert pushed.code == DONE, pushed.err
        pulled = site[PROCURATORATE].run("pull", "--into", into)
        assert pulled.code == DONE, pulled.err
        assert checking.whole(into / pushed.body["transfer_id"], case)
        newest = "SELECT max(size) AS size FROM checkpoints"
        marks = site.rows("SELECT count(*) AS n FROM marks")[0]["n"]
        until(lambda: (site.rows(newest)[0]["size"] or 0) >= marks, "a checkpoint over all marks")
        assert flood.runs
    lines = (site.hub_home / "serve.log").read_text("utf-8")
    assert "Too many open files" not in lines
    assert "Traceback" not in lines

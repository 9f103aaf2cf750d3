"""Keys that do not open: the receiver declines with its signature, the sender is told, and sends anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from messages.commandline import DONE, REFUSED
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.sites import Site

CRAFTED = {
    "damaged_keys": "dossier.key-not-unwrapped",
    "keys_for_somebody_else": "dossier.key-not-unwrapped",
    "keys_of_another_volume": "dossier.key-commitment",
}


@pytest.mark.parametrize("name", CRAFTED)
def test_what_cannot_be_opened_is_declined_and_sent_anew(site: Site, tmp_path: Path, name: str) -> None:
    police, procuratorate, into = site[POLICE], site[PROCURATORATE], tmp_path / "in"
    case = case_dir(tmp_path / "case")
    asked = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE, case)
    assert police.run(*asked, twist=f"tests.faults.crafting:{name}").code == DONE
    (spoiled,) = (row["transfer_id"] for row in site.transfers())
    ended = procuratorate.run("pull", "--into", into)
    assert ended.code == REFUSED, ended
    (declined,) = ended.body["declined"]
    assert (declined["transfer_id"], declined["reason"]) == (spoiled, CRAFTED[name])
    assert list(into.iterdir()) == []
    assert site.transfers() == [{"transfer_id": spoiled, "status": "undeliverable"}]
    assert site.actions(spoiled) == [*checking.PUSHED, "fetched", "declined", "undeliverable"]
    told = police.run("inbox")
    assert (told.code, [item["code"] for item in told.body["notices"]]) == (DONE, ["adapter.undeliverable"])
    kept = set(site.parts())
    again = police.run("readdress", spoiled)
    assert again.code == DONE, again
    fresh = {item["number"] for item in again.body["volumes"] if not item["reused_from"]}
    assert fresh == {"V00-01"}, "only the node's own documents are sealed anew"
    assert len(set(site.parts()) - kept) == 2
    assert procuratorate.run("pull", "--into", into).code == DONE
    assert checking.whole(into / again.body["transfer_id"], case)
    assert {row["transfer_id"]: row["status"] for row in site.transfers()} == {
        spoiled: "superseded",
        again.body["transfer_id"]: "acknowledged",
    }
    assert police.run("reconcile").body["differences"] == []
    checking.trail_holds(site, spoiled, tmp_path)

"""A hub that is killed in the middle of anything: nothing is lost, nothing is done twice, no receipt is false."""

from __future__ import annotations

import signal
from pathlib import Path

from messages.commandline import AWAY, DONE
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.forked import Child, Point
from tests.scene.sites import Site
from tests.waiting import until

PUSHING = [
    Point("hub.exchange.part_desk:begin"),
    Point("hub.store.blobs.folder:FolderWriter.write"),
    Point("hub.store.blobs.folder:FolderWriter.commit", after=False),
    Point("hub.store.blobs.folder:FolderWriter.commit", call=2),
    Point("hub.store.parts:stored"),
    Point("hub.exchange.part_desk:keep", call=3),
    Point("hub.exchange.loading:load"),
    Point("hub.store.parts:claim"),
    Point("hub.store.inbox:offer"),
    Point("hub.exchange.desk:submit"),
]
PULLING = [
    Point("hub.exchange.answers:read_transfer", after=False),
    Point("hub.store.marks:append"),
    Point("hub.exchange.answers:read_transfer"),
    Point("hub.exchange.part_desk:look", call=2),
    Point("hub.store.blobs.folder:FolderBlobStore.read", call=3),
    Point("hub.exchange.mark_desk:acknowledge", after=False),
    Point("hub.store.transfers:set_status"),
    Point("hub.exchange.mark_desk:acknowledge"),
]


def test_killed_at_every_step_of_push_and_pull(quiet: Site, tmp_path: Path) -> None:
    site, case, into = quiet, case_dir(tmp_path / "case"), tmp_path / "in"
    police, procuratorate = site[POLICE], site[PROCURATORATE]
    push, pull = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE, case), ("pull", "--into", into)
    for agency, points, asked in ((police, PUSHING, push), (procuratorate, PULLING, pull)):
        for point in points:
            with site.doomed(point):
                code = agency.run(*asked, twist="tests.faults.crafting:impatient").code
            assert code == AWAY, (str(point), code)
            receipts = {
                row["transfer_id"] for row in police.rows("SELECT transfer_id FROM outgoing WHERE status = 'sent'")
            }
            assert receipts <= {row["transfer_id"] for row in site.transfers()}, f"a false receipt, killed {point}"
            answered = procuratorate.rows("SELECT transfer_id FROM received WHERE status = 'acknowledged'")
            if answered:
                assert [row["status"] for row in site.transfers()] == ["acknowledged"], str(point)
    site.serve()
    assert police.run("resume").code == 0
    assert procuratorate.run(*pull).code == 0
    (transfer,) = site.transfers()
    assert transfer["status"] == "acknowledged"
    actions = [action for action in site.actions(transfer["transfer_id"]) if action != "viewed"]
    assert actions == [*checking.PUSHED, "fetched", "acknowledged"]
    assert checking.whole(into / transfer["transfer_id"], case)
    checking.one_plaintext_under_each_key(police, site)
    checking.trail_holds(site, transfer["transfer_id"], tmp_path)
    for agency in (police, procuratorate):
        assert agency.run("reconcile").body["differences"] == []


def back_at_once(site: Site, program: Child) -> None:
    """Kill the hub and start it again while a program stands still half way; then let it go on."""
    until(lambda: program.stands, "the program half way")
    site.kill_hub()
    site.serve()
    program.go_on()


def test_programs_under_way_outlive_a_hub_that_is_back_at_once(site: Site, tmp_path: Path) -> None:
    case = case_dir(tmp_path / "case", volumes={"V10-01": 1, "V20-01": 24, "V20-02": 24}, pad=2_000_000)
    asked = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE, case)
    uploading = Point("adapters.state.journal:Journal.keep_part", call=8, signal=signal.SIGSTOP)
    with site[POLICE].forked(*asked, twist=uploading) as pushing:
        back_at_once(site, pushing)
        pushed = pushing.ended()
    assert pushed.code == DONE, pushed
    transfer_id, into = pushed.body["transfer_id"], tmp_path / "in"
    placing = Point("dossier.unseal:_Job._place", call=12, signal=signal.SIGSTOP)
    with site[PROCURATORATE].forked("pull", "--into", into, twist=placing) as pulling:
        back_at_once(site, pulling)
        pulled = pulling.ended()
    assert pulled.code == DONE, pulled
    assert checking.whole(into / transfer_id, case)
    assert site.transfers() == [{"transfer_id": transfer_id, "status": "acknowledged"}]
    actions = [action for action in site.actions(transfer_id) if action != "viewed"]
    assert actions == [*checking.PUSHED, "fetched", "acknowledged"]

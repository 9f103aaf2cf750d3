"""The hub away, the receiver away, and the watched folders: what waits is sent on, and comes in order."""

from __future__ import annotations

import json
import shutil
import signal
from functools import partial
from pathlib import Path

from messages.commandline import AWAY, DONE
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, export
from tests.scene.records import police_record
from tests.scene.sites import Agency, Site
from tests.waiting import until

PUSH = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE)


def numbered(folder: Path, number: int) -> Path:
    """A case of its own."""
    return case_dir(folder, xml=export(police_record(f"A350102000000202603{number:04}")))


def test_while_the_hub_is_away_a_push_queues_and_goes_on_later(quiet: Site, tmp_path: Path) -> None:
    site = quiet
    police = site[POLICE]
    cases = [numbered(tmp_path / str(number), number) for number in range(1, 4)]
    for case in cases:
        away = police.run(*PUSH, case, twist=None if case is cases[0] else "tests.faults.crafting:impatient")
        assert (away.code, away.body["error"]["code"]) == (AWAY, "adapter.hub-away"), away
    assert police.run("resume", twist="tests.faults.crafting:impatient").code == AWAY
    waiting = queued(police)
    assert len(waiting) == len(cases)
    site.serve()
    assert police.run(*PUSH, cases[1]).body["transfer_id"] == waiting[1], "the same push again goes on"
    watched = ("watch", "--outbox", tmp_path / "outbox", "--inbox", tmp_path / "police-inbox", "--once")
    sent = police.run(*watched).body["sent"]
    assert [item["transfer_id"] for item in sent] == [waiting[0], waiting[2]]
    # The receiver was off all the time, and finds everything in the order in which the hub took it.
    pulled = site[PROCURATORATE].run("pull", "--into", tmp_path / "in")
    order = [waiting[1], waiting[0], waiting[2]]
    assert [item["transfer_id"] for item in pulled.body["delivered"]] == order
    assert all(checking.whole(tmp_path / "in" / waiting[number], case) for number, case in enumerate(cases))
    assert site[PROCURATORATE].run("pull", "--into", tmp_path / "in").body["delivered"] == []


def ready(outbox: Path, name: str, number: int, *, node: str = "N-ARR-001") -> Path:
    """A case in the outbox; READY comes last."""
    folder = numbered(outbox / name, number)
    (folder / "transfer.json").write_text(json.dumps({"node": node, "to": PROCURATORATE}))
    (folder / "READY").touch()
    return folder


def found_away(agency: Agency) -> bool:
    """Whether an adapter's log says that the hub is away."""
    log = agency.home / "log" / "adapter.log"
    return log.exists() and '"hub-away"' in log.read_text("utf-8")


def queued(agency: Agency) -> list[str]:
    """The transfers that an adapter began, in their order."""
    return [row["transfer_id"] for row in agency.rows("SELECT transfer_id FROM outgoing ORDER BY created_at")]


def test_watched_folders_through_absence_failure_and_stop(quiet: Site, tmp_path: Path) -> None:
    site, outbox, inbox = quiet, tmp_path / "outbox", tmp_path / "inbox"
    sent, failed = tmp_path / "sent", tmp_path / "failed"
    unready = ready(outbox, "c", 3)
    (unready / "READY").unlink()
    ready(outbox, "a", 1)
    shutil.rmtree(ready(outbox, "b", 2) / "documents")
    with (
        site[POLICE].start("watch", "--outbox", outbox, "--inbox", tmp_path / "police-inbox") as sending,
        site[PROCURATORATE].start("pull", "--into", inbox, "--follow") as receiving,
    ):
        for agency in (POLICE, PROCURATORATE):
            until(partial(found_away, site[agency]), f"{agency} finds the hub away")
        assert (outbox / "a").exists(), "nothing can be sent yet"
        site.serve()
        until((sent / "a" / "receipt.json").exists, "the receipt of a")
        transfer_id = json.loads((sent / "a" / "receipt.json").read_bytes())["transfer_id"]
        until((failed / "b" / "error.json").exists, "the failure of b")
        error = json.loads((failed / "b" / "error.json").read_bytes())
        assert error["code"] == "adapter.check"
        assert [problem["code"] for problem in error["problems"]]
        assert (outbox / "c").exists(), "taken without READY"
        until(lambda: site.actions(transfer_id).count("acknowledged") == 1, "the acknowledgement of a")
        assert checking.whole(inbox / transfer_id, sent / "a")
        site.kill_hub()
        (outbox / "c" / "READY").touch()
        until(lambda: len(queued(site[POLICE])) == 2, "a push begun while the hub is away")
        site.serve()
        until((sent / "c" / "receipt.json").exists, "the receipt of c")
        until(lambda: len(checking.looks_delivered(inbox)) == 2, "two deliveries")
        for process, stop in ((sending, signal.SIGTERM), (receiving, signal.SIGINT)):
            process.send_signal(stop)
            ended = process.ended()
            assert ended.code == DONE, ended
            assert ended.err == "", ended
            lines = [json.loads(line) for line in ended.out.splitlines()]
            assert lines, "what happened is told, one object a line"
        assert list(outbox.iterdir()) == []
        assert len(site.transfers()) == 2

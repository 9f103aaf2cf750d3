"""A push that is killed, again and again, goes on where it stopped and stays one transfer."""

from __future__ import annotations

import random
import secrets
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dossier.stream import PART
from hub.limits import LIMITS
from hub.runtime import open_hub
from hub.store.housekeeping import tidy
from messages.commandline import DONE, REFUSED
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, jpeg
from tests.scene.forked import Point
from tests.scene.sites import Agency, Site

PUSH = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE)
VOLUMES = {"V10-01": 2, "V20-01": 18, **{f"V20-{number:02}": 1 for number in range(2, 14)}}
PAD = 2_200_000
PARTS = 33
"""Of all volumes: V20-01 has 3 of its pack, the others 1, and each has a catalogue; V00 likewise."""
KILLS = 5


def at_part(police: Agency, number: int) -> Callable[[], bool]:
    """The moment at which so many parts are in the journal."""
    return lambda: police.journaled() >= number


def status(police: Agency) -> str:
    """How far the journal's one transfer is."""
    found = police.rows("SELECT status FROM outgoing")
    assert len(found) < 2, "a second transfer was begun"
    return str(found[0]["status"]) if found else ""


def test_killed_at_random_moments_it_stays_one_transfer_and_uploads_what_is_missing(site: Site, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    rng = random.Random(seed)
    police, case = site[POLICE], case_dir(tmp_path / "case", volumes=VOLUMES, pad=PAD)
    ids = set()
    for goal in sorted(rng.sample(range(PARTS), KILLS)):
        police.killed(*PUSH, case, when=at_part(police, goal), after=rng.uniform(0, 0.02))
        ids |= {row["transfer_id"] for row in police.rows("SELECT transfer_id FROM outgoing")}
    police.killed(*PUSH, case, when=lambda: status(police) == "submitting", after=rng.uniform(0, 0.06))
    done = police.run(*PUSH, case)
    assert done.code == 0, (seed, done)
    assert [done.body["transfer_id"]] == [row["transfer_id"] for row in site.transfers()], seed
    assert ids <= {done.body["transfer_id"]}, seed
    checking.one_plaintext_under_each_key(police, site)
    assert set(site.answers("PUT", "/v1/parts/{digest}")) <= {201, 499}, (
        seed,
        "a part that the hub held was sent again",
    )
    assert site.actions(done.body["transfer_id"]) == checking.PUSHED, seed
    assert not [notice for notice in done.body.get("notices", []) if notice["code"] == "adapter.resealed"], seed
    assert site.complaints() == [], seed
    pulled = site[PROCURATORATE].run("pull", "--into", tmp_path / "in")
    assert pulled.code == 0, (seed, pulled)
    assert checking.whole(tmp_path / "in" / done.body["transfer_id"], case), seed
    checking.trail_holds(site, done.body["transfer_id"], tmp_path)


POINTS = [
    Point("adapters.state.journal:Journal.begin"),
    Point("adapters.state.journal:Journal.keep_record"),
    Point("adapters.state.journal:Journal.begin_volume"),
    Point("adapters.state.journal:Journal.begin_volume", call=2),
    Point("adapters.state.journal:Journal.keep_part"),
    Point("adapters.state.journal:Journal.keep_part", call=3),
    Point("adapters.client.hub:HubClient.put_part", after=False),
    Point("adapters.client.hub:HubClient.put_part"),
    Point("adapters.client.hub:HubClient.put_part", call=2),
    Point("adapters.state.journal:Journal.keep_descriptor", after=False),
    Point("adapters.state.journal:Journal.keep_descriptor", call=2),
    Point("adapters.state.own_marks:OwnMarks.make"),
    Point("adapters.state.own_marks:OwnMarks.make", call=2),
    Point("adapters.state.journal:Journal.keep_submission", after=False),
    Point("adapters.state.journal:Journal.keep_submission"),
    Point("adapters.client.hub:HubClient.send_bytes", after=False),
    Point("adapters.sending.submission:check_receipt", after=False),
    Point("adapters.state.journal:Journal.finish", after=False),
    Point("adapters.state.journal:Journal.finish"),
    Point("adapters.sending.submission:keep_receipt"),
    Point("adapters.state.own_marks:OwnMarks.confirmed"),
    Point("adapters.station:Station.contact", after=False),
    Point("adapters.station:Station.contact"),
    Point("adapters.program.console:Console.result", after=False),
]


def test_killed_at_every_step_in_turn_it_is_one_transfer(site: Site, tmp_path: Path) -> None:
    volumes = {"V10-01": 1, **{f"V20-{number:02}": 2 for number in range(1, 7)}}
    police, case = site[POLICE], case_dir(tmp_path / "case", volumes=volumes)
    asked = (*PUSH, case)
    codes = {str(point): police.run(*asked, twist=point).code for point in POINTS}
    site.settle()
    assert {name: code for name, code in codes.items() if code != -signal.SIGKILL} == {}, "these points were not met"
    done = police.run(*asked)
    assert done.code == 0, done
    assert [done.body["transfer_id"]] == [row["transfer_id"] for row in site.transfers()]
    assert site.actions(done.body["transfer_id"]) == checking.PUSHED
    checking.one_plaintext_under_each_key(police, site)
    asked_once_more = police.run(*asked)
    assert (asked_once_more.body["transfer_id"], asked_once_more.body["earlier"]) == (done.body["transfer_id"], True)
    again = police.run(*asked, "--again")
    assert again.body["transfer_id"] != done.body["transfer_id"], "wanted again, it is a new transfer"


def test_stopped_after_the_answer_it_is_not_sent_twice(site: Site, tmp_path: Path) -> None:
    police, case = site[POLICE], case_dir(tmp_path / "case")
    asked = (*PUSH, case)
    stopped = police.run(*asked, twist="tests.faults.crafting:interrupted")
    assert (stopped.code, stopped.body["error"]["code"]) == (REFUSED, "commandline.stopped")
    assert police.run(*asked).body["transfer_id"] == site.transfers()[0]["transfer_id"]
    assert len(site.transfers()) == 1


def test_parts_that_the_hub_collected_meanwhile_go_up_again(site: Site, tmp_path: Path) -> None:
    """A push that waited longer between its parts and its envelope than the hub keeps parts that nobody claims."""
    police, case = site[POLICE], case_dir(tmp_path / "case")
    asked = (*PUSH, case)
    police.run(*asked, twist=Point("adapters.sending.push:deliver", after=False))
    (waiting,) = police.rows("SELECT transfer_id, status FROM outgoing")
    assert waiting["status"] == "submitting"
    hub = open_hub(site.hub_home)
    removed = tidy(hub.database, hub.blobs, datetime.now(UTC) + timedelta(seconds=LIMITS.lease_seconds + 60))
    hub.stop()
    assert (removed.parts, site.parts()) == (6, {})
    done = police.run(*asked)
    assert (done.code, done.body["transfer_id"]) == (DONE, waiting["transfer_id"]), done
    assert site.actions(done.body["transfer_id"]) == ["refused", *checking.PUSHED]
    checking.one_plaintext_under_each_key(police, site)
    assert site[PROCURATORATE].run("pull", "--into", tmp_path / "in").code == DONE
    assert checking.whole(tmp_path / "in" / done.body["transfer_id"], case)


def test_a_file_changed_after_the_kill_is_sealed_under_a_fresh_key(site: Site, tmp_path: Path) -> None:
    police, case = site[POLICE], case_dir(tmp_path / "case", volumes={"V10-01": 1, "V20-01": 28}, pad=PAD)
    seventh = Point("adapters.state.journal:Journal.keep_part", call=7)  # V00 and V10 have 4 of them
    assert police.run(*PUSH, case, twist=seventh).code == -signal.SIGKILL
    old = police.rows("SELECT volume_id FROM sealing WHERE number = 'V20-01'")[0]["volume_id"]
    journaled = {row["digest"] for row in police.rows("SELECT digest FROM sealed_part WHERE volume_id = ?", old)}
    assert journaled, "killed too early to show anything"
    site.settle()  # what was on the wire when the process died may still arrive
    left_before = journaled & set(site.parts())
    page = (len(journaled) - 1) * PART // PAD + 2  # it lies in the last part that the journal knows
    changed = case / "dossier" / "V20-01" / f"张某示例第{min(page, 28)}页.jpg"
    before = changed.stat()
    changed.write_bytes(jpeg(999) + bytes(before.st_size - len(jpeg(999))))
    done = police.run(*PUSH, case)
    assert done.code == 0, done
    now = {volume["number"]: volume for volume in checking.descriptors(police)}
    resealed = [item["params"]["volume"] for item in done.body["notices"] if item["code"] == "adapter.resealed"]
    assert resealed == ["V20-01"]
    assert now["V20-01"]["volume_id"] != old
    assert journaled & set(site.parts()) == left_before, "something left under the old key after the change"
    assert police.rows("SELECT wrapped_self FROM sealing WHERE volume_id = ?", old)[0]["wrapped_self"] == b""
    checking.one_plaintext_under_each_key(police, site)
    site[PROCURATORATE].run("pull", "--into", tmp_path / "in")
    assert checking.whole(tmp_path / "in" / done.body["transfer_id"], case)

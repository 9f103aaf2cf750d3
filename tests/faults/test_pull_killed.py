"""A pull that is killed, again and again: never a folder that looks whole and is not, acknowledged exactly once."""

from __future__ import annotations

import os
import random
import secrets
import signal
from functools import partial
from pathlib import Path

from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.forked import Point
from tests.scene.sites import Site

PULLED = [*checking.PUSHED, "fetched"]
POINTS = [
    Point("adapters.receiving.pull:offered"),
    Point("adapters.state.received:Inbox.offer"),
    Point("adapters.receiving.incoming:fetch"),
    Point("adapters.client.hub:HubClient.get_part"),
    Point("adapters.state.contents:ContentStore.put", after=False),
    Point("dossier.unseal:_Job._place", after=False),
    Point("dossier.unseal:_Job._place"),
    Point("dossier.unseal:_Job._place", call=3),
    Point("adapters.state.contents:ContentStore.adopt", call=2),
    Point("dossier.unseal:_Job.clear"),
    Point("dossier.bags:Bag.add_volume", call=2),
    Point("dossier.bags:Bag._clear_and_check"),
    Point("dossier.bags:Bag._write_tags"),
    Point("dossier.bags:sync_tree"),
    Point("dossier.bags:Bag.finish"),
    Point("adapters.receiving.delivery:write_durably", after=False),
    Point("adapters.receiving.delivery:write_durably", call=3),
    Point("adapters.receiving.delivery:sync_folder", after=False),
    Point("adapters.receiving.delivery:sync_folder"),
    Point("adapters.receiving.delivery:sync_folder", call=2, after=False),
    Point("adapters.receiving.delivery:_remember", after=False),
    Point("adapters.state.received:Inbox.delivered"),
    Point("adapters.receiving.delivery:_remember"),
    Point("adapters.state.own_marks:OwnMarks.make", after=False),
    Point("adapters.state.own_marks:OwnMarks.make"),
    Point("adapters.client.hub:HubClient.submit", after=False),
    Point("adapters.client.hub:HubClient.submit"),
    Point("adapters.state.own_marks:OwnMarks.confirmed"),
    Point("adapters.state.received:Inbox.acknowledged"),
]


def sent(site: Site, case: Path, *, damaged: bool = False) -> str:
    """A transfer that waits for the procuratorate; a damaged one has keys that do not unwrap."""
    asked = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE, case)
    assert site[POLICE].run(*asked, twist="tests.faults.crafting:damaged_keys" if damaged else None).code == 0
    return str(site.transfers()[-1]["transfer_id"])


def require_whole_or_nothing(into: Path, case: Path) -> bool:
    """What stands under a plain name is whole; returns whether something does."""
    found = checking.looks_delivered(into)
    for folder in found:
        assert checking.whole(folder, case), folder
        papers = {"bag", "case.xml", "record.json", "annex.json", "receipt.json", "findings.json"}
        assert {path.name for path in folder.iterdir()} == papers
    return bool(found)


def test_killed_at_every_step_in_turn_it_is_acknowledged_once(site: Site, tmp_path: Path) -> None:
    case, into = case_dir(tmp_path / "case"), tmp_path / "in"
    transfer_id, court = sent(site, case), site[PROCURATORATE]
    met: dict[str, int] = {}
    for point in POINTS:
        met[str(point)] = court.run("pull", "--into", into, twist=point).code
        require_whole_or_nothing(into, case)
    assert {name: code for name, code in met.items() if code != -signal.SIGKILL} == {}, "these points were not met"
    assert court.run("pull", "--into", into).code == 0
    assert require_whole_or_nothing(into, case)
    assert [action for action in site.actions(transfer_id) if action != "viewed"] == [*PULLED, "acknowledged"]
    assert court.rows("SELECT status FROM received") == [{"status": "acknowledged"}]
    assert site.transfers() == [{"transfer_id": transfer_id, "status": "acknowledged"}]
    assert list(into.glob(".*")) == []
    checking.trail_holds(site, transfer_id, tmp_path)


def test_killed_at_random_moments_it_goes_on_and_fetches_no_file_twice(site: Site, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    rng = random.Random(seed)
    volumes = {"V10-01": 1, "V20-01": 20, **{f"V20-{number:02}": 4 for number in range(2, 6)}}
    case, into = case_dir(tmp_path / "case", volumes=volumes, pad=1_500_000), tmp_path / "in"
    transfer_id, procuratorate = sent(site, case), site[PROCURATORATE]
    unfinished = into / f".{transfer_id}.partial"

    def placed(goal: int) -> bool:
        return sum(name.endswith(".jpg") for _, _, names in os.walk(unfinished) for name in names) >= goal

    for goal in sorted(rng.sample(range(38), 4)):
        procuratorate.killed("pull", "--into", into, when=partial(placed, goal), after=rng.uniform(0, 0.01))
        require_whole_or_nothing(into, case)
    done = procuratorate.run("pull", "--into", into)
    assert done.code == 0, (seed, done)
    assert require_whole_or_nothing(into, case), seed
    actions = site.actions(transfer_id)
    assert actions.count("acknowledged") == 1, seed
    assert actions.count("fetched") == 1, seed
    assert site.complaints() == [], seed


DECLINING = [
    Point("adapters.state.own_marks:OwnMarks.make", after=False),
    Point("adapters.state.own_marks:OwnMarks.make"),
    Point("adapters.client.hub:HubClient.submit", after=False),
    Point("adapters.client.hub:HubClient.submit"),
    Point("adapters.state.received:Inbox.declined"),
]


def test_killed_while_declining_it_declines_once(site: Site, tmp_path: Path) -> None:
    procuratorate = site[PROCURATORATE]
    transfer_id = sent(site, case_dir(tmp_path / "case"), damaged=True)
    codes = {str(point): procuratorate.run("pull", "--into", tmp_path / "in", twist=point).code for point in DECLINING}
    assert set(codes.values()) == {-signal.SIGKILL}, codes
    procuratorate.run("pull", "--into", tmp_path / "in")
    assert procuratorate.rows("SELECT status FROM received") == [{"status": "declined"}]
    actions = [action for action in site.actions(transfer_id) if action != "viewed"]
    assert actions == [*PULLED, "declined", "undeliverable"]
    assert procuratorate.run("reconcile").body["differences"] == []
    assert list((tmp_path / "in").iterdir()) == []

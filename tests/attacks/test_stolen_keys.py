"""An agency's identity key stolen, before and after it is revoked; clocks set back (docs/decisions/0027).

What the thief signs before the revocation counts, for nobody can tell it from the agency's own: the agency sees it in
its trail, and revokes. From that instant nothing counts any more, whatever date it bears, unless it stood in the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evidence.bundles.report import Report
from evidence.bundles.verify import verify_bundle
from evidence.keys import SigningKey, TrustedKeys
from hub.access import directory_desk
from tests.scene.agencies import POLICE
from tests.scene.agencies import POLICE as BUREAU
from tests.scene.clocks import NOW, after
from tests.scene.evidence import Trail, as_file
from tests.scene.keys import key
from tests.scene.stage import Refusal, Stage, shown, stage


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def tick(at: Stage, seconds: float) -> None:
    for clock in (at.here.clock, *at.here.agency_clocks.values()):
        clock.moved += timedelta(seconds=seconds)


# --- at the hub ---------------------------------------------------------------------------------------------------


def test_before_the_revocation_a_thief_is_the_agency(at: Stage) -> None:
    """Found by: the agency, in its own trail: every act of the thief is a mark in its name that it did not make."""
    draft = at.catch(at.here.case_dir())
    answer = at.submit(draft.wire(), signed={"key": at.key(POLICE)})
    assert answer.status_code == 201
    made = [mark for mark in at.new_marks() if mark.signer == POLICE]
    assert [mark.action for mark in made] == ["sealed", "submitted"]
    day = at.send(POLICE, "GET", f"/v1/transfers/{draft.transfer_id}/trail").json()
    assert {mark["actor"] for mark in day["marks"]} >= {POLICE}
    station = at.here[POLICE].station
    assert station.journal.queue() == [], "the agency's own journal knows nothing of it"


def test_after_the_revocation_the_thief_opens_no_door(at: Stage) -> None:
    """Found by: the hub, which refuses every request, also with statements dated back to before."""
    draft = at.catch(at.here.case_dir())
    tick(at, 2)
    directory_desk.revoke(at.here.hub, POLICE, None, at.here.clock())
    tick(at, 1)
    at.new_marks()
    with at.nothing_moves():
        answer = at.submit(draft.wire())
    shown(answer, Refusal(401, "evidence.key-revoked", "sender"))
    assert at.new_marks() == []


@pytest.mark.parametrize("hours", [-1, 1], ids=["set back", "set ahead"])
def test_the_hubs_clock_moved_is_noticed_by_every_agency(at: Stage, hours: int) -> None:
    """Found by: the hub, which signs nothing before what it signed last; and each agency at its next request: the hub
    refuses what seems too old or too new, and says by how many seconds, so that no mark is made in a wrong time."""
    at.here.clock.moved += timedelta(hours=hours)
    now = at.here.agency_clocks[POLICE]()
    answer = at.send(POLICE, "GET", "/v1/inbox", signed={"at": now})
    if hours < 0:
        shown(answer, Refusal(503, "hub.clock-behind", "hub"))
        return
    shown(answer, Refusal(401, "evidence.request-skew", "caller"))
    assert abs(answer.json()["params"]["seconds"] + hours * 3600) < 1800  # the machine may be slow, the hours are not


def test_an_agencys_clock_set_back_opens_no_door(at: Stage) -> None:
    """Found by: the hub; a caught request cannot be used later either."""
    shown(
        at.send(POLICE, "GET", "/v1/inbox", signed={"at": at.here.clock() - timedelta(minutes=10)}),
        Refusal(401, "evidence.request-skew", "caller"),
    )


# --- at whoever verifies a bundle -----------------------------------------------------------------------------------


REVOKED = after(100)


def story(at: datetime, signing: SigningKey | None = None) -> Trail:
    """A transfer in which the police's second mark is made at `at`."""
    trail = Trail()
    trail.mark("sealed", BUREAU, at=after(1))
    trail.mark("submitted", BUREAU, at=at, signing=signing or trail.police)
    return trail


def verified(trail: Trail, *, revoked: datetime | None = REVOKED) -> Report:
    """What `casehub-verify` says whose KEYS tell the revocation."""
    entries = [
        entry.revoked(revoked) if revoked is not None and entry.owner == BUREAU else entry for entry in trail.trusted()
    ]
    return verify_bundle(as_file(trail.contents()), TrustedKeys(entries))


CASES = {
    "signed before": (after(50), "LESS"),
    "in the last instant before": (after(99.999), "LESS"),
    "at the instant": (after(100), "INVALID"),
    "signed after": (after(150), "INVALID"),
}


@pytest.mark.parametrize("name", CASES)
def test_marks_of_a_revoked_key_count_until_its_revocation(name: str) -> None:
    """Found by: `casehub-verify`, check 4."""
    when, expected = CASES[name]
    report = verified(story(when))
    assert report.verdict == expected
    if expected == "INVALID":
        assert report.failed is not None
        assert [problem.code for problem in report.failed.problems] == ["evidence.key-revoked"]


def test_a_mark_dated_back_that_never_came_to_the_log() -> None:
    """Found by: `casehub-verify`, check 5: its signature holds and its date is before the revocation, but no tree that
    the log signed has it."""
    honest = Trail()
    honest.mark("sealed", BUREAU, at=after(1))
    signed = honest.checkpoint()
    forged = story(after(50))
    report = verify_bundle(as_file(forged.contents(checkpoint=signed)), forged.trusted())
    assert report.verdict == "INVALID"
    assert report.failed is not None
    assert report.failed.name == "inclusion"


def test_a_thief_without_the_agencys_key_is_nobody() -> None:
    """Found by: `casehub-verify`, check 4, also when the hub helps the thief to a place in the log."""
    report = verified(story(after(50), key("thief")), revoked=None)
    assert report.verdict == "INVALID"
    assert report.failed is not None
    assert report.failed.name == "signatures"
    assert NOW < REVOKED

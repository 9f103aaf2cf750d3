"""Findings reach those whom they concern: in receipt, trail, case and list; and can be judged again later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import cli
from hub.store import transfers
from hub.supervision import case_facts, findings_desk
from hub.supervision.sweep import sweep
from tests.scene.agencies import AGENCIES, COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.drafts import Draft
from tests.scene.stage import Stage, stage
from tests.scene.world import World

Json = dict[str, Any]
LATE = {"rule.IR-03-open", "rule.IR-20-open"}


@dataclass(frozen=True)
class Scene:
    """A request for arrest that nobody answers, eight days and more ago."""

    at: Stage
    draft: Draft

    @property
    def case_uid(self) -> str:
        return str(self.draft.envelope["case_uid"])

    def get(self, agency: str, path: str, handler: str | None = None) -> Any:
        answer = self.at.send(agency, "GET", path, handler=handler)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with stage(tmp_path_factory.mktemp("findings")) as at:
        for handler in ("h-1", "h-2"):
            at.here[PROCURATORATE].add_handler(handler)
        draft = at.catch(at.here.case_dir())
        assert at.submit(draft.wire()).status_code == 201
        at.here[PROCURATORATE].grant(draft.transfer_id, "h-1")
        at.here.clock.moved += timedelta(days=9)
        assert sweep(at.here.hub).opened >= len(LATE)
        at.new_marks()
        yield Scene(at, draft)


def test_both_parties_are_told_what_is_late_though_nobody_sent_anything(scene: Scene) -> None:
    for agency in (POLICE, PROCURATORATE):
        told = scene.get(agency, "/v1/findings")
        codes = {item["finding"]["code"] for item in told["items"]}
        assert codes >= LATE
        for item in told["items"]:
            assert item["case_uid"] == scene.case_uid
            assert item["state"] == "open"
            assert item["finding"]["zh"]
            assert item["finding"]["remedy_zh"]
        assert scene.get(agency, f"/v1/findings?since={told['next']}")["items"] == []
        first = scene.get(agency, "/v1/findings?limit=1")
        assert len(first["items"]) == 1
        rest = scene.get(agency, f"/v1/findings?since={first['next']}")
        assert [*first["items"], *rest["items"]] == told["items"]


def test_strangers_and_handlers_without_a_grant_are_told_nothing(scene: Scene) -> None:
    for agency in (STRANGER, COURT):
        assert scene.get(agency, "/v1/findings")["items"] == []
    assert scene.get(PROCURATORATE, "/v1/findings", "h-2")["items"] == []
    assert scene.get(PROCURATORATE, "/v1/findings", "h-1")["items"]
    answer = scene.at.send(PROCURATORATE, "GET", "/v1/findings", handler="h-404")
    assert answer.json()["code"] == "handler.not-allowed"


def test_the_case_tells_transfers_what_is_late_and_what_is_not_judged(scene: Scene) -> None:
    told = scene.get(PROCURATORATE, f"/v1/cases/{scene.case_uid}/findings")
    assert {each["code"] for each in told["late"]} >= LATE
    assert [each["transfer_id"] for each in told["transfers"]] == [scene.draft.transfer_id]
    assert told["record_of"] == scene.draft.transfer_id
    waiting = {each["rule"]: each["because_zh"] for each in told["not_judged"]}
    assert waiting["IR-05"] == "看守所未接入，未评估。"
    assert "D-12" in waiting


def test_the_trail_shows_what_stands_open(scene: Scene) -> None:
    told = scene.get(POLICE, f"/v1/cases/{scene.case_uid}/trail")
    assert {each["finding"]["code"] for each in told["findings"]} >= LATE
    of_transfer = scene.get(POLICE, f"/v1/transfers/{scene.draft.transfer_id}/trail")
    read = scene.get(POLICE, f"/v1/transfers/{scene.draft.transfer_id}")
    assert of_transfer["findings"] == read["findings"]


def test_a_sweep_leaves_one_mark_and_an_idle_one_none(scene: Scene) -> None:
    marks = [action for action in scene.at.here.marks() if action == "findings-swept"]
    assert marks == ["findings-swept"]
    sweep(scene.at.here.hub)
    assert [action for action in scene.at.here.marks() if action == "findings-swept"] == marks


def test_every_transfer_of_the_sample_case_is_judged_again_with_the_same_outcome(tmp_path: Path) -> None:
    with World(tmp_path, *AGENCIES) as here:
        for travelled in here.journey().walk():
            assert not travelled.findings
        here.clock.moved += timedelta(days=400)
        with here.hub.database.transaction(write=False) as connection:
            case_uid = transfers.get_many(connection, [travelled.transfer_id])[travelled.transfer_id].case_uid
            rows = transfers.of_case(connection, case_uid)
            for row in rows:
                again = case_facts.examine_again(connection, here.hub, row)
                stored = transfers.findings(connection, here.hub.vault, row.transfer_id)
                own = [each["code"] for each in stored if not each.get("by")]
                assert [each.code for each in again.findings] == own
            told = findings_desk.listing(connection, here.hub, case_uid, here.clock(), explain=True)
        assert len(rows) == 13
        assert all(each["same_again"] for each in told["transfers"])
        assert told["late"] == []


def test_a_finding_is_judged_again_with_the_same_facts(scene: Scene) -> None:
    hub = scene.at.here.hub
    with hub.database.transaction(write=False) as connection:
        told = findings_desk.listing(connection, hub, scene.case_uid, hub.clock(), explain=True)
    assert [each["same_again"] for each in told["transfers"]] == [True]


def test_the_commands_tell_the_same(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(scene.at.here.root / "hub"), "--json"]
    assert cli.main(["findings", scene.case_uid, *home]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not LATE & {each["code"] for each in told["late"]}  # by the real clock the review has just begun
    later = (scene.at.here.clock()).date().isoformat()
    assert cli.main(["findings", scene.case_uid, "--as-of", later, "--explain", *home]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["code"] for each in told["late"]} >= LATE
    assert cli.main(["findings", scene.case_uid, "--as-of", "yesterday", *home]) != 0
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cli.hub.findings.bad-instant"
    assert cli.main(["findings", scene.case_uid, "--as-of", later, "--explain", "--home", home[1]]) == 0
    shown = capsys.readouterr().out
    assert "IR-03-open" in shown
    levels = [line.split()[0] for line in shown.splitlines() if line[:2] in {"V ", "W ", "D "}]
    assert levels == sorted(levels, key="VWD".index), "the worst stands first"
    assert cli.main(["findings", scene.case_uid, "--as-of", later, "--level", "V", *home]) == 0
    worst = json.loads(capsys.readouterr().out)
    assert {each["level"] for each in worst["late"]} | {each["level"] for each in worst["groups"]} == {"V"}
    every = [each for each in told["late"] if each["level"] == "V"]
    sent = sum(len(transfer["findings"]) for transfer in worst["transfers"])
    assert sum(each["count"] for each in worst["groups"]) == len(every) + sent
    assert all(each["nodes"] == ["-"] for each in worst["groups"] if each["since"] in {"当前", "now"})
    assert "{" not in shown
    assert cli.main(["rules", "--json"]) == 0
    book = json.loads(capsys.readouterr().out)
    assert (book["count"], book["judged"]) == (86, 84)
    assert {each["number"] for each in book["rules"] if each["refuses"]} == {f"D-0{n}" for n in range(1, 7)}
    assert cli.main(["rules", "IR-99"]) != 0


def test_a_bad_year_in_the_calendar_folder_stops_neither_transfer_nor_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage(tmp_path) as at:
        folder = at.here.hub.settings.calendars
        folder.mkdir()
        (folder / "2099.csv").write_text("date,kind,name\n2099-01-01,off,元旦\n", "utf-8")
        (folder / "2098.csv").write_bytes(b"date,kind,name\n2098-01-0")
        (folder / "notes.csv").write_bytes(b"\xff\x00")
        draft = at.catch(at.here.case_dir())
        answer = at.submit(draft.wire())
        assert answer.status_code == 201, answer.text
        real, seen = case_facts.of_case, list[str]()

        def broken(*arguments: Any, **named: Any) -> Any:
            seen.append(arguments[2])
            raise ValueError

        with monkeypatch.context() as patched:
            patched.setattr(case_facts, "of_case", broken)
            assert sweep(at.here.hub).cases == 1, "a case that cannot be read ends no round"
        assert seen == [draft.envelope["case_uid"]]
        assert case_facts.of_case is real
        assert sweep(at.here.hub).cases == 1, "it is looked at again"
        told = at.send(POLICE, "GET", f"/v1/cases/{draft.envelope['case_uid']}/findings").json()
        assert "2099.csv" in told["calendar"]
        assert "2098.csv" not in told["calendar"]

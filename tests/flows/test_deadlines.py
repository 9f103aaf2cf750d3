"""The terms of a real case: what operators and parties see, as of when, by whose record, calendar and readings."""

from __future__ import annotations

import io
import json
import logging
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from adapters.program import deadlines
from adapters.program.console import Console
from adapters.program.deadlines import of_case
from bench.journey import Travelled
from hub import cli
from hub.logging import configure
from hub.settings import load_settings
from messages.problems import Problem
from tests.scene.agencies import AGENCIES, COURT, POLICE
from tests.scene.world import World

NUMBER = "A350102000000{year}030012"


@dataclass
class Scene:
    """The sample case, walked to its end."""

    here: World
    done: list[Travelled]
    said: io.StringIO

    @property
    def home(self) -> Path:
        return self.here.root / "hub"

    @property
    def number(self) -> str:
        return NUMBER.format(year=self.here.yesterday.year)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    said = io.StringIO()
    with World(tmp_path_factory.mktemp("terms"), *AGENCIES) as here:
        configure(said, logging.DEBUG)
        try:
            yield Scene(here, list(here.journey().walk()), said)
        finally:
            structlog.reset_defaults()


class Typed:
    """What `casehub deadlines` prints."""

    def __init__(self, scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.scene, self.capsys = scene, capsys
        monkeypatch.setattr("hub.cli.configure", lambda: configure(scene.said, logging.DEBUG))

    def __call__(self, *words: str, code: int = 0) -> str:
        assert cli.main(["deadlines", *words, "--home", str(self.scene.home)]) == code
        heard = self.capsys.readouterr()
        return heard.out + heard.err

    def object(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code))


@pytest.fixture
def typed(scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    return Typed(scene, capsys, monkeypatch)


def names(body: Any) -> set[str]:
    return {each["clock"] for each in body["clocks"]}


def test_an_operator_sees_every_term_by_any_number(scene: Scene, typed: Typed) -> None:
    whole = typed.object(scene.number)
    assert whole["record_of"] == scene.done[-1].transfer_id
    assert {"arrest-request", "arrest-review", "investigation-custody", "prosecution-review"} <= names(whole)
    assert {each["place"] for each in whole["clocks"]} == {"/persons/0", "/persons/1", "/case"}
    assert [each["state"] for each in whole["clocks"] if each["state"] == "overdue"] == []
    same = typed.object(scene.done[0].transfer_id)
    assert same["clocks"] == whole["clocks"]
    assert whole["states"].keys() == {each["state"] for each in whole["clocks"]}


def test_the_table_shows_what_is_open_and_with_all_what_is_done(scene: Scene, typed: Typed) -> None:
    few, every = typed(scene.number), typed(scene.number, "--all")
    assert "侦查羁押期限" not in few
    assert "第2人（罪犯）" in every
    assert "侦查羁押期限" in every
    assert "补充侦查完毕重新移送，重新计算" in every
    assert "未接入，未评估" in every
    english = typed(scene.number, "--all", "--lang", "en", "--mode", "conservative")
    assert "Custody during investigation" in english
    assert "days left to the conservative due date" in english


def test_no_name_is_shown_or_logged(scene: Scene, typed: Typed) -> None:
    contents = typed(scene.number, "--all") + json.dumps(typed.object(scene.number), ensure_ascii=False)
    answer = of_case(scene.here[POLICE].station, scene.number)
    contents += json.dumps(answer, ensure_ascii=False) + scene.said.getvalue()
    assert "示例" not in contents.replace("（示例）", "")


def test_as_of_a_day_only_what_was_known_counts(scene: Scene, typed: Typed) -> None:
    yesterday = scene.here.yesterday
    before = typed.object(scene.number, "--as-of", yesterday.isoformat())
    assert (before["record_of"], before["clocks"], before["next_due"]) == (None, [], None)
    assert "没有进行中的期限" in typed(scene.number, "--as-of", yesterday.isoformat())
    later = typed.object(scene.number, "--as-of", (yesterday + timedelta(days=60)).isoformat())
    assert "lapsed" in {each["state"] for each in later["clocks"]}


def test_a_case_that_nobody_knows(typed: Typed) -> None:
    assert typed.object("A3501020000009999999999", code=1)["error"]["code"] == "case.not-found"


def test_a_party_sees_terms_by_what_it_sent_or_received(scene: Scene) -> None:
    court = of_case(scene.here[COURT].station, scene.number)
    police = of_case(scene.here[POLICE].station, scene.number)
    last = {agency: [each for each in scene.done if agency in _parties(each)][-1] for agency in (POLICE, COURT)}
    assert court["record_of"] == last[COURT].transfer_id
    assert police["record_of"] == last[POLICE].transfer_id
    said = io.StringIO()
    options = Namespace(case=scene.number, handler=None, mode="statutory", all=True)
    adapter = scene.here[POLICE]
    assert deadlines.deadlines(adapter, options, Console.opened(["--json"], {}, said)) == 0
    assert names(json.loads(said.getvalue())) == names(police)
    shown = io.StringIO()
    assert deadlines.deadlines(adapter, options, Console.opened([], {"CASEHUB_LANG": "zh"}, shown)) == 0
    assert "侦查羁押期限" in shown.getvalue()


def _parties(travelled: Travelled) -> tuple[str, str]:
    return travelled.hop.sender, travelled.hop.receiver


def test_a_year_in_the_home_is_honoured_and_a_bad_one_named(scene: Scene, typed: Typed) -> None:
    folder = scene.home / "calendars"
    folder.mkdir()
    try:
        (folder / "2099.csv").write_text("date,kind,name\n2099-01-01,off,元旦\n", "utf-8")
        told = typed.object(scene.number)["calendar"]
        assert "2099.csv sha256:" in told
        (folder / "2099.csv").write_text("date,kind,name\n2099-01-01,maybe,元旦\n", "utf-8")
        refused = typed.object(scene.number, code=1)["error"]
        assert (refused["code"], refused["place"]) == ("calendar.bad-kind", "2099.csv:2")
    finally:
        (folder / "2099.csv").unlink()
        folder.rmdir()


def test_a_reading_is_chosen_in_the_settings(scene: Scene) -> None:
    assert load_settings(scene.home, readings={"delivery-to-prison": "thirty-days"}).readings
    for wrong in ({"delivery-to-prison": "never"}, {"nothing": "month"}):
        with pytest.raises(Problem) as caught:
            load_settings(scene.home, readings=wrong)
        assert caught.value.code == "hub.settings-invalid"

"""`casehub identity` as operators type it, and what is found afterwards of names and numbers: nothing."""

from __future__ import annotations

import base64
import io
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from hub import cli
from hub.logging import configure
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.crosswalk import Case, Crosswalk, number
from tests.scene.drafts import Json
from tests.scene.stage import stage


@dataclass
class Desk:
    """A hub in which two cases know one person, a third has somebody without papers, and what was said meanwhile."""

    walk: Crosswalk
    home: Path
    cases: list[Case]
    said: io.StringIO

    @property
    def card(self) -> str:
        return number(self.cases[0])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    said = io.StringIO()
    with stage(tmp_path_factory.mktemp("desk")) as at:
        walk = Crosswalk(at, at.catch(at.here.case_dir()))
        configure(said, logging.DEBUG)
        try:
            cases = [walk.case(), walk.case(), walk.case(without_papers)]
            yield Desk(walk, at.here.root / "hub", cases, said)
        finally:
            structlog.reset_defaults()


def without_papers(record: Json) -> None:
    for person in record["persons"]:
        person.update(name="无名氏（示例）", name_self_reported=True)
        person.pop("certificates")


class Typed:
    """What commands print, people's form or the one object."""

    def __init__(self, desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk, self.capsys, self.monkeypatch = desk, capsys, monkeypatch

    def __call__(self, *words: str, typed: str = "", code: int = 0) -> str:
        # What structlog prints outside the hub's own configuration belongs to nobody's terminal.
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        self.monkeypatch.setattr("hub.cli.configure", lambda: configure(self.desk.said, logging.DEBUG))
        assert cli.main(["identity", *words, "--home", str(self.desk.home)]) == code
        heard = self.capsys.readouterr()
        return heard.out + heard.err

    def object(self, *words: str, typed: str = "", code: int = 0) -> Any:
        return json.loads(self(*words, "--json", typed=typed, code=code))


@pytest.fixture
def typed(desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    return Typed(desk, capsys, monkeypatch)


def test_a_number_from_standard_input_or_a_file_leads_to_the_person(desk: Desk, typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "号码.txt"
    file.write_text(f"\ufeff{desk.card}\n", "utf-8")
    asked = [typed.object("resolve", "-", typed=desk.card + "\n"), typed.object("resolve", "--file", str(file))]
    assert asked[0] == asked[1] == typed.object("resolve", desk.card, "--kind", "person")
    (shown,) = asked[0]["identities"]
    assert {member["case_uid"] for member in shown["members"]} == {case.case_uid for case in desk.cases[:2]}
    assert desk.card not in json.dumps(asked)
    assert typed.object("resolve", desk.card, "--kind", "case", code=1) == {"identities": []}
    file.write_bytes("号码".encode("gb18030"))
    assert typed.object("resolve", "--file", str(file), code=1)["error"]["code"] == "identity.not-text"


def test_only_reveal_shows_names_and_certificates_and_is_marked(desk: Desk, typed: Typed) -> None:
    name = desk.cases[0].person()["name"]
    plain = typed("resolve", "-", typed=desk.card)
    assert desk.card not in plain
    assert name not in plain
    assert "陈**" in plain
    assert "\\n" not in plain
    desk.walk.marks()
    whole = typed("resolve", "-", "--reveal", "--as", "甲", typed=desk.card)
    assert desk.card in whole
    assert name in whole
    (mark,) = desk.walk.marks()
    assert mark.private is not None
    assert (mark.action, mark.private["by"], mark.private["reveal"]) == ("viewed", "operator/甲", True)
    assert desk.card not in json.dumps(mark.private)


def test_an_operator_proposes_another_confirms_and_it_is_undone(desk: Desk, typed: Typed) -> None:
    (known,) = typed.object("resolve", "-", typed=desk.card)["identities"]
    (unknown,) = typed.object("resolve", desk.cases[2].person()["person_uid"])["identities"]
    assert "没有待判断" in typed("candidates")
    words = ("propose-merge", known["identity"], unknown["identity"])
    made = typed.object(*words, "--as", "甲", "--why", "指纹一致")
    assert typed.object(*words, "--as", "丙", code=1)["error"]["code"] == "identity.proposed-already"
    assert made["proposal"] in typed("candidates")
    assert "不得为同一人" in typed("confirm", made["proposal"], "--as", "甲", code=1)
    done = typed.object("confirm", made["proposal"], "--as", "乙")
    assert len(typed.object("show", unknown["identity"])["members"]) == 3
    undo = typed.object("undo", done["tied"][0], "--as", "乙", "--why", "误合并")
    assert "已确认并执行撤销关联" in typed("confirm", undo["proposal"], "--as", "甲")
    assert len(typed.object("show", unknown["identity"])["members"]) == 1
    told = typed("history", unknown["identity"])
    for word in ("登记", "提出合并", "确认合并", "提出撤销关联", "确认撤销关联", "关联终止", "operator/甲", "误合并"):
        assert word in told
    english = typed("history", unknown["identity"], "--lang", "en")
    assert "undo of" not in english
    assert "merge confirmed" in english


def test_a_member_parts_from_the_rest(desk: Desk, typed: Typed) -> None:
    (shown,) = typed.object("resolve", "-", typed=number(desk.cases[0], 1))["identities"]
    member = shown["members"][1]["member"]
    parted = typed.object("undo", member, "--as", "甲")
    assert parted["action"] == "separate"
    assert "已驳回脱离" in typed("reject", parted["proposal"], "--as", "乙")
    parted = typed.object("undo", member, "--as", "甲")
    assert len(typed.object("confirm", parted["proposal"], "--as", "乙")["ended"]) == 1
    assert len(typed.object("show", member)["members"]) == 1


def test_a_number_is_linked_by_two_operators(desk: Desk, typed: Typed) -> None:
    (unknown,) = typed.object("resolve", desk.cases[2].person(1)["person_uid"])["identities"]
    new = "350102198607210224"
    desk.walk.numbers.append(new)
    words = (unknown["identity"], "-", "--number-kind", "certificate", "--as", "甲")
    made = typed.object("link", *words, typed=new)
    assert new not in json.dumps(made)
    typed("confirm", made["proposal"], "--as", "乙")
    assert typed.object("resolve", "-", typed=new)["identities"][0]["identity"] == unknown["identity"]
    taken = typed.object("unlink", *words, typed=new)
    typed("confirm", taken["proposal"], "--as", "乙")
    assert typed.object("resolve", "-", typed=new, code=1)["identities"] == []


def test_what_is_not_there_is_said(typed: Typed) -> None:
    absent = "01933e79-2f10-7a63-8d52-0c9b6f7a1e01"
    for words in (("show", absent), ("history", absent), ("confirm", absent, "--as", "甲"), ("show", "1")):
        assert typed.object(*words, code=1)["error"]["code"] == "identity.unknown"
    assert "没有找到" in typed("resolve", "9", code=1)


def test_no_number_and_no_name_stands_in_any_log_address_leaf_or_open_column(desk: Desk) -> None:
    """Last in the module, after all that the others did."""
    walk, here = desk.walk, desk.walk.at.here
    walk.resolve(POLICE, desk.card, reveal=True)
    walk.resolve(PROCURATORATE, desk.card)
    here.hub.log.step()
    needles = {text for text in walk.numbers if len(text) > 2}
    assert {desk.card, "陈某甲（示例）"} <= needles
    forms = {form for text in needles for form in (text.encode(), json.dumps(text)[1:-1].encode())}
    lines = desk.said.getvalue()
    assert lines.count('"route": "/v1/identities/resolve"') >= 2
    connection = sqlite3.connect(f"file:{desk.home / 'casehub.db'}?mode=ro", uri=True)
    try:
        cells = [
            cell
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for row in connection.execute(f'SELECT * FROM "{table}"')
            for cell in row
        ]
        leaves = [row[0] for row in connection.execute("SELECT leaf FROM marks")]
        rows = connection.execute("SELECT count(*) FROM identity_events").fetchone()[0]
    finally:
        connection.close()
    assert rows > 10
    payloads = [base64.b64decode(json.loads(leaf)["payload"]) for leaf in leaves]
    held = [cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells]
    for data in (lines.encode(), *held, *leaves, *payloads):
        assert not any(form in data for form in forms)

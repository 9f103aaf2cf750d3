"""Lists of cases, transfers and findings for operators: filters, JSON, CSV, short ids, near matches."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hub import cli
from hub.commands.finding_case import candidates
from hub.commands.listing import written
from hub.store import lists, supervision
from hub.store.lists import Filter
from messages.commandline import AMBIGUOUS, DONE, REFUSED
from messages.findings import Finding
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.folders import jpeg
from tests.scene.world import World


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A case with one transfer that was answered and one that was not, and one open finding."""
    with World(tmp_path_factory.mktemp("lists"), POLICE, PROCURATORATE, COURT) as made:
        made[POLICE].handlers()
        sent = made[POLICE].push(made.case_dir(), node="N-ARR-001", to=PROCURATORATE)
        made[PROCURATORATE].pull(made.root / "in")
        notice = made.root / "notice.jpg"
        notice.write_bytes(jpeg(1))
        made[PROCURATORATE].reply(sent.transfer_id, node="N-ARR-002", documents=[f"F0801={notice}"])
        with made.hub.database.transaction() as connection:
            finding = Finding("rule.D-03", "W", "/case", params={"node": "N-ARR-001", "requests": "N-ARR-001"})
            supervision.keep(connection, made.hub.vault, sent.case_uid, [finding], made.clock())
        made.hub.log.step()
        yield made


class Asked:
    """What one command said."""

    def __init__(self, here: World, capsys: pytest.CaptureFixture[str], *line: str) -> None:
        self.code = cli.main([*line, "--home", str(here.root / "hub")])
        said = capsys.readouterr()
        self.out, self.err = said.out, said.err

    @property
    def body(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(name="ask")
def _ask(here: World, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *line: Asked(here, capsys, *line)


def the_case(here: World) -> dict[str, Any]:
    with here.hub.database.transaction(write=False) as connection:
        (row,) = lists.case_rows(connection, here.hub.vault, Filter())
    return vars(row)


def the_transfers(here: World) -> list[str]:
    with here.hub.database.transaction(write=False) as connection:
        return [each.transfer_id for each in lists.transfer_rows(connection, Filter())]


def test_the_list_of_cases_tells_what_is_open_and_late(ask: Any, here: World) -> None:
    found = ask("cases", "--json").body
    (case,) = found["cases"]
    assert (case["transfers"], case["open"], case["late"], found["more"]) == (2, 1, 1, False)
    assert case["case_uid"] == the_case(here)["case_uid"]
    assert case["refs"]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        pytest.param(["cases"], 1, id="all cases"),
        pytest.param(["cases", "--open"], 1, id="open cases"),
        pytest.param(["cases", "--late"], 1, id="late cases"),
        pytest.param(["cases", "--agency", POLICE], 1, id="a party's"),
        pytest.param(["cases", "--agency", COURT], 0, id="of no party"),
        pytest.param(["cases", "--since", "2020-01-01"], 1, id="since long ago"),
        pytest.param(["cases", "--since", "2199-01-01"], 0, id="since tomorrow"),
        pytest.param(["transfers"], 2, id="all transfers"),
        pytest.param(["transfers", "--open"], 1, id="open transfers"),
        pytest.param(["transfers", "--late"], 2, id="transfers of late cases"),
        pytest.param(["transfers", "--agency", PROCURATORATE], 2, id="transfers of a party"),
        pytest.param(["transfers", "--agency", COURT], 0, id="transfers of no party"),
        pytest.param(["transfers", "--limit", "1"], 1, id="the newest"),
        pytest.param(["findings"], 1, id="all findings"),
        pytest.param(["findings", "--open", "--agency", POLICE], 1, id="open findings of a party"),
        pytest.param(["findings", "--agency", COURT], 0, id="findings of no party"),
        pytest.param(["findings", "--since", "2199-01-01"], 0, id="findings since tomorrow"),
    ],
)
def test_a_list_is_narrowed(ask: Any, line: list[str], count: int) -> None:
    asked = ask(*line, "--json")
    assert asked.code == DONE
    assert len(asked.body[line[0]]) == count
    assert asked.body["more"] == ("--limit" in line)


def test_a_cleared_finding_is_listed_and_not_open(ask: Any, here: World) -> None:
    with here.hub.database.transaction() as connection:
        uid, finding = (
            the_case(here)["case_uid"],
            Finding("rule.D-03", "W", "/x", params={"node": "n", "requests": "r"}),
        )
        (kept,) = supervision.of_case(connection, here.hub.vault, uid)
        for found in ([kept.finding, finding], [kept.finding]):
            supervision.keep(connection, here.hub.vault, uid, found, here.clock() + timedelta(seconds=1))
    assert sorted(each["state"] for each in ask("findings", "--json").body["findings"]) == ["cleared", "open"]
    assert [each["state"] for each in ask("findings", "--open", "--json").body["findings"]] == ["open"]


def test_people_see_short_ids_and_every_command_takes_them(ask: Any, here: World) -> None:
    case_uid, transfer_id = the_case(here)["case_uid"], the_transfers(here)[0]
    assert case_uid[-12:] in ask("cases").out
    assert transfer_id[-12:] in ask("transfers").out
    for short in (case_uid[-12:], case_uid[:23], transfer_id[-12:].upper()):
        for command in (["trail"], ["findings"], ["deadlines"], ["transfers"], ["access"]):
            assert ask(*command, short).code == DONE, (command, short)
    whole, short = ask("trail", transfer_id, "--json").body, ask("trail", transfer_id[-12:], "--json").body
    assert whole == short
    assert {mark["transfer_id"] for mark in short["marks"]} == {transfer_id}
    out = here.root / "bundle.zip"
    assert ask("evidence", "export", transfer_id[-12:], "--out", str(out)).code == DONE


def test_a_case_number_names_the_case_everywhere(ask: Any, here: World) -> None:
    number = ask("cases", "--json").body["cases"][0]["refs"][0]
    for command in (["trail"], ["findings"], ["transfers"], ["access"]):
        assert ask(*command, number).code == DONE


def test_what_names_nothing_is_answered_with_what_comes_near(ask: Any, here: World) -> None:
    number = ask("cases", "--json").body["cases"][0]["refs"][0]
    mistyped = number[:-2] + ("00" if number[-2:] != "00" else "11")
    for wanted in (mistyped, number[-6:], number[:8]):
        asked = ask("trail", wanted)
        assert asked.code == REFUSED
        assert number in asked.err
    nothing = ask("trail", "（1999）没有第1号", "--json")
    assert (nothing.code, nothing.body["error"]["code"]) == (REFUSED, "case.not-found")
    with here.hub.database.transaction(write=False) as connection:
        assert candidates(connection, here.hub, "  ") == []


def test_short_ids_that_fit_several_cases_are_listed(ask: Any, here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = the_case(here)["case_uid"]
    monkeypatch.setattr(lists, "by_short_id", lambda _connection, _wanted: ([uid, uid[:-1] + "0"], []))
    asked = ask("trail", "abcdef", "--json")
    assert asked.code == AMBIGUOUS
    assert len(asked.body["ambiguous"]) == 2


def test_who_can_see_a_case(ask: Any, here: World) -> None:
    here[POLICE].add_handler("p1024")
    here[POLICE].grant(the_case(here)["case_uid"], "p1024")
    here[POLICE].revoke(the_case(here)["case_uid"], "p1024")
    rows = ask("access", the_case(here)["case_uid"], "--json").body["access"]
    assert {row["agency"] for row in rows if not row["handler"]} == {POLICE, PROCURATORATE}
    (handler,) = [row for row in rows if row["handler"]]
    assert (handler["agency"], handler["handler"]) == (POLICE, "p1024")
    assert handler["until"]


@pytest.mark.parametrize("name", ["cases", "transfers", "findings"])
def test_csv_has_every_column_and_opens_in_a_spreadsheet(ask: Any, name: str) -> None:
    told = ask(name, "--csv").out
    assert told.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(told.removeprefix("\ufeff"), newline="")))
    assert [set(row) for row in rows] == [set(row) for row in ask(name, "--json").body[name]]


def test_a_cell_never_becomes_a_formula() -> None:
    told = written([{"name": "=1+1", "refs": ["甲", "乙"], "until": None}], ["name"])
    assert told == "\ufeffname,refs,until\r\n'=1+1,甲、乙,\r\n"
    assert written([], ["name", "refs"]) == "\ufeffname,refs\r\n"

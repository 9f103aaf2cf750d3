"""Where a case is, what was done with it, and why it came back, as people and programs are told."""

from __future__ import annotations

from typing import Any

import pytest

from standards import nodes
from tests.adapters.program.test_cli import Program
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, jpeg
from tests.scene.wires import answered
from tests.scene.world import World

REASON = "缺少签名（示例）"


@pytest.fixture
def returned(world: World) -> tuple[str, str]:
    """A request for arrest, and the procuratorate's answer with a reason."""
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE).transfer_id
    world[PROCURATORATE].pull(world.root / "in")
    notice = world.root / "notice.jpg"
    notice.write_bytes(jpeg(1))
    back = world[PROCURATORATE].reply(
        sent,
        node="N-ARR-003",
        case_no="某检捕受〔2026〕1号",
        reasons=[f"V20-01-01-002:2={REASON}", "第二个理由"],
        documents=[f"F0803={notice}"],
    )
    return sent, back.transfer_id


def test_pull_prints_the_reasons_of_a_return(
    world: World, returned: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = Program(world, POLICE, capsys).say("pull", "--into", str(world.root / "back"))
    assert code == 0, err
    assert f"理由（V20-01-01-002 2）：{REASON}" in out
    assert "理由（-）：第二个理由" in out
    log = (world.home(POLICE) / "log" / "adapter.log").read_text("utf-8")
    assert REASON not in log


def test_pull_tells_programs_the_reasons(
    world: World, returned: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, body = Program(world, POLICE, capsys)("pull", "--into", str(world.root / "back"))
    (item,) = body["delivered"]
    assert item["reasons"] == [
        {"text": REASON, "place": "V20-01-01-002 2"},
        {"text": "第二个理由", "place": "-"},
    ]


@pytest.mark.parametrize("name", ["transfer", "number", "id"])
def test_a_case_is_shown_by_whatever_names_it(
    world: World, returned: tuple[str, str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    case_uid = world[POLICE].station.journal.get(returned[0]).case_uid
    named = {"transfer": returned[1], "number": "某检捕受(2026)1号", "id": case_uid}[name]
    police = Program(world, POLICE, capsys)
    code, body = police("case", named)
    assert (code, body["case_uid"]) == (0, case_uid)
    assert [each["transfer_id"] for each in body["transfers"]] == list(returned)
    code, out, _ = police.say("case", named)
    assert code == 0
    for word in (case_uid, "某检捕受〔2026〕1号", "已签收", "待签收", nodes.catalogue().get("N-ARR-001").zh, *returned):
        assert word in out
    assert "offered" not in out
    code, out, _ = police.say("--lang", "en", "case", named)
    assert "waits to be pulled" in out


def test_a_trail_is_that_of_the_transfer_or_the_case_that_is_named(
    world: World, returned: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    world.hub.log.step()
    police = Program(world, POLICE, capsys)
    _, one = police("trail", returned[0])
    assert {each["transfer_id"] for each in one["marks"]} == {returned[0]}
    assert "acknowledged" in [each["action"] for each in one["marks"]]
    _, whole = police("trail", world[POLICE].station.journal.get(returned[0]).case_uid)
    assert {each["transfer_id"] for each in whole["marks"]} >= set(returned)
    places = [each["leaf_index"] for each in one["marks"]]
    assert all(isinstance(place, int) for place in places), "the log has them all"
    code, out, _ = police.say("trail", returned[0])
    assert code == 0
    assert "签收" in out
    assert "acknowledged" not in out


def test_what_names_no_case_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    code, body = Program(world, POLICE, capsys)("case", "无此案号")
    assert (code, body["error"]["code"]) == (1, "adapter.unknown-case")
    code, body = Program(world, POLICE, capsys)("trail", "无此案号")
    assert (code, body["error"]["code"]) == (1, "adapter.unknown-case")


def test_an_odd_mark_of_a_trail_is_told_and_left_out(
    world: World, returned: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def spoil(body: dict[str, Any]) -> None:
        body["marks"][0]["actor"] = None
        body["findings"].append({"code": 1})

    with world.wire.under(answered(f"/v1/transfers/{returned[0]}/trail", spoil)):
        body = world[POLICE].trail(returned[0])
    genuine = world[POLICE].trail(returned[0])
    assert body["marks"] == genuine["marks"][1:]
    assert body["findings"][-1]["code"] == "adapter.odd-finding"
    assert world.codes_heard().count("adapter.odd-item") == 1

"""`casehub standards`: the catalogue for people and for programs, without a hub; faults by file and node."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hub.cli import main
from hub.commands import standards as command
from messages import Lang
from messages.commandline import Console
from messages.problems import ProblemList
from standards.nodes import Node, catalogue, read

NODES = list(catalogue())


def asked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """The one JSON object of a command."""
    assert main(["standards", *arguments, "--json"]) == code
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    return body


def test_check_counts_a_sound_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    body = asked(capsys, "check")
    assert body["sound"] is True
    assert body["nodes"] == len(NODES)
    assert body["core"] == sum(node.core for node in NODES)
    for member in ("by_category", "by_kind", "by_stage", "by_confidence"):
        counted = body[member]
        assert isinstance(counted, dict)
        assert sum(counted.values()) == len(NODES)
    assert main(["standards", "check"]) == 0
    assert str(len(NODES)) in capsys.readouterr().out


BROKEN = """
category = "立案与侦查启动"
category_en = "Filing"
code = "FIL"

[N-FIL-001]
zh = "刑事立案信息通报"
en = "Criminal case filing report"
stage = "filing"
from = "police"
to = "customs"
kind = "notice"
dossier = "none"
documents = "F0102"
basis = "公安程序规定第178条"
confidence = "high"
"""


@pytest.mark.parametrize(
    ("source", "place", "why"),
    [
        (BROKEN, "filing.toml/N-FIL-001", "to is 'customs'"),
        (
            BROKEN.replace("customs", "court").replace("F0102", "F9999"),
            "filing.toml/N-FIL-001",
            "unknown document F9999",
        ),
        (
            BROKEN.replace("customs", "court") + 'preconditions = "N-FIL-099"\n',
            "filing.toml/N-FIL-001",
            "unknown node N-FIL-099",
        ),
    ],
    ids=["agency", "document", "precondition"],
)
def test_check_names_file_node_and_fault(
    source: str, place: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_PARTS", (lambda: read({"filing.toml": source}),))
    body = asked(capsys, "check", code=1)
    (fault,) = body["faults"]
    assert fault["place"] == place
    assert why in fault["reason"]
    assert main(["standards", "check"]) == 1
    assert f"{place}：" in capsys.readouterr().out


def test_check_tells_a_file_that_is_no_toml(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_PARTS", (lambda: read({"filing.toml": "zh = "}),))
    assert asked(capsys, "check", code=1)["sound"] is False


def test_list_narrows(capsys: pytest.CaptureFixture[str]) -> None:
    body = asked(capsys, "list")
    assert [node["id"] for node in body["nodes"]] == [node.id for node in NODES]
    body = asked(capsys, "list", "--core", "--stage", "arrest_review")
    wanted = [node.id for node in NODES if node.core and node.stage == "arrest_review"]
    assert [node["id"] for node in body["nodes"]] == wanted
    assert 0 < len(wanted) < len(NODES)


@pytest.mark.parametrize("written", ["N-ARR-011", "arr-011", " n-arr-011 "])
def test_show_tells_everything_of_a_node(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["standards", "show", written]) == 0
    shown = capsys.readouterr().out
    for words in (
        "批准逮捕决定",
        "人民检察院 → 公安机关",
        "N-ARR-001 提请批准逮捕",
        "批准逮捕决定书",
        "刑诉法第90条",
        "7 日",
    ):
        assert words in shown, words
    node = asked(capsys, "show", written)["node"]
    assert isinstance(node, dict)
    assert (node["id"], node["replies_to"], node["from"]) == (
        "N-ARR-011",
        list(catalogue().get("N-ARR-011").replies_to),
        "procuratorate",
    )
    assert "N-ARR-014" in node["answered_by"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_node_can_be_shown(lang: Lang) -> None:
    """No key of the data is left without words."""
    for node in NODES:
        out = io.StringIO()
        assert command.show(Namespace(node=node.id), Console(out, out, lang, as_json=False)) == 0
        shown = out.getvalue()
        for leftover in ("word.", "cli.hub", "{"):
            assert leftover not in shown, node.id
        told = shown.replace(node.en, "")
        for key in (node.sender, node.kind, node.stage, node.effects.case_status or "-"):
            assert lang == "en" or f" {key}" not in told, (node.id, key)


def test_an_unknown_node_names_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    error = asked(capsys, "show", "N-ARR-01l", code=1)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "standards.no-node"
    assert "N-ARR-011" in error["messages"]["zh"]["text"]
    assert main(["standards", "show", "提请批捕"]) == 1
    assert "N-ARR-001 提请批准逮捕" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("stage", [None, "first_instance"])
def test_graph_writes_one_svg(stage: str | None, lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "nodes.svg"
    arguments = ["graph", "--lang", lang, "--out", str(out), *(["--stage", stage] if stage else [])]
    body = asked(capsys, *arguments)
    wanted = {node.id for node in NODES if stage in (None, node.stage)}
    root = ElementTree.parse(out).getroot()
    assert body["nodes"] == len(wanted)
    assert {element.get("id") for element in root.iter("{http://www.w3.org/2000/svg}g")} == wanted


def test_an_unknown_stage_is_told_with_those_that_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["graph", "--out", str(tmp_path / "x.svg"), "--stage", "afternoon"], ["list", "--stage", "x"]):
        error = asked(capsys, *arguments, code=1)["error"]
        assert isinstance(error, dict)
        assert error["code"] == "standards.stage-unknown"
    assert not (tmp_path / "x.svg").exists()


def test_no_hub_is_needed() -> None:
    with pytest.raises(ProblemList):
        read({"a.toml": BROKEN})
    with pytest.raises(SystemExit):
        main(["standards", "check", "--home", "nowhere"])


@pytest.mark.parametrize("named", ["filing", "立案"])
def test_a_stage_goes_by_id_or_name(capsys: pytest.CaptureFixture[str], named: str) -> None:
    assert main(["standards", "list", "--stage", named, "--json"]) == 0
    assert {node["stage"] for node in json.loads(capsys.readouterr().out)["nodes"]} == {"filing"}


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        (["--from", "police"], lambda node: node.sender == "police"),
        (["--from", "公安机关", "--to", "court"], lambda node: (node.sender, node.receiver) == ("police", "court")),
        (["批准逮捕"], lambda node: "批准逮捕" in node.zh),
        (["ARREST", "--to", "Procuratorate"], lambda node: node.receiver == "procuratorate"),
        (["n-arr-0"], lambda node: node.id.startswith("N-ARR-0")),
    ],
)
def test_list_by_parties_and_words(
    arguments: list[str], fits: Callable[[Node], bool], capsys: pytest.CaptureFixture[str]
) -> None:
    found = {each["id"] for each in asked(capsys, "list", *arguments)["nodes"]}
    assert found
    named = {node.id for node in NODES if fits(node)}
    assert named <= found if arguments == ["批准逮捕"] else found <= named


def test_a_word_may_stand_in_a_document_that_goes_along(capsys: pytest.CaptureFixture[str]) -> None:
    assert "N-ARR-001" in {each["id"] for each in asked(capsys, "list", "提请批准逮捕书")["nodes"]}


def test_list_that_finds_nothing_names_near_nodes(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "list", "提请批捕")["near"]
    assert asked(capsys, "list", "--from", "court", "--to", "court", "--core")["nodes"] == []
    assert main(["standards", "list", "提请批捕"]) == 0
    assert "相近的节点" in capsys.readouterr().out


def test_list_tells_which_types_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "list", "--from", "customs", code=1)["error"]["code"] == "agency.unknown-type"

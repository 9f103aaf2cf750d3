"""`casehub identifiers check`: words for people, one object for programs, exit codes; the number is never logged."""

from __future__ import annotations

import io
import json
import logging

import pytest

from hub.cli import main

KEYS = {"kind", "valid", "failed", "warnings", "grades", "normalized", "formatted", "rule", "parts", "messages"}
CASES = [
    ("gb11643", "11010519491231002X", 0, [], []),
    ("gb11643", "110105194912310020", 1, ["checksum"], []),
    ("gb11643", "11010519491331002X", 1, ["birth-date", "checksum"], []),
    ("gb11643", "350182201801010016", 0, [], ["division-not-in-force"]),
    ("gb32100", "91110000600037341L", 0, [], []),
    ("gb32100", "91110000600037341M", 1, ["checksum"], []),
    ("police-case", "A3501020000002024030012", 0, [], []),
    ("police-person", "A3501020000002024030012", 1, ["prefix"], []),
    ("procuratorate-case", "黟检刑诉受[2023]341023000062号", 0, [], []),
    ("court-case", "〔2022〕闽0102刑初123号", 0, [], []),
    ("inmate", "330181111200013040201", 1, ["entry-date"], []),
    ("passport", "E12345678", 0, [], []),
]


@pytest.mark.parametrize(("kind", "value", "code", "failed", "warnings"), CASES)
def test_one_object_for_programs(
    kind: str, value: str, code: int, failed: list[str], warnings: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["identifiers", "check", kind, value, "--json"]) == code
    body = json.loads(capsys.readouterr().out)
    assert set(body) == KEYS
    assert (body["valid"], body["failed"], body["warnings"]) == (code == 0, failed, warnings)
    assert [said["part"] for said in body["messages"]] == [*failed, *warnings]
    assert all(said["zh"] and said["en"] for said in body["messages"])


def test_people_read_the_failing_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identifiers", "check", "court-case", "(2024)闽0102刑出123", "--lang", "zh"]) == 1
    shown = capsys.readouterr().out
    assert "无效" in shown
    assert "错误 case-type" in shown
    assert "错误 closing" in shown
    assert main(["identifiers", "check", "court-case", "(2024)闽0102刑初123号", "--lang", "en"]) == 0
    assert capsys.readouterr().out == "valid: （2024）闽0102刑初123号 (rule 法〔2015〕137号)\n"


def test_a_number_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("11010519491231002X\r\n"))
    assert main(["identifiers", "check", "gb11643", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["valid"]


def test_an_unknown_kind_is_wrong_use_and_never_repeated(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert main(["identifiers", "check", "11010519491231002X", "gb11643"]) == 2
    said = capsys.readouterr()
    assert "110105" not in said.out + said.err + caplog.text
    assert "court-case" in said.err


def test_the_number_is_never_logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        main(["identifiers", "check", "gb11643", "110105194912310020"])
    assert caplog.text == ""
    said = capsys.readouterr()
    assert "19491231" not in said.out + said.err


def test_help_names_the_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["identifiers", "check", "--help"])
    assert left.value.code == 0
    assert "procuratorate-case" in capsys.readouterr().out


def test_rules_without_a_number_are_named_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identifiers", "check", "passport", "E12345678"]) == 0
    assert "（规则：2012 年起的护照号码）" in capsys.readouterr().out
    assert main(["identifiers", "check", "gb11643", "11010519491231002X"]) == 0
    assert "（规则：GB 11643-1999）" in capsys.readouterr().out

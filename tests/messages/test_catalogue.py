"""The message catalogue of this part: every code that the standard uses has its words, in both languages."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

import messages
from messages.findings import Finding
from messages.problems import Problem, ProblemList
from standards import rules

OWN = (
    *("standards.toml", "rules.toml", "terminal.toml", "organs.toml", "organs_cli.toml"),
    *(f"rules_{name}" for name in rules.SECTIONS.values()),
)


def own_codes() -> list[str]:
    import tomllib

    folder = resources.files("messages").joinpath("catalogue")
    return [code for name in OWN for code in tomllib.loads(folder.joinpath(name).read_text("utf-8"))]


@pytest.mark.parametrize("code", own_codes())
def test_both_languages_say_the_same_with_the_same_parameters(code: str) -> None:
    entry = messages.catalogue()[code]
    assert entry.zh
    assert entry.en
    bare = [
        {re.sub("_(zh|en)$", "", name) for name in re.findall(r"{(\w+)}", text)} - {"deadline", "doc_type"}
        for text in (entry.zh, entry.en)
    ]
    assert bare[0] == bare[1]
    assert bool(entry.remedy_zh) == bool(entry.remedy_en)


def test_chinese_sentences_use_full_width_punctuation() -> None:
    for code in own_codes():
        entry = messages.catalogue()[code]
        for sentence in (entry.zh, entry.remedy_zh):
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", sentence), code


def spoken(rule: rules.Rule) -> list[str]:
    """The codes of the findings that a rule may give."""
    late = rule.kind in {"term", "clock"} and (rule.daily or rule.clocks)
    at_once = rule.kind in {"count", "condition", "check"} or (rule.kind == "term" and rule.at)
    return [rule.code] * bool(at_once) + [f"{rule.code}-open"] * bool(late)


def test_every_rule_and_every_source_has_words() -> None:
    known = messages.catalogue()
    for rule in rules.rules().values():
        for code in spoken(rule):
            assert code in known
            assert known[code].remedy_zh, code
    for order in rules.orders():
        assert f"fact.{order.earlier}" in known
        assert f"fact.{order.later}" in known


def test_an_unknown_code_shows_itself() -> None:
    assert messages.text("no.such-code") == "no.such-code"
    assert messages.text("node.unknown", "en") == "There is no node {node}."


def test_lists_are_joined_as_each_language_does() -> None:
    assert messages.listed("names", ["a", "b"]) == {"names_zh": "a、b", "names_en": "a, b"}
    assert messages.listed("known", iter(["county 县级"]), ["county"]) == {
        "known_zh": "county 县级",
        "known_en": "county",
    }


def test_a_code_that_stands_in_two_files_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    for name in ("a.toml", "b.toml"):
        (tmp_path / "catalogue" / name).write_text('["x.y"]\nzh = "甲"\nen = "a"\n', "utf-8")
    (tmp_path / "catalogue" / "note.txt").write_text("no messages here", "utf-8")
    monkeypatch.setattr("messages.resources.files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=r"'x\.y' stands twice, the second time in b\.toml"):
        messages.catalogue.__wrapped__()


FINDINGS = {
    "bare": (Finding("a.b"), {"code": "a.b", "level": "W"}),
    "full": (
        Finding("a.b", "V", place="/case", basis="刑诉法第91条", params={"days": 1}),
        {"code": "a.b", "level": "V", "place": "/case", "basis": "刑诉法第91条", "params": {"days": 1}},
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_findings_survive_a_write_and_a_read(name: str) -> None:
    finding, body = FINDINGS[name]
    assert finding.to_json() == body
    assert Finding.from_json(body) == finding


def test_a_problem_tells_code_and_place() -> None:
    assert str(Problem("a.b")) == "a.b"
    assert str(Problem("a.b", "/case")) == "a.b at /case"
    several = ProblemList("a.b", [Problem("c.d"), Problem("e.f")])
    assert several.params == {"count": 2}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-03-02T08:30+08:00", "2026-03-02 08:30"),
        ("2026-03-02T08:30:00+08:00", "2026-03-02 08:30"),
        ("2026-03-02", "2026-03-02"),
        ("2026-03-02T00:30:00.000Z", "2026-03-02T00:30:00.000Z"),
        ("+08:00", "+08:00"),
        (7, "7"),
    ],
)
def test_a_legal_moment_is_shown_as_people_write_it(given: object, shown: str) -> None:
    assert f"{shown} 执行拘留" in messages.text("rule.IR-05", "zh", start=given)

"""What a person sees at a terminal: width, units, progress, problems, and nothing that drives the terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import rendering, terminal
from messages.columns import clip, table, width
from messages.findings import Finding
from messages.problems import Problem, ProblemList


@pytest.mark.parametrize(
    ("argument", "environ", "expected"),
    [
        (None, {}, "zh"),
        (None, {"LANG": "en_US.UTF-8"}, "zh"),
        (None, {"CASEHUB_LANG": "en"}, "en"),
        ("zh", {"CASEHUB_LANG": "en"}, "zh"),
        ("EN_gb", {}, "en"),
        ("", {"CASEHUB_LANG": "EN"}, "en"),
    ],
)
def test_language_comes_from_the_option_then_the_variable(
    argument: str | None, environ: dict[str, str], expected: str
) -> None:
    assert terminal.choose_language(argument, environ) == expected


def test_chinese_is_written_as_utf8_even_under_lang_c() -> None:
    script = (
        "import sys; from messages.terminal import force_utf8; force_utf8(sys.stdout); print('\\u6d41\\u8f6c \\udcd0')"
    )
    environ = {**os.environ, "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, check=True)
    assert done.stdout.decode("utf-8") == "流转 \\udcd0\n"


def test_streams_that_cannot_be_reconfigured_are_left_alone() -> None:
    stream = io.StringIO()
    terminal.force_utf8(stream)
    assert stream.write("卷") == 1


@pytest.mark.parametrize(
    ("words", "columns"), [("abc", 3), ("卷宗", 4), ("e\u0301", 1), ("（）", 4), ("", 0), ("a\x1b", 1)]
)
def test_width_counts_columns(words: str, columns: int) -> None:
    assert width(words) == columns


def test_columns_line_up_by_width_not_by_length() -> None:
    shown = table(["节点", "页"], [["提请批准逮捕", "60"], ["N-PRO-001", "5253"]], right=[1])
    assert shown.split("\n") == [
        "节点            页",
        "------------  ----",
        "提请批准逮捕    60",
        "N-PRO-001     5253",
    ]


def test_long_cells_are_clipped_and_the_cut_is_seen() -> None:
    assert table(["x"], [["移送审查起诉"]], limit=7).split("\n")[-1] == "移送审…"
    assert clip("abc", 0) == ""
    assert clip("abc", 3) == "abc"


@given(st.text(max_size=30), st.integers(min_value=0, max_value=20))
def test_clipped_text_never_exceeds_its_columns(words: str, columns: int) -> None:
    assert width(clip(words, columns)) <= columns


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=5))
def test_a_table_has_one_line_for_each_row_whatever_the_cells_hold(rows: list[list[str]]) -> None:
    assert len(table(["a", "b", "c"], rows).split("\n")) == len(rows) + 2


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (16 * 2**20, "16.8 MB"),
        (999_999, "1.00 MB"),
        (1_288_490_189, "1.29 GB"),
        (250_000_000_000, "250 GB"),
        (5 * 10**12, "5.00 TB"),
    ],
)
def test_sizes_read_well(count: int, expected: str) -> None:
    assert terminal.human_bytes(count) == expected


def test_rates_and_times_read_well() -> None:
    assert terminal.human_rate(1_200_000_000, 4.0) == "300 MB/s"
    assert terminal.human_rate(10, 0.0) == "-"
    table = [(-1, "0.00 秒"), (0.417, "0.42 秒"), (12.2, "12 秒"), (185, "3 分 05 秒"), (7620, "2 小时 07 分")]
    for seconds, expected in table:
        assert terminal.human_seconds(seconds) == expected
    assert terminal.human_seconds(185, "en") == "3 min 05 s"


def test_progress_tells_pages_bytes_rate_and_time_left() -> None:
    stream = io.StringIO()
    progress = terminal.Progress(stream, started=10.0, total_bytes=200_000_000, total_pages=60)
    progress.update(11.0, 50_000_000, 15)
    progress.update(11.1, 60_000_000, 18)
    progress.finish(12.0, 200_000_000, 60)
    first, last = stream.getvalue().lstrip("\r").split("\r")
    assert first == "15/60 页 · 50.0 MB / 200 MB · 50.0 MB/s · 剩余 3.00 秒"
    assert last.rstrip() == "60/60 页 · 200 MB / 200 MB · 100 MB/s"
    assert width(last.rstrip("\n")) == width(first), "a shorter line covers the longer one"


def test_progress_without_totals_or_audience() -> None:
    stream = io.StringIO()
    quiet = terminal.Progress(stream, started=0.0, shown=False)
    quiet.update(1.0, 5)
    quiet.finish(2.0, 5)
    assert stream.getvalue() == ""
    assert quiet.line(0.0, 5, 0) == "5 B · -"


def test_progress_shows_on_terminals_or_on_wish() -> None:
    stream = io.StringIO()
    assert not terminal.show_progress(stream, None)
    assert terminal.show_progress(stream, True)


def test_a_problem_shows_code_place_and_remedy() -> None:
    shown = rendering.problem_text(Problem("node.unknown", "--node", node="N-XXX-999"), "zh")
    assert shown.split("\n")[0] == "未办成：node.unknown"
    assert "N-XXX-999" in shown
    assert "位置：--node" in shown
    assert "处理：" in shown


def test_a_problem_list_shows_every_problem() -> None:
    several = ProblemList(
        "schema.violated", [Problem("a.b", "/case"), Problem("c.d", "/persons/0")], schema="record-v1"
    )
    shown = rendering.problem_text(several, "en")
    assert "1. a.b" in shown
    assert "2. c.d" in shown
    assert "Place: /persons/0" in shown


def test_what_came_from_outside_cannot_drive_the_terminal() -> None:
    shown = rendering.problem_text(Problem("x", "dossier/\x1b[2J\u202e\udcd0\n"))
    assert "\x1b" not in shown
    assert "\\x1b[2J\\u202e\\udcd0\\n" in shown


def test_a_finding_shows_level_place_and_basis() -> None:
    finding = Finding("rule.IR-32", "V", place="/case", basis="刑诉法第175条", params={"count": 3})
    shown = rendering.finding_text(finding, "zh")
    assert shown.startswith("【违规预警】rule.IR-32 ")
    assert "位置：/case" in shown
    assert "依据：刑诉法第175条" in shown
    assert rendering.finding_text(Finding("x.y"), "en") == "[warning] x.y x.y"

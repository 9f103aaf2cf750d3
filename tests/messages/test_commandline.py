"""What the programs share: a parser that speaks Chinese throughout, exit codes, the one JSON object."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import Lang, commandline, fitting, rendering
from messages.columns import width
from messages.commandline import Console, Parser, WrongUse
from messages.findings import Finding
from messages.problems import Problem, ProblemList
from messages.version import VERSION
from tests.waiting import PATIENCE

LATIN = re.compile(r"\b(usage|options|positional|arguments?|show this help|required|invalid|expected)\b")


def parser(lang: Lang = "zh") -> Parser:
    """A program with one plain command and one that has an option of every kind."""
    whole = Parser(lang=lang, prog="tool", description="说明" * 60, epilog="示例：\n  tool do")
    commandline.add_common(whole)
    commands = whole.commands()
    one = commandline.command(commands, "do", lang, "做一件事", "\n示例：\n  tool do 3\n")
    commandline.add_common(one, inherited=True)
    one.add_argument("count", type=int)
    one.add_argument("--day", type=date.fromisoformat)
    one.add_argument("--home", required=True, help="主目录，" * 30)
    either = one.add_mutually_exclusive_group()
    either.add_argument("--loud", action="store_true")
    either.add_argument("--quiet", action="store_true")
    return whole


def console(lang: Lang = "zh", *, as_json: bool = False) -> Console:
    return Console(io.StringIO(), io.StringIO(), lang, as_json)


def shown(console: Console) -> tuple[str, str]:
    assert isinstance(console.out, io.StringIO)
    assert isinstance(console.err, io.StringIO)
    return console.out.getvalue(), console.err.getvalue()


@pytest.mark.parametrize("arguments", [["--help"], ["do", "--help"]])
def test_chinese_help_is_chinese_throughout(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        commandline.parse(parser(), arguments, console())
    out = capsys.readouterr().out
    assert caught.value.code == 0
    assert out.startswith("用法：tool ")
    assert not LATIN.search(out)
    assert "选项：\n" in out
    assert "示例：\n  tool do" in out


def test_english_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commandline.parse(parser("en"), ["do", "--help"], console("en"))
    out = capsys.readouterr().out
    assert out.startswith("usage: tool do ")
    assert "\noptions:\n" in out
    assert "\narguments:\n" in out


def test_a_whole_program_tells_its_version_and_its_commands_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        commandline.parse(parser(), ["--version"], console())
    assert (caught.value.code, capsys.readouterr().out) == (0, f"tool {VERSION}\n")
    told = console()
    with pytest.raises(SystemExit) as caught:
        commandline.parse(parser(), ["do", "3", "--home", "h", "--version"], told)
    assert caught.value.code == commandline.WRONG_USE
    assert "commandline.unrecognized" in shown(told)[1]


WRONG: dict[str, tuple[list[str], str, str]] = {
    "no command": ([], "commandline.required", ""),
    "nothing given": (["do"], "commandline.required", ""),
    "unknown command": (["fly"], "commandline.choice", "COMMAND"),
    "unknown option": (["do", "3", "--home", "h", "--lift"], "commandline.unrecognized", ""),
    "abbreviated": (["do", "3", "--hom", "h"], "commandline.required", ""),
    "no number": (["do", "three", "--home", "h"], "commandline.value", "count"),
    "no date": (["do", "3", "--home", "h", "--day", "32"], "commandline.value", "--day"),
    "value lacking": (["do", "3", "--home"], "commandline.no-value", "--home"),
    "value too many": (["do", "3", "--home", "h", "--loud=1"], "commandline.superfluous", "--loud"),
    "both": (["do", "3", "--home", "h", "--loud", "--quiet"], "commandline.together", "--quiet"),
    "unknown language": (["--lang", "fr", "do"], "commandline.choice", "--lang"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_said_in_both_forms(name: str) -> None:
    arguments, code, place = WRONG[name]
    for as_json in (False, True):
        told = console(as_json=as_json)
        with pytest.raises(SystemExit) as caught:
            commandline.parse(parser(), arguments, told)
        assert caught.value.code == commandline.WRONG_USE
        out, err = shown(told)
        if as_json:
            error = json.loads(out)["error"]
            assert (error["code"], error["place"], err) == (code, place, "")
            assert error["messages"]["en"]["remedy"]
        else:
            assert out == ""
            assert err.startswith("用法：tool")
            assert code in err
            assert not LATIN.search(err.replace(code, ""))


def test_what_argparse_says_newly_is_passed_on() -> None:
    wrong = commandline.wrong_use("argument --x: something of a later Python", "tool")
    assert (wrong.code, wrong.place) == ("commandline.wrong-use", "--x")
    assert "something of a later Python" in rendering.problem_json(wrong)["messages"]["zh"]["text"]


def test_options_before_the_command_survive_it() -> None:
    options = parser().parse_args(["--json", "--lang", "en", "do", "3", "--home", "h"])
    assert (options.json, options.lang, options.count) == (True, "en", 3)
    options = parser().parse_args(["do", "3", "--home", "h", "--json"])
    assert (options.json, options.lang) == (True, None)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], None), (["--lang"], None), (["--lang", "en"], "en"), (["x", "--lang=zh", "--lang=en"], "en"), (["-x"], None)],
)
def test_the_language_is_known_before_the_parser(arguments: list[str], expected: str | None) -> None:
    assert commandline.early(arguments, "--lang") == expected


@given(st.text(alphabet="卷宗ab, 。，（）1-", max_size=60), st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_nothing(words: str, columns: int) -> None:
    lines = fitting.wrapped(words, columns)
    assert "".join("".join(lines).split()) == "".join(words.split())
    for line in lines:
        pieces = re.findall(r"[^\s\u4e00-\u9fff]+|\S[，。）]*", line)
        assert width(line) <= columns or len(pieces) == 1, "only what cannot be broken may be longer"


class Away(Problem):
    """Something with an exit code of its own."""


def raising(error: BaseException) -> int:
    raise error


ENDS: dict[str, tuple[BaseException, int, str]] = {
    "refused": (Problem("node.unknown", node="N-X"), commandline.REFUSED, "node.unknown"),
    "away": (Away("node.unknown", node="N-X"), commandline.AWAY, "node.unknown"),
    "wrong use": (
        WrongUse("commandline.required", names="X", program="t"),
        commandline.WRONG_USE,
        "commandline.required",
    ),
    "stopped": (KeyboardInterrupt(), commandline.REFUSED, "commandline.stopped"),
    "no file": (FileNotFoundError(errno.ENOENT, "No such file", b"/x"), commandline.REFUSED, "commandline.file-absent"),
    "forbidden": (PermissionError(errno.EACCES, "denied", "/x"), commandline.REFUSED, "commandline.file-denied"),
    "full": (OSError(errno.ENOSPC, "full", "/x"), commandline.REFUSED, "commandline.disk-full"),
    "another": (OSError("odd"), commandline.REFUSED, "commandline.file"),
}


@pytest.mark.parametrize("name", ENDS)
def test_every_end_has_its_exit_code_and_one_object(name: str) -> None:
    error, code, problem = ENDS[name]
    machine, person = console(as_json=True), console()
    for told in (machine, person):
        assert commandline.run(lambda: raising(error), told, {Away: commandline.AWAY}) == code
    assert json.loads(shown(machine)[0])["error"]["code"] == problem
    assert problem in shown(person)[1]
    assert "Traceback" not in shown(person)[1]
    if isinstance(error, OSError) and error.filename:
        assert json.loads(shown(machine)[0])["error"]["place"] == "/x"


def test_done_passes_through() -> None:
    assert commandline.run(lambda: commandline.AMBIGUOUS, console()) == commandline.AMBIGUOUS


def test_people_and_machines_never_read_the_same() -> None:
    machine, person = console(as_json=True), console()
    for told in (machine, person):
        told.say("terminal.remedy", remedy="r")
        told.table(["terminal.remedy"], [["1"]], right=[0])
        told.notice(Finding("a.b", "W", "/x"))
        told.findings([{"code": "c.d"}])
        told.result({"done": 1})
        told.line({"more": 2})
    out, err = shown(machine)
    first, rest = json.JSONDecoder().raw_decode(out)
    assert first == {"done": 1, "notices": [{"code": "a.b", "level": "W", "place": "/x"}]}
    assert json.loads(out[rest:])["more"] == 2
    assert err == ""
    out, err = shown(person)
    assert "处理：r" in out
    assert "{" not in out.replace("{remedy}", "")
    assert "a.b" in err


def test_notices_stand_in_the_next_line_only() -> None:
    told = console(as_json=True)
    told.notice(Finding("a.b"))
    told.line({"n": 1})
    told.line({"n": 2})
    first, second = map(json.loads, shown(told)[0].splitlines())
    assert ("notices" in first, "notices" in second) == (True, False)


def test_a_list_of_problems_has_them_all_and_their_own_sentences() -> None:
    several = ProblemList("a.b", [Problem("c.d", "/x", zh="甲", en="A"), Problem("e.f")])
    body = rendering.problem_json(several)
    assert [item["code"] for item in body["problems"]] == ["c.d", "e.f"]
    assert body["problems"][0]["messages"]["zh"]["text"] == "甲"
    assert body["problems"][0]["params"] == {}


PROGRAM = """
import sys
from messages import commandline
from messages.commandline import Console
console = Console.opened(sys.argv[1:], {})
commandline.stop_on_sigterm()
def work():
    console.write("开始")
    if "--wait" in sys.argv:
        import signal
        signal.pause()
    for _ in range(20000):
        console.write("一行文字")
    return 0
sys.exit(commandline.run(work, console))
"""
C_LOCALE = {"LANG": "C", "PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(Path(__file__).parents[2])}


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=C_LOCALE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().decode("utf-8") == "开始\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == commandline.REFUSED


def test_sigterm_stops_as_ctrl_c_does() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=C_LOCALE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == commandline.REFUSED
        assert "commandline.stopped" in err.decode("utf-8")


@pytest.mark.parametrize("arguments", [["do", "\udcff"], ["do", "x", "--home", "a\udce9"]])
def test_a_value_that_is_no_utf_8_is_named(arguments: list[str]) -> None:
    told = console()
    made = Parser(lang="zh", prog="casehub")
    command = commandline.command(made.commands(), "do", "zh", "")
    command.add_argument("what")
    command.add_argument("--home", type=str)
    with pytest.raises(SystemExit) as ended:
        commandline.parse(made, arguments, told)
    assert ended.value.code == commandline.WRONG_USE
    assert "不是 UTF-8 文本" in shown(told)[1]


def test_a_path_may_have_any_bytes() -> None:
    made = Parser(lang="zh", prog="casehub")
    made.add_argument("file", type=Path)
    assert commandline.parse(made, ["a\udcff"], console()).file == Path("a\udcff")

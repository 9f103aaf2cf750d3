"""`casehub-adapter`: arguments, exit codes, the one JSON object, both languages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import adapters
from adapters.keys.trust import Alarm
from adapters.program import cli
from adapters.program.arguments import OPTIONS, VERBS
from adapters.program.verbs import VERBS as FUNCTIONS
from adapters.station import Station
from messages import catalogue
from messages.commandline import ALARMED, REFUSED
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, URL
from tests.scene.folders import case_dir, jpeg
from tests.scene.wires import answered, cut
from tests.scene.world import World

SOURCES = sorted(path for path in Path(adapters.__path__[0]).rglob("*.py") if "native" not in path.parts)
RAISED = re.compile(r'(?:Problem|Finding|AmbiguousCase|alarm)\(\s*"([a-z]+\.[a-zA-Z0-9.-]+)"')
SAID = re.compile(r'\.say\(\s*"(say-[a-z]+)"')


class Program:
    """The program on the world's line, as one agency."""

    def __init__(self, world: World, agency: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.world, self.capsys = world, capsys
        self.environ = {"CASEHUB_ADAPTER_HOME": str(world.home(agency))}

    def __call__(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Exit code and the JSON object."""
        self.capsys.readouterr()
        code = cli.main(["--json", *arguments], environ=self.environ, transport=self.world.wire)
        out = [line for line in self.capsys.readouterr().out.splitlines() if "[info" not in line]
        return code, json.loads("\n".join(out))

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error for people."""
        self.capsys.readouterr()
        code = cli.main(list(arguments), environ=self.environ, transport=self.world.wire)
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err


def test_the_main_job_on_the_command_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    police, procuratorate = (Program(world, agency, capsys) for agency in (POLICE, PROCURATORATE))
    folder = str(case_dir(world.root / "case"))
    code, checked = police("check", "--node", "N-ARR-001", folder)
    assert (code, checked["pages"], checked["files"]) == (0, 5, 5)
    code, sent = police("push", "--node", "N-ARR-001", "--to", PROCURATORATE, folder)
    assert (code, sent["status"], sent["pages"]) == (0, "sent", 5)
    code, waiting = procuratorate("inbox")
    assert [item["transfer_id"] for item in waiting["items"]] == [sent["transfer_id"]]
    code, pulled = procuratorate("pull", "--into", str(world.root / "in"))
    assert (code, pulled["delivered"][0]["transfer_id"]) == (0, sent["transfer_id"])
    notice = world.root / "n.jpg"
    notice.write_bytes(jpeg(3))
    code, answer = procuratorate(
        "reply", "--transfer", sent["transfer_id"], "--node", "N-ARR-002", "--document", f"接收案件通知书={notice}"
    )
    assert (code, answer["receiver"]) == (0, POLICE)
    out = str(world.root / "page.jpg")
    code, page = procuratorate("page", sent["transfer_id"], "V20-01", "2", "--out", out)
    assert (code, page["page_in_file"], page["out"]) == (0, 1, out)
    code, keys = procuratorate("trust", "export", "--out", str(world.root / "keys.json"))
    assert (code, keys["keys"] > 3) == (0, True)
    assert police("reconcile")[0] == 1, "the answer has not been pulled"
    assert police("watch", "--outbox", str(world.root / "o"), "--inbox", str(world.root / "i"), "--once")[0] == 0
    assert police("reconcile")[0] == 0
    assert police("handler", "add", "p1")[1] == {"handler": "p1", "role": "handler"}
    assert police("grant", sent["transfer_id"], "p1")[1]["handlers"] == ["p1"]
    assert police("key", "rotate", "hpke")[0] == 0
    assert police("resume") == (0, {"sent": [], "failed": []})


def test_people_read_chinese_and_english(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(world, POLICE, capsys)
    folder = str(case_dir(world.root / "case"))
    code, out, err = program.say("push", "--node", "N-ARR-001", "--to", PROCURATORATE, folder)
    assert code == 0
    assert "已发送 N-ARR-001" in out
    assert "指纹" in err
    code, out, _ = program.say("--lang", "en", "inbox")
    assert (code, "No transfers are waiting." in out) == (0, True)
    code, out, err = program.say("check", "--node", "N-ARR-001", str(world.root / "nowhere"))
    assert (code, "没有这个案件文件夹" in err) == (1, True)


def test_exit_codes(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(world, POLICE, capsys)
    folder = case_dir(world.root / "case")
    with world.wire.under(cut):
        code, away = program("push", "--node", "N-ARR-001", "--to", PROCURATORATE, str(folder))
    assert (code, away["error"]["code"]) == (4, "adapter.hub-away")
    code, refused = program("push", "--node", "N-ARR-001", "--to", COURT, str(folder))
    assert (code, refused["error"]["code"]) == (1, "adapter.check")
    assert "rule.D-02" in [problem["code"] for problem in refused["error"]["problems"]]
    assert program("push", "--node", "N-ARR-001", "--to", PROCURATORATE, str(folder))[0] == 0
    double = answered("/v1/cases", lambda body: body["cases"].append(body["cases"][0]))
    with world.wire.under(double):
        code, several = program("grant", "A3501020000002026030001", "p1")
    assert (code, several["error"]["code"]) == (3, "adapter.ambiguous-case")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["push"],
        ["push", "--node", "N", "X"],
        ["fly"],
        ["pull", "--int", "x"],
        ["handler", "rename"],
        ["page", "a", "b", "c"],
    ],
)
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments, environ={"CASEHUB_ADAPTER_HOME": "nowhere"})
    assert caught.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself_with_an_example(verb: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([verb, "--help", "--lang", lang], environ={})
    out = capsys.readouterr().out
    assert caught.value.code == 0
    assert f"casehub-adapter {verb}" in out
    assert "adapter.help" not in out, "a help text is missing"


def test_every_verb_has_its_function_and_every_option_is_used() -> None:
    assert set(FUNCTIONS) | {"init"} == set(VERBS)
    used = {name.rstrip("?!") for options, _, _ in VERBS.values() for name in options}
    assert used == set(OPTIONS)


def test_init_writes_a_request_and_tells_the_fingerprint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agency = ["--agency", "court", "--code", "350102", "--name", "示例法院", "--hub", URL]
    code = cli.main(
        ["init", "--home", str(tmp_path / "a"), *agency, "--json"], environ={"CASEHUB_PASSPHRASE": "secret"}
    )
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", told["fingerprint"])
    assert Path(told["enrolment"]).is_file()
    assert b"ENCRYPTED" in (tmp_path / "a" / "keys" / "identity.pem").read_bytes()


def test_every_code_that_the_adapter_raises_has_its_words() -> None:
    known = catalogue()
    sources = [path.read_text("utf-8") for path in SOURCES]
    raised = {code for source in sources for code in RAISED.findall(source)}
    said = {f"adapter.{code}" for source in sources for code in SAID.findall(source)}
    assert len(raised) > 50
    assert {code for code in raised | said if code not in known} == set()
    for code in raised | said:
        assert known[code].zh
        assert known[code].en
        assert bool(known[code].remedy_zh) == bool(known[code].remedy_en)


@pytest.mark.parametrize("arguments", [["--help"], ["push", "--help"], ["nonsense"]])
def test_what_does_no_work_loads_nothing_for_work(arguments: list[str]) -> None:
    asked = (
        "import sys\nfrom adapters.program import cli\n"
        f"try: cli.main({arguments!r})\nexcept SystemExit: pass\n"
        "print(sorted({'httpx', 'cryptography', 'lxml', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_is_done_although_an_alarm_was_raised_is_not_to_be_repeated(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1 of a push that was sent made jobs send it again and again."""

    def alarmed(_station: Station) -> None:
        raise Alarm("trust.promise-too-far", "/receipt")

    police, folder = Program(world, POLICE, capsys), case_dir(world.root / "case")
    monkeypatch.setattr(Station, "contact", alarmed)
    code, sent = police("push", "--node", "N-ARR-001", "--to", PROCURATORATE, str(folder))
    assert (code, sent["status"]) == (ALARMED, "sent")
    assert [(each["code"], each["level"]) for each in sent["notices"] if each["level"] == "V"] == [
        ("trust.promise-too-far", "V")
    ]
    assert police("resume")[0] == ALARMED
    (folder / "case.xml").unlink()
    refused, _ = police("push", "--node", "N-ARR-001", "--to", PROCURATORATE, str(folder))
    assert refused == REFUSED

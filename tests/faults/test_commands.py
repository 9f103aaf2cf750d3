"""Every verb of the three programs as its users meet it: a process under LANG=C, people's Chinese, machines' JSON."""

from __future__ import annotations

import json
import re
import signal
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.program import cli as adapter_cli
from adapters.program.arguments import VERBS
from bench.hubprocess import free_port
from evidence.bundles import cli as verify_cli
from evidence.bundles.cli import LESS
from evidence.statements import SignedStatement
from hub import cli as hub_cli
from messages.commandline import AMBIGUOUS, AWAY, DONE, REFUSED, WRONG_USE
from tests.scene.agencies import NAMES, POLICE, PROCURATORATE
from tests.scene.folders import case_dir, export, jpeg
from tests.scene.processes import Ended, Process, forked, start
from tests.scene.records import police_record

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b(usage|options|positional arguments|show this help|error:)")
FIRST, SECOND = "A3501020000002026030001", "A3501020000002026030002"


def installed(program: str, *arguments: object) -> Ended:
    """The program that the package installs."""
    return start(program, *arguments).ended()


def quickly(program: str, *arguments: object) -> Ended:
    """The same, forked, which is quicker."""
    with forked(program, arguments) as child:
        return child.ended()


@dataclass
class Walk:
    """The main job by hand, command by command. People run every verb as it is installed at least once; `met` collects
    them. Machines ask for JSON."""

    root: Path
    machine: bool
    port: int = field(default_factory=free_port)
    met: set[tuple[str, str]] = field(default_factory=set)
    hub: Process | None = None

    def _run(self, program: str, verb: str, *line: object) -> Ended:
        new = (program, verb) not in self.met
        self.met.add((program, verb))
        return quickly(program, *line, "--json") if self.machine else (installed if new else quickly)(program, *line)

    def casehub(self, *line: object, code: int = DONE, keys: str = "", problem: str = "", home: bool = True) -> Ended:
        """A verb of the hub's operators."""
        group = {"agency", "evidence", "keys"}
        verb = " ".join(map(str, line[:2])) if line[0] in group else str(line[0])
        ended = self._run("casehub", verb, *line, *(("--home", self.root / "hub") if home else ()))
        return self._checked(verb, ended, code, keys, problem)

    def adapter(self, agency: str, *line: object, code: int = DONE, keys: str = "", problem: str = "") -> Ended:
        """A verb of an agency's adapter."""
        ended = self._run("casehub-adapter", str(line[0]), *line, "--home", self.home(agency))
        return self._checked(str(line[0]), ended, code, keys, problem)

    def _checked(self, verb: str, ended: Ended, code: int, keys: str, problem: str) -> Ended:
        assert ended.code == code, (verb, ended)
        assert "Traceback" not in ended.err
        if self.machine:
            assert ended.err == "", (verb, ended.err)
            assert set(ended.body) - {"notices"} == set((keys or "error").split()), (verb, sorted(ended.body))
            assert problem in {"", ended.body.get("error", {}).get("code")}, (verb, ended)
        else:
            said = ended.err if problem else ended.out
            assert problem in said, (verb, ended)
            assert CHINESE.search(said) or verb in {"keys export", "trust", "sign"}, (verb, ended)
        return ended

    def home(self, agency: str) -> Path:
        """An adapter's home."""
        return self.root / agency.replace(":", "-")

    def serve(self) -> None:
        """The hub as a service."""
        form = ["--json"] if self.machine else []
        self.hub = start("casehub", "serve", "--home", self.root / "hub", "--port", self.port, *form)
        assert self.hub.stdout is not None
        line = b""
        while not line.endswith(b"}\n" if self.machine else b"\n"):
            line += self.hub.stdout.readline()
        self.met.add(("casehub", "serve"))
        url = f"http://127.0.0.1:{self.port}"
        assert json.loads(line)["url"] == url if self.machine else f"中心平台已启动：{url}" in line.decode("utf-8")

    def stop(self) -> None:
        """Stop the hub as a service manager does."""
        assert self.hub is not None
        self.hub.send_signal(signal.SIGTERM)
        ended = self.hub.ended()
        assert ended.code == DONE, ended
        assert all(json.loads(line) for line in ended.err.splitlines()), "the log is one JSON object a line"
        self.hub = None


@pytest.fixture(params=["people", "machine"])
def walk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Walk]:
    """In both forms."""
    walk = Walk(tmp_path, machine=request.param == "machine")
    try:
        yield walk
    finally:
        if walk.hub is not None:
            walk.hub.kill()
            walk.hub.communicate()


def enrol(walk: Walk) -> None:
    """`init`, `admit`, `enrol`, with fingerprints taken from what the programs said."""
    made = walk.casehub("init", "--name", "hub", "--url", f"http://127.0.0.1:{walk.port}", keys="home name fingerprint")
    hub_fingerprint = re.findall(r"sha256:[0-9a-f]{64}", made.out)[0]
    for agency in (POLICE, PROCURATORATE):
        kind, _, code = agency.partition(":")
        who = ("--agency", kind, "--code", code, "--name", NAMES[agency], "--hub", f"http://127.0.0.1:{walk.port}")
        told = walk.adapter(agency, "init", *who, keys="home fingerprint enrolment")
        fingerprint = re.findall(r"sha256:[0-9a-f]{64}", told.out)[0]
        request = walk.home(agency) / "enrolment.json"
        wrong = ("agency", "admit", request, "--fingerprint", hub_fingerprint)
        walk.casehub(*wrong, code=REFUSED, problem="agency.wrong-fingerprint")
        right = ("agency", "admit", request, "--fingerprint", fingerprint)
        walk.casehub(*right, keys="agency admission hub_fingerprint")
        admission = walk.root / "hub" / "admissions" / f"{agency.replace(':', '-')}.json"
        walk.adapter(agency, "enrol", admission, "--hub-fingerprint", hub_fingerprint, keys="hub fingerprint log")
    listed = walk.casehub("agency", "list", keys="agencies")
    assert "有效" in listed.out or walk.machine


TERMS = "case_uid as_of record_of calendar states next_due clocks"
SENT = (
    "status transfer_id node receiver case_uid volumes pages files bytes uploaded_bytes seconds findings receipt"
    " earlier"
)


def exchange(walk: Walk) -> tuple[str, str]:
    """Check, push, inbox, pull, reply: two cases, the second answered under the first one's number."""
    case = case_dir(walk.root / "case")
    walk.adapter(POLICE, "check", "--node", "N-ARR-001", case, keys="status volumes pages files bytes findings")
    asked = ("--node", "N-ARR-001", "--to", PROCURATORATE)
    walk.adapter(POLICE, "push", *asked, walk.root / "nowhere", code=REFUSED, problem="adapter.no-case-dir")
    sent = walk.adapter(POLICE, "push", *asked, case, keys=SENT)
    walk.adapter(PROCURATORATE, "inbox", keys="items queued")
    pulled = walk.adapter(PROCURATORATE, "pull", "--into", walk.root / "in", keys="delivered declined failed")
    assert "指纹" in pulled.err or walk.machine, "the first use of a key is told"
    first = _transfer_in(sent)
    other = case_dir(walk.root / "other", xml=export(police_record(SECOND)))
    second = _transfer_in(walk.adapter(POLICE, "push", *asked, other, keys=SENT))
    watched = ("watch", "--outbox", walk.root / "out", "--inbox", walk.root / "in", "--once")
    walk.adapter(PROCURATORATE, *watched, keys="sent failed waiting inbox hub_away outbox_busy")
    notice = walk.root / "通知书.jpg"
    notice.write_bytes(jpeg(7))
    reply = ("reply", "--transfer", second, "--node", "N-ARR-002", "--case-no", FIRST)
    walk.adapter(PROCURATORATE, *reply, "--document", f"接收案件通知书={notice}", keys=SENT)
    return first, second


def _transfer_in(ended: Ended) -> str:
    return str(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", ended.out)[0])


def look_after(walk: Walk, first: str) -> None:
    """What keeps an adapter in order."""
    page = ("page", first, "V20-01", 2, "--out", walk.root / "page.jpg")
    shown = "transfer_id volume page title file media_type page_in_file bytes fetched_bytes out"
    walk.adapter(PROCURATORATE, *page, keys=shown)
    walk.adapter(POLICE, "handler", "add", "p1", keys="handler role")
    walk.adapter(POLICE, "handler", "list", keys="handlers")
    walk.adapter(POLICE, "handler", "add", code=WRONG_USE, problem="commandline.required")
    walk.adapter(POLICE, "grant", first, "p1", keys="case_uid handlers")
    walk.adapter(POLICE, "revoke", first, "p1", keys="case_uid handlers")
    walk.adapter(POLICE, "handler", "remove", "p1", keys="handler removed")
    walk.adapter(PROCURATORATE, "grant", FIRST, "p1", code=AMBIGUOUS, problem="adapter.ambiguous-case")
    walk.adapter(POLICE, "case", first, keys="case_uid refs parties links handlers transfers")
    walk.adapter(POLICE, "trail", first, keys="transfer_id marks findings asked_at")
    walk.adapter(PROCURATORATE, "trail", FIRST, code=AMBIGUOUS, problem="adapter.ambiguous-case")
    walk.adapter(POLICE, "deadlines", first, "--all", keys=TERMS)
    walk.adapter(PROCURATORATE, "deadlines", FIRST, code=AMBIGUOUS, problem="adapter.ambiguous-case")
    walk.adapter(POLICE, "format", "show", keys="elements")
    walk.adapter(POLICE, "format", "show", "XYRXN", code=REFUSED, problem="native.element-unknown")
    walk.adapter(POLICE, "reconcile", code=REFUSED, keys="day sent received queued differences hub")
    walk.adapter(POLICE, "pull", "--into", walk.root / "police-in", keys="delivered declined failed")
    walk.adapter(POLICE, "reconcile", keys="day sent received queued differences hub")
    walk.adapter(POLICE, "monitor", keys="size since read signatures marks faults missing overdue alarms")
    walk.adapter(POLICE, "alarms", "list", keys="alarms open")
    walk.adapter(POLICE, "alarms", "settle", 1, "--by", "x", "--because", "y", code=1, problem="alarm.unknown")
    walk.adapter(POLICE, "witness", keys="witness vkey size contradictions")
    walk.adapter(POLICE, "readdress", first, code=REFUSED, problem="transfer.not-superseded")
    walk.adapter(POLICE, "resume", keys="sent failed")
    walk.adapter(POLICE, "queue", "list", keys="queued")
    walk.adapter(POLICE, "queue", "drop", code=WRONG_USE, problem="commandline.required")
    walk.adapter(POLICE, "queue", "drop", first, code=REFUSED, problem="adapter.not-queued")
    walk.adapter(POLICE, "agencies", keys="agencies")
    walk.adapter(POLICE, "trust", "export", "--out", walk.root / "police.json", keys="out keys")
    for purpose in ("hpke", "identity"):
        walk.adapter(POLICE, "key", "rotate", purpose, keys="purpose key_id")


def operate(walk: Walk, first: str) -> None:
    """What the hub's operators look at, and what somebody else verifies."""
    walk.casehub("trail", first, keys="case_uid refs marks findings checkpoint_size")
    walk.casehub("trail", FIRST, code=AMBIGUOUS, keys="ambiguous")
    walk.casehub("trail", "（2026）没有第1号", code=REFUSED, problem="case.not-found")
    walk.casehub("deadlines", first, "--mode", "conservative", keys=f"refs mode {TERMS}")
    walk.casehub("deadlines", FIRST, code=AMBIGUOUS, keys="ambiguous")
    walk.casehub("deadlines", "（2026）没有第1号", code=REFUSED, problem="case.not-found")
    counted = "name fingerprint agencies transfers log_size log_signed_at marks_waiting oldest_waiting codebooks"
    stamped = "time_stamps stamped_at stamped_size stamp_lag_seconds"
    witnessed = "witnesses witnessed_size witnessed_lag_seconds witnesses_late log_alarm not_ready"
    walk.casehub("status", keys=f"{counted} waiting_parts {stamped} {witnessed}")
    walk.casehub("reconcile", keys="day agencies even")
    bundle = walk.root / "存证.zip"
    made, page = walk.root / "made.pdf", walk.root / "报告.pdf"
    told = "bundle marks case_uid report verdict level"
    walk.casehub("evidence", "export", first, "--out", bundle, "--report", made, keys=told)
    keys = walk.root / "keys.json"
    keys.write_text(walk.casehub("keys", "export", keys="format keys").out, "utf-8")
    told = (
        "bundle verdict level asked stamped bound unbound warnings keys_lacking failed_check checks subject claimed log"
    )
    asked = ("evidence", "report", bundle, "--trust", keys, "--out", page)
    walk.casehub(*asked, home=False, keys=f"{told} marks program report")
    assert made.read_bytes()[:5] == page.read_bytes()[:5] == b"%PDF-"
    verify(walk, bundle, keys)
    identity = SignedStatement.from_json(json.loads((walk.home(POLICE) / "enrolment.json").read_bytes())).keyid
    rotated = ("agency", "rotate", walk.home(POLICE) / "enrolment.json", "--fingerprint", identity)
    walk.casehub(*rotated, keys="agency added")
    walk.casehub("agency", "revoke", PROCURATORATE, keys="agency revoked")
    walk.casehub("openapi", "--out", walk.root / "openapi.json", home=False, keys="out operations schemas")


def verify(walk: Walk, bundle: Path, keys: Path) -> None:
    """`casehub-verify` always runs as installed: it must do with what it imports itself."""
    walk.met.add(("casehub-verify", ""))
    form = ["--json"] if walk.machine else []
    sound = installed("casehub-verify", bundle, "--trust", keys, *form)
    assert sound.code in (DONE, LESS), sound
    assert sound.body["level"] in ("signed", "witnessed") if walk.machine else "结论：" in sound.out
    broken = bundle.with_name("broken.zip")
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist()[:-1]:
            target.writestr(name, source.read(name))
    spoiled = installed("casehub-verify", broken, "--trust", keys, *form)
    assert spoiled.code == REFUSED, spoiled
    assert spoiled.body["verdict"] == "INVALID" if walk.machine else "INVALID" in spoiled.out


def test_the_whole_job_by_hand(walk: Walk) -> None:
    enrol(walk)
    walk.serve()
    first, _ = exchange(walk)
    look_after(walk, first)
    operate(walk, first)
    walk.stop()
    case = walk.root / "case"
    again = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE, "--again", case)
    walk.adapter(POLICE, *again, code=AWAY, problem="adapter.hub-away")
    walk.adapter(POLICE, "inbox", code=AWAY, problem="adapter.hub-away")
    walk.adapter(POLICE, "sign", "GET", "/v1/inbox", keys="method url headers")
    hub = {"init", "serve", "trail", "deadlines", "status", "reconcile", "keys export"}
    hub |= {"evidence export", "evidence report", "openapi"}
    hub |= {f"agency {verb}" for verb in ("admit", "list", "rotate", "revoke")}
    everything = {("casehub", verb) for verb in hub} | {("casehub-adapter", verb) for verb in VERBS}
    assert walk.met == everything | {("casehub-verify", "")}


AGENCY = [["agency", verb] for verb in ("admit", "list", "rotate", "revoke")]
HUB = [
    ["init"],
    ["serve"],
    ["trail"],
    ["deadlines"],
    ["status"],
    ["reconcile"],
    ["evidence"],
    ["evidence", "export"],
    ["keys"],
    ["openapi"],
]
COMMANDS: list[tuple[str, list[str]]] = [
    *(("casehub-adapter", command) for command in [[], *([verb] for verb in VERBS)]),
    *(("casehub", command) for command in [[], *HUB, ["keys", "export"], ["agency"], *AGENCY]),
    ("casehub-verify", []),
]
MAIN: dict[str, Callable[[list[str]], int]] = {
    "casehub-adapter": adapter_cli.main,
    "casehub": hub_cli.main,
    "casehub-verify": verify_cli.main,
}


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[" ".join((name, *line)) for name, line in COMMANDS])
def test_help_is_in_one_language_and_has_examples(
    name: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {}
    for lang in ("zh", "en"):
        with pytest.raises(SystemExit) as caught:
            MAIN[name]([*command, "--help", "--lang", lang])
        assert caught.value.code == 0
        shown[lang] = capsys.readouterr().out
    assert not ENGLISH.search(shown["zh"])
    assert "示例：" in shown["zh"]
    assert "用法：" in shown["zh"]
    assert re.search(r"^examples?:", shown["en"], re.MULTILINE)
    assert not CHINESE.search(re.sub(r'"[^"]*"', "", shown["en"])), "English help holds Chinese that is no case number"
    for text in shown.values():
        assert re.search(rf"^  .*{name} ", text, re.MULTILINE), "no example names the program"


@pytest.mark.parametrize("program", ["casehub", "casehub-adapter", "casehub-verify"])
def test_wrong_use_of_the_installed_programs(program: str) -> None:
    people = installed(program, "--fly")
    assert (people.code, people.out) == (WRONG_USE, "")
    assert people.err.startswith("用法：")
    assert not ENGLISH.search(people.err)
    machines = installed(program, "--json", "--fly")
    assert (machines.code, machines.err) == (WRONG_USE, "")
    assert set(machines.body["error"]) == {"code", "place", "fault", "params", "messages"}

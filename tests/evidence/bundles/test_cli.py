from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.bundles import cli
from evidence.bundles.bundle import BundledStamp
from evidence.keys import TrustedKeys
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.cosignatures import Witness, cosign
from messages.version import VERSION
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import after
from tests.scene.evidence import as_file, walked
from tests.scene.keys import ORIGIN
from tests.scene.tsa import Authority

TRAIL = walked()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "case.zip"
    path.write_bytes(as_file(TRAIL.contents()).getvalue())
    return path


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(TRAIL.trusted().to_json()), "utf-8")
    return path


def run(*arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    return cli.main([str(argument) for argument in arguments], out), out.getvalue()


def test_a_valid_bundle_in_chinese(bundle: Path, trust: Path) -> None:
    code, shown = run(bundle, "--trust", trust)
    assert code == 3
    assert " 1. 文件结构与清单：通过" in shown
    assert " 8. 所示不公开部分与承诺值：通过（10 项）" in shown
    assert f"日志：{ORIGIN}，检查点共 10 条" in shown
    assert "结论：LESS 未发现错误，但未达到要求：已签名（可信密钥签名，未经见证）。\n未经见证：" in shown
    assert shown.endswith("未检查的事项：见证方的见证、时间戳、案卷文件夹与封装、留痕相符。\n")


def test_a_valid_bundle_in_english_with_its_marks(bundle: Path, trust: Path) -> None:
    code, shown = run(bundle, "--trust", trust, "--lang=en", "--marks")
    assert code == 3
    assert " 4. Signatures of the marks: passed (10)" in shown
    assert "2026-03-04 09:02:04.456+08:00  police:350102000000  N-ARR-001  sealed" in shown
    assert f"{HUB}  -  agency admitted" in shown
    assert "\nLESS than asked for: nothing is wrong, but the bundle is only signed" in shown


def test_marks_are_named_in_the_readers_language(bundle: Path, trust: Path) -> None:
    assert "police:350102000000  N-ARR-001  加密封装" in run(bundle, "--trust", trust, "--marks")[1]


def test_json_for_programs(bundle: Path, trust: Path) -> None:
    code, shown = run(bundle, "--trust", trust, "--json")
    report = json.loads(shown)
    assert code == 3
    assert (report["level"], report["asked"], report["stamped"]) == ("signed", "witnessed", False)
    assert (report["unbound"], report["warnings"], report["keys_lacking"]) == ([], [], [])
    assert [each["kind"] for each in report["bound"]] == ["private"] * 10
    assert (report["verdict"], report["failed_check"], len(report["checks"])) == ("LESS", None, 11)
    assert report["bundle"]["size"] == bundle.stat().st_size
    assert report["bundle"]["digest"].startswith("sha256:")
    assert report["marks"][1]["action"] == "sealed"


def test_an_invalid_bundle_names_the_step(bundle: Path, trust: Path) -> None:
    bundle.write_bytes(as_file(TRAIL.contents(marks=TRAIL.bundled()[:3] + TRAIL.bundled()[4:])).getvalue())
    code, shown = run(bundle, "--trust", trust, "--lang", "en")
    assert code == 1
    assert "INVALID (step 6: Chains of each signer's marks)" in shown
    assert HUB in shown
    assert "(evidence.broken-chain)" in shown


def test_an_unanchored_bundle_says_whose_key(bundle: Path, trust: Path) -> None:
    trust.write_text(json.dumps(TrustedKeys().to_json()), "utf-8")
    code, shown = run(bundle, "--trust", trust)
    assert code == 3
    assert "结论：UNANCHORED" in shown
    assert f"缺少 {POLICE} 的可信密钥。" in shown
    assert f"缺少中心平台 {HUB} 的可信密钥。" in shown
    assert "marks/000002.json：所用密钥不在可信密钥之列" in shown


def test_a_file_that_is_no_bundle(trust: Path) -> None:
    code, shown = run(trust, "--trust", trust, "--json")
    assert code == 1
    assert json.loads(shown)["checks"][0]["problems"][0]["code"] == "evidence.bundle-malformed"
    code, shown = run(trust, "--trust", trust)
    assert code == 1
    assert "未检查" in shown


def test_files_that_are_not_there(
    bundle: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "absent.zip", "--trust", trust)[0] == 1
    assert "absent.zip" in capsys.readouterr().err
    code, shown = run(bundle, "--trust", tmp_path / "absent.json", "--json")
    assert code == 1
    answer = json.loads(shown)
    assert answer["error"]["code"] == "evidence.file-unreadable"
    assert answer["error"]["messages"]["en"]["remedy"] == "Check the path and permissions."


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_keys_files_that_are_none(
    content: bytes, bundle: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust.write_bytes(content)
    assert run(bundle, "--trust", trust, "--lang", "en")[0] == 1
    assert "casehub keys export" in capsys.readouterr().err


def test_an_endless_keys_file(bundle: Path, trust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "MAX_KEYS_FILE", 10)
    assert json.loads(run(bundle, "--trust", trust, "--json")[1])["error"]["code"] == "evidence.bad-keys-file"


@pytest.mark.parametrize("arguments", [[], ["x.zip"], ["x.zip", "--trust"], ["x.zip", "--trust", "k", "--lang", "fr"]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2
    assert "用法：casehub-verify" in capsys.readouterr().err


@pytest.mark.parametrize(("lang", "expected"), [("zh", "示例："), ("en", "examples:")])
def test_help_has_examples(lang: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--help", "--lang", lang)
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert expected in shown
    assert "casehub-verify case.zip --trust keys.json" in shown


BLOCKED = """
import sys
class Only:
    ours = {"digests", "evidence", "standards", "messages"}
    allowed = {"cryptography", "_cffi_backend", "cffi", *ours, *sys.stdlib_module_names}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.allowed and not name.startswith("__"):
            raise ModuleNotFoundError(f"not to be had here: {name}", name=name)
sys.meta_path.insert(0, Only())
from evidence.bundles.cli import main
sys.exit(main())
"""


def blocked(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    """The program where there is nothing but `cryptography`, under a C locale."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKED, *map(str, arguments)],
        capture_output=True,
        check=False,
        env={"LANG": "C", "PATH": ""},
    )


def test_it_runs_with_cryptography_alone_and_under_a_c_locale(bundle: Path, trust: Path) -> None:
    done = blocked(bundle, "--trust", trust, "--marks")
    assert done.stderr.decode() == ""
    assert done.returncode == 3
    assert "结论：LESS" in done.stdout.decode("utf-8")


def test_its_version_needs_no_installed_package() -> None:
    done = blocked("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"casehub-verify {VERSION}\n".encode(), b"")


def test_without_the_extra_time_stamps_are_not_checked_and_all_else_is(
    bundle: Path, trust: Path, tmp_path: Path
) -> None:
    """Everything that a verifier may bring is brought; only the tokens themselves need another library."""
    stamp = BundledStamp(TRAIL.checkpoint(), b"a token", ())
    bundle.write_bytes(as_file(TRAIL.contents(stamps=[stamp])).getvalue())
    authority = Authority(tmp_path / "tsa")
    policy = tmp_path / "policy.txt"
    policy.write_text(f"witness police {Witness(POLICE, TRAIL.police.public).vkey}\nquorum none\n", "utf-8")
    asked = (bundle, "--trust", trust, "--policy", policy, "--tsa-ca", authority.ca)
    done = blocked(*asked, "--lang", "en")
    assert done.stderr.decode() == ""
    assert done.returncode == 0
    said = done.stdout.decode("utf-8")
    assert " 9. Cosignatures of witnesses: passed (0)" in said
    assert "10. Time stamps: not checked (rfc3161-client is not installed here)" in said
    refused = blocked(*asked, "--bag", tmp_path, "--lang", "en")
    assert (refused.returncode, refused.stderr.decode()) == (1, "")
    missing = "This file is missing from the dossier folder, or cannot be read. (evidence.bag-missing)"
    assert f"manifest-sha256.txt: {missing}" in refused.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("option", "content", "code"),
    [("--policy", b"quorum", "evidence.bad-policy"), ("--tsa-ca", b"", "evidence.bad-tsa-file")],
)
def test_files_brought_that_are_none(option: str, content: bytes, code: str, bundle: Path, trust: Path) -> None:
    brought = bundle.with_name("brought")
    assert json.loads(run(bundle, "--trust", trust, option, brought, "--json")[1])["error"]["code"] == (
        "evidence.file-unreadable"
    )
    brought.write_bytes(content)
    assert json.loads(run(bundle, "--trust", trust, option, brought, "--json")[1])["error"]["code"] == code


def test_what_a_check_found_out_is_shown(bundle: Path, trust: Path) -> None:
    note = parse_checkpoint(TRAIL.checkpoint())[1]
    line = cosign(note.text, POLICE, TRAIL.police, after(100)).line().encode()
    bundle.write_bytes(as_file(TRAIL.contents(checkpoint=note.encode() + line)).getvalue())
    shown = run(bundle, "--trust", trust)[1]
    assert " 9. 见证方的见证：未检查（未提供见证策略 --policy）" in shown
    assert "      police:350102000000 于 2026-03-04 09:03:43+08:00 见证" in shown


def test_a_bundle_that_agencies_cosigned_is_valid_and_names_its_level(bundle: Path, trust: Path) -> None:
    note = parse_checkpoint(TRAIL.checkpoint())[1]
    line = cosign(note.text, POLICE, TRAIL.police, after(100)).line().encode()
    bundle.write_bytes(as_file(TRAIL.contents(checkpoint=note.encode() + line)).getvalue())
    code, shown = run(bundle, "--trust", trust, "--lang", "en")
    assert code == 0
    assert "\nVALID, witnessed (signed by trusted keys, log cosigned)\nNot checked: Cosignatures" in shown
    code, policy = run("--make-policy", 1, "--trust", trust)
    assert code == 0
    path = trust.with_name("policy.txt")
    path.write_text(policy, "utf-8")
    code, shown = run(bundle, "--trust", trust, "--policy", path, "--json")
    assert (code, json.loads(shown)["level"]) == (0, "witnessed")
    path.write_text(run("--make-policy", 2, "--trust", trust)[1], "utf-8")
    code, shown = run(bundle, "--trust", trust, "--policy", path, "--json")
    assert (code, json.loads(shown)["level"], json.loads(shown)["verdict"]) == (3, "signed", "LESS")


def test_the_keys_of_two_agencies_that_know_different_ones(bundle: Path, trust: Path) -> None:
    """Each export alone lacks somebody; together they have everybody."""
    other = trust.with_name("other.json")
    trust.write_text(json.dumps(TRAIL.trusted(HUB, POLICE).to_json()), "utf-8")
    other.write_text(json.dumps(TRAIL.trusted(HUB, PROCURATORATE).to_json()), "utf-8")
    alone = json.loads(run(bundle, "--trust", trust, "--json")[1])
    assert (alone["verdict"], alone["level"], alone["keys_lacking"]) == ("UNANCHORED", "none", [PROCURATORATE])
    both = json.loads(run(bundle, "--trust", trust, "--trust", other, "--json")[1])
    assert (both["level"], both["keys_lacking"]) == ("signed", [])


def test_a_bundle_must_be_named(trust: Path) -> None:
    assert run("--trust", trust)[0] == 2

"""The readable report says what the verification found, in a typeface that every reader has: the file carries it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

import hub.cli
from evidence import statements
from evidence.bundles.bundle import BundleContents, read_bundle
from evidence.bundles.verify import verify_bundle
from evidence.canonical import digest
from evidence.keys import TrustedKeys
from hub.reporting import sheet
from hub.reporting.evidence import Verified, write_report
from messages import Lang
from messages.version import VERSION
from tests.evidence.test_newer import with_mark
from tests.scene.agencies import HUB, POLICE
from tests.scene.clocks import NOW
from tests.scene.evidence import RECORD, as_file, descriptor, envelope, receipt, walked

TRAIL = walked()


def admission(name: str) -> statements.SignedStatement:
    body = {
        "agency": {"type": "police", "code": "350102000000", "name": name},
        "admitted_at": "2026-03-04T01:02:03.456Z",
    }
    return statements.sign("admission", body, TRAIL.hub)


def contents(name: str = "示例市公安局", **more: Any) -> BundleContents:
    return TRAIL.contents(statements=(descriptor(TRAIL), receipt(TRAIL), admission(name)), **more)


def reported(tmp_path: Path, given: BundleContents, trusted: TrustedKeys | None = None, lang: Lang = "zh") -> PdfReader:
    data = as_file(given).getvalue()
    trusted = TRAIL.trusted() if trusted is None else trusted
    report = verify_bundle(io.BytesIO(data), trusted)
    facts = {"digest": digest(data), "size": len(data)}
    verified = Verified(facts, read_bundle(io.BytesIO(data)), report, trusted)
    target = tmp_path / "report.pdf"
    write_report(verified, target, lang=lang, made_at=NOW, keys_from="keys.json")
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
    return PdfReader(target)


def words(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages).replace("\n", "")


def test_a_valid_bundle_in_chinese(tmp_path: Path) -> None:
    said = words(reported(tmp_path, contents()))
    assert "结论：LESS 未发现错误，但未达到要求：已签名（可信密钥签名，未经见证）。" in said
    assert digest(as_file(contents()).getvalue()) in said
    assert "各条留痕的签名通过（10 项）" in said
    assert "示例市公安局（police:350102000000）" in said
    assert "提请批准逮捕" in said
    assert "加密封装" in said
    assert "2026-03-04 09:02:04+08:00" in said
    assert "时间戳未检查（存证包中没有时间戳）" in said
    assert f"casehub-verify {VERSION}" in said
    assert "扫描件只是纸质文书的影像" in said
    assert "核验人（签名或者盖章）" in said


def test_a_valid_bundle_in_english(tmp_path: Path) -> None:
    said = words(reported(tmp_path, contents(), lang="en"))
    assert "Report on an evidence bundle" in said
    assert "Signatures of the marks" in said
    assert "passed (10)" in said
    assert "acknowledged" in said


def test_what_failed_is_named(tmp_path: Path) -> None:
    said = words(reported(tmp_path, contents(marks=TRAIL.bundled()[:3] + TRAIL.bundled()[4:])))
    assert "结论：INVALID 无效（第 6 步：各签名方的留痕前后连续）。" in said
    assert "evidence.broken-chain" in said


def test_what_is_newer_is_told_and_not_explained(tmp_path: Path) -> None:
    trail = with_mark()
    enclosed = (descriptor(trail), receipt(trail), admission("示例市公安局"))
    said = words(reported(tmp_path, trail.contents(marks=trail.bundled(private=False), statements=enclosed)))
    assert "结论：NEWER 含有比本程序新的内容" in said
    assert "留痕动作“handed-on”本程序不认识。" in said
    assert "示例市公安局（police:350102000000）" in said


def test_names_are_believed_only_when_the_admission_holds(tmp_path: Path) -> None:
    said = words(reported(tmp_path, contents(), TrustedKeys()))
    assert "结论：UNANCHORED 内容前后一致" in said
    assert "示例市公安局" not in said
    assert POLICE in said
    assert HUB in said


def test_the_typeface_is_in_the_file(tmp_path: Path) -> None:
    reader = reported(tmp_path, contents())
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            found = font.get_object()
            if "Noto" in found["/BaseFont"]:
                assert "/FontFile2" in found["/FontDescriptor"].get_object()
                break
        else:
            pytest.fail("no page without the typeface")


def test_a_character_that_the_typeface_lacks(tmp_path: Path) -> None:
    """Names hold rare characters; the report shows that there is one."""
    said = words(reported(tmp_path, contents("示例𠮷县公安局\u202e<b>")))
    assert "示例〓县公安局" in said
    assert "<b>" in said


@pytest.mark.parametrize("text", ["张某示例盗窃案", "第1步：“通过”（10 项）…", "abc XYZ 019 sha256:–✓"])
def test_what_the_standard_says_can_be_shown(text: str) -> None:
    assert sheet.shown(text) == text


def test_equal_reports_have_equal_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        folder.mkdir()
        reported(folder, contents())
    assert (first / "report.pdf").read_bytes() == (second / "report.pdf").read_bytes()


def test_the_qr_code_holds_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    drawn = sheet.qr_code

    def qr_code(text: str) -> Any:
        made.append(text)
        return drawn(text)

    monkeypatch.setattr(sheet, "qr_code", qr_code)
    reported(tmp_path, contents())
    assert made == [digest(as_file(contents()).getvalue())]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, keys, target = tmp_path / "case.zip", tmp_path / "keys.json", tmp_path / "report.pdf"
    bundle.write_bytes(as_file(contents()).getvalue())
    keys.write_text(json.dumps(TRAIL.trusted().to_json()), "utf-8")
    asked = ["evidence", "report", str(bundle), "--trust", str(keys), "--out", str(target)]
    assert hub.cli.main([*asked, "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert answer["program"] == f"casehub-verify {VERSION}"
    assert (answer["level"], answer["report"]) == ("signed", str(target))
    bundle.write_bytes(b"no bundle")
    assert hub.cli.main(asked) == 1
    assert "INVALID" in capsys.readouterr().out
    assert "第 1 步" in words(PdfReader(target))
    assert hub.cli.main([*asked[:2], str(tmp_path / "absent.zip"), *asked[3:]]) == 1


def test_case_and_handler_are_told_only_where_a_mark_binds_them(tmp_path: Path) -> None:
    """The record names the case; an envelope that no mark binds names nobody."""
    told = envelope(TRAIL, handler="承办人甲", case_refs=[{"agency": POLICE, "kind": "AJBH", "value": "A3501"}])
    record = {TRAIL.transfer_id: RECORD}
    enclosed = (receipt(TRAIL, envelope_digest=told.digest), told)
    public = TRAIL.bundled(private=False)
    bound = words(reported(tmp_path, TRAIL.contents(statements=enclosed, marks=public, records=record)))
    assert all(each in bound for each in ("A3501", "承办人甲", "张某示例盗窃案"))
    alone = words(reported(tmp_path, TRAIL.contents(statements=[told], marks=public, records=record)))
    assert not any(each in alone for each in ("A3501", "承办人甲", "张某示例盗窃案"))

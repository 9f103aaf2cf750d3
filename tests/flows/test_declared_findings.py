"""What the sender finds before it seals reaches its own answer, the hub and the receiver, whose recount weighs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.sending.push import Pushed
from dossier.pages import PageCount, count_pages
from hub.supervision import findings_desk
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.world import World

Told = list[tuple[str, str, str, str]]


def shown(findings: Any) -> Told:
    """Code, place, by and recount of what stands for the dossier."""
    return sorted(
        (item["code"], item.get("place", ""), item.get("by", ""), item.get("recount", ""))
        for item in findings
        if item["code"].startswith("dossier.")
    )


def spoil(case: Path) -> None:
    """A damaged detention notice, and what a desktop leaves behind."""
    volume = case / "dossier" / "V10-01"
    (notice,) = volume.glob("*拘留通知书*")
    notice.write_bytes(b"%PDF-1.7 cut")
    (volume / "Thumbs.db").write_bytes(b"junk")


def hub_tells(here: World, sent: Pushed) -> Told:
    with here.hub.database.transaction(write=False) as connection:
        body = findings_desk.listing(connection, here.hub, sent.case_uid, here.clock(), explain=True)
    (transfer,) = body["transfers"]
    assert transfer["same_again"], "what the sender declares is no finding of the hub's, and is not judged again"
    return shown(transfer["findings"])


def test_declared_and_confirmed(tmp_path: Path) -> None:
    with World(tmp_path, POLICE, PROCURATORATE) as here:
        case = here.case_dir()
        before = shown(finding.to_json() for finding in here[POLICE].check(case, node="N-ARR-001").findings)
        spoil(case)
        sent = here[POLICE].push(case, node="N-ARR-001", to=PROCURATORATE)
        told = hub_tells(here, sent)
        (delivered,) = here[PROCURATORATE].pull(tmp_path / "in").delivered
    fresh = [item for item in shown(sent.findings) if item[0] in {"dossier.pages-damaged", "dossier.junk-left-out"}]
    ((_, document, _, _),) = [item for item in fresh if item[0] == "dossier.pages-damaged"]
    assert document.startswith("V10-01-01-"), "a document goes by its number: a path may name a person"
    assert fresh == [
        ("dossier.junk-left-out", "V10-01", POLICE, ""),
        ("dossier.pages-damaged", document, POLICE, ""),
    ]
    assert shown(sent.findings) == told
    assert len(told) == len(before) + len(fresh)
    written = json.loads((Path(delivered.folder) / "findings.json").read_bytes())["findings"]
    assert shown(written) == shown(delivered.findings)
    assert [item for item in shown(written) if item in fresh or item[3]] == [
        ("dossier.junk-left-out", "V10-01", POLICE, ""),
        ("dossier.pages-damaged", document, POLICE, "confirmed"),
        *[(code, place, POLICE, "confirmed") for code, place, _, _ in told if code == "dossier.pages-unknown-format"],
    ]


def test_contradicted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that says of a sound file that it cannot be counted."""
    with World(tmp_path, POLICE, PROCURATORATE) as here:
        case = here.case_dir()
        with monkeypatch.context() as patch:
            patch.setattr("dossier.pages.count_pages", lambda path, *_: encrypted(count_pages(path), str(path)))
            here[POLICE].push(case, node="N-ARR-001", to=PROCURATORATE)
        (delivered,) = here[PROCURATORATE].pull(tmp_path / "in").delivered
    assert [(code, recount) for code, _, _, recount in shown(delivered.findings) if "encrypted" in code] == [
        ("dossier.pages-encrypted", "contradicted")
    ]


def encrypted(counted: PageCount, path: str) -> PageCount:
    return PageCount(None, "encrypted", counted.media_type) if "拘留通知书" in path else counted

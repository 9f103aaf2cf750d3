"""The receiver counts pages itself: a sender's adapter that lies about them is found out, and nothing is held back."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from dossier.pages import PageCount, count_pages
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.world import World

FAULTY = Path(__file__).parent.parent / "dossier" / "faulty"


def pretend_one_more(listing: Path) -> None:
    """Let the last row of a catalog.csv claim one page more than its file has."""
    with listing.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[-1]["page_to"] = str(int(rows[-1]["page_to"]) + 1)
    with listing.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_false_page_count_is_a_finding_at_the_receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with World(tmp_path, POLICE, PROCURATORATE) as here:
        case = here.case_dir()
        pretend_one_more(case / "dossier" / "V10-01" / "catalog.csv")
        with monkeypatch.context() as patch:
            patch.setattr("dossier.pages.count_pages", lambda path, *_: inflated(count_pages(path), str(path)))
            sent = here[POLICE].push(case, node="N-ARR-001", to=PROCURATORATE)
        haul = here[PROCURATORATE].pull(tmp_path / "in")
        (delivered,) = haul.delivered
        written = json.loads((tmp_path / "in" / sent.transfer_id / "findings.json").read_bytes())["findings"]
    wrong = [item for item in delivered.findings if item["code"] == "dossier.pages-differ"]
    assert wrong == [item for item in written if item["code"] == "dossier.pages-differ"]
    assert [(item["place"][:6], item["params"]["listed"] - item["params"]["counted"]) for item in wrong] == [
        ("V10-01", 1)
    ]


def test_a_file_that_would_take_minutes_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lying adapter sends a TIFF of overlapping directories as counted; what waits behind it is delivered too."""
    hostile = gzip.decompress((FAULTY / "overlapping-directories.tif.gz").read_bytes())
    with World(tmp_path, POLICE, PROCURATORATE) as here:
        case = here.case_dir()
        (notice,) = (case / "dossier" / "V10-01").glob("*拘留通知书*")
        sound, whole = count_pages(notice), notice.read_bytes()
        notice.write_bytes(hostile)
        with monkeypatch.context() as patch:
            patch.setattr(
                "dossier.pages.count_pages", lambda path, *_: sound if "拘留通知书" in str(path) else count_pages(path)
            )
            first = here[POLICE].push(case, node="N-ARR-001", to=PROCURATORATE)
        notice.write_bytes(whole)
        second = here[POLICE].push(case, node="N-ARR-001", to=PROCURATORATE)
        haul = here[PROCURATORATE].pull(tmp_path / "in")
    assert [item.transfer_id for item in haul.delivered] == [first.transfer_id, second.transfer_id]
    told = [[item for item in one.findings if item["code"] == "dossier.pages-damaged"] for one in haul.delivered]
    assert [(item["place"][:6], item["params"]) for item in told[0]] == [("V10-01", {"listed": sound.pages})]
    assert told[1] == []


def inflated(counted: PageCount, path: str) -> PageCount:
    """What a lying adapter makes of the detention notice."""
    if counted.pages is None or "拘留通知书" not in path:
        return counted
    return PageCount(counted.pages + 1, counted.reason, counted.media_type)

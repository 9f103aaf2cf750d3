"""The guide that connects a fourth agency, followed word by word: a detention centre beside police."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path
from random import Random

from adapters import Adapter
from bench.cases.folder import Sheet, write_volume
from standards.documents import volumes
from standards.nodes import catalogue
from tests.docs.guide import DOCS, blocks
from tests.docs.test_guides import Place

FOURTH = DOCS / "guides/connect-a-fourth-agency.md"
POLICE = "police:350102000000"


def case_folder(folder: Path, agency_type: str, sample: str, node: str) -> Path:
    """A CASE_DIR: a sample export, the node's papers, and evidence where the node asks for a volume."""
    folder.mkdir()
    source = resources.files(f"adapters.{agency_type}") / "samples" / sample
    (folder / "case.xml").write_bytes(source.read_bytes())
    asked = [each.any_of[0] for each in catalogue().get(node).documents]
    write_volume(folder / "documents", [Sheet(code, code) for code in asked], bytes_per_page=500, rng=Random(1))
    return folder


def test_connecting_a_detention_centre(tmp_path: Path) -> None:
    place = Place(tmp_path)
    try:
        place.join("police")
        receipt = case_folder(tmp_path / "case", "detention", "one-inmate.xml", "N-DET-011") / "documents"
        shutil.copy(next(receipt.glob("*.pdf")), tmp_path / "收押回执.pdf")
        for name in [block.name for block in blocks(FOURTH) if block.runs]:
            printed = place.reader.follow(FOURTH, name)
            if name == "init":
                fingerprint = re.search(r"sha256:[0-9a-f]{64}", printed)
                assert fingerprint
                place.admit("detention", fingerprint[0]).rename(tmp_path / "admission-detention.json")
            if name == "enrol":
                place.reader.environ["TRANSFER"] = detain(tmp_path)
        assert one_case(tmp_path)
    finally:
        place.hub.stop()


def detain(folder: Path) -> str:
    """What the police do before: they bring the detained person. Returns the transfer."""
    held = case_folder(folder / "held", "police", "one-suspect.xml", "N-DET-001")
    with Adapter(folder / "police") as police:
        return police.push(held, node="N-DET-001", to="detention:350102111").transfer_id


def one_case(folder: Path) -> bool:
    """What the centre sent reaches the police in the case that they began."""
    with Adapter(folder / "police") as police:
        items = police.inbox()
        begun = police.station.numbers.case_of("AJBH", "A3501020000002024030012")
    assert [item["node"] for item in items] == ["N-DET-002", "N-DET-011"]
    return {item["case_uid"] for item in items} == {begun}


def test_the_table_of_volumes_is_the_matrix() -> None:
    rows = re.findall(r"^\| (V\d\d) .*?\| (.+?) \| (.+?) \| (.+?) \|$", FOURTH.read_text("utf-8"), re.MULTILINE)
    told = {code: dict(zip(("detention", "prison", "justice"), cells, strict=True)) for code, *cells in rows}
    for code, kind in volumes.kinds().items():
        for receiver in ("detention", "prison", "justice"):
            senders = [sender for sender in sorted(volumes.AGENCY_TYPES) if kind.may_go(sender, receiver)]
            if not kind.everywhere:
                assert told.get(code, {}).get(receiver, "–") == (", ".join(senders) or "–"), (code, receiver)

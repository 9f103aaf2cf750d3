"""What must hold after any fault, looked up in the files that the programs left."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import bagit

from evidence.bundles.verify import verify_bundle
from evidence.keys import TrustedKeys
from evidence.statements import SignedStatement
from hub import cli
from tests.scene.sites import Agency, Site

PUSHED = ["sealed", "submitted", "received", "converted", "offered"]


def digests(folder: Path) -> set[str]:
    """SHA-256 of every file of a CASE_DIR that must arrive, or of every file that arrived in a bag."""
    ours = {"catalog.csv", "catalogue.json", "catalogue.csv"}
    return {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("*/**/*")  # what lies beside the volumes' folders is the export and the order
        if path.is_file() and path.name not in ours
    }


def whole(folder: Path, case: Path) -> bool:
    """Whether a delivered folder is a valid bag with exactly the files of the CASE_DIR."""
    bagit.Bag(str(folder / "bag")).validate()
    return digests(folder / "bag" / "data") == digests(case)


def looks_delivered(into: Path) -> list[Path]:
    """What a case system would take for delivered."""
    return [path for path in into.glob("*") if not path.name.startswith(".")] if into.exists() else []


def one_plaintext_under_each_key(sender: Agency, site: Site) -> None:
    """Everything that left is in the journal, each place of each stream once, and no two streams share their header."""
    journal = sender.rows("SELECT * FROM sealed_part")
    assert set(site.parts()) <= {row["digest"] for row in journal}, "a part left that the journal does not know"
    places = [(row["volume_id"], row["purpose"], row["part"]) for row in journal]
    assert len(places) == len(set(places))
    heads = [path.read_bytes()[:40] for path in site.parts().values()]
    starts = [head for head in heads if head[:1] == b"\x28"]
    secrets = [row["secrets"] for row in sender.rows("SELECT secrets FROM sealing")]
    assert len(set(secrets)) == len(secrets)
    assert len(set(starts)) == len(starts)
    for volume in descriptors(sender):
        current = {row["digest"] for row in journal if row["volume_id"] == volume["volume_id"]}
        assert current == part_digests(volume), "the journal and the descriptor name different parts"


def descriptors(sender: Agency) -> list[dict[str, Any]]:
    """The descriptors of the volumes that an adapter sent or received."""
    found = sender.rows("SELECT descriptor FROM held_volume")
    return [SignedStatement.from_json(json.loads(row["descriptor"])).unverified_body for row in found]


def part_digests(descriptor: dict[str, Any]) -> set[str]:
    """The parts that a descriptor names."""
    return {part["digest"] for stream in ("pack", "catalogue") for part in descriptor[stream]["parts"]}


def trail_holds(site: Site, transfer_id: str, folder: Path) -> None:
    """The transfer's evidence is VALID under the hub's keys, and every mark is under the signed checkpoint."""
    bundle = folder / f"{transfer_id}.zip"
    operator(site, "evidence", "export", transfer_id, "--out", str(bundle))
    trusted = TrustedKeys.from_json(operator(site, "keys", "export").encode())
    with bundle.open("rb") as source:
        report = verify_bundle(source, trusted)
    assert (report.level != "none", report.unbound, report.warnings) == (True, (), ()), report.to_json()
    assert len(report.marks) == len(site.actions(transfer_id))
    waiting = site.rows("SELECT action FROM marks WHERE leaf_index IS NULL AND action != 'exported'")
    assert waiting == [], "a mark is not in the log"


def operator(site: Site, *arguments: str) -> str:
    """What an operator's command prints; in this process, which is quicker."""
    said = io.StringIO()
    with redirect_stdout(said):
        assert cli.main([*arguments, "--json", "--home", str(site.hub_home)]) == 0, said.getvalue()
    return said.getvalue()

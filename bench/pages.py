"""One more journey, with real files: OFD with electronic seals, PDFs of many producers, one of them encrypted.

    python -m bench.pages FOLDER        FOLDER holds the files and pages.csv (file, pages, note)

Every file must arrive bit for bit at police → procuratorate → court, with the page counts of pages.csv.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.cases import hops as story_hops
from bench.cases.folder import COLUMNS
from bench.cases.story import Hop
from bench.journey import Journey
from messages import terminal
from standards.times import BEIJING

NODES = ("N-ARR-001", "N-ARR-002", "N-ARR-011", "N-ARR-014", "N-PRO-001", "N-PRO-002", "N-IND-001")
"""The hops up to the court; the indictment carries the volumes of the transfer for prosecution."""


@dataclass
class PagesJourney(Journey):
    """The sample case whose evidence volume V20-01 holds the real files of `source`."""

    source: Path = Path()

    def prepare(self, number: int, hop: Hop) -> Path:
        """As in the sample case, but the first hop's evidence is the real files."""
        folder = super().prepare(number, hop)
        if hop.node == NODES[0]:
            shutil.rmtree(folder / "dossier" / "V20-01")
            bind(self.source, folder / "dossier" / "V20-01")
        return folder


def shorter() -> list[Hop]:
    """The sample case's hops without the return: the indictment carries the volumes of the first transfer."""
    chosen = [hop for hop in story_hops.hops() if hop.node in NODES]
    return [replace(hop, reuses=("N-PRO-001",)) if hop.node == "N-IND-001" else hop for hop in chosen]


def expected(source: Path) -> dict[str, int]:
    """Pages by file name, from pages.csv."""
    with (source / "pages.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: int(row["pages"]) for row in csv.DictReader(file)}


def bind(source: Path, volume: Path) -> None:
    """Copy the files into a volume with a catalogue that gives each its pages."""
    volume.mkdir(parents=True)
    page, rows = 1, []
    for seq, (name, pages) in enumerate(sorted(expected(source).items()), 1):
        shutil.copyfile(source / name, volume / name)
        row = dict.fromkeys(COLUMNS, "")
        row |= {"seq": str(seq), "book": "1", "doc_type": "E0206", "title": Path(name).stem, "file": name}
        row |= {"page_from": str(page), "page_to": str(page + pages - 1), "cover_pages": "0"}
        rows.append(row)
        page += pages
    with (volume / "catalog.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def check(bag: Path, source: Path) -> int:
    """Every file is in the bag with its bytes and its pages. Returns their number; raises `AssertionError`."""
    catalogue = json.loads((bag / "data" / "V20-01" / "catalogue.json").read_bytes())
    arrived = {
        file["sha256"].removeprefix("sha256:"): file["pages"] for item in catalogue["items"] for file in item["files"]
    }
    for name, pages in expected(source).items():
        digest = hashlib.sha256((source / name).read_bytes()).hexdigest()
        assert digest in arrived, f"{name} did not arrive"
        assert arrived[digest] == pages, f"{name}: {arrived[digest]} pages, expected {pages}"
    return len(arrived)


def main() -> int:
    """Walk, and check at each agency that received the volume."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages")
    parser.add_argument("source", type=Path)
    options = parser.parse_args()
    terminal.force_utf8(sys.stdout, sys.stderr)
    with tempfile.TemporaryDirectory(prefix="casehub-pages-") as scratch:
        yesterday = datetime.now(UTC).astimezone(BEIJING).date() - timedelta(days=1)
        journey = PagesJourney.plan(Path(scratch) / "run", pages=20, bytes_per_page=4_000, yesterday=yesterday)
        journey.source = options.source.resolve()
        try:
            journey.start()
            for number, hop in enumerate(shorter(), 1):
                done = journey.travel(number, hop)
                if (done.bag / "data" / "V20-01").exists():
                    count = check(done.bag, journey.source)
                    print(f"{hop.node}: {count} files, bit for bit, pages as in pages.csv")
                for finding in done.findings:
                    print(f"  {finding['code']} {finding.get('place', '')}: {finding['zh']}")
        finally:
            journey.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The receiver's own count, after unsealing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dossier.pages import Counts
from dossier.paging import recount
from dossier.unseal import unseal_volume
from tests.dossier.samples import JPEG, SECRETS, seal, volume_of


def test_the_receiver_counts_again(tmp_path: Path) -> None:
    volume = volume_of(tmp_path / "in", [JPEG] * 4)
    files = list(volume.files)
    lies = (
        files[0],
        replace(files[1], pages=3),
        replace(files[2], pages=9, pages_by="catalogue"),
        replace(files[3], pages=2),
    )
    items = tuple(replace(item, files=(file,)) for item, file in zip(volume.items, lies, strict=True))
    _, descriptor, parts = seal(replace(volume, items=items))
    done = unseal_volume(descriptor, SECRETS.volume_key, parts.read, tmp_path / "out")
    (tmp_path / "out" / files[3].path).write_bytes(b"now a text")
    findings = recount(done.catalogue.volume, str(done.folder), Counts())
    assert [(found.code, found.level, found.place, found.params) for found in findings] == [
        ("dossier.pages-differ", "W", "V20-01-01-002", {"listed": 3, "counted": 1, "cover": 0}),
        ("dossier.pages-unknown-format", "D", "V20-01-01-004", {"listed": 2}),
    ]

"""The receiver's own count, after unsealing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dossier.pages import Counts
from dossier.paging import Recount, recount, weighed
from dossier.unseal import unseal_volume
from messages.findings import Finding, Level
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
    findings = recount(done.catalogue.volume, str(done.folder), Counts()).findings
    assert [(found.code, found.level, found.place, found.params) for found in findings] == [
        ("dossier.pages-differ", "W", "V20-01-01-002", {"listed": 3, "counted": 1, "cover": 0}),
        ("dossier.pages-differ", "W", "V20-01-01-003", {"listed": 9, "counted": 1, "cover": 0}),
        ("dossier.pages-unknown-format", "D", "V20-01-01-004", {"listed": 2}),
    ]


def finding(code: str, place: str, level: Level = "D") -> Finding:
    return Finding(f"dossier.{code}", level, place, params={"listed": 3}, by="police:350102000000")


def test_what_the_sender_declared_is_confirmed_or_contradicted() -> None:
    damaged, encrypted = finding("pages-damaged", "V20-01-01-001"), finding("pages-encrypted", "V20-01-01-002")
    junk, elsewhere = finding("junk-left-out", "V20-01"), finding("pages-damaged", "V20-01-01-009")
    same = replace(damaged, by="")
    silent = Finding("dossier.pages-differ", "W", "V20-01-01-003", params={"listed": 9, "counted": 1, "cover": 0})
    own = Recount((same, silent), frozenset({"V20-01-01-002", "V20-01-01-003"}), {"V20-01-01-001": same})
    assert weighed([damaged, encrypted, junk, elsewhere], [own]) == [
        replace(damaged, recount="confirmed"),
        replace(encrypted, recount="contradicted"),
        junk,
        elsewhere,
        silent,
    ]
    assert weighed([], [own]) == [same, silent], (
        "an earlier sender declares nothing; what we found is told all the same"
    )

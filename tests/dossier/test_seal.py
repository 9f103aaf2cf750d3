"""Sealing: boundaries, determinism, comparison with a journal, sources that change."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dossier.contents import Item, SourceFile, Volume
from dossier.keys import Purpose, VolumeSecrets, associated_data, commitment
from dossier.reading import read_catalogue
from dossier.seal import PackSource, seal_volume
from dossier.stream import PART, PLAIN, decrypt
from tests.dossier.samples import SEALED_AT, SEALED_BY, SECRETS, VOLUME_ID, Parts, caught, seal, volume_of

FIRST = PLAIN - 40
SIZES: dict[str, list[int]] = {
    "no file": [],
    "one file of 0 bytes": [0],
    "files of 0 bytes around": [0, 0, 5, 0, 3, 0, 0],
    "one byte": [1],
    "a segment": [FIRST],
    "a segment and one": [FIRST, 1],
    "a segment less one": [FIRST - 1],
    "files across segments": [FIRST - 10, 20, PLAIN, PLAIN + 1],
    "a part": [FIRST + 15 * PLAIN],
    "a part and one": [FIRST + 15 * PLAIN, 1],
    "a part less one": [7, FIRST + 15 * PLAIN - 8],
    "two parts": [FIRST + 31 * PLAIN - 1, 1],
}


def contents(sizes: list[int]) -> list[bytes]:
    return [bytes([65 + n % 26]) * size for n, size in enumerate(sizes)]


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_the_pack_is_the_files_one_after_another(tmp_path: Path, sizes: list[int]) -> None:
    files = contents(sizes)
    sealed, descriptor, parts = seal(volume_of(tmp_path, files))
    plaintext = decrypt(SECRETS.volume_key, associated_data(VOLUME_ID, "pack"), parts.stream("pack"))
    assert plaintext == b"".join(files)
    assert descriptor.pack == sealed.pack
    assert [len(parts.held["pack", n]) for n in range(len(sealed.pack.parts))] == [p.size for p in sealed.pack.parts]
    assert all(part.size == PART for part in sealed.pack.parts[:-1])
    found = read_catalogue(descriptor, SECRETS.volume_key, parts.read)
    digests = [file.sha256 for file in found.volume.files]
    assert digests == ["sha256:" + hashlib.sha256(data).hexdigest() for data in files]
    assert descriptor.key_commitment == commitment(SECRETS.volume_key)
    assert descriptor.sealed_digest == sealed.sealed_digest


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([0, 1, 3, FIRST - 1, FIRST, PLAIN]), max_size=6))
def test_sealing_again_gives_the_same_bytes(tmp_path: Path, sizes: list[int]) -> None:
    volume = volume_of(tmp_path, contents(sizes))
    first, _, parts = seal(volume)
    second, _, again = seal(volume)
    assert (first, parts.held) == (second, again.held)
    other = seal(volume, VolumeSecrets.generate())[2]
    assert not set(other.held.values()) & set(parts.held.values())


def test_each_digest_is_known_before_the_part_leaves(tmp_path: Path) -> None:
    volume = volume_of(tmp_path, contents([PART, 5]))
    order: list[tuple[Purpose, int]] = []

    def on_part(purpose: Purpose, index: int, digest: str, data: memoryview) -> None:
        assert digest == "sha256:" + hashlib.sha256(data).hexdigest()
        order.append((purpose, index))

    seal_volume(volume, VOLUME_ID, SECRETS, on_part)
    assert order == [("pack", 0), ("pack", 1), ("catalogue", 0)]


def journal(parts: Parts) -> dict[Purpose, list[str]]:
    found: dict[Purpose, list[str]] = {"pack": [], "catalogue": []}
    for purpose, index in sorted(parts.held):
        found[purpose].append("sha256:" + hashlib.sha256(parts.held[purpose, index]).hexdigest())
    return found


def rewrite(volume: Volume[SourceFile], index: int, data: bytes) -> None:
    file = list(volume.files)[index]
    Path(file.source).write_bytes(data)


def test_a_resume_that_meets_the_same_files_goes_through(tmp_path: Path) -> None:
    sealed, _, parts = seal(volume_of(tmp_path, contents([PART, 5])))
    known = journal(parts)
    again = Parts()
    os.utime(next(sealed.volume.files).source, ns=(1, 1))
    touched = volume_of(tmp_path, contents([PART, 5]))
    assert seal_volume(touched, VOLUME_ID, SECRETS, again.keep, known).pack == sealed.pack
    known["pack"].pop()  # the journal of a push that died early
    known["catalogue"].clear()
    assert seal_volume(touched, VOLUME_ID, SECRETS, again.keep, known).catalogue == sealed.catalogue


def test_a_resume_that_meets_a_changed_file_lets_nothing_differing_leave(tmp_path: Path) -> None:
    parts = seal(volume_of(tmp_path, contents([PART, 5])))[2]
    changed = volume_of(tmp_path, [b"A" * PART, b"X" * 5])
    left = Parts()
    problem = caught(lambda: seal_volume(changed, VOLUME_ID, SECRETS, left.keep, journal(parts)))
    assert (problem.code, problem.place) == ("dossier.source-changed", "V20-01/pack/1")
    assert list(left.held) == [("pack", 0)]
    assert left.held["pack", 0] == parts.held["pack", 0]


def test_a_resume_with_another_catalogue_or_less_content(tmp_path: Path) -> None:
    volume = volume_of(tmp_path, contents([PART, 5]))
    known = journal(seal(volume)[2])
    renamed = replace(volume, title="另一卷")
    problem = caught(lambda: seal_volume(renamed, VOLUME_ID, SECRETS, Parts().keep, known))
    assert problem.place == "V20-01/catalogue/0"
    extra = {**known, "pack": [*known["pack"], known["pack"][0]]}
    assert caught(lambda: seal_volume(volume, VOLUME_ID, SECRETS, Parts().keep, extra)).place == "V20-01/pack/2"


def later(path: Path) -> None:
    path.write_bytes(b"y" * 10)
    os.utime(path, ns=(9, 9))


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda path: path.write_bytes(b"x" * 11),
    "shorter": lambda path: path.write_bytes(b"x" * 9),
    "same length, later": later,
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_is_not_what_was_listed(tmp_path: Path, change: Callable[[Path], object]) -> None:
    volume = volume_of(tmp_path, contents([5, 10]))
    change(Path(list(volume.files)[1].source))
    problem = caught(lambda: seal(volume))
    assert (problem.code, problem.place) == ("dossier.source-changed", "dossier/V20-01/张某示例第1页.jpg")


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "a link": lambda path: path.symlink_to("/etc/hostname"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("change", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_whose_place_was_taken(tmp_path: Path, change: Callable[[Path], object]) -> None:
    volume = volume_of(tmp_path, contents([5, 10]))
    path = Path(list(volume.files)[1].source)
    path.unlink()
    change(path)
    assert caught(lambda: seal(volume)).code in {"dossier.source-unreadable", "dossier.source-changed"}


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    volume = volume_of(tmp_path, contents([10]))
    path = Path(next(volume.files).source)
    path.unlink()
    os.mkfifo(path)
    assert caught(lambda: seal(volume)).code == "dossier.source-changed"


def test_a_folder_of_the_listed_size_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    info = folder.stat()
    volume = volume_of(tmp_path / "volume", contents([10]))
    file = replace(next(volume.files), source=str(folder), length=info.st_size, mtime_ns=info.st_mtime_ns)
    volume = replace(volume, items=(replace(volume.items[0], files=(file,)),))
    problem = caught(lambda: seal(volume))
    assert problem.code == "dossier.source-unreadable"
    assert problem.params["reason"]


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    volume = volume_of(tmp_path, contents([PART]))
    source = PackSource(volume)
    source.fill(memoryview(bytearray(1000)))
    path = Path(next(volume.files).source)
    with path.open("ab") as file:
        file.write(b"more")
    source.fill(memoryview(bytearray(PART - 1000)))
    assert caught(source.finish).code == "dossier.source-changed"
    with path.open("r+b") as file:
        file.truncate(2000)
    source = PackSource(replace(volume, items=_with_length(volume, 2000, path)))
    source.fill(memoryview(bytearray(1000)))
    with path.open("r+b") as file:
        file.truncate(1500)
    assert caught(lambda: source.fill(memoryview(bytearray(1000)))).code == "dossier.source-changed"
    source.close()


def _with_length(volume: Volume[SourceFile], length: int, path: Path) -> tuple[Item[SourceFile], ...]:
    file = replace(next(volume.files), length=length, mtime_ns=path.stat().st_mtime_ns)
    return (replace(volume.items[0], files=(file,)),)


@pytest.mark.parametrize("size", [10, 40 * PLAIN], ids=["small", "reader far behind"])
def test_what_the_caller_raises_passes_and_no_thread_stays(tmp_path: Path, size: int) -> None:
    volume = volume_of(tmp_path, contents([size]))

    def on_part(*_: object) -> None:
        msg = "the hub is away"
        raise ConnectionError(msg)

    before = set(threading.enumerate())
    with pytest.raises(ConnectionError):
        seal_volume(volume, VOLUME_ID, SECRETS, on_part)
    assert set(threading.enumerate()) <= before


def test_the_descriptor_repeats_the_counts(tmp_path: Path) -> None:
    sealed, _, _ = seal(volume_of(tmp_path, contents([1, 2, 3]), per_item=2))
    found = sealed.descriptor(SEALED_BY, SEALED_AT)
    assert (found.books, found.items, found.files, found.pages, found.av_files) == (1, 2, 3, 3, 0)
    assert found.supersedes is None

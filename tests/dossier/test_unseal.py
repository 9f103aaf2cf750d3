"""Unsealing: bit for bit, and every damage named with volume, document and page."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dossier.contents import SealedFile
from dossier.descriptor import Descriptor, Part, SealedStream
from dossier.keys import Purpose, VolumeSecrets, associated_data, commitment
from dossier.reading import SealedReader
from dossier.seal import seal_volume
from dossier.stream import PART, PLAIN, SEGMENT, StreamHeader, encrypt
from dossier.unseal import disk_errors, unseal_volume
from evidence.canonical import digest
from messages.problems import Problem
from tests.dossier.samples import OTHER_ID, SECRETS, VOLUME_ID, Parts, caught, seal, volume_of

KEY = SECRETS.volume_key
BIG = [b"A" * (PART - 100), b"B" * 300, b"", b"C" * (2 * PLAIN), b"D" * 10]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Descriptor, Parts]:
    volume = volume_of(tmp_path_factory.mktemp("volume"), BIG)
    _, descriptor, parts = seal(volume)
    return descriptor, parts


@pytest.fixture
def fresh(sealed: tuple[Descriptor, Parts]) -> tuple[Descriptor, Parts]:
    return sealed[0], Parts(dict(sealed[1].held))


def content(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def test_everything_arrives_bit_for_bit(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    descriptor, parts = fresh
    seen: list[str] = []
    done = unseal_volume(
        descriptor, KEY, parts.read, tmp_path / "a" / "b", on_file=lambda f, path: seen.append(path.name)
    )
    assert content(done.folder) == BIG
    assert (
        [path.name for path in sorted(done.folder.iterdir())] == seen == [f.path for f in done.catalogue.volume.files]
    )
    assert (done.kept, done.copied, done.fetched, done.parts_fetched) == (0, 0, 5, 2)


@pytest.mark.parametrize("contents", [[], [b""], [b"", b"x", b""]], ids=["no file", "0 bytes", "0 bytes around"])
def test_empty_volumes_and_files(tmp_path: Path, contents: list[bytes]) -> None:
    _, descriptor, parts = seal(volume_of(tmp_path / "in", contents))
    unseal_volume(descriptor, KEY, parts.read, tmp_path / "out")
    assert content(tmp_path / "out") == contents


def test_a_second_run_keeps_what_is_true_and_mends_the_rest(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    descriptor, parts = fresh
    unseal_volume(descriptor, KEY, parts.read, tmp_path)
    first, second, third, fourth, fifth = sorted(tmp_path.iterdir())
    fifth.write_bytes(b"E" * 10)
    second.unlink()
    second.symlink_to(first)
    (tmp_path / "stray").write_bytes(b"")
    (tmp_path / (fourth.name + ".unfinished")).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    parts.asked.clear()
    done = unseal_volume(descriptor, KEY, parts.read, tmp_path)
    assert content(tmp_path) == BIG
    assert not second.is_symlink()
    assert first.stat().st_size == PART - 100
    assert (done.kept, done.fetched) == (3, 2)
    assert third.exists()
    assert parts.asked == [("catalogue", 0), ("pack", 0), ("pack", 1)]


def test_only_parts_with_missing_files_are_fetched(tmp_path: Path) -> None:
    contents = [b"A" * PART, b"B" * PART, b"C" * PART]
    _, descriptor, parts = seal(volume_of(tmp_path / "in", contents))
    done = unseal_volume(descriptor, KEY, parts.read, tmp_path / "out")
    sorted((tmp_path / "out").iterdir())[2].unlink()
    parts.asked.clear()
    done = unseal_volume(descriptor, KEY, parts.read, tmp_path / "out", ahead=1)
    assert done.parts_fetched == 3
    assert ("pack", 1) not in parts.asked
    assert content(tmp_path / "out") == contents


@pytest.mark.parametrize("link", [False, True], ids=["copied", "linked"])
def test_a_volume_that_is_held_fetches_no_part_of_the_pack(
    fresh: tuple[Descriptor, Parts], tmp_path: Path, link: bool
) -> None:
    descriptor, parts = fresh
    store = tmp_path / "store"
    store.mkdir()

    def put(file: SealedFile, path: Path) -> None:
        shutil.copyfile(path, store / file.sha256)

    unseal_volume(descriptor, KEY, parts.read, tmp_path / "first", on_file=put)
    parts.asked.clear()
    done = unseal_volume(
        descriptor, KEY, parts.read, tmp_path / "second", have=lambda sha256: store / sha256, link=link
    )
    assert parts.asked == [("catalogue", 0)]
    assert (done.copied, done.parts_fetched) == (5, 0)
    assert content(tmp_path / "second") == BIG
    linked = (tmp_path / "second" / next(done.catalogue.volume.files).path).stat().st_nlink
    assert linked == (2 if link else 1)


def test_content_held_but_untrue_is_fetched(
    fresh: tuple[Descriptor, Parts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor, parts = fresh
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"wrong")
    monkeypatch.setattr(os, "link", _no_links)
    held = {digest(BIG[4]): wrong, digest(BIG[1]): tmp_path / "gone"}
    done = unseal_volume(descriptor, KEY, parts.read, tmp_path / "out", have=held.get, link=True)
    assert done.copied == 0
    assert content(tmp_path / "out") == BIG


def _no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, "another disk")


def other_parts(tmp_path: Path) -> Parts:
    return seal(volume_of(tmp_path / "other", BIG), VolumeSecrets.generate(), OTHER_ID)[2]


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


PACK0: tuple[Purpose, int] = ("pack", 0)
PACK1: tuple[Purpose, int] = ("pack", 1)
LIST0: tuple[Purpose, int] = ("catalogue", 0)
FIRST_PART = {"documents": "V20-01-01-001", "pages": "1", "part": 1, "volume": "V20-01"}
SECOND_PART = {"documents": "V20-01-01-001–V20-01-01-005", "pages": "1–5", "part": 2, "volume": "V20-01"}

Damage = Callable[[dict[tuple[Purpose, int], bytes], Path], object]
DAMAGES: dict[str, tuple[Damage, str, dict[str, object]]] = {
    "part missing": (lambda held, _: held.pop(PACK1), "dossier.part-missing", SECOND_PART),
    "part altered": (
        lambda held, _: held.update({PACK0: flip(held[PACK0], 77)}),
        "dossier.part-altered",
        FIRST_PART,
    ),
    "part truncated": (
        lambda held, _: held.update({PACK1: held[PACK1][:-1]}),
        "dossier.part-altered",
        SECOND_PART,
    ),
    "parts swapped": (
        lambda held, _: held.update({PACK0: held[PACK1], PACK1: held[PACK0]}),
        "dossier.part-altered",
        FIRST_PART,
    ),
    "part of another volume": (
        lambda held, tmp: held.update({PACK1: other_parts(tmp).held[PACK1]}),
        "dossier.part-altered",
        SECOND_PART,
    ),
    "segments reordered": (
        lambda held, _: held.update(
            {
                PACK0: held[PACK0][:SEGMENT]
                + held[PACK0][2 * SEGMENT : 3 * SEGMENT]
                + held[PACK0][SEGMENT : 2 * SEGMENT]
                + held[PACK0][3 * SEGMENT :]
            }
        ),
        "dossier.part-altered",
        FIRST_PART,
    ),
    "catalogue missing": (lambda held, _: held.pop(LIST0), "dossier.part-missing", {"volume": "V20-01"}),
    "catalogue altered": (
        lambda held, _: held.update({LIST0: flip(held[LIST0], 99)}),
        "dossier.part-altered",
        {"documents": "卷内目录/catalogue"},
    ),
}


@pytest.mark.parametrize(("damage", "code", "params"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named(
    fresh: tuple[Descriptor, Parts], tmp_path: Path, damage: Damage, code: str, params: dict[str, object]
) -> None:
    descriptor, parts = fresh
    damage(parts.held, tmp_path)
    target = tmp_path / "out"
    problem = caught(lambda: unseal_volume(descriptor, KEY, parts.read, target))
    assert problem.code == code
    assert {key: problem.params.get(key) for key in params} == params
    assert problem.place.startswith("V20-01/")
    if target.exists():
        assert all(path.name.endswith(".unfinished") or path.read_bytes() in BIG for path in target.iterdir())


def redescribed(descriptor: Descriptor, parts: Parts) -> Descriptor:
    """A descriptor by a sealer who lies about nothing but sealed wrongly: its digests are those of the parts."""

    def stream(purpose: Purpose, old: SealedStream) -> SealedStream:
        found = [parts.held[purpose, n] for n in range(len(old.parts))]
        return SealedStream(sum(map(len, found)), tuple(Part(digest(data), len(data)) for data in found))

    return replace(
        descriptor, pack=stream("pack", descriptor.pack), catalogue=stream("catalogue", descriptor.catalogue)
    )


def swap_segments(data: bytes) -> bytes:
    cut = [data[at : at + SEGMENT] for at in range(0, len(data), SEGMENT)]
    cut[2], cut[3] = cut[3], cut[2]
    return b"".join(cut)


def test_segments_that_a_dishonest_sealer_reordered(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    descriptor, parts = fresh
    parts.held[PACK0] = swap_segments(parts.held[PACK0])
    problem = caught(lambda: unseal_volume(redescribed(descriptor, parts), KEY, parts.read, tmp_path))
    assert problem.code == "dossier.segment-altered"
    assert problem.params == {"segment": 2, "volume": "V20-01", "documents": "V20-01-01-001", "pages": "1"}


def test_a_catalogue_that_a_dishonest_sealer_spoiled(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    descriptor, parts = fresh
    parts.held[LIST0] = flip(parts.held[LIST0], 200)
    problem = caught(lambda: unseal_volume(redescribed(descriptor, parts), KEY, parts.read, tmp_path))
    assert (problem.code, problem.place) == ("dossier.segment-altered", "V20-01/catalogue")
    parts.held[LIST0] = flip(parts.held[LIST0], 0)
    problem = caught(lambda: unseal_volume(redescribed(descriptor, parts), KEY, parts.read, tmp_path))
    assert problem.code == "dossier.stream-header"


def test_a_pack_without_a_header(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    descriptor, parts = fresh
    parts.held[PACK0] = flip(parts.held[PACK0], 0)
    problem = caught(lambda: unseal_volume(redescribed(descriptor, parts), KEY, parts.read, tmp_path))
    assert problem.code == "dossier.stream-header"


def test_a_file_that_is_not_what_the_catalogue_says(tmp_path: Path) -> None:
    volume = volume_of(tmp_path / "in", [b"one", b"two"])
    _, descriptor, parts = seal(volume)
    pack = encrypt(KEY, SECRETS.pack, associated_data(VOLUME_ID, "pack"), b"onetwX")
    parts.held[PACK0] = pack
    target = tmp_path / "out"
    problem = caught(lambda: unseal_volume(redescribed(descriptor, parts), KEY, parts.read, target))
    assert problem.code == "dossier.file-altered"
    assert problem.params["file"] == "V20-01-01-002_E0501_2-2.jpg"
    assert problem.params["pages"] == "2"
    assert [path.name for path in target.iterdir()] == ["V20-01-01-001_E0501_1-1.jpg"]


def test_two_keys_for_one_pack_meet_one_commitment(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    """Whoever wraps another key than the one that was sealed under is caught before anything is opened."""
    descriptor, parts = fresh
    parts.asked.clear()
    problem = caught(lambda: unseal_volume(descriptor, b"z" * 32, parts.read, tmp_path))
    assert (problem.code, problem.place, parts.asked) == ("dossier.key-commitment", "V20-01", [])
    other = replace(descriptor, key_commitment=commitment(b"z" * 32))
    assert caught(lambda: unseal_volume(other, KEY, parts.read, tmp_path)).code == "dossier.key-commitment"
    assert caught(lambda: unseal_volume(other, b"z" * 32, parts.read, tmp_path)).code == "dossier.segment-altered"


def test_the_fetchers_own_problem_passes_unchanged(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    descriptor, parts = fresh

    def read(purpose: Purpose, index: int) -> bytes | None:
        if purpose == "pack":
            raise Problem("hub.away", "http")
        return parts.read(purpose, index)

    assert caught(lambda: unseal_volume(descriptor, KEY, read, tmp_path)).code == "hub.away"


def test_a_mapping_without_the_part_is_a_missing_part(fresh: tuple[Descriptor, Parts], tmp_path: Path) -> None:
    descriptor, parts = fresh
    del parts.held[PACK1]
    problem = caught(lambda: unseal_volume(descriptor, KEY, lambda p, i: parts.held[p, i], tmp_path))
    assert problem.code == "dossier.part-missing"


def test_a_disk_without_room_is_seen_before_the_first_byte(
    fresh: tuple[Descriptor, Parts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor, parts = fresh
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 5, 5))
    problem = caught(lambda: unseal_volume(descriptor, KEY, parts.read, tmp_path))
    assert (problem.code, problem.params["free"]) == ("dossier.disk-full", 5)
    assert problem.params["needed"] == sum(map(len, BIG))


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "dossier.disk-full"), (errno.EDQUOT, "dossier.disk-full")])
def test_a_disk_that_runs_full(tmp_path: Path, number: int, code: str) -> None:
    def write() -> None:
        with disk_errors(tmp_path / "not" / "there"):
            raise OSError(number, "full")

    problem = caught(write)
    assert problem.code == code
    assert problem.params["free"] > 0


def test_other_disk_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broken"), disk_errors(tmp_path):
        raise OSError(errno.EIO, "broken")


def test_names_cannot_lead_outside(tmp_path: Path) -> None:
    """A dishonest sealer's catalogue with a climbing path is refused as a whole."""
    volume = volume_of(tmp_path / "in", [b"one"])
    file = replace(next(volume.files), path="../../escaped.jpg")
    volume = replace(volume, items=(replace(volume.items[0], files=(file,)),))
    _, descriptor, parts = seal(volume)
    problem = caught(lambda: unseal_volume(descriptor, KEY, parts.read, tmp_path / "a" / "b"))
    assert (problem.code, problem.place) == ("dossier.catalogue", "V20-01/catalogue/items/0/files/0/path")
    assert not list(tmp_path.rglob("escaped*"))


# --- One page


def reader(descriptor: Descriptor, parts: Parts) -> SealedReader:
    return SealedReader(descriptor, KEY, parts.read, parts.read_range)


@pytest.mark.parametrize("page", range(1, 6))
def test_one_page_needs_its_own_segments_only(fresh: tuple[Descriptor, Parts], page: int) -> None:
    descriptor, parts = fresh
    opened = reader(descriptor, parts)
    location = opened.locate(page)
    assert location.page_in_file == 1
    assert b"".join(opened.read_file(location.file)) == BIG[page - 1]
    fetched = sum(length for _, length in parts.ranges)
    length = location.file.length
    assert fetched <= (40 + length + 16 * (length // PLAIN + 2) + 2 * SEGMENT if length else 0)
    assert ("pack", 0) not in parts.asked


def test_files_are_found_by_path_or_document_number(fresh: tuple[Descriptor, Parts]) -> None:
    opened = reader(*fresh)
    assert opened.find("V20-01-01-005").length == 10
    assert opened.find("V20-01-01-005_E0501_5-5.jpg").length == 10
    assert caught(lambda: opened.find("V20-01-01-006")).code == "dossier.no-such-file"
    problem = caught(lambda: opened.locate(6))
    assert (problem.code, problem.params["pages"]) == ("dossier.no-such-page", 5)


def test_a_page_from_damaged_or_missing_ranges(fresh: tuple[Descriptor, Parts]) -> None:
    descriptor, parts = fresh
    opened = reader(descriptor, parts)
    file = opened.find("V20-01-01-001")
    good = parts.held[PACK0]
    parts.held[PACK0] = flip(good, PART - 1)
    problem = caught(lambda: list(opened.read_file(file)))
    assert (problem.code, problem.params["pages"]) == ("dossier.segment-altered", "1")
    parts.held[PACK0] = good[: PART - SEGMENT]
    del parts.held[PACK1]
    problem = caught(lambda: list(opened.read_file(file)))
    assert (problem.code, problem.place) == ("dossier.part-missing", "V20-01/pack/0")


def test_a_range_that_the_mapping_lacks_is_a_missing_part(fresh: tuple[Descriptor, Parts]) -> None:
    descriptor, parts = fresh
    opened = SealedReader(descriptor, KEY, parts.read, lambda purpose, *_: parts.held[purpose, 9])
    assert caught(lambda: list(opened.read_file(opened.find("V20-01-01-005")))).code == "dossier.part-missing"


def test_a_page_whose_file_is_not_what_the_catalogue_says(tmp_path: Path) -> None:
    _, descriptor, parts = seal(volume_of(tmp_path, [b"one", b"two"]))
    parts.held[PACK0] = encrypt(KEY, SECRETS.pack, associated_data(VOLUME_ID, "pack"), b"onXtwo")
    opened = reader(descriptor, parts)
    assert caught(lambda: list(opened.read_file(opened.find("V20-01-01-001")))).code == "dossier.file-altered"
    assert b"".join(opened.read_file(opened.find("V20-01-01-002"))) == b"two"


def test_streams_of_one_volume_cannot_be_exchanged(tmp_path: Path) -> None:
    same = VolumeSecrets(KEY, SECRETS.pack, SECRETS.pack)
    parts = Parts()
    sealed_twice = seal_volume(volume_of(tmp_path, [b"x"]), VOLUME_ID, same, parts.keep)
    descriptor = sealed_twice.descriptor("police:350102000000", "2026-11-22T00:02:52.123Z")
    parts.held[LIST0] = parts.held[PACK0]
    problem = caught(lambda: unseal_volume(redescribed(descriptor, parts), KEY, parts.read, tmp_path / "out"))
    assert problem.code == "dossier.segment-altered"
    assert StreamHeader.decode(parts.held[PACK0]) == same.pack

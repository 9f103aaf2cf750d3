"""Blob stores: one suite for the folder and for real S3."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.limits import LIMITS
from hub.settings import load_settings
from hub.store.blobs import BlobStore, BlobWriter, open_blob_store
from hub.store.blobs.folder import FolderBlobStore
from messages.problems import Problem

MIB = 1024 * 1024
SIZES = [0, 1, MIB - 1, MIB, MIB + 1, LIMITS.part_bytes]


def sample(size: int) -> tuple[str, bytes]:
    """Bytes that differ everywhere, and their digest."""
    data = hashlib.shake_256(str(size).encode()).digest(min(size, 4096))
    data = (data * (size // max(len(data), 1) + 1))[:size]
    return "sha256:" + hashlib.sha256(data).hexdigest(), data


def put(store: BlobStore, data: bytes, chunk: int = MIB) -> str:
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    with store.writer(digest) as writer:
        for start in range(0, len(data), chunk):
            writer.write(data[start : start + chunk])
        writer.commit()
        assert writer.size == len(data)
    return digest


def send(writer: BlobWriter, data: bytes) -> None:
    with writer:
        writer.write(data)
        writer.commit()


def everything(root: Path) -> list[str]:
    """Every file below `root`."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("size", SIZES)
def test_what_was_committed_is_read_back(blob_store: BlobStore, size: int) -> None:
    digest, data = sample(size)
    assert blob_store.size(digest) is None
    assert put(blob_store, data) == digest
    assert blob_store.size(digest) == size
    chunks = list(blob_store.read(digest))
    assert b"".join(chunks) == data
    assert all(len(chunk) <= MIB for chunk in chunks)


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, 1), (0, 3 * MIB), (1, MIB), (MIB - 1, 2), (2 * MIB, None), (3 * MIB - 1, 1), (5, 0), (3 * MIB, None)],
)
def test_any_range_can_be_read(blob_store: BlobStore, start: int, length: int | None) -> None:
    data = sample(3 * MIB)[1]
    digest = put(blob_store, data)
    expected = data[start:] if length is None else data[start : start + length]
    assert b"".join(blob_store.read(digest, start, length)) == expected


def test_writing_one_blob_twice_is_one_blob(blob_store: BlobStore) -> None:
    assert put(blob_store, b"one part") == put(blob_store, b"one part", chunk=3)


def test_other_bytes_than_the_digest_says_are_not_kept(blob_store: BlobStore) -> None:
    digest = sample(100)[0]
    with pytest.raises(Problem, match=r"part\.digest"):
        send(blob_store.writer(digest), b"something else")
    assert blob_store.size(digest) is None


def test_an_altered_copy_does_not_replace_the_blob(blob_store: BlobStore) -> None:
    digest = put(blob_store, b"the true part")
    with pytest.raises(Problem, match=r"part\.digest"):
        send(blob_store.writer(digest), b"the fake part")
    assert b"".join(blob_store.read(digest)) == b"the true part"


def test_a_writer_that_is_left_keeps_nothing(blob_store: BlobStore) -> None:
    digest, data = sample(1000)
    with blob_store.writer(digest) as writer:
        writer.write(data)
    assert blob_store.size(digest) is None
    writer.abort()


def test_reading_what_is_not_here_is_a_problem_at_once(blob_store: BlobStore) -> None:
    for length in (None, 0, 5):
        with pytest.raises(Problem, match=r"part\.lost"):
            blob_store.read(sample(7)[0], 0, length)


def test_a_removed_blob_is_gone(blob_store: BlobStore) -> None:
    digest = put(blob_store, b"to be removed")
    assert blob_store.remove(digest)
    assert blob_store.size(digest) is None
    assert not blob_store.remove(digest)


def test_a_store_that_is_up_answers(blob_store: BlobStore) -> None:
    blob_store.ping()


def test_digests_of_another_form_reach_no_path(blob_store: BlobStore) -> None:
    for wrong in ("sha256:../../etc/passwd", "../x", "md5:00", "sha256:" + "A" * 64):
        with pytest.raises(Problem, match=r"evidence\.bad-digest"):
            blob_store.size(wrong)


def test_two_writers_of_one_blob_both_succeed(blob_store: BlobStore) -> None:
    digest, data = sample(1000)
    with blob_store.writer(digest) as one, blob_store.writer(digest) as other:
        one.write(data)
        other.write(data)
        one.commit()
        other.commit()
    assert b"".join(blob_store.read(digest)) == data


# --- the folder ------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> FolderBlobStore:
    return FolderBlobStore(tmp_path / "blobs")


def test_blobs_are_sharded_by_digest(folder: FolderBlobStore) -> None:
    digest = put(folder, b"part")
    name = digest.removeprefix("sha256:")
    assert everything(folder.root) == [f"{name[:2]}/{name[2:4]}/{name}"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("step", ["write", "fsync", "mkdir", "rename"])
def test_a_full_disk_is_said_and_leaves_nothing(
    folder: FolderBlobStore, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    digest, data = sample(5000)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    writer = folder.writer(digest)
    with monkeypatch.context() as patch:
        patch.setattr(Path if step in ("mkdir", "rename") else os, step, full)
        with pytest.raises(Problem, match=r"hub\.storage-full"):
            send(writer, data)
    assert everything(folder.root) == []
    assert put(folder, data) == digest


def test_a_disk_that_fills_up_for_real(tmp_path: Path) -> None:
    """/dev/full is a real file that has no room: the first write fails as on a full disk."""
    folder = FolderBlobStore(tmp_path)
    digest, data = sample(100)
    writer = folder.writer(digest)
    os.dup2(os.open("/dev/full", os.O_WRONLY), writer._file.fileno())  # type: ignore[union-attr]
    with pytest.raises(Problem, match=r"hub\.storage-full"):
        writer.write(data)
    assert everything(tmp_path) == []


def test_sweeping_removes_old_leftovers_only(folder: FolderBlobStore) -> None:
    kept = put(folder, b"kept")
    writer = folder.writer(sample(10)[0])
    writer.write(b"half")
    now = datetime.now(UTC)
    assert folder.sweep(now - timedelta(hours=1)) == 0
    assert folder.sweep(now + timedelta(hours=1)) == 1
    assert folder.size(kept) == 4
    writer.abort()


def test_writers_sync_before_they_rename_and_the_folder_after(
    folder: FolderBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_fsync, real_rename = os.fsync, Path.rename

    def fsync(handle: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "sync file")
        real_fsync(handle)

    def rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return real_rename(path, target)

    put(folder, b"first in its folders")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    put(folder, b"first in its folders")
    assert steps == ["sync file", "rename", "sync folder"]


# --- S3 ----------------------------------------------------------------------------------------------------------


def test_an_s3_store_that_is_away_is_said(tmp_path: Path) -> None:
    away = {"s3_endpoint": "http://127.0.0.1:1", "s3_bucket": "b", "s3_access_key": "k", "s3_secret_key": "s"}
    store = open_blob_store(load_settings(tmp_path, blob_store="s3", **away))
    with pytest.raises(Problem, match=r"hub\.storage-away"):
        store.ping()


@pytest.mark.services
def test_a_part_over_the_limit_is_refused_by_s3(s3_settings: dict[str, Any], tmp_path: Path) -> None:
    store = open_blob_store(load_settings(tmp_path, **s3_settings))
    with store.writer(sample(1)[0]) as writer, pytest.raises(Problem, match=r"http\.too-large"):
        writer.write(bytes(LIMITS.part_bytes + 1))


@pytest.mark.services
def test_a_bucket_that_is_not_there_is_said(s3_settings: dict[str, Any], tmp_path: Path) -> None:
    store = open_blob_store(load_settings(tmp_path, **{**s3_settings, "s3_bucket": "no-such-bucket"}))
    with pytest.raises(Problem, match=r"hub\.storage-away"):
        store.ping()


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://127.0.0.1", "http://127.0.0.1/bucket", "http://"])
def test_a_bad_endpoint_is_refused(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(Problem, match=r"hub\.settings-invalid at s3_endpoint"):
        open_blob_store(load_settings(tmp_path, blob_store="s3", s3_endpoint=endpoint, s3_bucket="b"))

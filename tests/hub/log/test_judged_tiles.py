"""A reader of thirty lines, written from C2SP tlog-tiles and RFC 6962 with hashlib only, against a real hub.

It imports nothing of ours: only the fixture and the last comparisons do.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from hub.store import marks
from hub.store.tables import marks as marks_table
from tests.scene.agencies import COURT, POLICE
from tests.scene.clocks import NOW
from tests.scene.keys import HUB_KEY
from tests.scene.stage import Stage, stage


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def tile_path(level: str, index: int, width: int) -> str:
    groups = f"{index:03}" if index < 1000 else f"x{index // 1000:03}/{index % 1000:03}"
    return f"tile/{level}/{groups}" + ("" if width == 256 else f".p/{width}")


def tree_hash(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01", tree_hash(hashes[:k]), tree_hash(hashes[k:]))


def audit_path(m: int, hashes: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m < k:
        return [*audit_path(m, hashes[:k]), tree_hash(hashes[k:])]
    return [*audit_path(m - k, hashes[k:]), tree_hash(hashes[:k])]


class TileReader:
    """Reads a whole log from its tiles: every level by itself, each held against the one below."""

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self.fetch = fetch
        note = fetch("checkpoint")
        self.text, _, _ = note.partition(b"\n\n")
        self.origin, size, root = self.text.decode().split("\n")[:3]
        self.size, self.root = int(size), base64.b64decode(root)

    def widths(self, count: int) -> list[int]:
        return [256] * (count // 256) + ([count % 256] if count % 256 else [])

    def level(self, level: int) -> list[bytes]:
        widths = self.widths(self.size >> (8 * level))
        data = b"".join(self.fetch(tile_path(str(level), n, width)) for n, width in enumerate(widths))
        return [data[at : at + 32] for at in range(0, len(data), 32)]

    def entries(self) -> list[bytes]:
        found = []
        for n, width in enumerate(self.widths(self.size)):
            data = self.fetch(tile_path("entries", n, width))
            while data:
                length = int.from_bytes(data[:2], "big")
                found.append(data[2 : 2 + length])
                data = data[2 + length :]
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A hub whose log has a pushed transfer and some hundred marks, more than two tiles of them."""
    with stage(tmp_path_factory.mktemp("judged")) as made:
        hub = made.here.hub
        made.here[POLICE].push(made.here.case_dir(), node="N-ARR-001", to="procuratorate:350102")
        with hub.database.transaction() as connection:
            for _ in range(560):
                marks.append(
                    connection, hub.vault, HUB_KEY, signer=hub.keys.owner, action="viewed", now=NOW, private={"n": 1}
                )
        hub.log.step()
        yield made


@pytest.fixture(scope="module")
def read(served: Stage) -> TileReader:
    def fetch(path: str) -> bytes:
        answer = served.send(COURT, "GET", f"/log/{path}")
        assert answer.status_code == 200, answer.text
        return bytes(answer.content)

    return TileReader(fetch)


def test_a_reader_from_the_specification_comes_to_the_signed_root(read: TileReader, served: Stage) -> None:
    assert read.size > 560
    leaves = read.level(0)
    assert len(leaves) == read.size
    assert tree_hash(leaves) == read.root
    assert read.level(1) == [tree_hash(leaves[at : at + 256]) for at in range(0, read.size - 255, 256)]
    public = Ed25519PublicKey.from_public_bytes(served.here.hub.keys.log.public)
    signature = base64.b64decode(read.fetch("checkpoint").rpartition(b" ")[2])
    public.verify(signature[4:], read.text + b"\n")
    assert signature[:4] == sha256(read.origin.encode(), b"\n\x01", served.here.hub.keys.log.public)[:4]


def test_every_entry_hashes_to_its_place(read: TileReader, served: Stage) -> None:
    entries = read.entries()
    assert [sha256(b"\x00", item) for item in entries] == read.level(0)
    with served.here.hub.database.transaction(write=False) as connection:
        query = select(marks_table.c.leaf).order_by(marks_table.c.leaf_index)
        assert entries == [bytes(item) for item in connection.execute(query).scalars()][: read.size]


def test_proofs_made_of_tiles_are_the_ones_that_the_hub_gives(read: TileReader, served: Stage) -> None:
    leaves = read.level(0)
    for index in (0, 1, 255, 256, 300, read.size - 1):
        query = f"leaf_hash=sha256:{leaves[index].hex()}&size={read.size}"
        given = served.send(COURT, "GET", f"/log/proof/inclusion?{query}").json()
        assert given["index"] == index
        assert [base64.b64decode(item) for item in given["path"]] == audit_path(index, leaves)

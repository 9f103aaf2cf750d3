"""The log as files: what an auditor reads from tiles alone is the signed tree, and nothing beyond it is served."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evidence.log import merkle, tiles
from evidence.log.checkpoints import Checkpoint, parse_checkpoint
from evidence.log.tiles import Tile, TileNodes
from tests.scene.agencies import COURT, POLICE
from tests.scene.stage import Refusal, Stage, shown, stage


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("tiles")) as made:
        made.here[POLICE].push(made.here.case_dir(), node="N-ARR-001", to="procuratorate:350102")
        made.here.hub.log.step()
        yield made


def fetch(at: Stage, path: str, agency: str = COURT) -> bytes:
    answer = at.send(agency, "GET", f"/log/{path}")
    assert answer.status_code == 200, answer.text
    assert "immutable" in answer.headers["cache-control"]
    return answer.content


def checkpoint(at: Stage) -> Checkpoint:
    answer = at.send(COURT, "GET", "/log/checkpoint")
    assert answer.headers["cache-control"] == "no-cache"
    return parse_checkpoint(answer.content)[0]


def test_entries_hash_to_the_tiles_and_the_tiles_to_the_root(at: Stage) -> None:
    signed = checkpoint(at)
    assert 5 < signed.size < 256
    bundle = Tile(None, 0, signed.size)
    entries = tiles.read_bundle(bundle, fetch(at, bundle.path))
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    assert tiles.read_hashes(Tile(0, 0, signed.size), fetch(at, Tile(0, 0, signed.size).path)) == hashes
    assert merkle.root_of(hashes) == signed.root


def test_proofs_can_be_made_from_tiles_alone(at: Stage) -> None:
    signed = checkpoint(at)
    nodes = TileNodes(signed.size, lambda tile: fetch(at, tile.path))
    for index in range(signed.size):
        leaf = nodes(0, index)
        merkle.verify_inclusion(index, signed.size, leaf, merkle.inclusion_path(index, signed.size, nodes), signed.root)


def test_a_smaller_tile_of_an_earlier_checkpoint_stays(at: Stage) -> None:
    whole = fetch(at, Tile(0, 0, checkpoint(at).size).path)
    assert fetch(at, Tile(0, 0, 3).path) == whole[: 3 * 32]


def test_entries_are_compressed_for_who_can_read_it(at: Stage) -> None:
    path = Tile(None, 0, 3).path
    plain = fetch(at, path)
    answer = at.send(COURT, "GET", f"/log/{path}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == plain  # the client undid it


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("tile/0/000", "log.no-tile"),
        ("tile/0/000.p/255", "log.no-tile"),
        ("tile/1/000.p/1", "log.no-tile"),
        ("tile/entries/001", "log.no-tile"),
        ("tile/0/0", "evidence.bad-tile"),
        ("tile/0/000.p/0", "evidence.bad-tile"),
        ("tile/data/000", "evidence.bad-tile"),
        ("tile/0/..%2F000", "evidence.bad-tile"),
    ],
)
def test_what_no_signed_tree_has_is_not_served(at: Stage, path: str, code: str) -> None:
    place = path if code == "log.no-tile" else ""
    shown(at.send(COURT, "GET", f"/log/{path}"), Refusal(404, code, "caller", place))


def test_strangers_read_nothing(at: Stage) -> None:
    assert at.raw("GET", "/log/tile/0/000.p/1").status_code == 401

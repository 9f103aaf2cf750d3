"""A case is erased as the law requires: what names somebody is gone everywhere at the hub, every proof still holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub import cli
from hub.commands.log import judge
from hub.log.audit import audit
from hub.store import cases, housekeeping
from hub.store.database import Connection
from hub.store.tables import metadata
from hub.supervision.sweep import sweep
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir, export
from tests.scene.world import World


def erase(world: World, capsys: pytest.CaptureFixture[str], case: str, *more: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    home = str(world.root / "hub")
    code = cli.main(["erase", case, "--reason", "封存示例", "--as", "李某示例", "--home", home, "--json", *more])
    out = capsys.readouterr().out
    said = json.loads(out[out.index("{\n") :])
    return code, said.get("error", said)


def case_of(world: World, transfer_id: str) -> str:
    with world.hub.database.transaction(write=False) as connection:
        (found,) = cases.find(connection, world.hub.vault, transfer_id)
    return found


def parts(world: World) -> set[Path]:
    return {path for path in (world.root / "hub" / "blobs").rglob("*") if path.is_file() and len(path.name) > 60}


@pytest.fixture
def sent(world: World) -> str:
    """One transfer, taken in by its receiver."""
    done = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    world[PROCURATORATE].pull(world.root / "in")
    return str(done.transfer_id)


def left(connection: Connection, case_uid: str, transfer_id: str) -> list[str]:
    """Every row of the case or the transfer that still holds something sealed or a blind index."""
    found = []
    for table in metadata.sorted_tables:
        keys = [(name, value) for name, value in (("case_uid", case_uid), ("transfer_id", transfer_id))]
        conditions = [table.c[name] == value for name, value in keys if name in table.c]
        for condition in conditions:
            for row in connection.execute(select(table).where(condition)).mappings():
                found += [
                    f"{table.name}.{name}"
                    for name, value in row.items()
                    if value is not None
                    and (name in ("blind", "private", "salt", "traits", "details", "finding", "value", "name"))
                ]
                if table.name == "transfers":
                    found += [name for name in ("envelope", "record", "annex", "answer") if row[name] is not None]
    return found


def test_nothing_that_names_somebody_is_left(world: World, sent: str, capsys: pytest.CaptureFixture[str]) -> None:
    uid = case_of(world, sent)
    with world.hub.database.transaction(write=False) as connection:
        assert len(left(connection, uid, sent)) > 8
        (number,) = {ref["value"] for ref in cases.refs(connection, world.hub.vault, uid)}
    assert number.encode() in export()
    code, told = erase(world, capsys, number)
    assert (code, told["erased"], told["transfers"]) == (1, False, 1)
    assert parts(world)
    with world.hub.database.transaction(write=False) as connection:
        assert len(left(connection, uid, sent)) > 8
    code, told = erase(world, capsys, number, "--yes")
    assert (code, told["erased"], told["case_uid"]) == (0, True, uid)
    with world.hub.database.transaction(write=False) as connection:
        # the mark of the erasure itself keeps its ground
        assert left(connection, uid, sent) == ["marks.private", "marks.salt"]
        assert cases.find(connection, world.hub.vault, number) == []
    housekeeping.tidy(world.hub.database, world.hub.blobs, world.clock())
    assert parts(world) == set()
    assert erase(world, capsys, number, "--yes")[1]["code"] == "case.not-found"
    assert erase(world, capsys, uid, "--yes")[1]["code"] == "erase.nothing"


def test_trails_proofs_and_the_audit_go_on(world: World, sent: str, capsys: pytest.CaptureFixture[str]) -> None:
    uid = case_of(world, sent)
    before = world.marks()
    erase(world, capsys, uid, "--yes")
    assert world.marks() == [*before, "erased"]
    world.hub.log.step()
    assert audit(world.hub.database, judge(world.hub)).sound
    with pytest.raises(Problem, match=r"transfer\.erased"):
        world[PROCURATORATE].station.client.get(f"/v1/transfers/{sent}")
    trail = world[PROCURATORATE].station.client.get(f"/v1/transfers/{sent}/trail")
    assert [mark["action"] for mark in trail["marks"]][:2] == ["sealed", "submitted"]
    assert trail["findings"] == []
    proofs = world[PROCURATORATE].station.client.get(f"/v1/transfers/{sent}/proofs")
    assert len(proofs["proofs"]) == len(trail["marks"])
    assert cli.main(["trail", uid, "--home", str(world.root / "hub")]) == 0
    assert cli.main(["findings", uid, "--home", str(world.root / "hub")]) == 0
    bundle = world.root / "bundle.zip"
    assert cli.main(["evidence", "export", sent, "--out", str(bundle), "--home", str(world.root / "hub")]) == 0
    swept = sweep(world.hub)
    assert (swept.opened, swept.cleared) == (0, 0)


def test_another_case_is_left_alone(world: World, sent: str, capsys: pytest.CaptureFixture[str]) -> None:
    with world.hub.database.transaction(write=False) as connection:
        refs = cases.refs(connection, world.hub.vault, case_of(world, sent))
    (number,) = {ref["value"] for ref in refs}
    xml = export().replace(number.encode(), f"{number[:-2]}99".encode())
    other = world[POLICE].push(case_dir(world.root / "other", xml=xml), node="N-ARR-001", to=PROCURATORATE)
    assert case_of(world, other.transfer_id) != case_of(world, sent)
    world[PROCURATORATE].pull(world.root / "in")
    kept = parts(world)
    erase(world, capsys, case_of(world, sent), "--yes")
    housekeeping.tidy(world.hub.database, world.hub.blobs, world.clock())
    assert set() < parts(world) < kept
    assert world[PROCURATORATE].station.client.get(f"/v1/transfers/{other.transfer_id}")["status"] == "acknowledged"


def test_nothing_is_erased_that_is_on_its_way(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    done = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    code, said = erase(world, capsys, done.transfer_id, "--yes")
    assert (code, said["code"]) == (1, "erase.on-its-way")
    assert [each.transfer_id for each in world[PROCURATORATE].pull(world.root / "in").delivered] == [done.transfer_id]

"""An agency or a key that is revoked while its request is already past the door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evidence.keys import SigningKey, key_statement
from evidence.statements import SignedStatement
from hub.access import directory_desk
from hub.callers import INTAKE, Caller
from hub.store import agencies
from messages.problems import Problem
from tests.scene.agencies import POLICE
from tests.scene.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A hub with one agency."""
    with World(tmp_path, POLICE) as made:
        yield made


def let_in(world: World) -> Caller:
    """The police as `hub.auth` lets it in."""
    return Caller(POLICE, world[POLICE].station.keyring.identity.key_id, INTAKE, INTAKE)


def successor(world: World) -> SignedStatement:
    """A next identity key, dated a little back, before any revocation."""
    keyring, fresh = world[POLICE].station.keyring, SigningKey.generate()
    return key_statement(
        owner=POLICE,
        kty="ed25519",
        public=fresh.public,
        purpose="identity",
        valid_from=world.clock() - timedelta(milliseconds=5),
        signer=keyring.identity,
        replaces=keyring.identity.key_id,
    )


@pytest.mark.parametrize("whole", [True, False], ids=["the agency", "its key"])
def test_a_revoked_agency_cannot_plant_a_successor_of_its_key(world: World, whole: bool) -> None:
    caller = let_in(world)
    world.clock.moved += timedelta(seconds=1)
    planted = successor(world)
    directory_desk.revoke(world.hub, POLICE, None if whole else caller.key_id, world.clock())
    with pytest.raises(Problem) as raised:
        directory_desk.add(world.hub, caller, {"key": planted.to_json()})
    assert raised.value.code == "evidence.key-revoked"
    with world.hub.database.transaction(write=False) as connection:
        assert agencies.identity_key(connection, str(planted.unverified_body["key_id"])) is None

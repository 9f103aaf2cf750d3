"""The keys of a home: read whatever their suite, and told as newer where a newer program made one."""

from __future__ import annotations

import json

import pytest

from adapters.adapter import Adapter
from dossier.keys import Identity
from evidence.keys import SigningKey
from evidence.statements import sign
from messages.problems import Problem
from tests.dossier.second import registered
from tests.dossier.second.evidence_side import NAME
from tests.scene.agencies import POLICE
from tests.scene.world import World


@pytest.fixture(name="second")
def _second(monkeypatch: pytest.MonkeyPatch) -> None:
    for register, name, entry in registered.lines():
        monkeypatch.setitem(register, name, entry)


@pytest.mark.usefixtures("second")
def test_a_key_file_is_read_by_the_suite_that_can() -> None:
    for made in (SigningKey.generate(), SigningKey.generate(NAME)):
        assert SigningKey.from_pem(made.to_pem()).key_id == made.key_id
    for reader in (Identity.generate(), Identity.generate(NAME)):
        assert Identity.from_pem(reader.to_pem()).key_id == reader.key_id


@pytest.mark.usefixtures("second")
def test_a_file_that_no_suite_reads_is_named() -> None:
    for read, code in ((SigningKey.from_pem, "evidence.bad-key-file"), (Identity.from_pem, "dossier.bad-key-file")):
        with pytest.raises(Problem) as caught:
            read(b"-----BEGIN NOTHING-----")
        assert caught.value.code == code


def test_a_home_with_a_key_of_a_newer_type_is_newer_and_not_damaged(world: World) -> None:
    home = world.home(POLICE)
    file = home / "keys" / "statements.json"
    keyring = world[POLICE].station.keyring
    newer = sign(
        "key",
        {**keyring.statements[1].unverified_body, "kty": "sm2", "key_id": "sm3:" + "0" * 64},
        keyring.identity,
    )
    file.write_text(json.dumps([*json.loads(file.read_bytes()), newer.to_json()]), "utf-8")
    with pytest.raises(Problem) as caught:
        Adapter(home)
    assert (caught.value.code, caught.value.params) == ("evidence.unknown-key-type", {"kty": "sm2"})

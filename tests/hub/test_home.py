"""The hub's home: made once, private, readable only with what it was made with."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evidence.identifiers import utc_now
from evidence.log.notes import parse_vkey
from hub import cli, masterkeys
from hub.home import HubHome, init_home, rotate_at_rest
from hub.runtime import open_hub
from hub.store.vault import Vault
from messages.problems import Problem
from tests.scene.clocks import NOW

PRIVATE = ("identity.pem", "log.pem", "master.json")


def made(home: Path, passphrase: str | None = None) -> HubHome:
    return init_home(home, name="fujian", public_url="http://127.0.0.1:8440", now=NOW, passphrase=passphrase)


def test_a_home_holds_its_keys_and_settings(tmp_path: Path) -> None:
    home = made(tmp_path / "hub")
    settings, keys = home.settings(), home.keys()
    assert (settings.name, settings.public_url, settings.log_origin) == (
        "fujian",
        "http://127.0.0.1:8440",
        "fujian/casehub-log",
    )
    identity, log = keys.entries
    assert (identity.owner, identity.key_id) == ("hub:fujian", keys.identity.key_id)
    assert (log.purpose, log.origin, log.key_id) == ("log", "fujian/casehub-log", keys.log.key_id)
    assert keys.fingerprint == keys.identity.key_id
    assert len(keys.trusted) == 2
    assert parse_vkey(keys.log_vkey).public == keys.log.public
    assert Vault(keys.master).open("t", "c", "r", Vault(keys.master).seal("t", "c", "r", b"x")) == b"x"


def test_private_files_are_private(tmp_path: Path) -> None:
    made(tmp_path / "hub")
    for name in PRIVATE:
        assert stat.S_IMODE((tmp_path / "hub/keys" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "hub/keys").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "hub/keys").iterdir()) == sorted([*PRIVATE, "statements.json"])


def test_a_folder_that_was_there_is_closed_to_others(tmp_path: Path) -> None:
    """Database and parts lie in it; SQLite makes its files as the umask says."""
    for folder in (tmp_path / "hub", tmp_path / "hub/keys"):
        folder.mkdir()
        folder.chmod(0o755)
    made(tmp_path / "hub")
    for folder in (tmp_path / "hub", tmp_path / "hub/keys"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", PRIVATE)
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, name: str) -> None:
    home = made(tmp_path)
    (tmp_path / "keys" / name).chmod(0o640)
    with pytest.raises(Problem, match=rf"hub\.key-file-open at {name}"):
        home.keys()


def test_two_homes_share_no_key(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one").keys(), made(tmp_path / "other").keys()
    assert one.fingerprint != other.fingerprint
    assert one.log.key_id != other.log.key_id
    assert one.master != other.master


def test_a_finished_home_is_left_alone(tmp_path: Path) -> None:
    before = made(tmp_path).keys().fingerprint
    with pytest.raises(Problem, match=r"hub\.home-exists"):
        made(tmp_path)
    assert HubHome(tmp_path).keys().fingerprint == before


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_an_interrupted_init_goes_on_with_the_keys_that_are_there(tmp_path: Path, kept: int) -> None:
    """Killed after any file: what was written stays, the rest is made."""
    whole = made(tmp_path).keys()
    order = ["identity.pem", "log.pem", "master.json", "statements.json"]
    (tmp_path / "hub.toml").unlink()
    for name in order[kept:]:
        (tmp_path / "keys" / name).unlink()
    with pytest.raises(Problem, match=r"hub\.not-initialised"):
        HubHome(tmp_path).settings()
    again = made(tmp_path).keys()
    assert again.fingerprint == whole.fingerprint
    assert (again.log.key_id == whole.log.key_id) is (kept >= 2)
    assert (again.master == whole.master) is (kept >= 3)
    assert again.entries[1].key_id == again.log.key_id


@pytest.mark.parametrize("name", ["Fujian", "with space", "", "-x"])
def test_a_bad_name_makes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match=r"hub\.settings-invalid at name"):
        init_home(tmp_path / "hub", name=name, public_url="http://127.0.0.1", now=NOW)
    assert not (tmp_path / "hub").exists()


def test_a_folder_that_is_no_home_is_said(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"hub\.not-initialised"):
        HubHome(tmp_path).keys()


def test_keys_that_are_missing_are_said(tmp_path: Path) -> None:
    home = made(tmp_path)
    (tmp_path / "keys/log.pem").unlink()
    with pytest.raises(Problem, match=r"hub\.not-initialised"):
        home.keys()


@pytest.mark.parametrize(
    ("made_with", "opened_with", "code"),
    [
        ("good 口令", "good 口令", None),
        ("good 口令", "bad", "evidence.bad-passphrase"),
        ("good 口令", None, "evidence.bad-passphrase"),
        (None, "needless", "evidence.bad-passphrase"),
    ],
)
def test_a_passphrase_opens_what_it_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_with: str | None, opened_with: str | None, code: str | None
) -> None:
    home = made(tmp_path, made_with)
    if opened_with is not None:
        monkeypatch.setenv("CASEHUB_KEY_PASSPHRASE", opened_with)
    if code is None:
        assert home.keys().owner == "hub:fujian"
        assert b"ENCRYPTED" in (tmp_path / "keys/identity.pem").read_bytes()
        return
    with pytest.raises(Problem, match=code.replace(".", r"\.")):
        home.keys()


def test_keys_do_not_show(tmp_path: Path) -> None:
    keys = made(tmp_path).keys()
    assert repr(keys.master[1])[2:-1] not in repr(keys)
    assert "PRIVATE" not in repr(keys)


MASTERS = {1: b"a" * 32, 2: b"b" * 32}


@pytest.mark.parametrize("passphrase", [None, "口令"])
def test_master_keys_survive_their_file(passphrase: str | None) -> None:
    data = masterkeys.encode(MASTERS, passphrase)
    assert masterkeys.decode(data, passphrase) == MASTERS
    assert (b"YWFh" in data) is (passphrase is None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "other"}',
        b'{"format": "casehub/master-keys/v1", "protection": null, "keys": [{"number": 1, "key": "AAAA"}]}',
        b'{"format": "casehub/master-keys/v1", "protection": null, "keys": [{"number": 1, "key": "?"}]}',
        b'{"format": "casehub/master-keys/v1", "protection": null, "keys": 7}',
    ],
)
def test_damaged_master_key_files_are_refused(data: bytes) -> None:
    with pytest.raises(Problem, match=r"hub\.master-key-invalid"):
        masterkeys.decode(data, None)


@pytest.mark.parametrize("text", [7, None, "?", "AAA", "AB==", " AAAA"])
@pytest.mark.parametrize("member", ["salt", "key"])
def test_bytes_stand_in_the_one_form_of_base64(member: str, text: object) -> None:
    body = json.loads(masterkeys.encode(MASTERS, "p"))
    (body["protection"]["scrypt"] if member == "salt" else body["keys"][0])[member] = text
    with pytest.raises(Problem, match=r"hub\.master-key-invalid"):
        masterkeys.decode(json.dumps(body).encode(), "p")


def test_a_wrapped_master_key_cannot_change_its_number() -> None:
    body = json.loads(masterkeys.encode(MASTERS, "p"))
    body["keys"][0]["number"] = 7
    with pytest.raises(Problem, match=r"evidence\.bad-passphrase"):
        masterkeys.decode(json.dumps(body).encode(), "p")


@pytest.mark.parametrize("passphrase", [None, "a phrase"])
def test_a_running_hub_goes_on_after_its_master_key_was_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str | None
) -> None:
    if passphrase:
        monkeypatch.setenv("CASEHUB_KEY_PASSPHRASE", passphrase)
    init_home(tmp_path / "hub", name="test", public_url="http://127.0.0.1:1", now=utc_now(), passphrase=passphrase)
    running = open_hub(tmp_path / "hub")
    before = running.vault.seal("t", "c", "r", b"before")
    assert cli.main(["keys", "rotate", "at-rest", "--home", str(tmp_path / "hub")]) == 0
    assert (tmp_path / "hub/keys/master.json").stat().st_mode & 0o777 == 0o600
    later = open_hub(tmp_path / "hub")
    try:
        fresh = later.vault.seal("t", "c", "r", b"after")
        assert fresh[1:5] == b"\x00\x00\x00\x02"
        for each in (running, later):
            assert each.vault.open("t", "c", "r", before) == b"before"
            assert each.vault.open("t", "c", "r", fresh) == b"after"
            assert each.vault.blind_index("k", "v") == Vault({1: later.keys.master[1]}).blind_index("k", "v")
    finally:
        running.stop()
        later.stop()


def test_two_rotations_at_once_make_two_keys(tmp_path: Path) -> None:
    home = init_home(tmp_path / "hub", name="test", public_url="http://127.0.0.1:1", now=utc_now())
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: rotate_at_rest(home), range(4)))
    assert sorted(numbers) == [2, 3, 4, 5]
    assert sorted(home.keys().master) == [1, 2, 3, 4, 5]

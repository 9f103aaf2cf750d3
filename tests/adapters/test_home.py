"""The home: where a hub may be, whose keys may be read, what enrolment refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.adapter import Adapter
from adapters.home import open_home, require_hub_url
from adapters.keys.keyring import Keyring, passphrase_from
from dossier.durable import write_durably
from evidence.keys import SigningKey
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, URL
from tests.scene.world import World

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://hub.example", ""),
        ("https://hub.example:8443/", ""),
        ("http://127.0.0.1:8000", ""),
        ("http://127.9.9.9", ""),
        ("http://[::1]:8000", ""),
        ("http://localhost:8000", ""),
        ("http://hub.example", "adapter.plain-http"),
        ("http://10.0.0.1:8000", "adapter.plain-http"),
        ("http://localhost.example", "adapter.plain-http"),
        ("http://127.0.0.1.example", "adapter.plain-http"),
        ("ftp://hub.example", "adapter.bad-hub-url"),
        ("https://", "adapter.bad-hub-url"),
        ("https://user@hub.example", "adapter.bad-hub-url"),
        ("https://hub.example/?a=b", "adapter.bad-hub-url"),
        ("hub.example", "adapter.bad-hub-url"),
    ],
)
def test_where_a_hub_may_be(url: str, code: str) -> None:
    found = ""
    try:
        assert require_hub_url(url) == url.rstrip("/")
    except Problem as problem:
        found = problem.code
    assert found == code


def make(path: Path, passphrase: bytes | None = None, name: str = '鼓楼"分局\\示例') -> str:
    """A home of an invented agency."""
    return Adapter.init(path, agency="police", code="350102000000", name=name, hub=URL, passphrase=passphrase)


def test_a_home_reads_back_and_is_never_overwritten(tmp_path: Path) -> None:
    fingerprint = make(tmp_path / "a")
    home = open_home(tmp_path / "a")
    assert (home.agency.name, home.agency.short, home.hub_url) == ('鼓楼"分局\\示例', POLICE, URL)
    assert Keyring(home).fingerprint == fingerprint
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (home.keys).iterdir() if path.is_file()}
    assert modes["identity.pem"] == modes["hpke.key"] == "0o600"
    with pytest.raises(Problem) as caught:
        make(tmp_path / "a")
    assert caught.value.code == "adapter.home-exists"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x00"])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem) as caught:
        make(tmp_path / "a", name=name)
    assert caught.value.code == "adapter.bad-agency"
    assert not (tmp_path / "a").exists()


def test_keys_under_a_passphrase_open_with_it_only(tmp_path: Path) -> None:
    make(tmp_path / "a", b"correct horse")
    home = open_home(tmp_path / "a")
    Keyring(home, b"correct horse").rotate_hpke(NOW)
    assert len(Keyring(home, b"correct horse").own_key_ids) == 3
    for wrong in (None, b"wrong"):
        with pytest.raises(Problem) as caught:
            Keyring(home, wrong)
        assert caught.value.code in ("evidence.bad-passphrase", "dossier.bad-passphrase")


@pytest.mark.parametrize("name", ["identity.pem", "hpke.key"])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, name: str) -> None:
    make(tmp_path / "a")
    (tmp_path / "a" / "keys" / name).chmod(0o640)
    with pytest.raises(Problem) as caught:
        Keyring(open_home(tmp_path / "a"))
    assert caught.value.code == "adapter.key-file-open"


def test_where_a_passphrase_comes_from(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("secret\n")
    assert passphrase_from({}) is None
    assert passphrase_from({"CASEHUB_PASSPHRASE": "口令"}) == "口令".encode()
    assert passphrase_from({"CASEHUB_PASSPHRASE_FILE": str(tmp_path / "p")}) == b"secret"
    with pytest.raises(Problem) as caught:
        passphrase_from({"CASEHUB_PASSPHRASE_FILE": str(tmp_path / "none")})
    assert caught.value.code == "adapter.no-passphrase-file"


@pytest.mark.parametrize(
    "text", ["", "[agency]\n", "nonsense", '[agency]\ntype=1\ncode="1"\nname="x"\n[hub]\nurl="u"\n']
)
def test_broken_settings_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "adapter.toml").write_text(text)
    with pytest.raises(Problem) as caught:
        open_home(tmp_path)
    assert caught.value.code in ("adapter.bad-settings", "adapter.bad-hub-url")


def test_a_folder_without_a_home_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        open_home(tmp_path)
    assert caught.value.code == "adapter.no-home"


def test_enrolment_compares_the_fingerprint_and_the_agency(world: World) -> None:
    admission = world.home(POLICE) / "admission.json"
    other = SigningKey.generate().key_id
    for home, fingerprint, code in (
        (POLICE, other, "evidence.wrong-fingerprint"),
        (COURT, world.hub.keys.fingerprint, "evidence.bad-admission"),
    ):
        with pytest.raises(Problem) as caught:
            world[home].enrol(admission, fingerprint)
        assert caught.value.code == code
    (world.root / "not.json").write_text("{")
    with pytest.raises(Problem) as caught:
        world[POLICE].enrol(world.root / "not.json", other)
    assert caught.value.code == "adapter.bad-admission-file"


def test_without_enrolment_nothing_is_believed(tmp_path: Path) -> None:
    make(tmp_path / "a")
    with Adapter(tmp_path / "a") as adapter, pytest.raises(Problem) as caught:
        adapter.trust_export()
    assert caught.value.code == "adapter.not-enrolled"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "f"
    write_durably(target, b"one", 0o600)
    write_durably(target, b"two", 0o600)
    assert (target.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (b"two", ["f"])


def test_private_parts_do_not_show(world: World) -> None:
    station = world[PROCURATORATE].station
    shown = repr(station.keyring) + repr(station.keyring.identity) + repr(station.keyring.hpke)
    secret = (world.home(PROCURATORATE) / "keys" / "identity.pem").read_text().splitlines()[1]
    assert secret not in shown
    assert json.loads(json.dumps(shown)) == shown

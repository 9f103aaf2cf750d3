"""Settings: environment over file over defaults, wrong ones named, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.settings import load_settings
from messages.problems import Problem

SECRET = "a-secret-that-must-not-show"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEHUB_KEY_PASSPHRASE", raising=False)


def written(home: Path, text: str) -> Path:
    (home / "hub.toml").write_text(text, "utf-8")
    return home


def test_the_embedded_default_needs_nothing(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/casehub.db"
    assert (settings.blob_store, settings.blobs) == ("folder", tmp_path / "blobs")
    assert (settings.owner, settings.log_origin) == ("hub:casehub", "casehub/casehub-log")
    assert settings.passphrase is None
    assert settings.s3_secret is None


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, 'name = "fujian"\ninclusion_delay_seconds = 5\n')
    monkeypatch.setenv("CASEHUB_INCLUSION_DELAY_SECONDS", "7")
    settings = load_settings(tmp_path)
    assert (settings.name, settings.inclusion_delay_seconds) == ("fujian", 7)
    assert load_settings(tmp_path, inclusion_delay_seconds=9).inclusion_delay_seconds == 9
    assert settings.log_origin == "fujian/casehub-log"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("nmae = 'x'", "nmae"),
        ("name = 'Not Allowed'", "name"),
        ("blob_store = 'tape'", "blob_store"),
        ("inclusion_delay_seconds = 0", "inclusion_delay_seconds"),
        ("blob_store = 's3'", ""),
        ("log_origin = 'with space'", "log_origin"),
        ("name = ", "hub.toml"),
        ("name = 'a'\nname = 'b'", "hub.toml"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(Problem, match=r"hub\.settings-invalid") as caught:
        load_settings(written(tmp_path, text))
    assert caught.value.place == place


def test_a_wrong_value_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        load_settings(tmp_path, database_url=["not", SECRET])
    assert SECRET not in str(caught.value.params)


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings = load_settings(
        tmp_path,
        database_url=f"postgresql://hub:{SECRET}@127.0.0.1/casehub",
        s3_access_key=SECRET,
        s3_secret_key=SECRET,
        key_passphrase=SECRET,
    )
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    assert SECRET in settings.database
    assert settings.passphrase == settings.s3_secret == SECRET


def test_secrets_can_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    settings = load_settings(tmp_path, s3_secret_key_file=file, key_passphrase_file=file, database_url_file=file)
    assert settings.s3_secret == settings.passphrase == settings.database == SECRET


def test_no_setting_has_a_default_secret(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    given = settings.model_dump()
    assert {
        name: given[name] for name in given if "secret" in name or "passphrase" in name or "access_key" in name
    } == {
        "s3_access_key": None,
        "s3_secret_key": None,
        "s3_secret_key_file": None,
        "key_passphrase": None,
        "key_passphrase_file": None,
    }

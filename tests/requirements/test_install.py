"""The installer takes what the lock lists, whatever an index offers, is quiet, and names causes and remedies."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from messages import message
from tests.requirements.wheels import NEWER, ROOT, write_wheel

BACKEND = """
import pathlib
from tests_wheels import write_wheel

def build_editable(folder, config_settings=None, metadata_directory=None):
    write_wheel(pathlib.Path(folder), "ours", "1")
    return "ours-1-py3-none-any.whl"
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "ours"
version = "1"
"""


@dataclass(frozen=True)
class Place:
    """A project with its locks and the folder of wheels that serves as index, and one environment for all tests."""

    folder: Path

    def lock(self, *lines: str) -> None:
        (self.folder / "build.txt").write_text("# nothing needs building\n")
        (self.folder / "demo.txt").write_text("".join(f"{line}\n" for line in lines))

    def install(self, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "requirements" / "install.py"), "demo", "--venv", str(self.venv)]
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"{self.folder / 'index'} {self.folder / 'missing'}"}
        return subprocess.run(
            [*command, "--locks", str(self.folder), "--project", str(self.folder)],
            env={**os.environ, **index, "CASEHUB_LANG": "en", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def venv(self) -> Path:
        return self.folder / "venv"

    def installed(self) -> set[str]:
        pip = [str(self.venv / "bin" / "python"), "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"]
        shown = subprocess.run(pip, capture_output=True, text=True, check=True).stdout.splitlines()
        return {line for line in shown if not line.startswith(("pip=", "setuptools="))}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("install")
    (folder / "index").mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "tests_wheels.py").write_text(Path(__file__).with_name("wheels.py").read_text("utf-8"))
    return Place(folder)


@pytest.fixture(scope="module")
def hashes(place: Place) -> dict[str, str]:
    """`one` needs `two` with an extra that the lock does not name, as pytest-cov needs coverage[toml]."""
    index = place.folder / "index"
    for name in ("one", "two"):
        write_wheel(index, name, NEWER)
    return {"one": write_wheel(index, "one", "1.0", ["two[more]>=1"]), "two": write_wheel(index, "two", "1.0")}


def _lock(place: Place, hashes: dict[str, str]) -> None:
    place.lock(*(f"{name}==1.0 --hash={value}" for name, value in hashes.items()))


def test_newer_releases_change_nothing_and_pips_warnings_are_not_shown(place: Place, hashes: dict[str, str]) -> None:
    _lock(place, hashes)
    done = place.install()
    assert done.returncode == 0, done.stderr
    assert place.installed() == {"one==1.0", "two==1.0", "ours==1"}
    first, last = done.stdout.splitlines()
    assert first == f"Installing 2 packages needed by the programs and the demo into {place.venv} …"
    assert last.startswith("Installed in ")
    assert done.stderr == ""
    assert "missing" in (place.venv / "install.log").read_text("utf-8")


def test_settings_that_lead_pip_elsewhere_do_not_count(place: Place, hashes: dict[str, str], tmp_path: Path) -> None:
    _lock(place, hashes)
    (tmp_path / "constraints.txt").write_text("one<1\n")
    away = {"PIP_TARGET": str(tmp_path), "PIP_USER": "1", "PIP_CONSTRAINT": str(tmp_path / "constraints.txt")}
    done = place.install(**away, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert place.installed() == {"one==1.0", "two==1.0", "ours==1"}


def test_an_environment_that_was_cut_short_is_made_anew(place: Place, hashes: dict[str, str]) -> None:
    _lock(place, hashes)
    python = place.venv / "bin" / "python"
    python.unlink(missing_ok=True)
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text("")
    assert place.install().returncode == 0
    assert place.installed() == {"one==1.0", "two==1.0", "ours==1"}


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("install.wrong-hash", ["three==1.0 --hash=sha256:" + "0" * 64]),
        ("install.not-offered", ["three==7 --hash=sha256:" + "0" * 64]),
        ("install.inconsistent", ["four==1.0 --hash={four}"]),
    ],
)
def test_a_failure_names_cause_and_remedy(place: Place, code: str, lines: list[str]) -> None:
    index = place.folder / "index"
    write_wheel(index, "three", "1.0")
    four = write_wheel(index, "four", "1.0", ["five"])
    place.lock(*(line.format(four=four) for line in lines))
    failed = place.install()
    assert failed.returncode == 1
    said = failed.stderr.splitlines()
    assert said[0] == message(code).en
    assert message(code).remedy_en in said
    assert said[-1] == f"Full pip output: {place.venv / 'install.log'}"


def test_an_index_that_does_not_answer_is_named(place: Place, hashes: dict[str, str]) -> None:
    place.lock(f"seven==1.0 --hash={hashes['one']}")
    closed = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_RETRIES": "1",
        "PIP_NO_INDEX": "0",
    }
    failed = place.install(**closed)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[0] == message("install.index-away").en

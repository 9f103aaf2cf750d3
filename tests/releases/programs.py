"""Programs of a release as real processes: this tree's, a kept wheel's in an environment of its own, those of later."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from bench.hubprocess import free_port
from tests.scene.processes import Ended
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(__file__).parent
POLICE, PROCURATORATE = "police:350102000000", "procuratorate:350102"
NAMES = {POLICE: "示例市公安局鼓楼分局（虚构）", PROCURATORATE: "示例市鼓楼区人民检察院（虚构）"}


@dataclass(frozen=True)
class Programs:
    """How to start the programs of one release: the words before the program's name, or the folder that holds them."""

    before: tuple[str, ...] = ()
    folder: Path | None = None

    def command(self, program: str, *arguments: object) -> list[str]:
        """The words of one command."""
        named = program if self.folder is None else str(self.folder / program)
        return [*self.before, named, *map(str, arguments)]

    def run(self, program: str, *arguments: object, code: int | None = 0) -> Ended:
        """Run one to its end; its exit code must be `code`, unless that is None."""
        done = subprocess.run(self.command(program, *arguments), cwd=ROOT, capture_output=True, check=False)
        ended = Ended(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
        assert code in (None, ended.code), ended
        return ended

    @contextmanager
    def serving(self, home: Path, port: int) -> Iterator[None]:
        """The hub of `home`, served on `port` until the block ends."""
        with (home / "serve.log").open("ab") as log:
            started = subprocess.Popen(
                self.command("casehub", "serve", "--home", home, "--port", port), cwd=ROOT, stdout=log, stderr=log
            )
            try:
                until(lambda: started.poll() is not None or _ready(port), "the hub is ready")
                assert started.poll() is None, (home / "serve.log").read_text("utf-8")
                yield
            finally:
                started.terminate()
                started.wait()


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except (URLError, OSError):
        return False


LATER = Programs((sys.executable, "-m", "tests.releases.later"))
SECOND = Programs((sys.executable, "-m", "tests.releases.later", "--second"))
CURRENT = Programs(folder=Path(sys.executable).parent)


def installed(wheel: Path, folder: Path) -> Programs:
    """A kept wheel in an environment of its own, with the packages that this tree's environment has."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    here = [path for path in sys.path if path.endswith("site-packages")]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps", wheel],
        check=True,
        env={"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    (packages / "shared.pth").write_text("\n".join(here) + "\n", "utf-8")
    return Programs(folder=folder / "bin")


@dataclass(frozen=True)
class Place:
    """A hub's home and two agencies' in one folder, and the address that their settings name."""

    folder: Path
    port: int

    @property
    def hub(self) -> Path:
        """The hub's home."""
        return self.folder / "hub"

    def home(self, agency: str) -> Path:
        """An adapter's home."""
        return self.folder / agency.partition(":")[0]


def settle(folder: Path, hub: Programs, agencies: Mapping[str, Programs]) -> Place:
    """Make a hub and agencies with the programs given, and enrol them."""
    place = Place(folder, free_port())
    url = f"http://127.0.0.1:{place.port}"
    made = hub.run("casehub", "init", "--home", place.hub, "--name", "fujian", "--url", url, "--json")
    for agency, programs in agencies.items():
        home, (kind, _, code) = place.home(agency), agency.partition(":")
        named = ("--agency", kind, "--code", code, "--name", NAMES[agency], "--hub", url)
        asked = programs.run("casehub-adapter", "init", "--home", home, *named, "--json").body
        compared = ("--fingerprint", asked["fingerprint"], "--home", place.hub)
        admitted = hub.run("casehub", "agency", "admit", asked["enrolment"], *compared, "--json")
        pinned = ("--hub-fingerprint", made.body["fingerprint"])
        programs.run("casehub-adapter", "enrol", "--home", home, admitted.body["admission"], *pinned)
    return place

"""Making what is kept of a release: its wheel, and homes, bags and a bundle that its programs wrote.

    python -m tests.releases.making 0.2.0 COMMIT

builds the wheel from that commit into `tests/releases/0.2.0`, installs it in an environment of its own and lets it play
one small case: one transfer that was acknowledged, one that is waiting, an evidence bundle, the keys to verify it.
Run it once, right after the commit that cut the release; what it wrote never changes afterwards.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.releases.programs import KEPT, POLICE, PROCURATORATE, ROOT, Programs, installed, settle
from tests.scene.folders import case_dir

ARCHIVE = "kept.tar.gz"


def wheel(commit: str, target: Path, folder: Path) -> Path:
    """The wheel of a commit, written to `target`."""
    source = folder / "source"
    source.mkdir()
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", source], input=packed, check=True)
    build = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", target, source)
    subprocess.run([sys.executable, "-m", "pip", *build], check=True)
    (found,) = target.glob("casehub-*.whl")
    return found


def play(programs: Programs, folder: Path) -> None:
    """One small case by these programs, in `folder`: see the module."""
    place = settle(folder, programs, {POLICE: programs, PROCURATORATE: programs})
    police, procuratorate = ("--home", place.home(POLICE)), ("--home", place.home(PROCURATORATE))
    push = ("push", "--node", "N-ARR-001", "--to", PROCURATORATE, *police, "--json")
    with TemporaryDirectory() as cases, programs.serving(place.hub, place.port):
        first = programs.run("casehub-adapter", *push, case_dir(Path(cases) / "first")).body["transfer_id"]
        programs.run("casehub-adapter", "pull", *procuratorate, "--into", folder / "in")
        programs.run("casehub-adapter", "monitor", *procuratorate)
        programs.run("casehub-adapter", "trust", "export", *procuratorate, "--out", folder / "keys.json")
        programs.run("casehub", "evidence", "export", first, "--out", folder / "bundle.zip", "--home", place.hub)
        programs.run("casehub-adapter", *push, case_dir(Path(cases) / "second"))


def main(arguments: Sequence[str]) -> int:
    """Make what is kept of a release."""
    name, commit = arguments
    kept = KEPT / name
    kept.mkdir()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        programs = installed(wheel(commit, kept, folder), folder / "environment")
        played = folder / "played"
        played.mkdir()
        play(programs, played)
        with tarfile.open(kept / ARCHIVE, "w:gz") as archive:
            for entry in sorted(played.iterdir()):
                archive.add(entry, entry.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

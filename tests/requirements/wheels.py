"""Wheels made on the spot, and an index in which a newer release of everything exists.

python -m tests.requirements.wheels FOLDER [LOCK]     one empty release 9999 of every package of the lock
"""

from __future__ import annotations

import hashlib
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEWER = "9999"


def write_wheel(folder: Path, name: str, version: str, requires: Iterable[str] = ()) -> str:
    """Write an empty wheel into `folder`. Returns its hash as a lock writes it, `sha256:…`."""
    stem = f"{re.sub('[-_.]+', '_', name).lower()}-{version}"
    info = f"{stem}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {one}" for one in requires] + ["Provides-Extra: more"]
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def locked(lock: Path) -> list[str]:
    """The entries of a lock, `name==version`, marker and hashes. A name stands twice where markers choose."""
    return [entry.strip() for entry in re.split(r"\n(?=\S)", lock.read_text("utf-8")) if "==" in entry]


def name_of(entry: str) -> str:
    """The normalised name of an entry."""
    return re.sub("[-_.]+", "-", entry.split("==", maxsplit=1)[0]).lower()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for package in locked(Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "requirements" / "dev.txt"):
        write_wheel(target, name_of(package), NEWER)

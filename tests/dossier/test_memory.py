"""Memory does not grow with the dossier: measured on processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from dossier.contents import ascii_path
from dossier.reading import SealedReader
from dossier.seal import seal_volume
from dossier.unseal import unseal_volume
from tests.dossier.samples import SEALED_AT, SEALED_BY, SECRETS, VOLUME_ID, volume_of

folder, sizes = Path(sys.argv[1]), [int(size) for size in sys.argv[2:]]
volume = volume_of(folder / "in", [b""])
template, items = volume.items[0], []
for number, size in enumerate(sizes, 1):
    path = folder / "in" / str(number)
    with path.open("wb") as file:
        file.truncate(size)
    span = (number, number)
    file = replace(
        template.files[0], length=size, source=str(path), mtime_ns=path.stat().st_mtime_ns, page_from=number,
        page_to=number, path=ascii_path("V20-01", (1, number, "E0501"), 1, span, "a.jpg"),
    )
    items.append(replace(template, seq=number, files=(file,)))
volume = replace(volume, items=tuple(items))
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

def keep(purpose, index, digest, data):
    (folder / f"{purpose}-{index}").write_bytes(data)

def read(purpose, index):
    return (folder / f"{purpose}-{index}").read_bytes()

descriptor = seal_volume(volume, VOLUME_ID, SECRETS, keep).descriptor(SEALED_BY, SEALED_AT)
sealed = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
done = unseal_volume(descriptor, SECRETS.volume_key, read, folder / "out")
assert done.fetched == len(sizes)
print(sealed - base, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)
"""


def grown(folder: Path, sizes: list[int]) -> tuple[int, int]:
    """MiB by which a process grows for sealing, and for sealing and unsealing."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), *map(str, sizes)], capture_output=True, text=True, check=True
    )
    sealing, both = (int(kib) // 1024 for kib in done.stdout.split())
    return sealing, both


SHAPES = {"one file of 400 MiB": [400 << 20], "4,000 small files": [2_000] * 4_000}


@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_memory_stays_flat(tmp_path: Path, sizes: list[int]) -> None:
    sealing, both = grown(tmp_path, sizes)
    assert sealing < 100
    assert both < 150

"""Memory does not grow with the dossier: measured on processes of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ONE_VOLUME = """
import sys
from tests.memory import peak
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
base = peak()

def keep(purpose, index, digest, data):
    (folder / f"{purpose}-{index}").write_bytes(data)

def read(purpose, index):
    return (folder / f"{purpose}-{index}").read_bytes()

descriptor = seal_volume(volume, VOLUME_ID, SECRETS, keep).descriptor(SEALED_BY, SEALED_AT)
sealed = peak()
done = unseal_volume(descriptor, SECRETS.volume_key, read, folder / "out")
assert done.fetched == len(sizes)
print(sealed - base, peak() - base, peak())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not outlive its test: what is written here is large."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def grown(folder: Path, sizes: list[int]) -> tuple[int, int, int]:
    """MiB by which a process grows for sealing, and for sealing and unsealing, and its peak in all."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_VOLUME, str(folder), *map(str, sizes)], capture_output=True, text=True, check=True
    )
    sealing, both, whole = (int(kib) // 1024 for kib in done.stdout.split())
    return sealing, both, whole


SHAPES = {"one file of 400 MiB": [400 << 20], "4,000 small files": [2_000] * 4_000}
LIMIT = 300
"""MiB that a process may take at most."""


@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_memory_stays_flat(folder: Path, sizes: list[int]) -> None:
    sealing, both, _ = grown(folder, sizes)
    assert sealing < 100
    assert both < 200  # half of the larger shape: how many parts are on their way depends on which thread waits


@pytest.mark.big
def test_one_file_of_5_gib(folder: Path) -> None:
    _, _, whole = grown(folder, [5 << 30])
    assert whole < LIMIT


LISTED = """
import sys
from tests.memory import peak
from pathlib import Path
from dossier.bags import Bag
from dossier.folder import look_at_case_folder
from dossier.seal import seal_volume
from dossier.unseal import unseal_volume
from tests.dossier.samples import HEADER, JPEG, SEALED_AT, SEALED_BY, SECRETS, VOLUME_ID, row

root, count = Path(sys.argv[1]), int(sys.argv[2])
folder = root / "case" / "dossier" / "V20-01"
folder.mkdir(parents=True)
with (folder / "catalog.csv").open("w", encoding="utf-8") as listing:
    listing.write(HEADER)
    for page in range(count):
        book, seq = page // 200 + 1, page % 200 + 1
        listing.write(row(seq, f"{page}.jpg", seq, seq, book=book))
        (folder / f"{page}.jpg").write_bytes(JPEG + page.to_bytes(4, "big"))
(volume,) = look_at_case_folder(root / "case").volumes

def keep(purpose, index, digest, data):
    (root / f"{purpose}-{index}").write_bytes(data)

sealed = seal_volume(volume, VOLUME_ID, SECRETS, keep)
descriptor = sealed.descriptor(SEALED_BY, SEALED_AT)
assert descriptor.pages == count
del volume, sealed
bag = Bag(root / "bag")
read = lambda purpose, index: (root / f"{purpose}-{index}").read_bytes()
bag.add_volume(unseal_volume(descriptor, SECRETS.volume_key, read, bag.volume_folder("V20-01")).catalogue)
bag.finish([])
print(peak())
"""


@pytest.mark.parametrize(
    "count", [pytest.param(5_000, id="5,000 pages"), pytest.param(100_000, id="100,000 pages", marks=pytest.mark.big)]
)
def test_pages_of_a_file_each(folder: Path, count: int) -> None:
    command = [sys.executable, "-c", LISTED, str(folder), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) // 1024 < LIMIT

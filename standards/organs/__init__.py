"""The tree of organs (机关树): which police, procuratorates, courts … there are, which areas each serves, who is above.

An organ (`Organ`) has a short name (`police:350102000000`, the one under which an agency enrols), names, a level, the
areas that it serves (GB/T 2260), the organ above it, address, telephone and hours. Whoever runs a hub brings the tree
as one CSV file; the standard brings the form, the checks and a sample province that is invented.

    read(raw, place)          the tree of a CSV file as it comes from a desk; every fault at once
    write(tree)               the same as CSV; `read(write(tree)) == tree`
    OrganTree.of(type, area)  who is competent for a place; `superior`, `counterparts`, `search` beside it
    sample()                  the invented province

    levels      the levels, and what belongs to what
    hours       opening hours
    model       one organ, the tree
    reading     cells and rows
    checking    what must hold between organs
    writing     the way out
    comparing   what a new table adds, changes, removes
    wording     levels and hours in words
"""

from __future__ import annotations

from importlib import resources

from standards.organs.model import Organ, OrganTree
from standards.organs.reading import read
from standards.organs.writing import write

__all__ = ["Organ", "OrganTree", "read", "sample", "sample_csv", "write"]

SAMPLE = "sample.csv"


def sample_csv() -> bytes:
    """The invented province as the file that it is. Its area codes begin with 99, which GB/T 2260 assigns to nothing:
    the first digit 9 is no region of China."""
    return resources.files(__name__).joinpath(SAMPLE).read_bytes()


def sample() -> OrganTree:
    """The invented province."""
    return read(sample_csv(), SAMPLE)

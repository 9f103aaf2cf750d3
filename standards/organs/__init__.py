"""The tree of organs (机关树): the police, procuratorates, courts …, their areas and their superiors.

An organ (`Organ`) has an id (`police:350102000000`, the id with which an agency enrols), names, a level, the areas that
it serves (GB/T 2260), the organ above it, address, telephone and hours. The operator of a hub provides the tree as one
CSV file; the standard provides the form, the checks and an invented sample province.

    read(raw, place)          the tree of a CSV file; reports every fault at once
    write(tree)               the tree as CSV; `read(write(tree)) == tree`
    OrganTree.of(type, area)  who is competent for a place; see also `superior`, `counterparts`, `search`
    sample()                  the invented province

    levels      the levels, and the types that a parent may have
    columns     the columns of the table
    hours       opening hours
    model       an organ, the tree
    reading     reads the file
    cells       reads and checks the cells of a row
    checking    the checks between organs
    writing     writes the file
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
    """The invented province as a CSV file. Its area codes begin with 99, which GB/T 2260 does not use."""
    return resources.files(__name__).joinpath(SAMPLE).read_bytes()


def sample() -> OrganTree:
    """The invented province."""
    return read(sample_csv(), SAMPLE)

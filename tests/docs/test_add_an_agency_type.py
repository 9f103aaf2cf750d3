"""The guide that adds an agency type names what there is: columns, codecs, members of a format, files."""

from __future__ import annotations

import re
import tomllib

import pytest

from adapters.native.codecs import CODECS
from adapters.native.reading import READERS
from standards import agencies
from tests.docs.guide import DOCS, ROOT

PAGE = (DOCS / "guides/add-an-agency-type.md").read_text("utf-8")


def cells(header: str) -> set[str]:
    """The quoted words of the first column of a table."""
    body = PAGE.partition(f"| {header} |")[2].partition("\n\n")[0]
    return {word for line in body.splitlines()[2:] for word in re.findall("`([^`]+)`", line.split(" | ")[0])}


def test_every_codec_is_told() -> None:
    assert cells("codec") == {*CODECS, *READERS, "word"}


def test_the_columns_are_those_of_the_tables() -> None:
    header = (ROOT / "adapters/police/mapping.csv").read_text("utf-8").splitlines()[0]
    assert header in PAGE.splitlines()
    assert cells("column") == set(header.split(","))
    assert (ROOT / "adapters/police/words.csv").read_text("utf-8").splitlines()[0] in PAGE


def test_the_members_of_a_format_are_told() -> None:
    heads = [tomllib.loads(path.read_text("utf-8")) for path in ROOT.glob("adapters/*/format.toml")]
    assert cells("member") == {member for head in heads for member in head}


@pytest.mark.parametrize("name", sorted(cells("file")))
def test_the_files_are_there(name: str) -> None:
    for folder in ("", "adapters/police/", "standards/organs/"):
        if list(ROOT.glob(f"{folder}{name.replace('TYPE', 'police')}".rstrip("/"))):
            return
    pytest.fail(f"{name} is not there")


def test_every_file_that_a_type_has_in_this_tree_is_told() -> None:
    """Whatever stands in the folder of a type is in the list."""
    told = cells("file")
    for known in agencies.types().values():
        for path in (ROOT / "adapters" / known.native).iterdir():
            if path.name not in ("__pycache__", "samples"):
                assert {path.name, f"adapters/TYPE/{path.name}"} & told, path

"""The guide that adds an endpoint names files, functions and tables that are there, and all that have to be changed."""

from __future__ import annotations

import re

import pytest

from hub.access import looking
from tests.docs.guide import DOCS, ROOT

GUIDE = (DOCS / "guides/add-an-endpoint.md").read_text("utf-8")
NAMED = set(re.findall(r"\b((?:hub|tests|docs|messages)/[a-z_/]+(?:\.[a-z]+)?)", GUIDE)) | {"CHANGELOG.md"}
NEEDED = {
    *("hub/api/models", "hub/api/examples.py", "hub/api/document.py", "hub/api/refusals.toml", "hub/store"),
    *("docs/protocol.md", "docs/security.md", "tests/hub/api/test_reference.py", "tests/hub/api/test_surface.py"),
    *("tests/flows/looks.py", "tests/flows/test_access.py", "tests/hub/store"),
}


@pytest.mark.parametrize("name", sorted(NAMED | NEEDED))
def test_every_file_named_is_there_and_every_file_needed_is_named(name: str) -> None:
    assert (ROOT / name).exists(), f"docs/guides/add-an-endpoint.md names {name}"
    assert name in NAMED, "docs/guides/add-an-endpoint.md leaves it out"


def test_the_doors_are_those_of_the_code() -> None:
    named = set(re.findall(r"looking\.([a-z_]+)", GUIDE)) - {"py"}
    assert named >= {"door", "require_case", "transfer_for", "mark_look"}
    assert [name for name in named if not hasattr(looking, name)] == []


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("PATHS", "tests/hub/api/test_reference.py"),
        ("LOOKS", "tests/flows/looks.py"),
        ("ELSEWHERE", "tests/flows/looks.py"),
        ("TAGS", "hub/api/document.py"),
    ],
)
def test_the_tables_are_where_the_guide_says(name: str, file: str) -> None:
    assert f"`{name}`" in GUIDE
    assert re.search(rf"^{name}\b.* = ", (ROOT / file).read_text("utf-8"), re.MULTILINE)


def test_nine_outsiders_and_three_parties() -> None:
    text = (ROOT / "tests/flows/test_access.py").read_text("utf-8")
    found = [
        re.search(rf"^{table} = {{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL) for table in ("OUTSIDERS", "INSIDERS")
    ]
    assert [len(block[1].splitlines()) for block in found if block] == [9, 3]
    assert "nine outsiders and three parties" in GUIDE

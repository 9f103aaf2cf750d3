"""The formats: their XSDs are what their tables give, every row is sound, every code system exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from lxml import etree

import codebooks
from adapters import native
from adapters.native.codecs import CODECS
from adapters.native.coding import WRITERS as CODED
from adapters.native.coding import systems
from adapters.native.formats import AGENCY_TYPES, CodeStyle, load_format
from adapters.native.reading import READERS
from adapters.native.writing import WRITERS
from adapters.native.xsd import xsd_of
from messages import catalogue
from messages.problems import Problem
from tests.adapters.native.samples import OWN_PROFILE

SOURCE = Path(native.__file__).parent


@pytest.mark.parametrize("agency_type", AGENCY_TYPES)
def test_committed_xsd_is_what_the_tables_give(agency_type: str) -> None:
    fmt = load_format(agency_type)
    made = fmt.xsd.decode() == xsd_of(fmt)  # a comparison of the texts themselves would take pages
    assert made, (
        f"write the schema again: python -m adapters.native.xsd {agency_type} (see docs/guides/add-an-agency-type.md)"
    )
    etree.XMLSchema(etree.fromstring(fmt.xsd))


@pytest.mark.parametrize("agency_type", AGENCY_TYPES)
def test_every_row_is_sound(agency_type: str) -> None:
    fmt = load_format(agency_type)
    release = codebooks.load()
    for row in fmt.rows():
        known = row.codec in CODECS or row.codec == "word" or row.codec in READERS
        assert known, row
        assert row.label, row
        if row.codec in CODED:
            assert all(system in release.code_systems for system in systems(row)), row
        if row.codec == "word":
            assert row.arg in fmt.words, row
        if row.codec == "list":
            assert row.listing.scope in fmt.scopes, row
        if row.codec in {"ref", "refs"}:
            assert row.arg in fmt.numbers, row
    assert set(READERS) == set(WRITERS)


@pytest.mark.parametrize("agency_type", AGENCY_TYPES)
def test_coded_members_are_bound_to_what_the_hub_converts_to(agency_type: str) -> None:
    """Otherwise the annex's code could never stand in the agency's own column."""
    targets = {by_type.get(agency_type) for by_type in codebooks.load().targets.values()}
    bound = {system for row in load_format(agency_type).rows() if row.codec == "coded" for system in systems(row)}
    unused = bound - targets - {"police.coercive-measure-2", "unified.special-identity"}
    assert not unused, (
        f"column {agency_type} of codebooks/targets.csv does not name what its mapping.csv binds: {unused}"
    )


def test_the_formats_differ_as_real_ones_do() -> None:
    """Every code style is in use, and a document tells by its root element whose it is."""
    roots = Counter(load_format(agency_type).root for agency_type in AGENCY_TYPES)
    assert max(roots.values()) == 1, f"each format.toml needs a root of its own: {roots}"
    assert {load_format(agency_type).code_style for agency_type in OWN_PROFILE} == set(get_args(CodeStyle))


def test_the_others_share_one_table_in_the_unified_codes() -> None:
    """A fourth agency is a mapping table, not code: nothing in its folder runs."""
    formats = [load_format(agency_type) for agency_type in AGENCY_TYPES if agency_type not in OWN_PROFILE]
    assert formats
    assert all(fmt.scopes == formats[0].scopes for fmt in formats)
    for fmt in formats:
        folder = SOURCE.parent / fmt.agency_type
        assert [path.read_text("utf-8") for path in folder.glob("**/*.py")] == [""], folder
        bound = {system for row in fmt.rows() if row.codec == "coded" for system in systems(row)}
        assert all(system.startswith(("unified.", "gb.")) for system in bound)


def test_unknown_agency_type() -> None:
    with pytest.raises(Problem) as caught:
        native.read("bank", b"<a/>")
    assert caught.value.code == "native.agency-type"


_PARTS = re.compile(r"( ?\{\w+_(zh|en)\})+$")
"""Sentences of their own at the end of a message, which may be empty."""


def test_every_code_raised_here_has_its_words() -> None:
    known = catalogue()
    for path in SOURCE.glob("*.py"):
        for word in path.read_text("utf-8").split('"'):
            if word.startswith("native.") and not word.endswith((".xsd", ".")):
                assert word in known, (path.name, word)
    for code, message in known.items():
        if code.startswith("native."):
            assert _PARTS.sub("", message.zh).endswith("。"), code
            assert _PARTS.sub("", message.en).endswith("."), code
            assert message.remedy_zh.endswith("。"), code
            assert message.remedy_en.endswith("."), code

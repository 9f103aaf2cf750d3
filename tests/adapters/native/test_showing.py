"""An agency's format as people see it: every element with its place, what to write, and the words and codes of one."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from lxml import etree

from adapters import native
from adapters.native.formats import load_format
from adapters.native.showing import shown
from codebooks import load
from messages.problems import Problem
from tests.adapters.native.samples import FIRST, text_of

OPEN = {"list", "keep", "organ", "terms-rest", "refs-rest"}


def codes(system: str) -> Iterable[tuple[str, str]]:
    return [(concept.code, concept.display) for concept in load().concepts(system)]


@pytest.mark.parametrize("agency_type", native.AGENCY_TYPES)
def test_everything_is_there_with_its_form(agency_type: str) -> None:
    whole = shown(agency_type, None, codes)
    closed = [row for row in load_format(agency_type).rows() if row.codec not in OPEN]
    assert {(row.label, row.tag) for row in closed} <= {
        (each.label, each.path.rpartition("/")[2]) for each in whole if each.form_zh and each.form_en
    }
    assert not any(re.search(r"\{\w+\}", each.form_zh + each.form_en) for each in whole if "形式" not in each.form_zh)


@pytest.mark.parametrize("agency_type", native.AGENCY_TYPES)
def test_the_paths_are_those_of_real_exports(agency_type: str) -> None:
    known = {each.path for each in shown(agency_type, None, codes)}
    missing = set()
    for node in etree.fromstring(text_of(FIRST[agency_type]).encode()).iter():
        if not isinstance(node.tag, str) or len(node):
            continue
        names = [etree.QName(each).localname for each in [*reversed(list(node.iterancestors())), node]]
        path = "/" + "/".join(names)
        if not {path, path.rpartition("_")[0]} & known and not any(path.startswith(f"{each}/") for each in known):
            missing.add(path)
    assert missing == set()


def test_one_element_by_name_by_path_and_in_chinese() -> None:
    (by_name,) = shown("police", "XYRXM", codes)
    assert [by_name] == shown("police", "RY/XYRXM", codes) == shown("police", by_name.label, codes)
    assert (by_name.path, by_name.occurs, by_name.record) == ("/GAAJ/RYLB/RY/XYRXM", "?", "name")


def test_words_and_codes_of_one_element() -> None:
    (stage,) = shown("police", "JBXX/ZCJDDM", codes)
    assert [word[:2] for word in stage.words][:2] == [("stage", "01"), ("stage", "02")]
    (sex,) = shown("police", "RY/XB", codes)
    assert ("gb.sex", "1") in {word[:2] for word in sex.words}
    assert all(each.words == () for each in shown("police", None, codes)), "the whole format has no room for them"


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(Problem) as caught:
        shown("police", "XYRXN", codes)
    assert caught.value.code == "native.element-unknown"
    assert "XYRXM" in caught.value.params["near"]

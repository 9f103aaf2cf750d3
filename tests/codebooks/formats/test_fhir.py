"""FHIR R5 resources, judged by the models of the package fhir.resources."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from fhir.resources.codesystem import CodeSystem
from fhir.resources.conceptmap import ConceptMap

import codebooks
from codebooks import Release
from codebooks.crosswalks import RELATIONSHIPS as OURS
from codebooks.formats.fhir import RELATIONSHIPS, code_system, concept_map

TODAY = date(2024, 3, 4)


@pytest.mark.parametrize("name", codebooks.load().systems())
def test_every_shipped_table_is_a_code_system(shipped: Release, name: str) -> None:
    system = shipped.system(name)
    body = code_system(system, TODAY)
    CodeSystem.model_validate(body)
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", body["id"])
    assert re.fullmatch(r"[A-Z]\w{1,254}", body["name"])
    codes = [concept["code"] for concept in body["concept"]]
    assert len(set(codes)) == len(codes) == body["count"]
    defined = {item["code"] for item in body["property"]}
    for concept in body["concept"]:
        assert {item["code"] for item in concept["property"]} <= defined
    assert body["experimental"] is system.header.stand_in
    CodeSystem.model_validate(code_system(system, TODAY, with_concepts=False))


@pytest.mark.parametrize("name", sorted(codebooks.load().crosswalks))
def test_every_shipped_crosswalk_is_a_concept_map(shipped: Release, name: str) -> None:
    walk = shipped.crosswalks[name]
    body = concept_map(shipped, walk)
    ConceptMap.model_validate(body)
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", body["id"])
    elements = body["group"][0]["element"]
    assert {element["code"] for element in elements} == set(walk.by_source)
    for element in elements:
        assert ("noMap" in element) != ("target" in element)
    assert sum(len(element.get("target", [])) or 1 for element in elements) >= len(walk.by_source)
    ConceptMap.model_validate(concept_map(shipped, walk, with_groups=False))


def test_relationships_are_words_of_the_value_set() -> None:
    """http://hl7.org/fhir/concept-map-relationship, R5."""
    words = {
        "related-to", "equivalent", "source-is-narrower-than-target", "source-is-broader-than-target", "not-related-to",
    }  # fmt: skip
    assert set(RELATIONSHIPS) == set(OURS)
    assert set(RELATIONSHIPS.values()) == words


def test_a_small_map_whole(small: Release) -> None:
    body = concept_map(small, small.crosswalks["p--u"])
    elements = {element["code"]: element for element in body["group"][0]["element"]}
    assert elements["P5"] == {"code": "P5", "display": "无案", "noMap": True}
    first, second = elements["P1"]["target"]
    assert (first["code"], first["relationship"], first["comment"]) == ("U1", "equivalent", "试验")
    assert {"code": "validTo", "valueDateTime": "2010-01-01"} in first["property"]
    assert (second["code"], second["relationship"]) == ("U2", "source-is-narrower-than-target")
    conditions = [found for target in elements["P10"]["target"] for found in target["property"]]
    assert {"code": "condition", "valueString": "amount<1000"} in conditions


def test_a_small_system_whole(small: Release) -> None:
    concepts: dict[str, Any] = {found["code"]: found for found in code_system(small.system("u"), TODAY)["concept"]}
    assert concepts["U0"]["property"] == [
        {"code": "notSelectable", "valueBoolean": True},
        {"code": "status", "valueCode": "active"},
    ]
    assert concepts["U1"]["property"] == [
        {"code": "parent", "valueCode": "U0"},
        {"code": "status", "valueCode": "retired"},
        {"code": "effectiveDate", "valueDateTime": "2000-01-01"},
        {"code": "retirementDate", "valueDateTime": "2010-01-01"},
        {"code": "successor", "valueCode": "U2"},
    ]


def test_former_meanings_of_a_code_are_designations(shipped: Release) -> None:
    """350104 and others: GB/T 2260 withdrew codes and gave them to other places."""
    again = [rows for rows in shipped.system("gb.division").by_code.values() if len({row.display for row in rows}) > 1]
    body = {found["code"]: found for found in code_system(shipped.system("gb.division"), TODAY)["concept"]}
    assert again
    for rows in again[:50]:
        former = [item["value"] for item in body[rows[-1].code]["designation"] if "use" in item]
        assert set(former) == {row.display for row in rows} - {rows[-1].display}

"""SSSOM/TSV, read back with nothing but csv and the slot list of the SSSOM schema 1.0."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date

import pytest

import codebooks
from codebooks import Release
from codebooks.formats.sssom import NOTHING, PREDICATES, export_crosswalk
from tests.codebooks.small import walk

MAPPING_SLOTS = {
    "subject_id", "subject_label", "subject_category", "predicate_id", "predicate_label", "predicate_modifier",
    "object_id", "object_label", "object_category", "mapping_justification", "author_id", "author_label", "reviewer_id",
    "reviewer_label", "creator_id", "creator_label", "license", "subject_type", "subject_source",
    "subject_source_version", "object_type", "object_source", "object_source_version", "mapping_provider",
    "mapping_source", "mapping_cardinality", "mapping_tool", "mapping_tool_version", "mapping_date",
    "publication_date", "confidence", "curation_rule", "curation_rule_text", "subject_match_field",
    "object_match_field", "match_string", "subject_preprocessing", "object_preprocessing",
    "similarity_score", "similarity_measure", "see_also", "issue_tracker_item", "other", "comment",
}  # fmt: skip
SET_SLOTS = {
    "curie_map", "mapping_set_id", "mapping_set_version", "mapping_set_source", "mapping_set_title",
    "mapping_set_description", "creator_id", "creator_label", "license", "subject_type", "subject_source",
    "subject_source_version", "object_type", "object_source", "object_source_version", "mapping_provider",
    "mapping_tool", "mapping_tool_version", "mapping_date", "publication_date", "see_also", "issue_tracker",
    "other", "comment",
}  # fmt: skip
REQUIRED = {"subject_id", "predicate_id", "object_id", "mapping_justification"}
CARDINALITIES = {"1:1", "1:n", "n:1", "1:0", "0:1", "n:n"}
CURIE = re.compile(r"([A-Za-z_][\w.-]*):(\S+)")

Read = tuple[dict[str, str], dict[str, str], list[dict[str, str]]]


def read(raw: bytes) -> Read:
    """Metadata, prefixes, rows: an independent reader of the embedded form."""
    text = raw.decode("utf-8")
    comments = [line[1:] for line in text.split("\n") if line.startswith("#")]
    body = "".join(f"{line}\n" for line in text.split("\n") if line and not line.startswith("#"))
    slots, prefixes = {}, {}
    for line in comments:
        name, _, value = line.strip().partition(": ")
        if line.startswith("  "):
            prefixes[name] = json.loads(value)
        elif line != "curie_map:":
            slots[name] = json.loads(value)
    return slots, prefixes, list(csv.DictReader(io.StringIO(body), delimiter="\t", strict=True))


@pytest.mark.parametrize("name", sorted(codebooks.load().crosswalks))
def test_every_shipped_crosswalk_is_read_by_others(shipped: Release, name: str) -> None:
    crosswalk = shipped.crosswalks[name]
    slots, prefixes, rows = read(export_crosswalk(shipped, crosswalk, date(2026, 11, 22)))
    assert set(slots) <= SET_SLOTS
    assert {"mapping_set_id", "license"} <= set(slots)
    assert slots["publication_date"] == "2026-11-22"
    assert len(rows) == len(crosswalk.rows)
    for row, ours in zip(rows, crosswalk.rows, strict=True):
        assert REQUIRED <= set(row) <= MAPPING_SLOTS
        assert all(row[slot] for slot in REQUIRED)
        for slot in ("subject_id", "object_id"):
            found = CURIE.fullmatch(row[slot])
            assert found
            assert found[1] in prefixes or row[slot] == NOTHING
        assert row["subject_id"] == f"{crosswalk.source}:{ours.source}"
        assert row["predicate_id"] == PREDICATES[ours.relationship]
        assert row["mapping_cardinality"] in CARDINALITIES
        assert f"row={ours.line}" in row["other"].split("|")
        assert row["comment"] == ours.justification


def test_what_the_object_is_to_the_subject(small: Release) -> None:
    rows = read(export_crosswalk(small, small.crosswalks["p--u"]))[2]
    found = {(row["subject_id"], row["object_id"]): row for row in rows}
    assert found["p:P1", "u:U2"]["predicate_id"] == "skos:broadMatch"
    assert found["p:P8", "u:U1"]["predicate_id"] == "skos:narrowMatch"
    assert found["p:P5", NOTHING]["mapping_cardinality"] == "1:0"
    assert found["p:P10", "u:U3"]["other"] == "row=12|condition=amount<1000"
    assert found["p:P1", "u:U1"]["other"] == "row=2|valid_to=2010-01-01"
    assert found["p:P3", "u:U3"]["mapping_justification"] == "semapv:LexicalMatching"
    assert found["p:P13", "u:U3"]["mapping_justification"] == "semapv:ManualMappingCuration"
    assert found["p:P8", "u:U3"]["mapping_cardinality"] == "n:n"


def test_no_cell_runs_in_a_spreadsheet(build: Callable[..., Release]) -> None:
    content = walk("P1,equivalent,U3").replace(b"\xe8\xaf\x95\xe9\xaa\x8c", b"=1+1")
    release = build(crosswalks_p_u_csv=content)
    (row,) = read(export_crosswalk(release, release.crosswalks["p--u"]))[2]
    assert row["comment"] == "'=1+1"

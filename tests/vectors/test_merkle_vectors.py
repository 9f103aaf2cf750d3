"""Public vectors of transparency-dev/merkle: verdicts must agree, accept and reject."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from evidence.log import merkle
from messages.problems import Problem
from tests.evidence.log import definition

FOLDER = Path(__file__).parent / "merkle"

REFUSALS = {
    "evidence.proof-out-of-range",
    "evidence.bad-inclusion-proof",
    "evidence.bad-consistency-proof",
}
OUR_POLICY = {
    # The library refuses to compare with an empty tree; for us the empty tree is a prefix of every tree when the proof
    # is empty and the old root is the one of nothing (C2SP tlog-witness asks for exactly that).
    "consistency/additional/size1-is-zero-and-size2-is-not-zero",
}


def cases(family: str) -> list[Any]:
    found = json.loads((FOLDER / f"{family}.json").read_text("utf-8"))
    return [pytest.param(case, id=case["name"]) for case in found]


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def path_of(case: dict[str, Any]) -> list[bytes]:
    return [raw(item) for item in case["proof"] or []]


def by_definition(run: Any, *arguments: Any) -> bool:
    """The verdict of the judge that tests/evidence/log holds our trees against."""
    try:
        run(*arguments)
    except definition.RefusedError:
        return False
    return True


def verdict(run: Any, *arguments: Any) -> bool:
    try:
        run(*arguments)
    except Problem as problem:
        if problem.code in REFUSALS:
            return False
        raise
    return True


@pytest.mark.parametrize("case", cases("inclusion"))
def test_inclusion(case: dict[str, Any]) -> None:
    told = case["leafIdx"], case["treeSize"], raw(case["leafHash"]), path_of(case), raw(case["root"])
    assert verdict(merkle.verify_inclusion, *told) is not case["wantErr"]
    assert by_definition(definition.verify_inclusion, *told) is not case["wantErr"]


@pytest.mark.parametrize("case", cases("consistency"))
def test_consistency(case: dict[str, Any]) -> None:
    told = case["size1"], case["size2"], raw(case["root1"]), raw(case["root2"]), path_of(case)
    # Some vectors hold placeholders for roots ("dont care 1"); we take 32 bytes only.
    hashes = len(raw(case["root1"])) == len(raw(case["root2"])) == 32
    right = hashes and not case["wantErr"]
    assert verdict(merkle.verify_consistency, *told) is (right or (hashes and case["name"] in OUR_POLICY))
    assert by_definition(definition.verify_consistency, *told) is right


@pytest.mark.parametrize(
    "case", [c for c in cases("subtreeinclusion") if "additional" not in c.id and "err" not in c.id]
)
def test_inclusion_in_a_subtree_is_inclusion_in_its_own_tree(case: dict[str, Any]) -> None:
    start, end = case["start"], case["end"]
    accepted = verdict(
        merkle.verify_inclusion,
        case["leafIdx"] - start,
        end - start,
        raw(case["leafHash"]),
        path_of(case),
        raw(case["root"]),
    )
    assert accepted is not case["wantErr"]


@pytest.mark.parametrize(
    "case", [c for c in cases("subtreeconsistency") if c.values[0]["start"] == 0 < c.values[0]["end"]]
)
def test_consistency_of_a_subtree_from_zero_is_consistency(case: dict[str, Any]) -> None:
    roots = raw(case["root1"]), raw(case["root2"])
    accepted = verdict(merkle.verify_consistency, case["end"], case["size"], *roots, path_of(case))
    assert accepted is (not case["wantErr"] and len(roots[0]) == len(roots[1]) == 32)


def test_roots_of_the_reference_leaves() -> None:
    reference = json.loads((FOLDER / "accumulated-and-constants.json").read_text("utf-8"))
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in reference["leaf_inputs_hex"]]
    roots = [merkle.root_of(leaves[:size]).hex() for size in range(len(leaves) + 1)]
    assert roots == reference["roots_by_size"]
    entries = tuple(bytes.fromhex(text) for text in reference["leaf_inputs_hex"])
    assert [definition.mth(entries[:size]).hex() for size in range(len(entries) + 1)] == roots

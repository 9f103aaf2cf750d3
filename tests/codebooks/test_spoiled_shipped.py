"""Properties of every shipped table and crosswalk: one row spoiled anywhere is named by its line, and nothing loads."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codebooks
from codebooks import CodebookErrors
from codebooks.rows import MAX_BYTES

Cells = dict[str, str]
# A spoiling of one table row, and the finding that must name it.
TABLE: Mapping[str, tuple[Callable[[Cells], Cells], str]] = {
    "code of a spreadsheet": (lambda row: {**row, "code": "1.1E+04"}, "cell-damaged"),
    "code of another shape": (lambda row: {**row, "code": "?"}, "code-shape"),
    "no name": (lambda row: {**row, "display": ""}, "cell-missing"),
    "space after the name": (lambda row: {**row, "display": row["display"] + " "}, "cell-spaces"),
    "parent that is not there": (lambda row: {**row, "parent": "?"}, "unknown-parent"),
    "its own parent": (lambda row: {**row, "parent": row["code"]}, "parent-loop"),
    "validity the wrong way": (
        lambda row: {**row, "valid_from": "2030-01-01", "valid_to": "2029-01-01", "successors": ""}, "validity-order",
    ),
    "a date of a spreadsheet": (lambda row: {**row, "valid_from": "2002/3/26"}, "cell-date"),
    "a successor that is not there": (
        lambda row: {**row, "valid_to": row["valid_to"] or "2100-01-01", "successors": "?"}, "unknown-successor",
    ),
    "its own successor": (
        lambda row: {**row, "valid_to": row["valid_to"] or "2100-01-01", "successors": row["code"]}, "successor-loop",
    ),
}  # fmt: skip
WALK: Mapping[str, tuple[Callable[[Cells], Cells], str]] = {
    "source that is not there": (lambda row: {**row, "source_code": "?"}, "unknown-source-code"),
    "target that is not there": (
        lambda row: {**row, "relationship": "narrower", "target_code": "?"}, "unknown-target-code",
    ),
    "relationship unknown": (lambda row: {**row, "relationship": "same"}, "relationship"),
    "nobody says so": (lambda row: {**row, "by": ""}, "justification-missing"),
    "a condition nobody can read": (lambda row: {**row, "condition": "if minor"}, "condition"),
    "code of a spreadsheet": (lambda row: {**row, "source_code": "1.1E+04"}, "cell-damaged"),
}  # fmt: skip
SMALL = 60_000  # bytes: the largest tables only slow the examples down


@cache
def files() -> dict[str, bytes]:
    root = resources.files("codebooks")
    found = {name: root.joinpath(name).read_bytes() for name in ("release.toml", "targets.csv")}
    for folder in ("tables", "crosswalks"):
        for entry in root.joinpath(folder).iterdir():
            found[f"{folder}/{entry.name}"] = entry.read_bytes()
    return found


def alone(name: str) -> dict[str, bytes]:
    """The smallest release that holds a table, or a crosswalk with its two tables."""
    stem = name.split("/")[1].removesuffix(".csv")
    systems = stem.split("--")
    kept = {f"tables/{system}.{end}" for system in systems for end in ("csv", "toml")} | {name, "release.toml"}
    held = {key: content for key, content in files().items() if key in kept}
    header = files()["targets.csv"].split(b"\n", 1)[0]
    return {**held, "targets.csv": header + b"\n"}


def spoiled(name: str, index: int, spoil: Callable[[Cells], Cells]) -> tuple[bytes, int]:
    """The file with one row spoiled, and the line on which that row stands."""
    rows = list(csv.DictReader(io.StringIO(files()[name].decode("utf-8"), newline="")))
    place = index % len(rows)
    rows[place] = spoil(rows[place])
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[place]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(), place + 2


def _in(folder: str) -> list[str]:
    return sorted(
        name
        for name, content in files().items()
        if name.startswith(folder) and name.endswith(".csv") and len(content) < SMALL
    )


TABLES, WALKS = _in("tables/"), _in("crosswalks/")


def refused(name: str, content: bytes) -> set[tuple[str, str]]:
    with pytest.raises(CodebookErrors) as caught:
        codebooks.build({**alone(name), name: content})
    return {(problem.code.removeprefix("codebook."), problem.place) for problem in caught.value.problems}


@settings(max_examples=120)
@given(st.sampled_from(TABLES), st.integers(0, 10_000), st.sampled_from(sorted(TABLE)))
def test_one_spoiled_row_of_any_table_is_named(name: str, index: int, way: str) -> None:
    spoil, code = TABLE[way]
    content, line = spoiled(name, index, spoil)
    assert (code, f"{name}:{line}") in refused(name, content)


@settings(max_examples=60)
@given(st.sampled_from(WALKS), st.integers(0, 10_000), st.sampled_from(sorted(WALK)))
def test_one_spoiled_row_of_any_crosswalk_is_named(name: str, index: int, way: str) -> None:
    spoil, code = WALK[way]
    content, line = spoiled(name, index, spoil)
    assert (code, f"{name}:{line}") in refused(name, content)


@settings(max_examples=40)
@given(st.sampled_from(TABLES), st.integers(0, 10_000))
def test_a_row_that_stands_twice_is_named(name: str, index: int) -> None:
    lines = files()[name].decode("utf-8").splitlines()
    again = lines[1 + index % (len(lines) - 1)]
    content = "\n".join([*lines, again, ""]).encode()
    assert ("duplicate-code", f"{name}:{len(lines) + 1}") in refused(name, content)


@pytest.mark.parametrize(
    ("damage", "code", "line"),
    [
        pytest.param(lambda raw: b"\xef\xbb\xbf" + raw, "file-bom", ":1", id="byte order mark"),
        pytest.param(lambda raw: raw.decode().encode("gb18030"), "file-encoding", ":2", id="GB18030"),
        pytest.param(lambda raw: raw + b" " * (MAX_BYTES + 1 - len(raw)), "file-too-large", "", id="too large"),
        pytest.param(lambda raw: raw.replace(b",", b";"), "columns", ":1", id="semicolons"),
    ],
)
def test_a_damaged_file_is_named(damage: Callable[[bytes], bytes], code: str, line: str) -> None:
    name = "tables/gb.sex.csv"
    assert (code, f"{name}{line}") in refused(name, damage(files()[name]))

"""Every code that any package can raise has its words in both languages, a remedy, a fault and a status."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from messages import Message, catalogue

ROOT = Path(__file__).parents[3]
PACKAGES = ("digests", "standards", "codebooks", "evidence", "dossier", "serving", "hub", "adapters")
RAISERS = {"Problem", "ProblemList", "CodebookProblem", "CodebookError", "Refused", "HubAway", "Alarm", "Marked"}
STATUSES = {400, 401, 404, 406, 408, 409, 410, 413, 416, 422, 429, 431, 500, 503, 507}
GIVEN = {"zh", "en"}
"""Parameters that carry whole sentences and are shown instead of the catalogue's."""


REFINED = {"dossier.segment-altered", "dossier.file-altered"}
"""Codes that `dossier.reading` raises again with the volume, documents and pages that it knows."""


@dataclass(frozen=True)
class Raise:
    """One place in the code that names a problem's code in full."""

    code: str
    params: frozenset[str] | None  # None: some are passed on from elsewhere
    where: str


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def raises() -> list[Raise]:
    found = []
    for where, tree in sources():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISERS):
                continue
            code = node.args[0] if node.args else None
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                names = [keyword.arg for keyword in node.keywords]
                params = None if None in names else frozenset(name for name in names if name)
                if node.func.id == "ProblemList" and params is not None:
                    params |= {"count"}
                found.append(Raise(code.value, params, f"{where}:{node.lineno}"))
    return found


RAISED = raises()


def fields(entry: Message) -> set[str]:
    sentences = (entry.zh, entry.en, entry.remedy_zh, entry.remedy_en)
    return {name for sentence in sentences for name in re.findall(r"\{(\w+)", sentence)}


def test_the_scan_sees_the_code() -> None:
    assert len({item.code for item in RAISED}) > 150
    assert {"part.digest", "evidence.bad-signature", "node.unknown"} <= {item.code for item in RAISED}


@pytest.mark.parametrize("code", sorted({item.code for item in RAISED}))
def test_a_code_has_all_that_an_answer_shows(code: str) -> None:
    assert code in catalogue(), [item.where for item in RAISED if item.code == code]
    entry = catalogue()[code]
    assert entry.zh
    assert entry.en
    assert entry.remedy_zh, code
    assert entry.remedy_en, code
    assert entry.fault in ("sender", "hub", "receiver", "caller")
    assert entry.status in STATUSES
    assert re.search("[\u4e00-\u9fff]", entry.zh + entry.remedy_zh)
    assert not re.search("[\u4e00-\u9fff]", entry.en + entry.remedy_en)
    assert re.fullmatch(r"[a-z-]+(\.[A-Za-z0-9-]+)+", code)


@pytest.mark.parametrize("raised", [item for item in RAISED if item.params is not None], ids=lambda item: item.where)
def test_every_placeholder_is_fed(raised: Raise) -> None:
    assert raised.params is not None
    if raised.params & GIVEN or raised.code in REFINED:
        return
    assert fields(catalogue()[raised.code]) <= raised.params, raised.code


def test_the_hub_answers_with_no_code_of_its_own_that_nobody_raises() -> None:
    text = "\n".join(path.read_text("utf-8") for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    own = tomllib.loads((ROOT / "messages/catalogue/hub.toml").read_text("utf-8"))
    assert [code for code in own if f'"{code}"' not in text] == []

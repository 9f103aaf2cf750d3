"""The actions of a mark stand in one table; a row more is an action more, everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import statements
from evidence.canonical import digest
from evidence.identifiers import parse_timestamp, uuid7
from evidence.mark_bodies import ACTIONS, FOLDED, fold_digests, mark_body
from evidence.marks import body_of, look_at_mark, make_mark, read_mark
from evidence.statements import VOCABULARY
from messages.problems import Problem
from standards import actions, schemas
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.evidence import Trail, uid
from tests.standards import closed_lists

ROOT = Path(__file__).parents[2]
TRAIL = Trail()
TRUSTED = TRAIL.trusted()
D = digest(b"ciphertext")
SIGNERS = {"sender": POLICE, "hub": HUB, "receiver": PROCURATORATE}
NEXT = VOCABULARY + 1
ROW = f"""
[handed-on]
by = "receiver"
zh = "转办"
en = "handed on"
vocabulary = {NEXT}
handed_in = true
"""


def table() -> str:
    return (ROOT / "standards" / "actions.toml").read_text("utf-8")


@given(
    action=st.sampled_from(list(ACTIONS.values())),
    node=st.none() | st.just("N-ARR-001"),
    volumes=st.integers(0, 3),
    commitment=st.none() | st.just(D),
    place=st.integers(1, 5),
    on_transfer=st.booleans(),
)
def test_every_action_makes_the_round(
    action: actions.Action, node: str | None, volumes: int, commitment: str | None, place: int, on_transfer: bool
) -> None:
    signer = SIGNERS[action.role]
    made = mark_body(
        mark_id=uuid7(),
        action=action.name,
        actor=signer,
        occurred_at=NOW,
        transfer_id=uid(1) if on_transfer or action.on_transfer else None,
        seq=place,
        prev=None if place == 1 else D,
        node=node,
        digests={uid(number): D for number in range(volumes)},
        commitment=commitment,
    )
    body, mark = made.to_json(), make_mark(made, TRAIL.signer(signer))
    assert read_mark(mark.encode()) == mark
    assert body_of(mark) == made
    assert look_at_mark(mark.encode()) == (mark, ())
    at = parse_timestamp(body["occurred_at"])
    assert statements.verify(mark, "mark", TRUSTED, at, body["actor"]["agency"]) == body
    assert schemas.violations("mark-v1.1", body) == []
    assert body.get("vocabulary", 1) == action.vocabulary
    assert FOLDED not in fold_digests(body["digests"])
    assert actions.title(action.name, "zh") == action.zh


def test_what_the_first_vocabulary_says_is_written_as_the_first_release_did() -> None:
    first = [name for name, action in ACTIONS.items() if action.vocabulary == 1]
    for name in first:
        action = ACTIONS[name]
        body = mark_body(mark_id=uid(1), action=name, actor=SIGNERS[action.role], occurred_at=NOW, transfer_id=uid(1))
        assert schemas.violations("mark-v1", body.to_json()) == []
    assert VOCABULARY >= 1


@pytest.mark.parametrize(
    "change",
    [
        ("[handed-on]", "[Handed_on]"),
        ('"receiver"', '"court"'),
        (f"vocabulary = {NEXT}", "vocabulary = 0"),
        (f"vocabulary = {NEXT}", ""),
        ("= true", '= "yes"'),
        ("zh =", "name ="),
        ("by =", 'also = "sender"\nby ='),
        ("by =", 'also = ["court"]\nby ='),
        ("by =", 'also = ["hub"]\nby ='),
        ("by =", 'also = ["receiver"]\nby ='),
        ("by =", 'also = ["sender", "sender"]\nby ='),
        ("by =", 'also = [["sender"]]\nby ='),
        ('"receiver"', '"hub"'),
        ('by = "receiver"', 'by = "sender"\nalso = ["sender"]'),
        ('by = "receiver"\nzh', 'by = "hub"\nalso = ["sender"]\nzh'),
    ],
)
def test_a_malformed_row_is_named(change: tuple[str, str]) -> None:
    with pytest.raises(Problem) as caught:
        actions.read(table() + ROW.replace(*change, 1))
    assert caught.value.code == "action.table-inconsistent"


USE = """
import argparse, io, json, sys
from adapters.auditing import judging
from adapters.program import monitoring
from docs.book.pages import exchange
from evidence import marks, statements
from evidence.bundles import cli
from evidence.bundles.verify import verify_bundle
from hub.commands import inspect
from hub.reporting import evidence as reporting
from standards import actions, schemas
from tests.scene.clocks import NOW
from tests.scene.agencies import PROCURATORATE
from tests.scene.evidence import as_file, walked

trail = walked()
mark = trail.mark("handed-on", PROCURATORATE)
body = mark.unverified_body
trail_report = verify_bundle(as_file(trail.contents()), trail.trusted())
print(json.dumps({
    "number": [statements.VOCABULARY, body["vocabulary"]],
    "schema": schemas.violations("mark-v1.1", body),
    "verdict": trail_report.verdict,
    "shown": cli._mark_line(trail_report.marks[-1], "zh"),
    "handed_in": actions.handed_in(),
    "book": "handed-on" in exchange.marks(""),
    "leaf": mark.encode().decode(),
    "report": reporting.actions.title("handed-on", "en"),
    "trail": inspect.actions.title("handed-on", "zh"),
    "monitor": monitoring.actions.title("handed-on", "zh"),
}))
"""


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a program says that differs from this one in a row of the table only."""
    copy = tmp_path_factory.mktemp("later")
    left = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules")
    for name in ("adapters", "codebooks", "docs", "dossier", "evidence", "hub", "messages", "standards", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=left)
    with (copy / "standards" / "actions.toml").open("a", encoding="utf-8") as file:
        file.write(ROW)
    environ = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=copy, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_row_more_is_an_action_more_without_a_line_of_code(later: dict[str, object]) -> None:
    assert later["number"] == [NEXT, NEXT]
    assert (later["schema"], later["verdict"]) == ([], "LESS")
    assert str(later["shown"]).endswith("转办")
    assert later["handed_in"] == [*actions.handed_in(), "handed-on"]
    assert later["book"]
    assert (later["report"], later["trail"], later["monitor"]) == ("handed on", "转办", "转办")


def test_this_program_reads_what_the_later_one_wrote_as_newer(later: dict[str, object]) -> None:
    leaf = str(later["leaf"]).encode()
    mark, newer = look_at_mark(leaf)
    assert mark.unverified_body["action"] == "handed-on"
    assert [problem.code for problem in newer] == ["evidence.newer-vocabulary", "newer.action"]
    with pytest.raises(Problem):
        read_mark(leaf)


STATES = {
    "adapters/state/journal.py",  # the states of a push
    "hub/store/transfers.py",  # the states of a transfer
    "hub/exchange/decisions/states.py",  # likewise
    "hub/store/reconcile.py",  # what is counted of a day, by column
    "hub/commands/inspect.py",  # likewise
    "hub/api/examples.py",  # likewise
    "hub/api/models/cases.py",  # likewise
}


def test_no_other_file_lists_actions() -> None:
    assert closed_lists.files_listing(tuple(ACTIONS), ROOT) - STATES - {"standards/actions.toml"} == set()

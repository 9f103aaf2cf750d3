"""The tables of organs in a hub's home: the newest counts, the one before comes back, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dossier.durable import create_durably
from hub import organs as kept
from messages.problems import Problem, ProblemList
from standards import organs
from standards.organs import OrganTree

FIRST = organs.sample()
SECOND = OrganTree([replace(next(iter(FIRST)), address="新址"), *list(FIRST)[1:]])


def names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "organs").iterdir())


def refused(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(Problem) as caught:
        call(*arguments)
    return caught.value.code


def test_a_home_without_a_table(tmp_path: Path) -> None:
    assert kept.load(tmp_path) == OrganTree()
    assert kept.newest(tmp_path) is None
    assert kept.versions(tmp_path) == []
    assert refused(kept.take_back, tmp_path) == "organ.nothing-to-undo"


def test_the_newest_counts_and_undo_goes_back_one_by_one(tmp_path: Path) -> None:
    assert kept.take(tmp_path, FIRST, 0).number == 1
    assert kept.take(tmp_path, SECOND, 1).number == 2
    assert kept.load(tmp_path) == SECOND
    assert kept.take_back(tmp_path).path.name == "0002.undone.csv"
    assert kept.load(tmp_path) == FIRST
    assert kept.take(tmp_path, SECOND, 1).number == 3
    for _ in range(2):
        kept.take_back(tmp_path)
    assert kept.load(tmp_path) == OrganTree()
    assert names(tmp_path) == ["0001.undone.csv", "0002.undone.csv", "0003.undone.csv"]
    assert refused(kept.take_back, tmp_path) == "organ.nothing-to-undo"


def test_a_table_that_could_not_be_read_back_is_not_taken(tmp_path: Path) -> None:
    """A table in GB18030 may be within the limit, and its UTF-8 beyond it."""
    kept.take(tmp_path, FIRST, 0)
    rows = "".join(f"court:{number},甲,municipal,990100,court:99,{'机' * 20_000}\r\n" for number in range(100, 500))
    raw = f"id,zh,level,areas,parent,notes\r\ncourt:99,甲,provincial,990000,,\r\n{rows}".encode("gb18030")
    assert refused(kept.take, tmp_path, organs.read(raw, "t.csv"), 1) == "organ.file-large"
    assert kept.load(tmp_path) == FIRST


def test_a_table_that_was_held_against_an_older_one_is_refused(tmp_path: Path) -> None:
    kept.take(tmp_path, FIRST, 0)
    assert refused(kept.take, tmp_path, SECOND, 0) == "organ.taken-meanwhile"
    assert kept.load(tmp_path) == FIRST


def test_of_two_who_take_back_at_once_the_second_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = kept.take(tmp_path, FIRST, 0)
    kept.take_back(tmp_path)
    monkeypatch.setattr(kept, "newest", lambda _home: both)
    assert refused(kept.take_back, tmp_path) == "organ.taken-meanwhile"


def test_of_two_writers_at_once_the_second_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look, then both write: the file of the first stays."""

    def after_another(path: Path, data: bytes, mode: int) -> None:
        create_durably(path, organs.write(FIRST), mode)
        create_durably(path, data, mode)

    monkeypatch.setattr(kept, "create_durably", after_another)
    assert refused(kept.take, tmp_path, SECOND, 0) == "organ.taken-meanwhile"
    assert kept.load(tmp_path) == FIRST


def test_of_two_undos_at_once_the_second_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look, then both take the same table back."""
    kept.take(tmp_path, FIRST, 0)
    seen = kept.take(tmp_path, SECOND, 1)
    kept.take_back(tmp_path)
    with monkeypatch.context() as late:
        late.setattr(kept, "newest", lambda home: seen)
        assert refused(kept.take_back, tmp_path) == "organ.taken-meanwhile"
    assert kept.load(tmp_path) == FIRST


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    kept.take(tmp_path, FIRST, 0)
    for name in ("机关表.csv", ".0002.csv.9-9.partial", "2.csv", "0002.csv.bak"):
        (tmp_path / "organs" / name).write_text("x", "utf-8")
    assert [each.number for each in kept.versions(tmp_path)] == [1]
    assert kept.load(tmp_path) == FIRST


def test_a_table_that_somebody_has_spoilt_is_told(tmp_path: Path) -> None:
    path = kept.take(tmp_path, FIRST, 0).path
    path.write_bytes(path.read_bytes().replace(b"provincial", b"village"))
    with pytest.raises(ProblemList) as caught:
        kept.load(tmp_path)
    assert caught.value.place == "organs/0001.csv"

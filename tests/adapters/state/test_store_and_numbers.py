"""Content by digest, and the map between own numbers and platform identifiers."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import native
from adapters.native.case import is_local
from adapters.state.contents import ContentStore
from adapters.state.database import State
from adapters.state.files import StateFailed, is_full
from adapters.state.logbook import LogBook
from adapters.state.numbers import Numbers
from adapters.transfers.matching import settle
from messages.problems import Problem
from standards.record import Record
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import export
from tests.scene.records import police_record
from tests.scene.world import World


def digest(data: bytes) -> str:
    """The digest of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def test_adopted_content_is_copied_never_linked(tmp_path: Path) -> None:
    store, source = ContentStore(tmp_path / "store"), tmp_path / "a"
    source.write_bytes(b"page")
    store.adopt(source, digest(b"page"))
    assert store.path(digest(b"page")).stat().st_ino == source.stat().st_ino
    assert store.copy_out(digest(b"page"), tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_ino != source.stat().st_ino


def test_edited_content_is_dropped_not_believed(tmp_path: Path) -> None:
    store, source = ContentStore(tmp_path / "store"), tmp_path / "a"
    source.write_bytes(b"page")
    store.adopt(source, digest(b"page"))
    source.write_bytes(b"forged")
    assert not store.copy_out(digest(b"page"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    assert not store.holds(digest(b"page"))
    assert store.read(digest(b"page")) is None
    store.put(b"page", digest(b"page"))
    assert store.read(digest(b"page")) == b"page"
    store.path(digest(b"page")).write_bytes(b"rotten")
    assert store.read(digest(b"page")) is None


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "store")
    store.put(b"page", digest(b"page"))
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileExistsError):
        store.copy_out(digest(b"page"), tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.fixture
def numbers(tmp_path: Path) -> Numbers:
    """An empty map."""
    return Numbers(State(tmp_path / "state.db"))


def test_a_number_once_tied_stays_tied(numbers: Numbers) -> None:
    numbers.tie_case("AH", "（2026）闽0102刑初1号", "case-1")
    numbers.tie_case("AH", "(2026)闽0102刑初1号", "case-1")
    assert numbers.case_of("AH", "〔2026〕闽0102刑初 1号") == "case-1"
    with pytest.raises(Problem) as caught:
        numbers.tie_case("AH", "(2026)闽0102刑初1号", "case-2")
    assert caught.value.code == "adapter.number-taken"
    numbers.tie_item("case-1", "RYBH", "R1", "person-1")
    numbers.tie_item("case-1", "RYBH", "R1", "person-2")
    assert numbers.item_of("case-1", "RYBH", "R1") == "person-1"
    assert numbers.item_of("case-2", "RYBH", "R1") is None


def read(case: dict[str, Any] | None = None) -> native.NativeCase:
    """An export read."""
    found = native.read("police", export(case))
    assert found.local, "the export must not carry platform identifiers"
    return found


def test_a_new_case_gets_new_identifiers_everywhere(numbers: Numbers) -> None:
    settled, findings = settle(read(), POLICE, numbers)
    identifiers = [
        settled.case.case_uid,
        settled.persons[0].person_uid,
        settled.charges[0].charge_uid,
    ]
    assert not any(map(is_local, identifiers))
    assert len(set(identifiers)) == 3
    assert settled.charges[0].person_uid == identifiers[1]
    assert findings == []


def known(numbers: Numbers) -> Record:
    """A record that was sent once."""
    settled, _ = settle(read(), POLICE, numbers)
    case_uid = settled.case.case_uid
    numbers.keep_record(case_uid, "t-1", settled.to_json())
    numbers.tie_case("AJBH", settled.case.refs[0].value, case_uid)
    return settled


def test_the_same_export_again_gives_the_same_record(numbers: Numbers) -> None:
    before = known(numbers)
    again, _ = settle(read(), POLICE, numbers)
    assert again == before


def test_a_second_suspect_and_charge_get_their_own_identifiers(numbers: Numbers) -> None:
    before = known(numbers)
    more = police_record()
    second = {**more["persons"][0], "person_uid": "019ab6f8-0000-7000-8000-000000000009", "name": "李某示例"}
    second.update(
        birth_date="1985-05-05", refs=[{"agency": POLICE, "kind": "RYBH", "value": "R3501020000002026030002"}]
    )
    more["persons"].insert(0, second)
    more["charges"].append(
        {**more["charges"][0], "charge_uid": "019ab6f8-0000-7000-8000-00000000000a", "person_uid": second["person_uid"]}
    )
    again, _ = settle(read(more), POLICE, numbers)
    by_name = {person.name: person.person_uid for person in again.persons}
    assert by_name["张某示例"] == before.persons[0].person_uid
    assert by_name["李某示例"] not in (before.persons[0].person_uid, "")
    charges = {charge.person_uid: charge.charge_uid for charge in again.charges}
    assert charges[by_name["张某示例"]] == before.charges[0].charge_uid
    assert len(set(charges.values())) == 2


def test_the_answered_transfer_names_the_case_when_no_number_does(numbers: Numbers) -> None:
    before = known(numbers)
    renumbered = police_record("A3501020000002026039999")
    settled, _ = settle(read(renumbered), POLICE, numbers, answered_case=before.case.case_uid)
    assert settled.case.case_uid == before.case.case_uid
    alone, _ = settle(read(renumbered), POLICE, numbers)
    assert alone.case.case_uid != before.case.case_uid


def test_numbers_of_other_agencies_are_kept(numbers: Numbers) -> None:
    before = known(numbers)
    other = {"agency": PROCURATORATE, "kind": "TYSAH", "value": "35010220260001200"}
    more = before.to_json()
    more["case"]["refs"].append(other)
    numbers.keep_record(before.case.case_uid, "t-2", more)
    again, _ = settle(read(), POLICE, numbers)
    told = [ref.to_json() for ref in again.case.refs]
    assert other in told
    assert len(told) == 2


@settings(max_examples=25)
@given(values=st.lists(st.text("0123456789AB()（）〔〕 ", min_size=1, max_size=8), max_size=12))
def test_ties_are_a_function(values: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "state.db")
        numbers = Numbers(state)
        for place, value in enumerate(values):
            try:
                numbers.tie_case("AH", value, f"case-{place}")
            except Problem:
                assert numbers.case_of("AH", value) != f"case-{place}"
        for value in values:
            assert numbers.case_of("AH", value) is not None
        state.close()


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    state = State(tmp_path / "state.db")

    def half_way() -> None:
        with state.transaction():
            state.put("a", "1")
            with state.transaction():
                state.put("b", "2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_way()
    assert (state.get("a"), state.get("b")) == ("", "")
    state.close()
    again = State(tmp_path / "state.db")
    assert again.all("PRAGMA synchronous")[0][0] == 2
    again.close()


@pytest.mark.parametrize(("made", "name"), [(lambda at: State(at / "state.db"), "state.db"), (LogBook, "book.db")])
def test_a_file_that_is_no_database_is_one_problem(tmp_path: Path, made: Any, name: str) -> None:
    (tmp_path / name).write_bytes(b"no database" * 1000)
    with pytest.raises(StateFailed, match=r"adapter\.state"):
        made(tmp_path)


@pytest.mark.parametrize("made", [lambda at: State(at / "state.db"), LogBook])
def test_a_transaction_is_whole_or_not_at_all(tmp_path: Path, made: Any) -> None:
    book = made(tmp_path)
    with book.transaction(), book.transaction():
        book.put("kept", "1")

    def fill() -> None:
        with book.transaction():
            book.put("kept", "2")
            book.run("PRAGMA max_page_count = 1")
            book.run("CREATE TABLE large AS SELECT zeroblob(1000000) AS filling")

    with pytest.raises(StateFailed, match=r"adapter\.state") as caught:
        fill()
    assert caught.value.code == "adapter.state-full"
    assert book.get("kept") == "1"
    book.close()


# --- disks that are full -------------------------------------------------------------------------------------------


def test_content_for_which_there_is_no_room_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ContentStore(tmp_path / "store")

    def full(_path: Path, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda path, data: write(path, data[:2]) and full(path, data))
    with pytest.raises(Problem) as caught:
        store.put(b"page", digest(b"page"))
    assert (caught.value.code, caught.value.place) == ("dossier.disk-full", str(tmp_path / "store"))
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_what_interrupted_programs_left_is_swept(tmp_path: Path) -> None:
    root = tmp_path / "store"
    store = ContentStore(root)
    (root / "ab").mkdir(parents=True)
    beside = root / "ab" / "cdef.4711.partial"  # where 0.2.0 left it
    for path in (beside, root / "ab" / "kept"):
        path.write_bytes(b"half")
        os.utime(path, (1000, 1000))
    assert (store.sweep(2000), beside.exists(), (root / "ab" / "kept").exists()) == (1, False, True)
    old, fresh = (root / "incoming" / f"{name}.1.partial" for name in ("old", "fresh"))
    for path, at in ((old, 1000), (fresh, 3000)):
        path.write_bytes(b"half")
        os.utime(path, (at, at))
    assert (store.sweep(2000), old.exists(), fresh.exists()) == (1, False, True)


def test_a_home_is_swept_when_it_is_opened(world: World) -> None:
    left = world.home(POLICE) / "store" / "incoming" / "ab.1.partial"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"half")
    os.utime(left, (1000, 1000))
    world.restart(POLICE)
    assert not left.exists()


@pytest.mark.parametrize(
    ("number", "free", "full"),
    [
        pytest.param(sqlite3.SQLITE_FULL, 1 << 30, True, id="a full disk or quota"),
        pytest.param(sqlite3.SQLITE_IOERR_WRITE, 100, True, id="disk I/O error without room"),
        pytest.param(sqlite3.SQLITE_IOERR_SHMSIZE, 0, True, id="no room for its own files"),
        pytest.param(sqlite3.SQLITE_IOERR_WRITE, 1 << 30, False, id="a broken disk"),
        pytest.param(sqlite3.SQLITE_CORRUPT, 0, False, id="a damaged file"),
        pytest.param(None, 0, False, id="another error"),
    ],
)
def test_a_full_disk_is_called_so(number: int | None, free: int, full: bool) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    if number is not None:
        error.sqlite_errorcode = number
    assert is_full(error, free) == full


def test_a_state_without_room_names_path_and_room(tmp_path: Path) -> None:
    state = State(tmp_path / "state.db")
    pages = state.one("PRAGMA page_count")
    assert pages is not None
    state.one(f"PRAGMA max_page_count = {pages[0]}")
    with pytest.raises(Problem) as caught:
        state.put("much", "x" * (1 << 20))
    assert (caught.value.code, caught.value.place) == ("adapter.state-full", str(tmp_path))
    assert caught.value.params["free"] > 0

"""The watched folders."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters import folders
from adapters.state.files import StateFailed
from adapters.state.journal import Journal
from adapters.transfers.inbox import listing
from tests.adapters.sending.test_push import Killed
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.wires import cut
from tests.scene.world import World


def order(outbox: Path, name: str, *, ready: bool = True, **more: Any) -> Path:
    """A folder in the outbox."""
    folder = case_dir(outbox / name)
    (folder / "transfer.json").write_text(json.dumps({"node": "N-ARR-001", "to": PROCURATORATE, **more}))
    if ready:
        (folder / "READY").touch()
    return folder


@pytest.fixture
def boxes(world: World) -> tuple[Path, Path]:
    """Outbox and inbox."""
    return world.root / "box" / "outbox", world.root / "box" / "inbox"


def test_what_is_ready_is_sent_and_moved_with_its_receipt(world: World, boxes: tuple[Path, Path]) -> None:
    outbox, inbox = boxes
    order(outbox, "A-1")
    order(outbox, "B-2", ready=False)
    done = world[POLICE].look(outbox, inbox)
    assert [item.node for item in done.sent] == ["N-ARR-001"]
    assert [path.name for path in outbox.iterdir()] == ["B-2"]
    receipt = json.loads((outbox.parent / "sent" / "A-1" / "receipt.json").read_bytes())
    assert receipt["transfer_id"] == done.sent[0].transfer_id
    assert world[POLICE].look(outbox, inbox).quiet
    arrived = world[PROCURATORATE].look(outbox.parent / "none", inbox)
    assert [item.transfer_id for item in arrived.haul.delivered] == [receipt["transfer_id"]]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda folder: (folder / "transfer.json").write_text("{"), "adapter.bad-order"),
        (lambda folder: (folder / "transfer.json").write_text('{"node": "N-ARR-001"}'), "adapter.bad-order"),
        (lambda folder: (folder / "transfer.json").write_text("[]"), "adapter.bad-order"),
        (lambda folder: (folder / "case.xml").unlink(), "adapter.check"),
    ],
)
def test_what_cannot_be_sent_is_moved_with_the_reason(
    world: World, boxes: tuple[Path, Path], spoil: Any, code: str
) -> None:
    outbox, inbox = boxes
    spoil(order(outbox, "A-1"))
    done = world[POLICE].look(outbox, inbox)
    assert [(name, problem.code) for name, problem in done.failed] == [("A-1", code)]
    error = json.loads((outbox.parent / "failed" / "A-1" / "error.json").read_bytes())
    assert error["code"] == code
    assert error["messages"]["zh"]["text"]
    assert list(outbox.iterdir()) == []


def test_a_folder_stays_where_it_is_when_the_state_file_fails(
    world: World, boxes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, inbox = boxes
    order(outbox, "A-1")

    def full(*_: object) -> None:
        raise StateFailed("adapter.state", "home", reason="database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "begin", full)
        with pytest.raises(StateFailed):
            world[POLICE].look(outbox, inbox)
    assert [path.name for path in outbox.iterdir()] == ["A-1"]
    assert len(world[POLICE].look(outbox, inbox).sent) == 1


def test_while_the_hub_is_away_folders_wait(world: World, boxes: tuple[Path, Path]) -> None:
    outbox, inbox = boxes
    order(outbox, "A-1")
    with world.wire.under(cut):
        done = world[POLICE].look(outbox, inbox)
    assert (done.hub_away, done.waiting) == (True, ["A-1"])
    assert len(world[POLICE].look(outbox, inbox).sent) == 1


def test_a_folder_sent_but_not_moved_is_not_sent_twice(
    world: World, boxes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, inbox = boxes
    order(outbox, "A-1")

    def killed(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(folders, "_move", killed)
        with pytest.raises(Killed):
            world[POLICE].look(outbox, inbox)
    done = world.restart(POLICE).look(outbox, inbox)
    assert [item.transfer_id for item in done.sent] == [
        item["transfer_id"] for item in listing(world[PROCURATORATE].station)
    ]
    assert (outbox.parent / "sent" / "A-1" / "receipt.json").is_file()


def test_the_same_name_may_be_used_again(world: World, boxes: tuple[Path, Path]) -> None:
    outbox, inbox = boxes
    for more in ({}, {"again": True}):
        order(outbox, "A-1", **more)
        (sent,) = world[POLICE].look(outbox, inbox).sent
        assert not sent.earlier
    assert sorted(path.name for path in (outbox.parent / "sent").iterdir()) == ["A-1", "A-1.2"]
    assert len(listing(world[PROCURATORATE].station)) == 2


def test_a_case_put_into_the_outbox_twice_is_sent_once_and_its_receipt_says_so(
    world: World, boxes: tuple[Path, Path]
) -> None:
    outbox, inbox = boxes
    first = order(outbox, "A-1")
    shutil.copytree(first, world.root / "copy")
    world[POLICE].look(outbox, inbox)
    (world.root / "copy").rename(outbox / "B-2")
    world[POLICE].look(outbox, inbox)
    told = [json.loads((outbox.parent / "sent" / name / "receipt.json").read_bytes()) for name in ("A-1", "B-2")]
    assert [each["earlier"] for each in told] == [False, True]
    assert [item["transfer_id"] for item in listing(world[PROCURATORATE].station)] == [told[0]["transfer_id"]]
    assert told[1]["transfer_id"] == told[0]["transfer_id"]


PLANTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a failed order": ("error.json", {"node": "N-NONE-000"}),
    "a sent order": ("receipt.json", {}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_link_planted_in_the_outbox_is_not_written_through(world: World, boxes: tuple[Path, Path], name: str) -> None:
    """Whoever may write into the outbox may not thereby write into the adapter's own files."""
    written, more = PLANTED[name]
    victim = world.root / "victim"
    victim.write_text("mine")
    folder = order(boxes[0], "A-1", **more)
    (folder / f".{written}.{os.getpid()}-{threading.get_ident()}.partial").symlink_to(victim)
    world[POLICE].look(*boxes)
    assert victim.read_text() == "mine"
    assert list(boxes[0].iterdir()) == []


@pytest.mark.parametrize("file", ["transfer.json", "case.xml"])
def test_a_pipe_or_a_link_in_place_of_a_file_is_not_followed(world: World, boxes: tuple[Path, Path], file: str) -> None:
    def link(path: Path) -> None:
        path.symlink_to(world.root / "elsewhere")

    made: dict[str, Callable[[Path], None]] = {"PIPE": os.mkfifo, "LINK": link}
    for name, make in made.items():
        folder = order(boxes[0], name)
        content = (folder / file).read_bytes()
        (world.root / "elsewhere").write_bytes(content)
        (folder / file).unlink()
        make(folder / file)
    done = world[POLICE].look(*boxes)
    assert sorted(name for name, _ in done.failed) == ["LINK", "PIPE"]
    assert done.sent == []


def test_while_another_program_works_on_the_outbox_this_one_only_pulls(world: World, boxes: tuple[Path, Path]) -> None:
    outbox, inbox = boxes
    sent = world[POLICE].push(case_dir(world.root / "case"), node="N-ARR-001", to=PROCURATORATE)
    order(outbox, "A-1")
    other = os.open(outbox, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    done = world[PROCURATORATE].look(outbox, inbox)
    assert (done.outbox_busy, done.sent, done.failed, done.waiting) == (True, [], [], ["A-1"])
    assert [item.transfer_id for item in done.haul.delivered] == [sent.transfer_id]
    os.close(other)
    assert not world[POLICE].look(outbox, inbox).outbox_busy


@pytest.mark.parametrize("moment", ["read_order", "push", "_json"])
def test_a_folder_that_is_gone_is_somebody_elses_and_the_next_is_sent(
    world: World, boxes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    outbox, inbox = boxes
    folder = order(outbox, "A-1")
    order(outbox, "B-2")
    inner = getattr(folders, moment)

    def gone(*arguments: Any, **more: Any) -> Any:
        if folder.exists():
            folder.rename(world.root / "elsewhere")
        return inner(*arguments, **more)

    monkeypatch.setattr(folders, moment, gone)
    done = world[POLICE].look(outbox, inbox)
    assert done.failed == []
    assert (outbox.parent / "sent" / "B-2").is_dir()
    assert not (outbox.parent / "failed").exists()


def test_a_folder_that_cannot_be_moved_does_not_end_the_round(
    world: World, boxes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, inbox = boxes
    order(outbox, "A-1")
    order(outbox, "B-2", node="N-NONE-000")
    move = folders._move

    def refused(folder: Path, where: str) -> None:
        if folder.name == "A-1":
            raise PermissionError(errno.EACCES, "no")
        move(folder, where)

    with monkeypatch.context() as patch:
        patch.setattr(folders, "_move", refused)
        done = world[POLICE].look(outbox, inbox)
    assert [(name, problem.code) for name, problem in done.failed] == [
        ("A-1", "adapter.outbox-folder"),
        ("B-2", "node.unknown"),
    ]
    (sent,) = done.sent
    world[POLICE].station.patience.settled("outbox/A-1")
    again = world[POLICE].look(outbox, inbox)
    assert [(item.transfer_id, item.earlier) for item in again.sent] == [(sent.transfer_id, True)]
    assert len(listing(world[PROCURATORATE].station)) == 1

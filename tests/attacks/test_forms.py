"""Proofs and notes in forms that an attacker would try on whoever reads them: adapters, witnesses, `casehub-verify`.

Each is found by the reader named in its test, before anything is believed, and costs no more than reading it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from evidence.bundles.bundle import BundledMark
from evidence.bundles.verify import verify_bundle
from evidence.keys import SigningKey
from evidence.log import merkle, notes
from evidence.log.checkpoints import Checkpoint, sign_checkpoint, verify_checkpoint
from evidence.log.cosignatures import Witness, cosign, verify_cosignatures
from evidence.log.notes import NoteSignature, NoteVerifier, SignedNote, parse_note
from evidence.log.policy import parse_policy
from messages.problems import Problem
from tests.counting import calls
from tests.scene.clocks import NOW
from tests.scene.evidence import as_file, walked
from tests.scene.keys import ORIGIN, key

TRAIL = walked()
SIZE = len(TRAIL.leaves)
ROOT = merkle.root_of(map(merkle.leaf_hash, TRAIL.leaves))
HASHED = merkle.leaf_hash(TRAIL.leaves[4])
PATH = list(TRAIL.path(4))
LOG = NoteVerifier(ORIGIN, TRAIL.log.public)
WITNESS_KEY = key("witness")
WITNESS = Witness("police:350102000000", WITNESS_KEY.public)


# --- proofs -------------------------------------------------------------------------------------------------------

PROOFS: dict[str, tuple[int, int, bytes, list[bytes], bytes]] = {
    "for a larger tree": (4, SIZE + 7, HASHED, PATH, ROOT),
    "for a smaller tree": (4, 5, HASHED, PATH, ROOT),
    "for another index": (5, SIZE, HASHED, PATH, ROOT),
    "index at the size": (SIZE, SIZE, HASHED, PATH, ROOT),
    "index beyond the size": (SIZE + 1, SIZE, HASHED, PATH, ROOT),
    "index below nothing": (-1, SIZE, HASHED, PATH, ROOT),
    "of an empty tree": (0, 0, HASHED, [], merkle.EMPTY_ROOT),
    "an empty path": (4, SIZE, HASHED, [], ROOT),
    "a path too short": (4, SIZE, HASHED, PATH[:-1], ROOT),
    "a path too long": (4, SIZE, HASHED, [*PATH, PATH[-1]], ROOT),
    "a path of a million hashes": (4, SIZE, HASHED, PATH * 250_000, ROOT),
    "a path the other way round": (4, SIZE, HASHED, PATH[::-1], ROOT),
    "a short hash": (4, SIZE, HASHED, [PATH[0][:-1], *PATH[1:]], ROOT),
    "a long hash": (4, SIZE, HASHED, [PATH[0] + b"\0", *PATH[1:]], ROOT),
    "an empty hash": (4, SIZE, HASHED, [b"", *PATH[1:]], ROOT),
    "a short leaf hash": (4, SIZE, HASHED[:-1], PATH, ROOT),
    "a short root": (4, SIZE, HASHED, PATH, ROOT[:-1]),
    "a node given as a leaf": (0, SIZE, merkle.node_hash(HASHED, HASHED), list(TRAIL.path(0)), ROOT),
}


@pytest.mark.parametrize("name", PROOFS)
def test_proofs_of_inclusion(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by: `merkle.verify_inclusion`, which adapters and `casehub-verify` both use."""
    hashed = 0
    real = merkle.node_hash

    def counted(left: bytes, right: bytes) -> bytes:
        nonlocal hashed
        hashed += 1
        return real(left, right)

    monkeypatch.setattr(merkle, "node_hash", counted)
    with pytest.raises(Problem, match=r"evidence\.(bad-inclusion-proof|proof-out-of-range)"):
        merkle.verify_inclusion(*PROOFS[name])
    assert hashed <= SIZE.bit_length(), "no more hashes than the tree has levels, however long the path"


BUNDLED: dict[str, Callable[[BundledMark], BundledMark]] = {
    "another index": lambda mark: replace(mark, index=5),
    "an index at the size": lambda mark: replace(mark, index=SIZE),
    "an empty path": lambda mark: replace(mark, path=()),
    "an oversized path": lambda mark: replace(mark, path=mark.path * 30),
    "a hash of another length": lambda mark: replace(mark, path=(mark.path[0][:31], *mark.path[1:])),
    "the path of another leaf": lambda mark: replace(mark, path=TRAIL.path(5)),
}


@pytest.mark.parametrize("name", BUNDLED)
def test_proofs_in_a_bundle(name: str) -> None:
    """Found by: `casehub-verify`: check 1 for what has no form, check 5 for what does not hold."""
    marks = TRAIL.bundled()
    marks[4] = BUNDLED[name](marks[4])
    try:
        file = as_file(TRAIL.contents(marks=marks))
    except Problem:  # no bundle can be written with it
        return
    report = verify_bundle(file, TRAIL.trusted())
    assert report.verdict == "INVALID"
    assert report.failed is not None
    assert report.failed.name in ("container", "inclusion")


CONSISTENCY: dict[str, tuple[int, int, list[bytes]]] = {
    "sizes the wrong way round": (SIZE, 6, []),
    "an empty path": (6, SIZE, []),
    "the path of another pair": (6, SIZE, PATH),
    "a path for equal sizes": (SIZE, SIZE, PATH),
    "a path from the empty tree": (0, SIZE, PATH),
    "below nothing": (-1, SIZE, PATH),
}


@pytest.mark.parametrize("name", CONSISTENCY)
def test_proofs_of_consistency(name: str) -> None:
    """Found by: `merkle.verify_consistency`, which adapters and witnesses ask before they remember a tree."""
    old, new, path = CONSISTENCY[name]
    before = merkle.root_of(map(merkle.leaf_hash, TRAIL.leaves[: max(old, 0)]))
    with pytest.raises(Problem, match=r"evidence\.(bad-consistency-proof|proof-out-of-range)"):
        merkle.verify_consistency(old, new, before, ROOT, path)


# --- notes --------------------------------------------------------------------------------------------------------


def signed() -> SignedNote:
    return parse_note(TRAIL.checkpoint())


def line(name: str, key: SigningKey, text: str) -> NoteSignature:
    return NoteSignature(name, NoteVerifier(name, key.public).key_hash, key.sign(text.encode()))


def other(note: SignedNote, **changes: Any) -> bytes:
    return replace(note, **changes).encode()


def body(old: str, new: str) -> Callable[[SignedNote], bytes]:
    return lambda note: other(note, text=note.text.replace(old, new, 1))


def resigned(text: Callable[[str], str]) -> Callable[[SignedNote], bytes]:
    """A body that is not in its one form, rightly signed by the log's own key."""

    def make(note: SignedNote) -> bytes:
        changed = text(note.text)
        return SignedNote(changed, (line(ORIGIN, TRAIL.log, changed),)).encode()

    return make


def root_of(text: str) -> str:
    return text.split("\n")[2]


NOTES: dict[str, Callable[[SignedNote], bytes]] = {
    "another size": body(f"\n{SIZE}\n", f"\n{SIZE + 1}\n"),
    "another root": lambda note: other(note, text=note.text.replace(root_of(note.text)[:4], "AAAA", 1)),
    "another origin in the body": body(ORIGIN, "other.example/log"),
    "another name on the line": lambda note: other(
        note, signatures=(replace(note.signatures[0], name="other.example/log"),)
    ),
    "the name of a witness on the log's line": lambda note: other(
        note, signatures=(replace(note.signatures[0], name=WITNESS.name),)
    ),
    "the log's name on a line of another key": lambda note: other(
        note, signatures=(line(ORIGIN, WITNESS_KEY, note.text),)
    ),
    "the log's key hash over another signature": lambda note: other(
        note, signatures=(replace(note.signatures[0], blob=WITNESS_KEY.sign(note.text.encode())),)
    ),
    "no signature": lambda note: (note.text + "\n").encode(),
    "a thousand signatures": lambda note: other(
        note,
        signatures=(*(line(f"w{number}", WITNESS_KEY, note.text) for number in range(1000)), *note.signatures),
    ),
    "a size with a leading zero": resigned(lambda text: text.replace(f"\n{SIZE}\n", f"\n0{SIZE}\n")),
    "a size with a sign": resigned(lambda text: text.replace(f"\n{SIZE}\n", f"\n+{SIZE}\n")),
    "a size in full-width digits": resigned(lambda text: text.replace(f"\n{SIZE}\n", "\n１０\n")),
    "a size beyond 63 bits": resigned(lambda text: text.replace(f"\n{SIZE}\n", f"\n{1 << 63}\n")),
    "a root without padding": resigned(lambda text: text.replace("=\n", "\n")),
    "a root with spare bits": resigned(lambda text: text.replace(root_of(text), spare_bits(root_of(text)))),
    "a root of 31 bytes": resigned(lambda text: text.replace(root_of(text), base64.b64encode(ROOT[:31]).decode())),
    "a carriage return": resigned(lambda text: text.replace("\n", "\r\n", 1)),
    "an empty line within": resigned(lambda text: text + "\nmore\n"),
    "no line feed at its end": lambda note: note.encode()[:-1],
    "bytes that are no UTF-8": lambda note: b"\xff" + note.encode(),
    "two megabytes": lambda note: note.encode() + b"\xe2\x80\x94 x AAAAAAAA\n" * 200_000,
}


def spare_bits(root: str) -> str:
    """The same 32 bytes in another spelling: the last digit's unused bits set."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return root[:-2] + digits[digits.index(root[-2]) ^ 1] + "="


@pytest.mark.parametrize("name", NOTES)
def test_notes(name: str) -> None:
    """Found by: `verify_checkpoint`, which adapters, witnesses, the hub itself and `casehub-verify` use."""
    data = NOTES[name](signed())
    with calls() as made, pytest.raises(Problem) as refused:
        verify_checkpoint(data, [LOG])
    codes = ("malformed-note", "malformed-checkpoint", "note-unsigned", "bad-note-signature")
    assert refused.value.code in {f"evidence.{code}" for code in codes}
    assert made.count < 2_000, "the limits are looked at first"


def test_extra_signatures_change_nothing() -> None:
    """Found by: nobody needs to; lines of unknown keys say nothing, and the log's own still counts."""
    note = signed()
    extra = tuple(line(f"unknown{number}", WITNESS_KEY, note.text) for number in range(50))
    read = verify_checkpoint(other(note, signatures=(*extra, *note.signatures)), [LOG])
    assert (read.size, read.root) == (SIZE, ROOT)


def test_a_cosignature_is_of_one_body_one_name_and_one_kind() -> None:
    """Found by: `verify_cosignatures`: a line moved to another checkpoint does not hold, one under another name is
    unknown, and a plain signature of the same key is no cosignature."""
    note = signed()
    line_of_it = cosign(note.text, WITNESS.name, WITNESS_KEY, NOW)
    held = SignedNote(note.text, (*note.signatures, line_of_it))
    assert [each.witness for each in verify_cosignatures(held, [WITNESS])] == [WITNESS]
    later = parse_note(sign_checkpoint(Checkpoint(ORIGIN, SIZE + 1, ROOT), TRAIL.log))
    with pytest.raises(Problem, match=r"evidence\.bad-note-signature"):
        verify_cosignatures(SignedNote(later.text, (line_of_it,)), [WITNESS])
    renamed = replace(line_of_it, name="court:350102")
    assert verify_cosignatures(SignedNote(note.text, (renamed,)), [WITNESS]) == []
    plain = line(WITNESS.name, WITNESS_KEY, note.text)
    assert verify_cosignatures(SignedNote(note.text, (plain,)), [WITNESS]) == []


def test_one_witness_signing_many_times_is_one_witness() -> None:
    """Found by: the policy, which counts witnesses and not lines."""
    note = signed()
    line_of_it = cosign(note.text, WITNESS.name, WITNESS_KEY, NOW)
    assert len(verify_cosignatures(SignedNote(note.text, (line_of_it,) * 50), [WITNESS])) == 1
    second = Witness("court:350102", key("second witness").public)
    text = (
        f"log {notes.vkey(ORIGIN, TRAIL.log.public)}\nwitness one {WITNESS.vkey}\nwitness two {second.vkey}\n"
        "group both all one two\nquorum both\n"
    )
    both = parse_policy(text.encode())
    cosigned = SignedNote(note.text, (*note.signatures, *(line_of_it,) * 3))
    held = {each.witness for each in verify_cosignatures(cosigned, [WITNESS, second])}
    assert held == {WITNESS}
    assert not both.holds(held)
    assert both.holds({WITNESS, second})


@pytest.mark.parametrize("name", ["another size", "another root", "the log's name on a line of another key"])
def test_a_bundle_whose_checkpoint_is_not_the_logs(name: str) -> None:
    """Found by: `casehub-verify`, check 3; the marks in it are all right."""
    report = verify_bundle(as_file(TRAIL.contents(checkpoint=NOTES[name](signed()))), TRAIL.trusted())
    assert report.verdict == "INVALID"
    assert report.failed is not None
    assert report.failed.name == "checkpoint"

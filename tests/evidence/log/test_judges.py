"""Readers that share no code with ours agree on trees, proofs and checkpoints.

pymerkle builds the same trees; sigstore's reader of signed notes takes our checkpoints and inclusion proofs. Tiles are
judged in tests/hub/log/test_judged_tiles.py.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from typing import Any

import pymerkle
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring, RekorKeyring
from sigstore._utils import KeyID
from sigstore.errors import VerificationError
from sigstore.models import TransparencyLogEntry
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails
from sigstore_models.rekor.v1 import TransparencyLogEntry as RekorEntry

from evidence.log import merkle, notes
from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from messages.problems import Problem
from tests.scene.keys import key

SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 127, 255, 256, 257, 300)
ORIGIN = "judged.example/log"
KEY = key("judge")


def leaf(index: int) -> bytes:
    return b"entry %d" % index


class Ours:
    """Our tree of some leaves, every stored node kept."""

    def __init__(self, size: int) -> None:
        self.size, frontier = size, merkle.Frontier()
        self.nodes = {}
        for index in range(size):
            for level, place, node in frontier.append(merkle.leaf_hash(leaf(index))):
                self.nodes[level, place] = node
        self.root = frontier.root()

    def node_at(self, level: int, place: int) -> bytes:
        return self.nodes[level, place]

    def root_at(self, size: int) -> bytes:
        return merkle.frontier_at(size, self.node_at).root()


@pytest.fixture(scope="module")
def ours() -> Ours:
    return Ours(max(SIZES))


@pytest.fixture(scope="module")
def theirs() -> Any:
    """pymerkle with its defaults, which are those of RFC 9162: 0x00 before a leaf, 0x01 before two nodes."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    tree.append_entries([leaf(index) for index in range(max(SIZES))])
    return tree


# --- pymerkle -----------------------------------------------------------------------------------------------------


def test_roots_agree_at_every_size(ours: Ours, theirs: Any) -> None:
    assert [ours.root_at(size) for size in range(1, max(SIZES) + 1)] == [
        theirs.get_root(size) for size in range(1, max(SIZES) + 1)
    ]
    assert theirs.get_root(0) == merkle.EMPTY_ROOT


@pytest.mark.parametrize("size", SIZES)
def test_inclusion_paths_are_the_same_hashes(ours: Ours, theirs: Any, size: int) -> None:
    for index in range(size):
        base, *path = theirs.prove_inclusion(index + 1, size).path
        assert merkle.inclusion_path(index, size, ours.node_at) == path
        merkle.verify_inclusion(index, size, base, path, ours.root_at(size))


@pytest.mark.parametrize("size", SIZES)
def test_pymerkle_accepts_our_inclusion_proofs_and_refuses_another_leaf(ours: Ours, theirs: Any, size: int) -> None:
    index = size // 2
    hashed = merkle.leaf_hash(leaf(index))
    proof = theirs.prove_inclusion(index + 1, size)
    proof.path = [hashed, *merkle.inclusion_path(index, size, ours.node_at)]
    pymerkle.verify_inclusion(hashed, ours.root_at(size), proof, index=index + 1, size=size)
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_inclusion(merkle.leaf_hash(b"another"), ours.root_at(size), proof)


def test_each_holds_consistency_against_the_others_roots(ours: Ours, theirs: Any) -> None:
    """pymerkle's consistency proofs lead down to the first new leaf, where the RFC's stop at the last common subtree.
    The paths differ, so each side proves with its own path that the other's two roots are of one history."""
    for new in SIZES:
        for old in range(1, new + 1):
            path = merkle.consistency_path(old, new, ours.node_at)
            merkle.verify_consistency(old, new, theirs.get_root(old), theirs.get_root(new), path)
            proof = theirs.prove_consistency(old, new)
            pymerkle.verify_consistency(ours.root_at(old), ours.root_at(new), proof, prior_size=old, later_size=new)


def test_pymerkle_refuses_our_root_of_another_history(theirs: Any) -> None:
    other = merkle.root_of([merkle.leaf_hash(b"rewritten"), *(merkle.leaf_hash(leaf(index)) for index in range(1, 9))])
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_consistency(other, theirs.get_root(20), theirs.prove_consistency(9, 20))


# --- sigstore -----------------------------------------------------------------------------------------------------


def keyring(public: bytes) -> RekorKeyring:
    der = Ed25519PublicKey.from_public_bytes(public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    given = PublicKey(raw_bytes=base64.b64encode(der), key_details=PublicKeyDetails.PKIX_ED25519)
    return RekorKeyring(Keyring([given]))


def key_id() -> KeyID:
    return KeyID(notes.NoteVerifier(ORIGIN, KEY.public).key_hash)


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def entry(index: int, path: list[bytes], root: bytes, size: int, note: bytes) -> TransparencyLogEntry:
    inner = {
        "logIndex": str(index),
        "logId": {"keyId": text64(key_id())},
        "kindVersion": {"kind": "mark", "version": "1"},
        "inclusionProof": {
            "logIndex": str(index),
            "rootHash": text64(root),
            "treeSize": str(size),
            "hashes": [text64(item) for item in path],
            "checkpoint": {"envelope": note.decode()},
        },
        "canonicalizedBody": text64(leaf(index)),
    }
    return TransparencyLogEntry(RekorEntry.model_validate(inner))


@pytest.mark.parametrize("size", SIZES)
def test_sigstore_takes_our_checkpoints_and_inclusion_proofs(ours: Ours, size: int) -> None:
    root = ours.root_at(size)
    note = sign_checkpoint(Checkpoint(ORIGIN, size, root), KEY)
    for index in {0, size // 3, size - 1}:
        given = entry(index, merkle.inclusion_path(index, size, ours.node_at), root, size, note)
        verify_merkle_inclusion(given)
        verify_checkpoint(keyring(KEY.public), given)


def test_sigstore_reads_the_same_fields_and_keeps_the_lines_it_does_not_know(ours: Ours) -> None:
    checkpoint = Checkpoint(ORIGIN, 300, ours.root, ("an extension",))
    read = SignedCheckpoint.from_text(sign_checkpoint(checkpoint, KEY).decode())
    assert read.signed_note.note == checkpoint.body()
    assert read.checkpoint == LogCheckpoint(
        origin=ORIGIN, log_size=300, log_hash=ours.root.hex(), other_content=["an extension"]
    )
    read.signed_note.verify(keyring(KEY.public), key_id())


def test_sigstore_finds_our_signature_among_cosignatures(ours: Ours) -> None:
    note = notes.parse_note(sign_checkpoint(Checkpoint(ORIGIN, 300, ours.root), KEY))
    witness = notes.NoteSignature("police:350102000000", b"wit!", bytes(72))
    both = notes.SignedNote(note.text, (witness, *note.signatures)).encode().decode()
    SignedCheckpoint.from_text(both).signed_note.verify(keyring(KEY.public), key_id())


def another_root(note: str) -> str:
    lines = note.split("\n")
    return "\n".join([*lines[:2], base64.b64encode(b"\0" * 32).decode(), *lines[3:]])


SPOILED: dict[str, Callable[[str], str]] = {
    "another size": lambda note: note.replace("\n300\n", "\n299\n", 1),
    "another root": another_root,
    "another origin": lambda note: note.replace("judged", "forged", 1),
    "no signature": lambda note: note.partition("\n\n")[0] + "\n\n",
    "no empty line": lambda note: note.replace("\n\n", "\n"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_both_readers_refuse_the_same_spoiled_checkpoints(ours: Ours, name: str) -> None:
    spoiled = SPOILED[name](sign_checkpoint(Checkpoint(ORIGIN, 300, ours.root), KEY).decode())
    with pytest.raises(VerificationError):
        SignedCheckpoint.from_text(spoiled).signed_note.verify(keyring(KEY.public), key_id())
    with pytest.raises(Problem):
        notes.verify_note(notes.parse_note(spoiled.encode()), [notes.NoteVerifier(ORIGIN, KEY.public)])


def test_both_refuse_the_same_spoiled_inclusion_proofs(ours: Ours) -> None:
    chance, size = random.Random(7), 257
    note = sign_checkpoint(Checkpoint(ORIGIN, size, ours.root_at(size)), KEY)
    for _ in range(200):
        index = chance.randrange(size)
        path = merkle.inclusion_path(index, size, ours.node_at)
        way, place = chance.randrange(4), chance.randrange(len(path))
        if way == 0:
            path[place] = hashlib.sha256(path[place]).digest()
        elif way == 1:
            path.pop(place)
        elif way == 2:
            path.insert(place, path[place])
        else:
            index = (index + 1 + chance.randrange(size - 2)) % size
        given = entry(index, path, ours.root_at(size), size, note)
        with pytest.raises(VerificationError):
            verify_merkle_inclusion(given)
        with pytest.raises(Problem):
            merkle.verify_inclusion(index, size, merkle.leaf_hash(leaf(index)), path, ours.root_at(size))

"""Readers that share no code with ours agree on trees, proofs and checkpoints.

`definition` is RFC 9162 word for word and has the same roots and proofs at all sizes; sigstore's readers of inclusion
proofs, signed notes and checkpoints take ours. The vectors of transparency-dev stand in tests/vectors, tiles are judged
in tests/hub/log/test_judged_tiles.py.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable

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
from tests.evidence.log import definition
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


# --- the definition -----------------------------------------------------------------------------------------------


def entries(size: int) -> tuple[bytes, ...]:
    return tuple(leaf(index) for index in range(size))


def test_roots_agree_at_every_size(ours: Ours) -> None:
    assert [ours.root_at(size) for size in range(max(SIZES) + 1)] == [
        definition.mth(entries(size)) for size in range(max(SIZES) + 1)
    ]
    assert definition.mth(()) == merkle.EMPTY_ROOT


@pytest.mark.parametrize("size", SIZES)
def test_inclusion_paths_are_the_same_hashes_and_each_accepts_the_others(ours: Ours, size: int) -> None:
    root, all_entries = definition.mth(entries(size)), entries(size)
    for index in range(size):
        ours_path, theirs = merkle.inclusion_path(index, size, ours.node_at), definition.path(index, all_entries)
        assert ours_path == theirs
        merkle.verify_inclusion(index, size, definition.mth((leaf(index),)), theirs, root)
        definition.verify_inclusion(index, size, merkle.leaf_hash(leaf(index)), ours_path, ours.root_at(size))


@pytest.mark.parametrize("size", SIZES)
def test_the_definition_refuses_another_leaf_at_every_place(ours: Ours, size: int) -> None:
    for index in range(size):
        path = merkle.inclusion_path(index, size, ours.node_at)
        with pytest.raises(definition.RefusedError):
            definition.verify_inclusion(index, size, merkle.leaf_hash(b"another"), path, ours.root_at(size))


@pytest.mark.parametrize("new", SIZES)
def test_consistency_proofs_are_the_same_hashes_and_each_accepts_the_others(ours: Ours, new: int) -> None:
    for old in range(1, new + 1):
        ours_path, theirs = merkle.consistency_path(old, new, ours.node_at), definition.proof(old, entries(new))
        assert ours_path == theirs
        merkle.verify_consistency(old, new, definition.mth(entries(old)), definition.mth(entries(new)), theirs)
        definition.verify_consistency(old, new, ours.root_at(old), ours.root_at(new), ours_path)


@pytest.mark.parametrize("new", SIZES)
def test_both_refuse_the_root_of_another_history(ours: Ours, new: int) -> None:
    for old in range(1, new + 1):
        rewritten = merkle.root_of([merkle.leaf_hash(b"rewritten"), *map(merkle.leaf_hash, entries(old)[1:])])
        path = merkle.consistency_path(old, new, ours.node_at)
        with pytest.raises(definition.RefusedError):
            definition.verify_consistency(old, new, rewritten, ours.root_at(new), path)
        with pytest.raises(Problem):
            merkle.verify_consistency(old, new, rewritten, ours.root_at(new), path)


def spoiled_path(path: list[bytes], chance: random.Random) -> list[bytes]:
    """A path with one hash changed, missing or doubled."""
    place, spoiled = chance.randrange(len(path)), list(path)
    match chance.randrange(3):
        case 0:
            spoiled[place] = hashlib.sha256(path[place]).digest()
        case 1:
            spoiled.pop(place)
        case _:
            spoiled.insert(place, path[place])
    return spoiled


def test_both_refuse_the_same_spoiled_consistency_proofs(ours: Ours) -> None:
    chance = random.Random(7)
    for _ in range(1000):
        new = chance.randrange(2, max(SIZES) + 1)
        old = chance.randrange(1, new)
        roots = ours.root_at(old), ours.root_at(new)
        path = spoiled_path(merkle.consistency_path(old, new, ours.node_at), chance)
        with pytest.raises(definition.RefusedError):
            definition.verify_consistency(old, new, *roots, path)
        with pytest.raises(Problem):
            merkle.verify_consistency(old, new, *roots, path)


@pytest.mark.parametrize("new", [2, 3, 7, 8, 100])
def test_both_refuse_a_proof_told_of_other_sizes(ours: Ours, new: int) -> None:
    for old in range(1, new):
        path = merkle.consistency_path(old, new, ours.node_at)
        for told in set(range(1, new)) - {old}:
            with pytest.raises(definition.RefusedError):
                definition.verify_consistency(told, new, ours.root_at(old), ours.root_at(new), path)
            with pytest.raises(Problem):
                merkle.verify_consistency(told, new, ours.root_at(old), ours.root_at(new), path)


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
    for index in range(size):
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


def test_all_refuse_the_same_spoiled_inclusion_proofs(ours: Ours) -> None:
    chance, size = random.Random(7), 257
    root = ours.root_at(size)
    note = sign_checkpoint(Checkpoint(ORIGIN, size, root), KEY)
    for _ in range(200):
        index = chance.randrange(size)
        path = merkle.inclusion_path(index, size, ours.node_at)
        if chance.randrange(4):
            path = spoiled_path(path, chance)
        else:
            index = (index + 1 + chance.randrange(size - 2)) % size
        hashed = merkle.leaf_hash(leaf(index))
        with pytest.raises(VerificationError):
            verify_merkle_inclusion(entry(index, path, root, size, note))
        with pytest.raises(definition.RefusedError):
            definition.verify_inclusion(index, size, hashed, path, root)
        with pytest.raises(Problem):
            merkle.verify_inclusion(index, size, hashed, path, root)

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.log import merkle, notes
from evidence.log.checkpoints import Checkpoint, log_verifiers, parse_checkpoint, sign_checkpoint, verify_checkpoint
from evidence.log.notes import NoteVerifier, parse_note, parse_vkey, sign_note, verify_note, vkey
from evidence.log.proofs import LogProof, parse_proof
from messages.problems import Problem
from tests.scene.agencies import HUB
from tests.scene.evidence import Trail
from tests.scene.keys import ORIGIN, key

# The example of c2sp.org/signed-note.
EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

TRAIL = Trail()
LOG = NoteVerifier(ORIGIN, TRAIL.log.public)
ROOT = merkle.leaf_hash(b"")


def test_the_example_of_the_specification() -> None:
    verifier = parse_vkey(EXAMPLE_VKEY)
    assert verifier.name == "example.com/foo"
    assert vkey(verifier.name, verifier.public) == EXAMPLE_VKEY
    note = parse_note(EXAMPLE)
    assert note.encode() == EXAMPLE
    assert verify_note(note, [verifier]) == [verifier]


lines = st.text(st.characters(codec="utf-8", min_codepoint=0x20), max_size=20)


@given(st.lists(lines, min_size=1, max_size=6))
def test_any_text_reads_back(parts: list[str]) -> None:
    text = "\n".join(parts) + "\n"
    note = sign_note(text, ORIGIN, TRAIL.log)
    assert parse_note(note.encode()) == note
    assert verify_note(parse_note(note.encode()), [NoteVerifier(ORIGIN, TRAIL.log.public)])


def test_unknown_signers_are_ignored_and_second_lines_of_one_key_too() -> None:
    text = "hello\n"
    ours, other = sign_note(text, ORIGIN, TRAIL.log), sign_note(text, "other.example", key("other"))
    same_name = sign_note(text, ORIGIN, key("other"))
    signatures = (*other.signatures, *same_name.signatures, *ours.signatures, *ours.signatures)
    note = parse_note(notes.SignedNote(text, signatures).encode())
    assert verify_note(note, [LOG]) == [LOG]
    both = [LOG, NoteVerifier("other.example", key("other").public)]
    assert verify_note(note, both) == [both[1], LOG]


def test_a_known_key_that_did_not_sign_this_text() -> None:
    text = "hello\n"
    blob = notes.NoteSignature(ORIGIN, LOG.key_hash, TRAIL.log.sign(b"another\n"))
    good = sign_note(text, "other.example", key("other"))
    note = notes.SignedNote(text, (*good.signatures, blob))
    with pytest.raises(Problem, match="bad-note-signature"):
        verify_note(note, [LOG, NoteVerifier("other.example", key("other").public)])


def test_swapped_names_are_unknown_signers() -> None:
    note = sign_note("hello\n", ORIGIN, TRAIL.log)
    line = note.signatures[0]
    renamed = notes.SignedNote(note.text, (notes.NoteSignature("other.example", line.key_hash, line.blob),))
    with pytest.raises(Problem, match="note-unsigned"):
        verify_note(renamed, [LOG])


SIGNATURE_LINE = parse_note(EXAMPLE).signatures[0].line()
BAD_NOTES: dict[str, bytes] = {
    "empty": b"",
    "no signature": b"text\n\n",
    "no gap": b"text\n" + SIGNATURE_LINE.encode(),
    "no line feed at the end": EXAMPLE[:-1],
    "no UTF-8": b"\xff" + EXAMPLE,
    "a tab": b"a\tb" + EXAMPLE,
    "a carriage return": EXAMPLE.replace(b"\n", b"\r\n"),
    "a NUL": b"\0" + EXAMPLE,
    "hyphen for dash": EXAMPLE.replace("—".encode(), b"-"),
    "no name": "text\n\n—  AAAAAAA=\n".encode(),
    "name with a plus": EXAMPLE.replace(b"example.com/foo", b"example+foo"),
    "no base64": "text\n\n— name %%%\n".encode(),
    "only a key hash": ("text\n\n— name " + base64.b64encode(b"1234").decode() + "\n").encode(),
    "name alone": "text\n\n— name\n".encode(),
    "a line between signatures": EXAMPLE + b"\n" + SIGNATURE_LINE.encode()[:-5],
    "101 signatures": b"text\n\n" + SIGNATURE_LINE.encode() * 101,
    "1,000 signatures": b"text\n\n" + SIGNATURE_LINE.encode() * 1000,
    "a megabyte": b"x" * 1_000_000 + EXAMPLE,
}


@pytest.mark.parametrize("name", BAD_NOTES)
def test_malformed_notes(name: str) -> None:
    with pytest.raises(Problem, match="malformed-note"):
        parse_note(BAD_NOTES[name])


def test_sixteen_signatures_and_more_are_taken() -> None:
    assert len(parse_note(b"text\n\n" + SIGNATURE_LINE.encode() * 100).signatures) == 100


@pytest.mark.parametrize("text", ["no line feed", "", "tab\t\n"])
def test_texts_that_no_note_can_hold(text: str) -> None:
    with pytest.raises(Problem, match="malformed-note"):
        sign_note(text, ORIGIN, TRAIL.log)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        EXAMPLE_VKEY.replace("530d903a", "530d903b"),
        EXAMPLE_VKEY.replace("530d903a", "530D903A"),
        EXAMPLE_VKEY.replace("+Aeky", "+Beky"),
        EXAMPLE_VKEY[:-4],
        EXAMPLE_VKEY[:-1],
        EXAMPLE_VKEY + "\n",
        "na me" + EXAMPLE_VKEY[11:],
    ],
)
def test_malformed_verifier_keys(text: str) -> None:
    with pytest.raises(Problem, match="bad-note-key"):
        parse_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\nb", "a\x07b"])
def test_names_that_no_key_can_have(name: str) -> None:
    with pytest.raises(Problem, match="bad-note-key"):
        sign_note("x\n", name, TRAIL.log)


@given(st.integers(1, (1 << 63) - 1), st.binary(min_size=32, max_size=32))
def test_checkpoints_read_back(size: int, root: bytes) -> None:
    made = Checkpoint(ORIGIN, size, root)
    data = sign_checkpoint(made, TRAIL.log)
    assert parse_checkpoint(data)[0] == made
    assert verify_checkpoint(data, [LOG]) == made


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    data = sign_checkpoint(Checkpoint(ORIGIN, 1, ROOT), TRAIL.log)
    expected = f"{ORIGIN}\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n— {ORIGIN} "
    assert data.decode().startswith(expected)


def test_extensions_and_cosignatures_are_kept() -> None:
    made = Checkpoint(ORIGIN, 1, ROOT, ("note one", "note two"))
    note = sign_note(made.body(), ORIGIN, TRAIL.log)
    cosigned = notes.SignedNote(
        note.text, (*note.signatures, notes.NoteSignature("witness.example", b"1234", bytes(72)))
    )
    assert verify_checkpoint(cosigned.encode(), [LOG]) == made
    assert parse_checkpoint(cosigned.encode())[1].signatures == cosigned.signatures


def test_verifiers_of_log_keys() -> None:
    assert log_verifiers(TRAIL.trusted()) == [LOG]
    assert log_verifiers(TRAIL.trusted().of(HUB, "identity")) == []


def test_a_cosignature_alone_does_not_make_a_checkpoint() -> None:
    made = Checkpoint(ORIGIN, 1, ROOT)
    witness = NoteVerifier("witness.example", key("witness").public)
    data = sign_note(made.body(), "witness.example", key("witness")).encode()
    with pytest.raises(Problem, match="note-unsigned"):
        verify_checkpoint(data, [LOG, witness])


R64 = base64.b64encode(ROOT).decode()
BAD_BODIES = {
    "two lines": f"{ORIGIN}\n1\n",
    "empty origin": f"\n1\n{R64}\n",
    "size with a zero before": f"{ORIGIN}\n01\n{R64}\n",
    "size negative": f"{ORIGIN}\n-1\n{R64}\n",
    "size with a plus": f"{ORIGIN}\n+1\n{R64}\n",
    "size in other digits": f"{ORIGIN}\n１\n{R64}\n",
    "size over 63 bits": f"{ORIGIN}\n9223372036854775808\n{R64}\n",
    "size endless": f"{ORIGIN}\n{'9' * 400}\n{R64}\n",
    "root too short": f"{ORIGIN}\n1\n{base64.b64encode(ROOT[1:]).decode()}\n",
    "root unpadded": f"{ORIGIN}\n1\n{R64.rstrip('=')}\n",
    "empty tree with a root": f"{ORIGIN}\n0\n{R64}\n",
    "empty extension": f"{ORIGIN}\n1\n{R64}\n\nmore\n",
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_malformed_checkpoints(name: str) -> None:
    data = sign_note(BAD_BODIES[name], ORIGIN, TRAIL.log).encode()
    with pytest.raises(Problem, match="malformed-checkpoint"):
        verify_checkpoint(data, [LOG])


def test_a_checkpoint_holds_no_line_feed_in_an_extension() -> None:
    with pytest.raises(Problem, match="malformed-checkpoint"):
        Checkpoint(ORIGIN, 1, ROOT, ("a\nb",))


CHECKPOINT = sign_checkpoint(Checkpoint(ORIGIN, 1, ROOT), TRAIL.log)


@given(st.integers(0, 1 << 40), st.lists(st.binary(min_size=32, max_size=32), max_size=64))
def test_proofs_read_back(index: int, path: list[bytes]) -> None:
    proof = LogProof(index, tuple(path), CHECKPOINT)
    assert parse_proof(proof.encode()) == proof


PROOF = LogProof(7, (ROOT, ROOT), CHECKPOINT).encode()


def test_an_extra_line_is_skipped() -> None:
    assert parse_proof(PROOF.replace(b"index", b"extra AAAA\nindex")) == parse_proof(PROOF)


BAD_PROOFS: dict[str, Callable[[], Any]] = {
    "empty": lambda: b"",
    "other version": lambda: PROOF.replace(b"@v1", b"@v2"),
    "no index": lambda: PROOF.replace(b"index 7\n", b""),
    "header alone": lambda: b"c2sp.org/tlog-proof@v1\n\n" + CHECKPOINT,
    "index with a zero before": lambda: PROOF.replace(b"index 7", b"index 07"),
    "index negative": lambda: PROOF.replace(b"index 7", b"index -7"),
    "short hash": lambda: PROOF.replace(R64.encode(), b"AAAA"),
    "no base64": lambda: PROOF.replace(R64.encode(), b"%"),
    "extra no base64": lambda: PROOF.replace(b"index", b"extra %\nindex"),
    "65 hashes": lambda: LogProof(7, (ROOT,) * 65, CHECKPOINT).encode(),
    "a million hashes": lambda: LogProof(7, (ROOT,) * 1_000_000, CHECKPOINT).encode(),
    "no checkpoint": lambda: PROOF.partition(b"\n\n")[0],
    "not ASCII": lambda: "案".encode() + PROOF,
    "endless checkpoint": lambda: PROOF + b"x" * 1_000_001,
}


@pytest.mark.parametrize("name", BAD_PROOFS)
def test_malformed_proofs(name: str) -> None:
    with pytest.raises(Problem, match="malformed-proof"):
        parse_proof(BAD_PROOFS[name]())

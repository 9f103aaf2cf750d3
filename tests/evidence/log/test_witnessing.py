"""Cosignatures, what a witness decides, and when evidence counts as witnessed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.keys import SigningKey
from evidence.log import cosignatures, merkle, notes, policy, witnessing
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from evidence.log.cosignatures import Cosigned, Witness, cosign, verify_cosignatures
from evidence.log.notes import NoteSignature, NoteVerifier, SignedNote
from evidence.log.witnessing import Refused, Request, Seen, judge, parse_request
from messages.problems import Problem

ORIGIN = "hub.example/log"
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LOG, OTHER, POLICE, COURT, PROC = (SigningKey.generate() for _ in range(5))
LOGS = {ORIGIN: [NoteVerifier(ORIGIN, LOG.public)]}
LEAVES = [merkle.leaf_hash(bytes([index])) for index in range(20)]


def nodes(level: int, index: int) -> bytes:
    return merkle.root_of(LEAVES[index << level : (index + 1) << level])


def signed(size: int, *, key: SigningKey = LOG, root: bytes | None = None, origin: str = ORIGIN) -> bytes:
    root = merkle.root_of(LEAVES[:size]) if root is None else root
    return sign_checkpoint(Checkpoint(origin, size, root), key)


def seen(size: int) -> dict[str, Seen]:
    return {ORIGIN: Seen(size, merkle.root_of(LEAVES[:size]), signed(size))} if size else {}


def asked(old: int, new: int, **options: object) -> Request:
    note = signed(new, **options)  # type: ignore[arg-type]
    return Request(old, tuple(merkle.consistency_path(old, new, nodes)), note)


# cosignatures


def cosigned_note(*signatures: NoteSignature) -> SignedNote:
    _, note = parse_checkpoint(signed(7))
    return SignedNote(note.text, (*note.signatures, *signatures))


def test_a_cosignature_signs_the_bytes_of_the_specification() -> None:
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosignatures.message(body, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    line = cosign(body, "police:350102000000", POLICE, AT)
    assert line.blob[:8] == int(AT.timestamp()).to_bytes(8, "big")
    assert len(line.blob) == 72


def test_known_witnesses_count_once_and_unknown_lines_are_ignored() -> None:
    police, court = Witness("police:1", POLICE.public), Witness("court:1", COURT.public)
    _, note = parse_checkpoint(signed(7))
    lines = [
        cosign(note.text, "police:1", POLICE, AT),
        cosign(note.text, "police:1", POLICE, AT + timedelta(days=1)),
        cosign(note.text, "court:1", OTHER, AT),
        cosign(note.text, "stranger:1", OTHER, AT),
    ]
    again = notes.parse_note(cosigned_note(*lines).encode())
    assert verify_cosignatures(again, [police, court]) == [Cosigned(police, AT)]


@pytest.mark.parametrize(
    "harm",
    [
        lambda blob: blob[:-1],
        lambda blob: blob + b"\x00",
        lambda blob: b"",
        lambda blob: blob[:8] + bytes(64),
        lambda blob: bytes(8) + blob[8:],
        lambda blob: b"\xff" * 8 + blob[8:],
        lambda blob: (int.from_bytes(blob[:8], "big") + 1).to_bytes(8, "big") + blob[8:],
    ],
)
def test_a_known_witness_whose_line_does_not_hold_spoils_the_note(harm: Callable[[bytes], bytes]) -> None:
    police = Witness("police:1", POLICE.public)
    _, note = parse_checkpoint(signed(7))
    line = cosign(note.text, "police:1", POLICE, AT)
    with pytest.raises(Problem, match=r"evidence\.bad-note-signature"):
        verify_cosignatures(cosigned_note(NoteSignature(line.name, line.key_hash, harm(line.blob))), [police])


def test_a_log_signature_is_no_cosignature_and_the_reverse() -> None:
    _, note = parse_checkpoint(signed(7))
    plain = notes.sign_note(note.text, "police:1", POLICE).signatures[0]
    assert verify_cosignatures(cosigned_note(plain), [Witness("police:1", POLICE.public)]) == []
    line = cosign(note.text, ORIGIN, LOG, AT)
    with pytest.raises(Problem, match=r"evidence\.note-unsigned"):
        notes.verify_note(SignedNote(note.text, (line,)), LOGS[ORIGIN])


def test_verifier_keys_of_witnesses_come_back() -> None:
    witness = Witness("police:350102000000", POLICE.public)
    assert cosignatures.parse_vkey(witness.vkey) == witness
    for wrong in (
        notes.vkey("police:1", POLICE.public),
        witness.vkey[:-2],
        witness.vkey.replace("police", "court", 1),
        "x",
        "",
    ):
        with pytest.raises(Problem, match=r"evidence\.bad-note-key"):
            cosignatures.parse_vkey(wrong)


# the witness


@given(st.integers(0, 20), st.integers(0, 20))
def test_what_is_consistent_is_accepted(old: int, more: int) -> None:
    new = min(20, old + more)
    if new == 0:
        return
    request = parse_request(asked(old, new).encode())
    accepted = judge(request, LOGS, seen(old))
    assert (accepted.checkpoint.size, accepted.seen.note) == (new, request.note)


def lines(*text: str, note: bytes | None = None) -> bytes:
    return ("\n".join(text) + "\n\n").encode() + (signed(7) if note is None else note)


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 0",
        signed(7),
        lines("old"),
        lines("old 00"),
        lines("old -1"),
        lines("old 1 "),
        lines("Old 1"),
        lines("old 1", "not base64"),
        lines("old 1", HASH[:-1]),
        lines("old 1", base64.b64encode(bytes(31)).decode()),
        lines("old 1", *[HASH] * 64),
        lines("old 0", note=b"no note"),
        lines("old 0", note=b"x" * 70_000),
        lines("old 8"),
    ],
    ids=range(15),
)
def test_other_forms_are_bad_requests(data: bytes) -> None:
    with pytest.raises(Refused) as told:
        judge(parse_request(data), LOGS, seen(8))
    assert told.value.status == 400


OTHER_ROOT = merkle.leaf_hash(b"another history")


@pytest.mark.parametrize(
    ("request_", "remembered", "status", "contradiction"),
    [
        (asked(0, 7, origin="stranger.example/log"), 0, 404, False),
        (asked(0, 7, key=OTHER), 0, 403, False),
        (Request(0, (), signed(7).replace("— ".encode(), "— x".encode())), 0, 403, False),
        (asked(0, 7), 3, 409, False),
        (asked(5, 7), 3, 409, False),
        (asked(3, 7), 8, 409, False),
        (Request(3, (), signed(7)), 3, 422, False),
        (Request(0, (bytes(32),), signed(7)), 0, 422, False),
        (asked(3, 9, root=OTHER_ROOT), 3, 422, False),
        (Request(7, (), signed(7, root=OTHER_ROOT)), 7, 422, True),
        (Request(0, (), signed(7, root=OTHER_ROOT)), 7, 409, True),
    ],
)
def test_refusals(request_: Request, remembered: int, status: int, contradiction: bool) -> None:
    with pytest.raises(Refused) as told:
        judge(request_, LOGS, seen(remembered))
    assert (told.value.status, told.value.contradiction) == (status, contradiction)
    assert told.value.size == (remembered if status == 409 else None)


def test_a_signature_of_the_log_that_fails_is_refused_even_beside_one_that_holds() -> None:
    _, note = parse_checkpoint(signed(7))
    broken = NoteSignature(ORIGIN, note.signatures[0].key_hash, bytes(64))
    spoiled = SignedNote(note.text, (broken, *note.signatures)).encode()
    with pytest.raises(Refused) as told:
        judge(Request(0, (), spoiled), LOGS, {})
    assert told.value.status == 403


# policies

NAMES = {"police": POLICE, "procuratorate": PROC, "court": COURT}
WITNESSES = {name: Witness(f"{name}:1", key.public) for name, key in NAMES.items()}
DEFINED = "".join(f"witness {name} {witness.vkey}\n" for name, witness in WITNESSES.items())


@pytest.mark.parametrize(
    ("rules", "enough"),
    [
        ("quorum none", [set(), {"court"}]),
        ("quorum court", [{"court"}, {"court", "police"}]),
        ("group g 2 police procuratorate court\nquorum g", [{"court", "police"}, {"police", "procuratorate"}]),
        ("group g any police court\nquorum g", [{"court"}, {"police"}]),
        ("group g all police court\nquorum g", [{"court", "police"}]),
        ("group a any police court\ngroup b all a procuratorate\nquorum b", [{"court", "procuratorate"}]),
    ],
)
def test_a_quorum_holds_exactly_with_enough(rules: str, enough: list[set[str]]) -> None:
    read = policy.parse_policy((f"# a comment\n\t\n{DEFINED}" + rules + "\n").encode())
    for names in enough:
        assert read.holds({WITNESSES[name] for name in names})
    if rules != "quorum none":
        assert not read.holds(set())
        assert read.missing({WITNESSES["court"]}) == ["police", "procuratorate"]


def test_a_policy_may_name_logs_and_places() -> None:
    log = notes.vkey(ORIGIN, LOG.public)
    text = f"log {log} https://127.0.0.1/log\nwitness w {WITNESSES['court'].vkey} https://127.0.0.1/w\nquorum w\n"
    read = policy.parse_policy(text.encode())
    assert read.logs == (NoteVerifier(ORIGIN, LOG.public),)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (DEFINED, 4),
        (DEFINED + "quorum nobody", 4),
        (DEFINED + "quorum court\nquorum court", 5),
        (DEFINED + "quorum", 4),
        (DEFINED + "group g 0 court\nquorum g", 4),
        (DEFINED + "group g 2 court\nquorum g", 4),
        (DEFINED + "group g 02 court police\nquorum g", 4),
        (DEFINED + "group g some court\nquorum g", 4),
        (DEFINED + "group g any\nquorum g", 4),
        (DEFINED + "group g any g\nquorum g", 4),
        (DEFINED + "group g any court court\nquorum g", 4),
        (DEFINED + "group g any court\ngroup h any court\nquorum h", 5),
        (DEFINED + "group none any court\nquorum none", 4),
        (DEFINED + "group court any police\nquorum court", 4),
        (DEFINED + f"witness again {WITNESSES['court'].vkey}\nquorum court", 4),
        (DEFINED + f"log {WITNESSES['court'].vkey}\nquorum court", 4),
        (DEFINED + "witness w x\nquorum court", 4),
        (DEFINED + "poem one\nquorum court", 4),
        (DEFINED + "quorum\vcourt", 4),
    ],
    ids=range(20),
)
def test_a_policy_that_is_wrong_says_in_which_line(text: str, line: int) -> None:
    with pytest.raises(Problem, match=r"evidence\.bad-policy") as told:
        policy.parse_policy(text.encode())
    assert told.value.params["line"] == line


def test_a_policy_without_end_is_refused() -> None:
    with pytest.raises(Problem, match=r"evidence\.bad-policy"):
        policy.parse_policy(b"#" * (policy.MAX_BYTES + 1))


def test_a_request_keeps_its_bytes() -> None:
    data = asked(3, 7).encode()
    assert parse_request(data).encode() == data
    assert data.startswith(b"old 3\n")
    assert witnessing.SIZE_TYPE == "text/x.tlog.size"

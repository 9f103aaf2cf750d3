"""A second suite goes through the same code as the first, and needs two modules, a digest and four lines of registers.

The files that it needed: `second/evidence_side.py` (in earnest `evidence/suites/NAME.py`), `second/dossier_side.py`
(`dossier/suites/NAME.py`), and what the fixture `second` registers: its digest in `digests`, its name and types of keys
in `evidence.suites.KNOWN`, its name in `dossier.suites.KNOWN`. In earnest the list of suites in the schemas
(`standards/schemas/common-v1.json`) and docs/protocol.md as well.
"""

from __future__ import annotations

import ast
import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import dossier.suites
import evidence.suites
from digests import Digest
from dossier.descriptor import Descriptor
from dossier.keys import Identity, Recipient, VolumeSecrets, check_commitment, wrap_info
from dossier.seal import seal_volume
from dossier.unseal import unseal_volume
from evidence import dsse, statements
from evidence.bundles.openings import Opening, open_catalogue
from evidence.canonical import canonical
from evidence.identifiers import parse_timestamp
from evidence.keys import KeyEntry, SigningKey, TrustedKeys, accept_key_chain, key_statement
from evidence.log import checkpoints, cosignatures, merkle, notes
from evidence.mark_bodies import mark_body
from evidence.marks import leaf_hash, make_mark
from evidence.requests import content_digest_of, sign_request, verify_request
from evidence.statements import SignedStatement
from evidence.suites import INTL1, Known
from tests.dossier.samples import SEALED_AT, VOLUME_ID, Parts, caught, seal, volume_of
from tests.dossier.second import registered
from tests.dossier.second.evidence_side import DIGEST, NAME

POLICE, COURT, HUB = "police:350102000000", "court:350102", "hub:example"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
CONTENTS = [b"one" * 700_000, b"", b"three"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(name="second")
def _second(monkeypatch: pytest.MonkeyPatch) -> None:
    for register, name, entry in registered.lines():
        monkeypatch.setitem(register, name, entry)


def trusted(key: SigningKey, reader: Identity, owner: str = POLICE) -> list[SignedStatement]:
    """The two key statements of an agency."""
    return [
        key_statement(owner=owner, kty=key.alg, public=key.public, purpose="identity", valid_from=NOW, signer=key),
        key_statement(owner=owner, kty=reader.kty, public=reader.public, purpose="hpke", valid_from=NOW, signer=key),
    ]


@pytest.mark.usefixtures("second")
def test_it_signs_and_verifies() -> None:
    key, reader = SigningKey.generate(NAME), Identity.generate(NAME)
    chain = [SignedStatement.decode(each.encode()) for each in trusted(key, reader)]
    keys = TrustedKeys.from_json(TrustedKeys(accept_key_chain(chain)).to_json())
    assert {statement.unverified_body["suite"] for statement in chain} == {NAME}
    assert key.key_id.startswith("sha512:")

    statement = SignedStatement.decode(statements.sign("envelope", {"sender": POLICE}, key).encode())
    body = statements.verify(statement, "envelope", keys, NOW, POLICE)
    assert (body["suite"], statement.alg, len(statement.signature)) == (NAME, "ed448", 114)
    assert statement.digest == str(Digest.of(statement.encode(), DIGEST))

    made = mark_body(
        mark_id=VOLUME_ID, action="opened", actor=POLICE, occurred_at=NOW, transfer_id=VOLUME_ID, suite=NAME
    )
    mark = make_mark(made, key)
    at = parse_timestamp(made.occurred_at)
    assert statements.verify(mark, "mark", keys, at, made.actor)["suite"] == NAME
    assert leaf_hash(mark).startswith("sha256:")  # the log's tree is one for all suites


@pytest.mark.usefixtures("second")
def test_it_signs_requests_notes_and_cosignatures() -> None:
    key, reader = SigningKey.generate(NAME), Identity.generate(NAME)
    entry = accept_key_chain(trusted(key, reader))[0]
    url, digest = "https://hub.example/v1/transfers", content_digest_of(Digest.of(b"body"))
    headers = sign_request("POST", url, {}, digest, key, NOW, "0" * 32)
    assert 'alg="ed448"' in headers["Signature-Input"]
    assert verify_request("POST", url, headers, lambda _: entry, NOW).owner == POLICE
    changed = {**headers, "Content-Digest": content_digest_of(Digest.of(b"other"))}
    assert caught(lambda: verify_request("POST", url, changed, lambda _: entry, NOW)).code == "evidence.bad-signature"

    checkpoint = checkpoints.Checkpoint("hub.example/log", 1, merkle.leaf_hash(b"x"))
    verifier = notes.parse_vkey(notes.vkey("hub.example/log", key.public, key.alg))
    signed = checkpoints.sign_checkpoint(checkpoint, key)
    assert checkpoints.verify_checkpoint(signed, [verifier]) == checkpoint
    line = cosignatures.cosign(checkpoint.body(), "witness.example", key, NOW)
    witness = cosignatures.parse_vkey(cosignatures.Witness("witness.example", key.public, key.alg).vkey)
    found = cosignatures.verify_cosignatures(notes.SignedNote(checkpoint.body(), (line,)), [witness])
    assert [each.at for each in found] == [NOW]


@pytest.mark.usefixtures("second")
def test_it_seals_wraps_and_unseals(tmp_path: Path) -> None:
    key, reader = SigningKey.generate(NAME), Identity.from_pem(Identity.generate(NAME).to_pem())
    entry = accept_key_chain(trusted(key, reader))[1]
    secrets = VolumeSecrets.generate(NAME)
    assert VolumeSecrets.from_json(secrets.to_json()) == secrets
    parts = Parts()
    sealed = seal_volume(volume_of(tmp_path / "in", CONTENTS), VOLUME_ID, secrets, parts.keep)
    statement = statements.sign("descriptor", sealed.descriptor(POLICE, SEALED_AT).to_body(), key)
    descriptor = Descriptor.parse(statement.unverified_body)
    assert descriptor.suite == NAME
    assert descriptor.sealed_digest == sealed.sealed_digest
    assert all(digest.startswith("sha512:") for digest in [descriptor.sealed_digest, *descriptor.pack.digests])

    recipient = Recipient.from_entry(entry)
    info = wrap_info("t", VOLUME_ID, POLICE, recipient.key_id, recipient.suite)
    volume_key = reader.unwrap(recipient.wrap(secrets.volume_key, info), info)
    done = unseal_volume(descriptor, volume_key, parts.read, tmp_path / "out")
    files = list(done.catalogue.volume.files)
    assert [(tmp_path / "out" / file.path).read_bytes() for file in files] == CONTENTS
    assert [file.sha256 for file in files] == [str(Digest.of(content, DIGEST)) for content in CONTENTS]
    again = unseal_volume(descriptor, volume_key, parts.read, tmp_path / "out")
    assert (again.kept, again.fetched) == (len(CONTENTS), 0)

    opening = Opening(statement, [parts.stream("catalogue")], volume_key)
    assert open_catalogue(opening)["header"]["suite"] == NAME
    assert caught(lambda: check_commitment(bytes(32), descriptor.key_commitment, suite=NAME)).code == (
        "dossier.key-commitment"
    )


@pytest.mark.usefixtures("second")
def test_suites_do_not_mix(tmp_path: Path) -> None:
    first, second = SigningKey.generate(), SigningKey.generate(NAME)
    assert caught(lambda: statements.sign("mark", {"suite": INTL1}, second)).code == "evidence.wrong-algorithm"
    assert caught(lambda: statements.sign("mark", {"suite": NAME}, first)).code == "evidence.wrong-algorithm"
    mixed = statements.sign("envelope", {}, first).to_json()
    mixed["signatures"][0]["alg"] = second.alg
    assert caught(lambda: SignedStatement.from_json(mixed)).code == "evidence.unknown-algorithm"
    _, descriptor, _ = seal(volume_of(tmp_path, CONTENTS))
    assert caught(lambda: Descriptor.parse({**descriptor.to_body(), "suite": NAME})).code == "evidence.bad-digest"


def unsigned(payload: dict[str, Any], kind: str) -> dict[str, Any]:
    """A statement of a suite that nobody here knows."""
    encoded = base64.b64encode(canonical({"v": 1, **payload})).decode("ascii")
    signature = {"alg": "sm2", "keyid": "sha256:" + "0" * 64, "sig": base64.b64encode(bytes(71)).decode("ascii")}
    return {"payload": encoded, "payloadType": dsse.payload_type(kind), "signatures": [signature]}


@pytest.mark.parametrize("kind", ["envelope", "key", "descriptor", "mark"])
def test_a_suite_of_tomorrow_is_told_as_such_in_a_statement(kind: str) -> None:
    problem = caught(lambda: SignedStatement.from_json(unsigned({"suite": "cn-1"}, kind)))
    assert (problem.code, problem.params["suite"]) == ("evidence.unknown-suite", "cn-1")


def test_a_suite_of_tomorrow_is_told_as_such_in_a_key() -> None:
    entry = accept_key_chain(trusted(SigningKey.generate(), Identity.generate()))[0].to_json()
    problem = caught(lambda: KeyEntry.from_json({**entry, "kty": "sm2"}))
    assert (problem.code, problem.params["kty"]) == ("evidence.unknown-key-type", "sm2")


def test_a_suite_of_tomorrow_is_told_as_such_in_a_descriptor(tmp_path: Path) -> None:
    _, descriptor, _ = seal(volume_of(tmp_path, CONTENTS))
    problem = caught(lambda: Descriptor.parse({**descriptor.to_body(), "suite": "cn-1"}))
    assert (problem.code, problem.params["suite"]) == ("dossier.unknown-suite", "cn-1")


def test_a_suite_without_its_library_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(evidence.suites.KNOWN, "cn-1", Known("evidence.suites.cn1", ("sm2",)))
    monkeypatch.setitem(dossier.suites.KNOWN, "cn-1", "dossier.suites.cn1")
    for call in (
        lambda: SignedStatement.from_json(unsigned({"suite": "cn-1"}, "envelope")),
        lambda: SigningKey.generate("cn-1"),
        lambda: Identity.generate("cn-1"),
        lambda: VolumeSecrets.generate("cn-1").cipher(VOLUME_ID, "pack"),
    ):
        problem = caught(call)
        assert (problem.code, problem.params) == ("evidence.suite-unavailable", {"suite": "cn-1"})
    assert notes.parse_vkey(notes.vkey("hub.example", bytes(32))).public == bytes(32)  # the others still work


def test_the_name_of_a_suite_stands_in_one_place() -> None:
    rooms = ("digests", "messages", "standards", "codebooks", "evidence", "dossier", "serving", "hub", "adapters")
    found = [path for room in rooms for path in (ROOT / room).rglob("*.py") if _names(path, INTL1)]
    assert found == [ROOT / "evidence/suites/__init__.py"]


def _names(path: Path, text: str) -> bool:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return any(isinstance(node, ast.Constant) and node.value == text for node in nodes)

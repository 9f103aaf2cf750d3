"""docs/protocol.md says what the code does: every worked block is recomputed, every table held against its source."""

from __future__ import annotations

import base64
import hashlib
import importlib
import io
import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.bundles.verify import verify_bundle
from evidence.dsse import KINDS
from evidence.keys import TrustedKeys, accept_key_chain
from evidence.log import merkle
from evidence.mark_bodies import ACTIONS
from hub.app import create_app
from hub.exchange.decisions import receive
from hub.store.inbox import InboxItem
from messages import catalogue
from standards.schemas import violations
from tests.docs.worked import log, page, parties, transfer, volume
from tests.docs.worked.example import values
from tests.docs.worked.value import Value
from tests.scene.hubs import opened

PAGE = page.PAGE.read_text("utf-8")
BLOCKS = page.blocks(PAGE)
WRAPPED = page.wrapped_keys()
VALUES = values(WRAPPED)
METHODS = {"GET", "PUT", "POST", "DELETE", "HEAD"}


def whole(name: str) -> Any:
    """A value in full, as the vectors tell it to the world."""
    stored = page.vectors()["values"][name]
    return bytes.fromhex(stored["value"]) if stored["form"] == "hex" else stored["value"]


def chapter(number: int) -> str:
    """The text of one chapter."""
    match = re.search(rf"^## {number} .*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, number
    return match[0]


def rows(text: str) -> list[list[str]]:
    """The body rows of the only table in `text`."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def unquoted(cell: str) -> str:
    return cell.strip("`")


@pytest.mark.parametrize("name", sorted(VALUES))
def test_block_is_what_the_code_computes(name: str) -> None:
    assert name in BLOCKS, "the page lacks this block; see tests/docs/worked"
    form, content = BLOCKS[name]
    assert (form, content) == (VALUES[name].form, VALUES[name].shown()), "run: python -m tests.docs.worked"


def test_every_named_block_is_computed() -> None:
    assert set(BLOCKS) <= set(VALUES)


def test_vectors_hold_every_value_in_full() -> None:
    assert page.vectors() == page.as_vectors(VALUES, WRAPPED)


def test_a_long_string_is_shortened_and_nothing_else() -> None:
    shown = Value("json", {"long": "x" * 89, "short": "x" * 88, "list": [{"n": 1}]}).shown()
    assert json.loads(shown) == {"long": "x" * 28 + "…", "short": "x" * 88, "list": [{"n": 1}]}


class TestProse:
    """The sentences about bytes, followed by hand with nothing but hashlib and Ed25519."""

    def test_digests(self) -> None:
        assert whole("canonical.text").encode() == whole("canonical.bytes")
        assert _digest(whole("canonical.bytes")) == whole("canonical.digest")
        assert _digest(whole("key.named").encode()) == whole("key.id")

    def test_pae_and_signature(self) -> None:
        payload = whole("statement.payload").encode()
        media_type = b"application/vnd.casehub.key.v1+json"
        signed = b" ".join([b"DSSEv1", b"%d" % len(media_type), media_type, b"%d" % len(payload), payload])
        assert signed == whole("statement.pae").encode()
        assert signed.startswith(whole("statement.pae-head"))
        Ed25519PublicKey.from_public_bytes(whole("key.public")).verify(whole("statement.signature"), signed)
        statement = whole("statement.json")
        assert base64.b64decode(statement["payload"]) == payload
        assert base64.b64decode(statement["signatures"][0]["sig"]) == whole("statement.signature")
        encoded = json.dumps(statement, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        assert _digest(encoded) == whole("statement.digest")

    def test_stream_and_part(self) -> None:
        assert whole("stream.header")[:1] == b"\x28"
        assert whole("stream.nonce")[:7] == whole("stream.header")[33:]
        assert _digest(whole("stream.header") + whole("stream.segment")) == whole("stream.part-digest")
        assert whole("descriptor.body")["pack"]["parts"][0]["digest"] == whole("stream.part-digest")
        assert len(whole("stream.segment")) == len(whole("stream.plaintext")) + 16

    def test_sealed_digest(self) -> None:
        body = whole("descriptor.body")
        parts = {name: [part["digest"] for part in body[name]["parts"]] for name in ("catalogue", "pack")}
        encoded = json.dumps(parts, separators=(",", ":")).encode()
        assert _digest(encoded) == whole("descriptor.sealed-digest")

    def test_commitment_of_a_mark(self) -> None:
        hidden = b"casehub/commitment/v1\n" + whole("mark.salt") + whole("mark.private").encode()
        assert _digest(hidden) == whole("mark.commitment") == whole("mark.second")["commitment"]

    def test_leaf_chain_and_tree(self) -> None:
        leaf_hash = hashlib.sha256(b"\x00" + whole("mark.leaf").encode()).hexdigest()
        hashes = [bytes.fromhex(item) for item in whole("log.leaf-hashes")]
        assert whole("mark.leaf-hash") == "sha256:" + leaf_hash == "sha256:" + hashes[1].hex()
        assert whole("mark.second")["prev"] == "sha256:" + hashes[0].hex()
        assert hashlib.sha256(b"\x01" + hashes[0] + hashes[1]).digest() == whole("log.pair")
        path = [bytes.fromhex(item) for item in whole("log.inclusion")]
        merkle.verify_inclusion(2, 6, hashes[2], path, whole("log.root"))
        steps = [bytes.fromhex(item) for item in whole("log.consistency")]
        merkle.verify_consistency(3, 6, whole("log.root-of-three"), whole("log.root"), steps)

    def test_tile_and_entries(self) -> None:
        hashes = [bytes.fromhex(item) for item in whole("log.leaf-hashes")]
        assert whole("log.tile") == b"".join(hashes)
        start = whole("log.entries-start")
        assert len(start) == 48
        assert start[2:].startswith(b'{"payload":"')
        assert 256 < int.from_bytes(start[:2], "big") < 65_535

    def test_checkpoint(self) -> None:
        origin, _, key = whole("checkpoint.vkey").split("+", 2)
        public = base64.b64decode(key)[1:]
        key_hash = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
        signature = whole("checkpoint.signature")
        assert signature[:4] == key_hash
        Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], whole("checkpoint.signed"))
        assert whole("checkpoint.note").startswith(whole("checkpoint.signed").decode() + "\n— " + origin + " ")
        assert whole("checkpoint.proof").endswith("\n\n" + whole("checkpoint.note"))

    def test_request_signature_covers_the_base_as_written(self) -> None:
        signature = re.search(r"^Signature: casehub=:(.*):$", whole("request.headers"), re.MULTILINE)
        assert signature
        key = Ed25519PublicKey.from_public_bytes(whole("key.public"))
        key.verify(base64.b64decode(signature[1]), whole("request.signature-base").encode())

    def test_wrapped_keys_open_to_the_volume_key(self) -> None:
        assert set(WRAPPED) == set(volume.READERS)
        for recipient, wrapped in WRAPPED.items():
            assert len(wrapped) == 1168
            info = volume.wrapping(recipient)
            assert volume.READERS[recipient].unwrap(wrapped, info) == whole("stream.volume-key")

    def test_the_bundle_verifies_with_the_keys_shown(self) -> None:
        found = transfer.sent(volume.sealed(), WRAPPED)
        archive = io.BytesIO(log.bundle(found, log.grown(found)))
        trusted = TrustedKeys.from_json(whole("chain.keys-file")).with_entries(
            entry for chain in (parties.police_chain, parties.procuratorate_chain) for entry in accept_key_chain(chain)
        )
        report = verify_bundle(archive, trusted)
        assert (report.level, report.unbound, report.warnings) == ("signed", (), ())


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("record-v1.1", "record.json"),
        ("envelope-v1.1", "envelope.body"),
        ("descriptor-v1.1", "descriptor.body"),
        ("mark-v1.1", "mark.first"),
        ("mark-v1.1", "mark.second"),
        ("annex-v1.1", "annex.body"),
        ("receipt-v1.1", "receipt.body"),
        ("key-v1.1", "chain.hpke"),
        ("key-v1.1", "chain.rotated"),
        ("enrolment-v1.1", "enrolment.body"),
        ("admission-v1.1", "admission.body"),
    ],
)
def test_example_fits_the_published_schema(schema: str, name: str) -> None:
    assert violations(schema, whole(name)) == []


def test_contents_name_every_chapter() -> None:
    headings = re.findall(r"^## (\d+) (.+)$", PAGE, re.MULTILINE)
    anchors = [f"#{number}-{re.sub(r'[^a-z0-9 -]', '', title.lower()).replace(' ', '-')}" for number, title in headings]
    assert re.findall(r"\]\((#\d[^)]*)\)", PAGE) == anchors
    assert [int(number) for number, _ in headings] == list(range(1, len(headings) + 1))


def test_kinds_of_statements() -> None:
    sentence = re.search(r"the kinds are (.*?)\. This", chapter(2), re.DOTALL)
    assert sentence
    assert tuple(re.findall(r"`([a-z]+)`", sentence[1])) == tuple(KINDS)


def test_vocabulary_of_marks() -> None:
    told = chapter(11)
    assert "(../standards/actions.toml)" in told
    assert rows(told) == []
    named = re.findall(r"`([a-z-]+)`", told.partition("```")[0])
    assert {"sealed", "submitted", "received"} <= {name for name in named if name in ACTIONS}


def test_resources_are_those_of_the_hub(tmp_path: Path) -> None:
    hub = opened(tmp_path)
    try:
        paths = create_app(hub=hub).openapi()["paths"]
    finally:
        hub.stop()
    offered = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    told = {found for row in rows(chapter(16)) for found in re.findall(r"`([A-Z]+ [^`]+)`", row[0])}
    offered = {entry for entry in offered if entry.partition(" ")[0] in METHODS}
    assert offered - told == set(), "add a row for these to the table of docs/protocol.md, chapter 16"
    assert told - offered == set(), "no such operation: take it out of the table of docs/protocol.md, chapter 16"


def test_receiving_steps_are_numbered_and_named_as_in_the_code() -> None:
    named = re.findall(r"^ ?(\d+)\. (.+?)  +\S", receive.__doc__ or "", re.MULTILINE)
    assert re.findall(r"^(\d+)\. \*\*(.+?)\*\*", chapter(17), re.MULTILINE) == named
    assert len(named) == 11


def test_errors_have_the_status_and_fault_told() -> None:
    told = rows(chapter(19))
    found = [
        [f"`{code}`", str(catalogue()[code].status), catalogue()[code].fault] for code in (unquoted(r[0]) for r in told)
    ]
    assert [row[:3] for row in told] == found


@pytest.mark.parametrize("row", rows(chapter(23)), ids=lambda row: unquoted(row[2]))
def test_limit_is_the_one_in_force(row: list[str]) -> None:
    module, _, member = unquoted(row[2]).rpartition(".")
    found = importlib.import_module(module)
    owner = found if hasattr(found, member) else found.LIMITS
    assert owner is found or is_dataclass(owner)
    assert getattr(owner, member) == int(row[1])


def test_inbox_item_has_the_members_shown() -> None:
    shown = re.search(r"^```json\n(.*?)^```$", chapter(16), re.MULTILINE | re.DOTALL)
    assert shown
    body = json.loads(shown[1])
    assert set(body) == {"items", "next", "last", "known", "checkpoint"}
    assert set(body["items"][0]) == {field.name for field in fields(InboxItem)}

"""Volume secrets, commitment and HPKE wrapping."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dossier.descriptor import Part, SealedStream
from dossier.keys import (
    Identity,
    Recipient,
    VolumeSecrets,
    associated_data,
    check_commitment,
    commitment,
    wrap_info,
)
from dossier.stream import decrypt
from dossier.suites.intl1 import PUBLIC, WRAPPED
from dossier.unseal import unseal_volume
from evidence.canonical import digest
from evidence.keys import KeyEntry, SigningKey
from messages.problems import Problem
from tests.dossier.samples import OTHER_ID, SECRETS, VOLUME_ID, caught, seal, volume_of

INFO = wrap_info("019ab6f8-0000-7000-8000-00000000000a", VOLUME_ID, "procuratorate:350102", "sha256:" + "0" * 64)
IDENTITY = Identity.generate()
KEY = b"v" * 32


def test_wrapping_round_trip_has_the_stated_size() -> None:
    wrapped = IDENTITY.recipient.wrap(KEY, INFO)
    assert len(wrapped) == WRAPPED
    assert len(IDENTITY.public) == PUBLIC
    assert IDENTITY.unwrap(wrapped, INFO) == KEY
    assert IDENTITY.recipient.wrap(KEY, INFO) != wrapped


WRAPPED_KEY = IDENTITY.recipient.wrap(KEY, INFO)
NOT_UNWRAPPED: dict[str, Callable[[], object]] = {
    "for someone else": lambda: Identity.generate().unwrap(WRAPPED_KEY, INFO),
    "for another volume": lambda: IDENTITY.unwrap(WRAPPED_KEY, wrap_info("t", OTHER_ID, "r", "k")),
    "damaged": lambda: IDENTITY.unwrap(WRAPPED_KEY[:-1] + bytes([WRAPPED_KEY[-1] ^ 1]), INFO),
    "cut": lambda: IDENTITY.unwrap(WRAPPED_KEY[:100], INFO),
    "nothing": lambda: IDENTITY.unwrap(b"", INFO),
}


@pytest.mark.parametrize("call", NOT_UNWRAPPED.values(), ids=NOT_UNWRAPPED)
def test_a_wrapped_key_that_is_not_ours_is_named(call: Callable[[], object]) -> None:
    problem = caught(call)
    assert problem.code == "dossier.key-not-unwrapped"
    assert problem.params["key_id"].startswith("sha256:")


def test_a_wrapped_secret_of_another_length_is_no_volume_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier.keys.KEY", 16)
    wrapped = IDENTITY.recipient.wrap(b"k" * 16, INFO)
    monkeypatch.undo()
    assert caught(lambda: IDENTITY.unwrap(wrapped, INFO)).code == "dossier.key-not-unwrapped"


def test_every_member_of_the_info_counts() -> None:
    members = ("transfer", VOLUME_ID, "procuratorate:350102", "sha256:0")
    infos = {wrap_info(*members)}
    for at in range(4):
        infos.add(wrap_info(*[value + ("x" if at == place else "") for place, value in enumerate(members)]))
    assert len(infos) == 5
    assert json.loads(wrap_info(*members))["suite"] == "intl-1"


def test_key_files_with_and_without_passphrase() -> None:
    plain, locked = IDENTITY.to_pem(), IDENTITY.to_pem(b"secret")
    assert Identity.from_pem(plain).public == IDENTITY.public
    assert Identity.from_pem(locked, b"secret").unwrap(WRAPPED_KEY, INFO) == KEY
    assert b"ENCRYPTED" in locked


OTHER_PEM = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
BAD_FILES: dict[str, tuple[bytes, bytes | None, str]] = {
    "passphrase missing": (IDENTITY.to_pem(b"secret"), None, "dossier.bad-passphrase"),
    "passphrase wrong": (IDENTITY.to_pem(b"secret"), b"other", "dossier.bad-passphrase"),
    "passphrase needless": (IDENTITY.to_pem(), b"secret", "dossier.bad-passphrase"),
    "empty": (b"", None, "dossier.bad-key-file"),
    "one block": (OTHER_PEM, None, "dossier.bad-key-file"),
    "two of one kind": (OTHER_PEM * 2, None, "dossier.bad-key-file"),
    "no line end": (b"-----END-----END", None, "dossier.bad-key-file"),
    "rubbish": (b"x-----END\nx-----END\n", None, "dossier.bad-key-file"),
}


@pytest.mark.parametrize(("data", "passphrase", "code"), BAD_FILES.values(), ids=BAD_FILES)
def test_key_files_that_cannot_be_read(data: bytes, passphrase: bytes | None, code: str) -> None:
    assert caught(lambda: Identity.from_pem(data, passphrase)).code == code


def test_public_keys_are_checked() -> None:
    assert caught(lambda: Recipient(b"")).code == "dossier.bad-public-key"
    assert caught(lambda: Recipient(b"\xff" * PUBLIC)).code == "dossier.bad-public-key"
    assert caught(lambda: IDENTITY.recipient.wrap(b"short", INFO)).code == "dossier.volume-key"


def test_recipient_of_a_key_entry() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    owner = "procuratorate:350102000000"
    entry = KeyEntry(IDENTITY.key_id, "mlkem768-x25519", IDENTITY.public, "hpke", owner, since)
    assert Recipient.from_entry(entry).key_id == entry.key_id
    signer = SigningKey.generate()
    identity = KeyEntry(signer.key_id, "ed25519", signer.public, "identity", owner, since)
    assert caught(lambda: Recipient.from_entry(identity)).code == "dossier.bad-public-key"


def test_commitment_is_the_one_of_the_design() -> None:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"casehub/commit/v1").derive(KEY)
    assert commitment(KEY) == derived.hex()
    check_commitment(KEY, commitment(KEY))
    assert caught(lambda: check_commitment(b"w" * 32, commitment(KEY), "V20-01")).place == "V20-01"
    assert caught(lambda: check_commitment(KEY, "é\ud800")).code == "dossier.key-commitment"
    assert caught(lambda: commitment(b"")).code == "dossier.volume-key"


def test_one_pack_that_opens_under_two_keys_is_caught_by_the_commitment(tmp_path: Path) -> None:
    """GCM commits to no key: GHASH is linear, so one free block makes the tags of two keys meet (Dodis and others,
    2018, "Fast message franking"). Such a pack shows two readers two different files, each with a valid tag."""
    keys, bound = (b"1" * 32, b"2" * 32), associated_data(VOLUME_ID, "pack")
    derived = [HKDF(algorithm=SHA256(), length=32, salt=SECRETS.pack.salt, info=bound).derive(key) for key in keys]
    ciphertext, tag = colliding(derived[0], derived[1], SECRETS.pack.prefix + b"\x00\x00\x00\x00\x01")
    pack = SECRETS.pack.encode() + ciphertext + tag
    opened = [decrypt(key, bound, pack) for key in keys]
    assert opened[0] != opened[1]

    secrets = VolumeSecrets(keys[0], SECRETS.pack, SECRETS.catalogue)
    _, descriptor, parts = seal(volume_of(tmp_path / "in", [opened[0]]), secrets)
    parts.held["pack", 0] = pack
    forged = replace(descriptor, pack=SealedStream(len(pack), (Part(digest(pack), len(pack)),)))
    unseal_volume(forged, keys[0], parts.read, tmp_path / "out")
    parts.asked.clear()
    problem = caught(lambda: unseal_volume(forged, keys[1], parts.read, tmp_path / "other"))
    assert (problem.code, parts.asked) == ("dossier.key-commitment", [])


def colliding(first: bytes, second: bytes, nonce: bytes) -> tuple[bytes, bytes]:
    """A two-block ciphertext and a tag that are authentic under both keys."""
    ghash = [block(key, bytes(16)) for key in (first, second)]
    masks = [block(key, nonce + b"\x00\x00\x00\x01") for key in (first, second)]
    length = int.from_bytes((0).to_bytes(8, "big") + (256).to_bytes(8, "big"), "big")
    powers = [[h, multiply(h, h)] for h in ghash]
    powers = [[h, square, multiply(square, h)] for h, square in powers]
    fixed = int.from_bytes(b"a block of 16 by", "big")
    # tag = C1·H³ + C2·H² + L·H + mask, equal under both keys, solved for C2
    constant = masks[0] ^ masks[1]
    for h, _, cube in powers:
        constant ^= multiply(fixed, cube) ^ multiply(length, h)
    free = multiply(constant, inverse(powers[0][1] ^ powers[1][1]))
    ciphertext = fixed.to_bytes(16, "big") + free.to_bytes(16, "big")
    h, square, cube = powers[0]
    tag = multiply(fixed, cube) ^ multiply(free, square) ^ multiply(length, h) ^ masks[0]
    return ciphertext, tag.to_bytes(16, "big")


def block(key: bytes, counter: bytes) -> int:
    """AES of one block."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(counter), "big")


def multiply(left: int, right: int) -> int:
    """In GF(2^128) with the bit order of GCM (NIST SP 800-38D, 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = right >> 1 ^ (0xE1 << 120 if right & 1 else 0)
    return product


def inverse(value: int) -> int:
    """value^(2^128 - 2)."""
    result, power = 1 << 127, value
    for _ in range(127):
        power = multiply(power, power)
        result = multiply(result, power)
    return result


def test_secrets_survive_the_journal_and_hide_themselves() -> None:
    assert VolumeSecrets.from_json(json.loads(json.dumps(SECRETS.to_json()))) == SECRETS
    shown = repr(SECRETS) + str(SECRETS) + repr(IDENTITY)
    assert "kkkk" not in shown
    assert "a2tr" not in shown
    assert VolumeSecrets.generate() != VolumeSecrets.generate()
    assert SECRETS.header("pack") != SECRETS.header("catalogue")


BROKEN: dict[str, Callable[[], object]] = {
    "key too short": lambda: VolumeSecrets(b"k", SECRETS.pack, SECRETS.catalogue),
    "no member": lambda: VolumeSecrets.from_json({}),
    "no text": lambda: VolumeSecrets.from_json({**SECRETS.to_json(), "volume_key": 1}),
    "no base64": lambda: VolumeSecrets.from_json({**SECRETS.to_json(), "volume_key": "§"}),
}


@pytest.mark.parametrize("call", BROKEN.values(), ids=BROKEN)
def test_broken_secrets_are_refused(call: Callable[[], object]) -> None:
    assert caught(call).code == "dossier.volume-key"


def test_streams_are_bound_to_volume_and_purpose_only() -> None:
    bound = {associated_data(VOLUME_ID, "pack"), associated_data(VOLUME_ID, "catalogue")}
    bound.add(associated_data(OTHER_ID, "pack"))
    assert len(bound) == 3
    assert set(json.loads(associated_data(VOLUME_ID, "pack"))) == {"suite", "volume_id", "purpose"}


def test_problems_never_show_a_key() -> None:
    problem = caught(lambda: IDENTITY.unwrap(b"x" * 1168, INFO))
    assert isinstance(problem, Problem)
    assert "v" * 8 not in str(problem) + repr(problem.params)

"""Who takes part in the worked example: seeds, keys, key statements, instants, identifiers. All of it is invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from dossier.keys import Identity
from dossier.suites.intl1 import KTY, HpkeReader
from evidence.identifiers import uuid7
from evidence.keys import SigningKey, key_statement
from evidence.statements import SignedStatement

POLICE, PROCURATORATE, HUB = "police:350102000000", "procuratorate:350102", "hub:example"
ORIGIN = "example/casehub-log"
ENROLLED = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
SENT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def instant(seconds: int) -> datetime:
    """So many seconds after the transfer was composed."""
    return SENT + timedelta(seconds=seconds)


def identifier(number: int) -> str:
    """A UUIDv7 of the day, told apart by `number`."""
    return uuid7(int(SENT.timestamp() * 1000) + number, bytes([number]) * 10)


def seed(number: int, length: int = 32) -> bytes:
    """`number` repeated: no secret, but enough for an example."""
    return bytes([number]) * length


CASE, TRANSFER, VOLUME, PERSON, MEASURE = (identifier(number) for number in (1, 2, 3, 4, 5))

police = SigningKey.from_seed(seed(0x01))
procuratorate = SigningKey.from_seed(seed(0x02))
hub = SigningKey.from_seed(seed(0x03))
log = SigningKey.from_seed(seed(0x04))
police_next = SigningKey.from_seed(seed(0x05))


def _reader(mlkem: int, x25519: int) -> Identity:
    return Identity(
        HpkeReader(
            MLKEM768PrivateKey.from_seed_bytes(seed(mlkem, 64)), X25519PrivateKey.from_private_bytes(seed(x25519))
        )
    )


police_reader = _reader(0x11, 0x12)
procuratorate_reader = _reader(0x21, 0x22)


def chain(owner: str, identity: SigningKey, reader: Identity) -> list[SignedStatement]:
    """An agency's first two key statements."""
    return [
        key_statement(
            owner=owner,
            kty="ed25519",
            public=identity.public,
            purpose="identity",
            valid_from=ENROLLED,
            signer=identity,
        ),
        key_statement(owner=owner, kty=KTY, public=reader.public, purpose="hpke", valid_from=ENROLLED, signer=identity),
    ]


police_chain = chain(POLICE, police, police_reader)
procuratorate_chain = chain(PROCURATORATE, procuratorate, procuratorate_reader)
rotated = key_statement(
    owner=POLICE,
    kty="ed25519",
    public=police_next.public,
    purpose="identity",
    valid_from=SENT + timedelta(days=30),
    signer=police,
    replaces=police.key_id,
)
hub_chain = [
    key_statement(owner=HUB, kty="ed25519", public=hub.public, purpose="identity", valid_from=ENROLLED, signer=hub),
    key_statement(
        owner=HUB,
        kty="ed25519",
        public=log.public,
        purpose="log",
        valid_from=ENROLLED,
        signer=hub,
        origin=ORIGIN,
    ),
]

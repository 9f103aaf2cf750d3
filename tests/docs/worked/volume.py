"""One volume of one small file: sealed, described, its key wrapped."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dossier.contents import SourceFile, Volume
from dossier.keys import Purpose, VolumeSecrets, associated_data, wrap_info
from dossier.seal import SealedVolume, seal_volume
from dossier.stream import HEADER, StreamHeader, decrypt
from evidence.bundles.openings import Opening
from evidence.identifiers import timestamp
from evidence.statements import SignedStatement, sign
from messages.problems import Problem
from tests.docs.worked import parties
from tests.docs.worked.value import Value, document, octets, text
from tests.dossier.samples import read_case_folder

FILE = "示例：提请批准逮捕书。\n".encode()
LISTING = "seq,doc_type,title,page_from,page_to,file\n1,F0301,提请批准逮捕书（示例）,1,1,提捕书.txt\n"
SECRETS = VolumeSecrets(
    parties.seed(0x31),
    StreamHeader(parties.seed(0x32), parties.seed(0x33, 7)),
    StreamHeader(parties.seed(0x34), parties.seed(0x35, 7)),
)
READERS = {parties.PROCURATORATE: parties.procuratorate_reader, parties.POLICE: parties.police_reader}


@dataclass(frozen=True)
class Sealed:
    """The sealed volume, its two streams and its signed descriptor."""

    volume: SealedVolume
    streams: Mapping[Purpose, bytes]
    statement: SignedStatement


def sealed() -> Sealed:
    """Seal the example's volume with the real code."""
    streams: dict[Purpose, bytes] = {"pack": b"", "catalogue": b""}

    def on_part(purpose: Purpose, _index: int, _digest: str, data: memoryview) -> None:
        streams[purpose] += bytes(data)

    with tempfile.TemporaryDirectory() as folder:
        found = seal_volume(_source(Path(folder)), parties.VOLUME, SECRETS, on_part)
    descriptor = found.descriptor(parties.POLICE, timestamp(parties.SENT))
    return Sealed(found, streams, sign("descriptor", descriptor.to_body(), parties.police))


def _source(case_dir: Path) -> Volume[SourceFile]:
    documents = case_dir / "documents"
    documents.mkdir()
    (documents / "提捕书.txt").write_bytes(FILE)
    (documents / "catalog.csv").write_text(LISTING, "utf-8")
    return read_case_folder(case_dir).volumes[0]


def wrapping(recipient: str) -> bytes:
    """HPKE `info` for one of the two agencies."""
    return wrap_info(parties.TRANSFER, parties.VOLUME, recipient, READERS[recipient].key_id)


def opening(wrapped: Mapping[str, bytes]) -> dict[str, bytes]:
    """The wrapped keys that open to the volume key; those that do not are made anew."""
    found = {}
    for recipient, reader in READERS.items():
        with suppress(Problem):
            if reader.unwrap(wrapped.get(recipient, b""), wrapping(recipient)) == SECRETS.volume_key:
                found[recipient] = wrapped[recipient]
                continue
        found[recipient] = reader.recipient.wrap(SECRETS.volume_key, wrapping(recipient))
    return found


def values(found: Sealed) -> dict[str, Value]:
    """The values of chapters 5 to 9."""
    bound = associated_data(parties.VOLUME, "pack")
    derived = HKDF(algorithm=SHA256(), length=32, salt=SECRETS.pack.salt, info=bound).derive(SECRETS.volume_key)
    listing = decrypt(SECRETS.volume_key, associated_data(parties.VOLUME, "catalogue"), found.streams["catalogue"])
    stream = found.streams["pack"]
    opened = Opening(found.statement, [found.streams["catalogue"]], SECRETS.volume_key)
    return {
        "stream.plaintext": octets(FILE),
        "stream.volume-key": octets(SECRETS.volume_key),
        "stream.associated-data": text(bound),
        "stream.key": octets(derived),
        "stream.header": octets(stream[:HEADER]),
        "stream.nonce": octets(SECRETS.pack.prefix + bytes(4) + b"\x01"),
        "stream.segment": octets(stream[HEADER:]),
        "stream.part-digest": text(found.volume.pack.parts[0].digest),
        "catalogue.json": document(json.loads(listing)),
        "wrap.commitment": text(found.volume.key_commitment),
        "wrap.info": text(wrapping(parties.PROCURATORATE)),
        "descriptor.body": document(found.statement.unverified_body),
        "descriptor.digest": text(found.statement.digest),
        "descriptor.sealed-digest": text(found.volume.sealed_digest),
        "opening.json": document(json.loads(opened.encode())),
    }

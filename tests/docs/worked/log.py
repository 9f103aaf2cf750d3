"""The log over the transfer's marks: hashes, proofs, checkpoint, bundle."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from evidence.bundles.bundle import BundleContents, BundledMark, write_bundle
from evidence.canonical import canonical
from evidence.log import merkle, notes, tiles
from evidence.log.checkpoints import Checkpoint, sign_checkpoint
from evidence.log.proofs import LogProof
from evidence.log.tiles import Tile
from evidence.marks import leaf_bytes
from tests.docs.worked import parties
from tests.docs.worked.transfer import RECORD, Sent
from tests.docs.worked.value import Value, document, octets, text


@dataclass(frozen=True)
class Grown:
    """The log of the example. `nodes` are stored nodes by level and index."""

    hashes: tuple[bytes, ...]
    nodes: Mapping[tuple[int, int], bytes]
    root: bytes
    note: bytes

    def node(self, level: int, index: int) -> bytes:
        """A stored node."""
        return self.nodes[level, index]


def grown(sent: Sent) -> Grown:
    """Append every mark and sign the checkpoint."""
    frontier, nodes = merkle.Frontier(), {}
    hashes = tuple(merkle.leaf_hash(leaf_bytes(mark)) for mark in sent.marks)
    for hashed in hashes:
        nodes.update({(level, index): node for level, index, node in frontier.append(hashed)})
    note = sign_checkpoint(Checkpoint(parties.ORIGIN, frontier.size, frontier.root()), parties.log)
    return Grown(hashes, nodes, frontier.root(), note)


def bundle(sent: Sent, log: Grown) -> bytes:
    """The evidence bundle of the transfer: all marks, one private part shown, envelope, receipt and annex enclosed."""
    size = len(log.hashes)
    marks = [
        BundledMark(
            leaf_bytes(mark),
            index,
            tuple(merkle.inclusion_path(index, size, log.node)),
            sent.private if index == 1 else None,
            sent.salt if index == 1 else None,
        )
        for index, mark in enumerate(sent.marks)
    ]
    contents = BundleContents(
        subject={"case_uid": parties.CASE, "transfer_ids": [parties.TRANSFER]},
        created_at=parties.instant(120),
        checkpoint=log.note,
        marks=marks,
        key_histories={
            parties.HUB: parties.hub_chain,
            parties.POLICE: parties.police_chain,
            parties.PROCURATORATE: parties.procuratorate_chain,
        },
        statements=(sent.envelope, sent.annex, sent.receipt),
        records={parties.TRANSFER: canonical(RECORD)},
        standard={"record": "casehub/record/v1"},
    )
    target = io.BytesIO()
    write_bundle(contents, target)
    return target.getvalue()


def values(sent: Sent, log: Grown) -> dict[str, Value]:
    """The values of chapters 13, 14 and 21."""
    path = merkle.inclusion_path(2, 6, log.node)
    consistency = merkle.consistency_path(3, 6, log.node)
    with zipfile.ZipFile(io.BytesIO(bundle(sent, log))) as archive:
        listing = "".join(f"{info.file_size:>7}  {info.filename}\n" for info in archive.infolist())
        manifest = json.loads(archive.read("manifest.json"))
        opened = archive.read("private/000002.json")
    manifest["files"], manifest["marks"] = manifest["files"][:2], manifest["marks"][:2]
    return {
        "log.leaf-hashes": document([hashed.hex() for hashed in log.hashes]),
        "log.pair": octets(merkle.node_hash(log.hashes[0], log.hashes[1])),
        "log.root": octets(log.root),
        "log.inclusion": document([node.hex() for node in path]),
        "log.root-of-three": octets(merkle.root_of(log.hashes[:3])),
        "log.consistency": document([node.hex() for node in consistency]),
        "log.tile": octets(tiles.hashes(Tile(0, 0, len(log.hashes)), log.node)),
        "log.entries-start": octets(tiles.bundle(leaf_bytes(mark) for mark in sent.marks)[:48]),
        "checkpoint.vkey": text(notes.vkey(parties.ORIGIN, parties.log.public)),
        "checkpoint.note": text(log.note),
        "checkpoint.signed": octets(b"".join(log.note.partition(b"\n\n")[:1]) + b"\n"),
        "checkpoint.signature": octets(base64.b64decode(log.note.rstrip().rpartition(b" ")[2])),
        "checkpoint.proof": text(LogProof(2, tuple(path), log.note).encode()),
        "bundle.members": text(listing),
        "bundle.manifest": document(manifest),
        "bundle.private": text(opened),
    }

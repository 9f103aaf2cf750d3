"""Evidence bundles (存证包): one file with all that a third party needs to check marks offline, except trusted keys.

A bundle is a ZIP archive whose members are stored, not compressed. Numbers have six digits and count from 000001 in the
order of the log.

    manifest.json               canonical JSON: {format, created_at, subject, origin, standard, marks, files}
    checkpoint                  the signed checkpoint, with whatever cosignatures it bears
    keys.json                   canonical JSON: {owner: [key statements, oldest first]}; an owner that was enrolled anew
                                has several chains, one after another, each beginning with a key that signs itself
    marks/NNNNNN.json           the exact leaf bytes of a mark
    proofs/NNNNNN.tlog-proof    its proof of inclusion in the tree of `checkpoint`
    stamps/NNNNNN.checkpoint    optional: a signed checkpoint of the same log that was time stamped
    stamps/NNNNNN.tsr           the authority's answer (RFC 3161 TimeStampResp, DER) over that checkpoint's body
    stamps/NNNNNN.consistency   base64 hashes, one a line: the proof from the smaller of both checkpoints to the larger
    private/NNNNNN.json         optional: canonical JSON {private, salt} that opens the mark's commitment
    statements/NNNNNN.json      optional: envelopes, descriptors, receipts … in their exact bytes
    records/<transfer id>.json  optional: the record, in the canonical bytes whose digest the envelope names
    attachments/cosigned-NNNNNN.checkpoint     optional: another checkpoint over these marks with its cosignatures
    attachments/cosigned-NNNNNN.consistency    base64 hashes, one a line: the proof between it and `checkpoint`
    attachments/<name>          optional: whatever else; listed and digested, not looked into

`manifest.marks` is [{number, index, leaf_hash}] in ascending order of index, `manifest.files` is [{name, digest, size}]
of every other member in the order of the archive. The manifest is an inventory and is not signed: what counts are the
signatures and proofs inside.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from evidence.bundles.archive import require_exactly_one
from evidence.canonical import canonical, digest, parse_canonical
from evidence.encoding import read_base64, to_base64
from evidence.identifiers import timestamp
from evidence.log import merkle
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.proofs import LogProof
from evidence.statements import SignedStatement
from messages.problems import Problem

FORMAT = "casehub/bundle/v1"
MANIFEST, CHECKPOINT, KEYS = "manifest.json", "checkpoint", "keys.json"
COSIGNED = "attachments/cosigned-"
"""Where further cosigned checkpoints stand: readers of before pass over attachments."""
_NUMBERED = re.compile(
    r"(?:marks|private|statements)/[0-9]{6}\.json|proofs/[0-9]{6}\.tlog-proof"
    r"|stamps/[0-9]{6}\.(?:checkpoint|tsr|consistency)"
)
_OTHER = re.compile(r"records/[0-9a-f-]{36}\.json|attachments/[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Limits:
    """What a reader takes at most."""

    members: int = 200_000
    member_bytes: int = 64 * 1024 * 1024
    total_bytes: int = 1024 * 1024 * 1024


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class BundledMark:
    """One mark: exact leaf bytes, place in the log, path to the checkpoint's root; private part and salt if shown."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    private: Mapping[str, Any] | None = None
    salt: bytes | None = None


@dataclass(frozen=True)
class BundledStamp:
    """A time stamped checkpoint, the authority's answer, and the consistency proof to the bundle's checkpoint."""

    checkpoint: bytes
    answer: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class BundledCheckpoint:
    """Another signed checkpoint of the log, cosigned, and the consistency proof between it and the bundle's."""

    checkpoint: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class BundleContents:
    """What goes into a bundle. `subject` says what it is about, such as {case_uid, transfer_ids}; `standard` names
    version and codebook release; `key_histories` holds each signer's key statements, oldest first."""

    subject: Mapping[str, Any]
    created_at: datetime
    checkpoint: bytes
    marks: Sequence[BundledMark]
    key_histories: Mapping[str, Sequence[SignedStatement]]
    statements: Sequence[SignedStatement] = ()
    records: Mapping[str, bytes] = field(default_factory=dict)
    standard: Mapping[str, Any] = field(default_factory=dict)
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    stamps: Sequence[BundledStamp] = ()
    cosigned: Sequence[BundledCheckpoint] = ()


def write_bundle(contents: BundleContents, target: BinaryIO) -> None:
    """Write the bundle; equal contents give equal bytes. Nothing is verified but the form.

    Raises `Problem` for a malformed checkpoint, two marks at one index, or a name outside the layout.
    """
    marks = sorted(contents.marks, key=lambda mark: mark.index)
    if len({mark.index for mark in marks}) != len(marks):
        raise Problem("evidence.bundle-mark-twice")
    members = list(_members(contents, marks))
    for name, _ in members:
        require_layout(name)
    manifest = {
        "format": FORMAT,
        "created_at": timestamp(contents.created_at),
        "subject": dict(contents.subject),
        "origin": parse_checkpoint(contents.checkpoint)[0].origin,
        "standard": dict(contents.standard),
        "marks": [
            {"number": number, "index": mark.index, "leaf_hash": merkle.leaf_digest(mark.leaf)}
            for number, mark in enumerate(marks, 1)
        ],
        "files": [{"name": name, "digest": digest(data), "size": len(data)} for name, data in members],
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [(MANIFEST, canonical(manifest)), *members]:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)


def _members(contents: BundleContents, marks: Sequence[BundledMark]) -> Iterator[tuple[str, bytes]]:
    yield CHECKPOINT, contents.checkpoint
    histories = {owner: [key.to_json() for key in chain] for owner, chain in contents.key_histories.items()}
    yield KEYS, canonical(histories)
    for number, mark in enumerate(marks, 1):
        yield f"marks/{number:06}.json", mark.leaf
        yield f"proofs/{number:06}.tlog-proof", LogProof(mark.index, mark.path, contents.checkpoint).encode()
        if mark.private is not None and mark.salt is not None:
            opening = {"private": dict(mark.private), "salt": to_base64(mark.salt)}
            yield f"private/{number:06}.json", canonical(opening)
    for number, stamp in enumerate(contents.stamps, 1):
        yield f"stamps/{number:06}.checkpoint", stamp.checkpoint
        yield f"stamps/{number:06}.tsr", stamp.answer
        yield f"stamps/{number:06}.consistency", _path(stamp.path)
    for number, statement in enumerate(contents.statements, 1):
        yield f"statements/{number:06}.json", statement.encode()
    for transfer_id, record in contents.records.items():
        yield f"records/{transfer_id}.json", record
    for number, each in enumerate(contents.cosigned, 1):
        yield f"{COSIGNED}{number:06}.checkpoint", each.checkpoint
        yield f"{COSIGNED}{number:06}.consistency", _path(each.path)
    for name, data in contents.attachments.items():
        yield f"attachments/{name}", data


def _path(hashes: Sequence[bytes]) -> bytes:
    return b"".join(to_base64(item).encode() + b"\n" for item in hashes)


def require_layout(name: str) -> None:
    """Raises `Problem("evidence.bundle-name")` for a member that the layout does not know."""
    if name not in (MANIFEST, CHECKPOINT, KEYS) and not _NUMBERED.fullmatch(name) and not _OTHER.fullmatch(name):
        raise Problem("evidence.bundle-name", name=ascii(name[:100]))


@dataclass(frozen=True)
class Bundle:
    """A bundle as read: every member is listed, has the listed digest and size, and is at its place in the layout."""

    manifest: Mapping[str, Any]
    members: Mapping[str, bytes]

    @property
    def checkpoint(self) -> bytes:
        """The signed checkpoint's bytes."""
        return self.members[CHECKPOINT]

    def stamps(self) -> Iterator[tuple[str, BundledStamp]]:
        """Each time stamp with the name that its members have without suffix.

        Raises `Problem("evidence.bundle-malformed")` for a member that is missing or a proof that is none.
        """
        for name in self._stems("stamps/"):
            try:
                note, path = self._joined(name)
                yield name, BundledStamp(note, self.members[f"{name}.tsr"], path)
            except (KeyError, UnicodeDecodeError, Problem) as error:
                raise Problem("evidence.bundle-malformed", name) from error

    def cosigned(self) -> Iterator[tuple[str, BundledCheckpoint]]:
        """Each further cosigned checkpoint with the name that its members have without suffix. Raises as `stamps`."""
        for name in self._stems(COSIGNED):
            try:
                yield name, BundledCheckpoint(*self._joined(name))
            except (KeyError, UnicodeDecodeError, Problem) as error:
                raise Problem("evidence.bundle-malformed", name) from error

    def _stems(self, beginning: str) -> list[str]:
        return sorted({name.rpartition(".")[0] for name in self.members if name.startswith(beginning)})

    def _joined(self, name: str) -> tuple[bytes, tuple[bytes, ...]]:
        """A checkpoint beside the bundle's own, and the proof that joins both."""
        lines = self.members[f"{name}.consistency"].decode().splitlines()
        return self.members[f"{name}.checkpoint"], tuple(read_base64(line) for line in lines)

    def numbered(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of the members of a folder, in the order of their names."""
        for name in sorted(self.members):
            if name.startswith(folder + "/"):
                yield name, self.members[name]


def read_bundle(source: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> Bundle:
    """Read a bundle's container; signatures and proofs are not looked at.

    1. The file is a ZIP archive within the limits, and nothing besides, whose members are stored, plain, unencrypted.
    2. Each name fits the layout and appears once.
    3. The manifest is canonical and of this format.
    4. It lists every other member with its digest and size, and nothing that is not there.
    5. Marks and proofs are numbered without gap, as the manifest's marks are.

    Raises `Problem`: `evidence.bundle-malformed`, `bundle-not-one`, `bundle-too-large`, `bundle-name` and
    `bundle-altered`.
    """
    members = _read_members(source, limits)  # Steps 1 and 2
    # Step 3
    manifest = parse_canonical(members.pop(MANIFEST), MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Problem("evidence.bundle-malformed", MANIFEST)
    # Step 4
    _require_listed(manifest.get("files"), members)
    # Step 5
    _require_numbers(manifest.get("marks"), members)
    return Bundle(manifest, members)


def _read_members(source: BinaryIO, limits: Limits) -> dict[str, bytes]:
    try:
        size = source.seek(0, 2)
        source.seek(0)
        if size > limits.total_bytes:
            raise Problem("evidence.bundle-too-large", limit=limits.total_bytes)
        with zipfile.ZipFile(source) as archive:
            infos = archive.infolist()
            _require_plain(infos, size, limits)
            require_exactly_one(source, archive, size)
            members = {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, struct.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise Problem("evidence.bundle-malformed") from error
    for name in (MANIFEST, CHECKPOINT, KEYS):
        if name not in members:
            raise Problem("evidence.bundle-malformed", name)
    return members


def _require_plain(infos: Sequence[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    if len(infos) > limits.members:
        raise Problem("evidence.bundle-too-large", limit=limits.members)
    seen: set[str] = set()
    for info in infos:
        require_layout(info.filename)
        if info.filename in seen:
            raise Problem("evidence.bundle-name", name=info.filename)
        seen.add(info.filename)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
            raise Problem("evidence.bundle-malformed", info.filename)
        if info.file_size > limits.member_bytes:
            raise Problem("evidence.bundle-too-large", info.filename, limit=limits.member_bytes)
    # Stored members that do not overlap cannot hold more than the file itself.
    if sum(info.file_size for info in infos) > size:
        raise Problem("evidence.bundle-malformed")


def _require_listed(files: Any, members: Mapping[str, bytes]) -> None:
    if not isinstance(files, list) or not all(isinstance(item, dict) for item in files):
        raise Problem("evidence.bundle-malformed", MANIFEST)
    names = [item.get("name") for item in files]
    if len(names) != len(members) or {name for name in names if isinstance(name, str)} != set(members):
        raise Problem("evidence.bundle-altered", MANIFEST)
    for item in files:
        data = members[item["name"]]
        if item.get("digest") != digest(data) or item.get("size") != len(data):
            raise Problem("evidence.bundle-altered", item["name"])


def _require_numbers(marks: Any, members: Mapping[str, bytes]) -> None:
    if not isinstance(marks, list) or not all(isinstance(item, dict) for item in marks):
        raise Problem("evidence.bundle-malformed", MANIFEST)
    expected = {f"{number:06}" for number in range(1, len(marks) + 1)}
    for folder in ("marks", "proofs"):
        found = {name.partition("/")[2][:6] for name in members if name.startswith(folder + "/")}
        if found != expected:
            raise Problem("evidence.bundle-altered", folder)
    previous = -1
    for number, item in enumerate(marks, 1):
        name = f"marks/{number:06}.json"
        index = item.get("index")
        hashed = merkle.leaf_digest(members[name])
        if item != {"number": number, "index": index, "leaf_hash": hashed}:
            raise Problem("evidence.bundle-altered", name)
        if not isinstance(index, int) or isinstance(index, bool) or index <= previous:
            raise Problem("evidence.bundle-altered", name)
        previous = index
    if not {name[8:14] for name in members if name.startswith("private/")} <= expected:
        raise Problem("evidence.bundle-altered", "private")

"""What this adapter has seen of the log and cosigns as a witness (见证方).

    A/log/seen                the last checkpoint that was verified: the signed note with the log's signature
    A/log/cosigned            the same with this agency's cosignature (C2SP tlog-cosignature)
    A/log/other               the newest checkpoint of a history that the hub shows instead: watched, never cosigned
    A/log/contradictions/     pairs of signed checkpoints that cannot both be true, as proof: NNN.json

`seen` is on disk before anything is cosigned, and only ever moves on by a consistency proof, whoever asks: the adapter
at its contacts with the hub, or the hub at `casehub-adapter witness`. A process that is killed in between has vouched
for nothing else; the next one makes the cosignature of what is remembered. So no two roots of one size are ever
cosigned, however often and wherever it is killed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.keys.trust import Alarm, PinnedHub
from adapters.station import Station
from dossier.durable import write_durably
from evidence.identifiers import timestamp
from evidence.log import checkpoints
from evidence.log.checkpoints import Checkpoint
from evidence.log.cosignatures import Witness, cosign, verify_cosignatures
from evidence.log.notes import NoteVerifier, SignedNote
from messages.problems import Problem

SEEN, OTHER, COSIGNED, CONTRADICTIONS = "seen", "other", "cosigned", "contradictions"
HUB = "hub"
"""Who showed a checkpoint, when it is not an agency."""


class Cosigner:
    """Remembers and cosigns for one home. All of it is in files: any number of objects and processes may share them."""

    def __init__(self, station: Station) -> None:
        self._home = station.home
        self._folder = station.home.path / "log"
        self._trust = station.trust
        self._keyring = station.keyring
        self._clock = station.clock

    @property
    def name(self) -> str:
        """The witness's name: the agency's short name."""
        return self._home.agency.short

    @property
    def vkey(self) -> str:
        """The witness's verifier key, as a policy file names it."""
        key = self._keyring.signer(self._clock())
        return Witness(self.name, key.public, key.alg).vkey

    @property
    def verifiers(self) -> list[NoteVerifier]:
        """The pinned log keys."""
        return checkpoints.log_verifiers(self._trust.hub.keys)

    def verified(self, note: bytes) -> tuple[Checkpoint, SignedNote]:
        """A checkpoint of the pinned log, and its note with the log's own signatures only.

        Raises what `checkpoints.verify_checkpoint` raises, and `Problem("log.other-origin")`.
        """
        hub = self._trust.hub
        verifiers = checkpoints.log_verifiers(hub.keys)
        checkpoint = checkpoints.verify_checkpoint(note, verifiers)
        if checkpoint.origin != hub.origin:
            raise Problem("log.other-origin", checkpoint.origin)
        known = {(each.name, each.key_hash) for each in verifiers}
        read = checkpoints.parse_checkpoint(note)[1]
        kept = tuple(each for each in read.signatures if (each.name, each.key_hash) in known)
        return checkpoint, SignedNote(read.text, kept)

    def last(self) -> Checkpoint | None:
        """What is remembered; None before the first. Raises `Alarm("trust.memory-damaged")`."""
        note = self.note()
        return None if note is None else checkpoints.parse_checkpoint(note)[0]

    def note(self) -> bytes | None:
        """The remembered checkpoint's signed note. Raises `Alarm("trust.memory-damaged")` for another file."""
        path = self._folder / SEEN
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return self.verified(data)[1].encode()
        except Problem as error:
            raise Alarm("trust.memory-damaged", str(path)) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the stored checkpoint against changes by others."""
        with self._home.lock("witness"):
            yield

    def advance(self, expected: Checkpoint | None, note: bytes) -> bool:
        """Remember a checkpoint whose consistency with `expected` was shown, and cosign it.

        False, and nothing is done, when something else is remembered by now. A smaller one is true, but not newer.
        """
        with self.held():
            if self.last() != expected:
                return False
            self.take(note)
        return True

    def take(self, note: bytes) -> bytes:
        """Remember, then cosign; the lock is held and consistency shown. Returns the newest cosigned note."""
        checkpoint, kept = self.verified(note)
        last = self.last()
        if last is None or checkpoint.size > last.size:
            write_durably(self._folder / SEEN, kept.encode())
        return self._cosign()

    def _cosign(self) -> bytes:
        """The cosigned note of what is remembered, made when it is not there. The lock is held."""
        note = self.note()
        assert note is not None
        held = self._cosigned_file()
        if held is not None and held.text == checkpoints.parse_checkpoint(note)[1].text:
            return held.encode()
        read = checkpoints.parse_checkpoint(note)[1]
        now = self._clock()
        line = cosign(read.text, self.name, self._keyring.signer(now), now)
        fresh = SignedNote(read.text, (*read.signatures, line)).encode()
        write_durably(self._folder / COSIGNED, fresh)
        return fresh

    def _cosigned_file(self) -> SignedNote | None:
        """The kept cosigned note, when its cosignature holds under the key of today."""
        try:
            note = checkpoints.parse_checkpoint((self._folder / COSIGNED).read_bytes())[1]
            key = self._keyring.signer(self._clock())
            mine = Witness(self.name, key.public, key.alg)
            return note if verify_cosignatures(note, [mine]) else None
        except (OSError, Problem):
            return None

    def cosigned(self) -> bytes | None:
        """The cosigned note of what is remembered; None before the first. Raises `Alarm`."""
        with self.held():
            return None if self.note() is None else self._cosign()

    def contradicted(
        self,
        source: str,
        theirs: bytes | None,
        code: str,
        place: str,
        *,
        asked: list[dict[str, Any]] | None = None,
        beside: Checkpoint | None = None,
    ) -> Alarm:
        """Keep both notes as proof, with what the hub was asked for and answered, and give the alarm to raise.

        `source`: who showed the other one, `hub` or an agency; `theirs` is None for a hub that forgot everything. One
        contradiction is kept once: what the hub shows may go on growing, and what is remembered here may too. `beside`:
        the other checkpoint contradicts this one, which was shown before, instead of what is remembered.
        """
        remembered = self.unchecked() if beside is None else self.unchecked(OTHER)
        body: dict[str, Any] = {
            "code": code,
            "place": place,
            "source": source,
            "remembered": None if remembered is None else remembered.decode("utf-8", "replace"),
            "other": None if theirs is None else theirs.decode("utf-8", "replace"),
        }
        fixed = "remembered" if source == HUB else "other"
        with self._home.lock("contradictions"):
            paths, now = self.contradictions(), self._clock()
            for path in paths:
                kept = json.loads(path.read_bytes())
                if all(kept.get(name) == body[name] for name in ("code", "source", fixed)):
                    return self._trust.alarm(code, str(kept["place"]), now, source=source, evidence=str(path))
            path = self._keep(len(paths) + 1, {**body, "asked": asked or [], "found_at": timestamp(now)})
        return self._trust.alarm(code, place, now, source=source, evidence=str(path))

    def unchecked(self, name: str = SEEN) -> bytes | None:
        """A kept note as it lies there, for evidence."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def _keep(self, number: int, body: dict[str, Any]) -> Path:
        folder = self._folder / CONTRADICTIONS
        folder.mkdir(exist_ok=True)
        while (path := folder / f"{number:03d}.json").exists():
            number += 1
        write_durably(path, (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
        return path

    def other(self) -> Checkpoint | None:
        """The newest checkpoint of the history that the hub shows instead of the remembered one."""
        try:
            return self.verified((self._folder / OTHER).read_bytes())[0]
        except (FileNotFoundError, Problem):
            return None

    def keep_other(self, note: bytes) -> None:
        """Go along with the history that the hub shows, so that its next step is seen; nothing of it is cosigned."""
        write_durably(self._folder / OTHER, self.verified(note)[1].encode())

    def contradictions(self) -> list[Path]:
        """The proofs that are kept."""
        return sorted((self._folder / CONTRADICTIONS).glob("*.json"))

    @property
    def hub(self) -> PinnedHub:
        """The pinned hub."""
        return self._trust.hub

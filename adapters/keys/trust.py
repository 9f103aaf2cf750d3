"""What this adapter trusts: the hub's keys pinned at enrolment, and the identity keys of the agencies it deals with.

An agency is pinned at first use by the key id of its first identity key, its *fingerprint*, which is shown so that
people can compare it over another channel. From then on every directory answer must be a chain from that key: each
later identity key signed by its predecessor, each HPKE key by the identity key, no pinned key left out. Any other
answer of the hub raises an *alarm*: it is written to `log/alarms.log`, and nothing is sent.

Keys that are newer than this program raise no alarm. A key of an unknown type is set aside, and whatever needs it is
refused as newer; the other keys remain in use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.home import Home
from dossier.durable import write_durably
from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import NEWER_KEY, KeyEntry, TrustedKeys, accept_key_chain
from evidence.newer import KnownKeys, accept_known_keys
from evidence.statements import SignedStatement
from messages.problems import Problem


class Alarm(Problem):
    """Somebody may be swapping keys: to be looked at by a person before anything else is sent."""


@dataclass(frozen=True)
class Peer:
    """An agency as pinned: its fingerprint and every key that its chain vouches for. `newer_readers` are the instants
    from which HPKE keys count that this program cannot use; `newer_signer`: it has an identity key of that kind."""

    agency: str
    fingerprint: str
    keys: TrustedKeys
    first_use: bool
    newer_readers: tuple[datetime, ...] = ()
    newer_signer: bool = False

    def recipient(self, now: datetime) -> KeyEntry:
        """The HPKE key to wrap for: the newest one. Raises `adapter.no-recipient-key` when it does not count, and
        `adapter.recipient-key-newer` when it is of a type that this program does not have.

        One that was replaced never comes back, or a hub could revoke the new key to have an old, lost one used.
        """
        begun = [entry for entry in self.keys.of(self.agency, "hpke") if entry.valid_from <= now]
        newest = max(begun, key=lambda entry: entry.valid_from, default=None)
        newer = max((at for at in self.newer_readers if at <= now), default=None)
        if newer is not None and (newest is None or newest.valid_from < newer):
            raise Problem("adapter.recipient-key-newer", self.agency)
        if newest is None or not newest.counts_at(now):
            raise Problem("adapter.no-recipient-key", self.agency)
        return newest


@dataclass(frozen=True)
class PinnedHub:
    """The hub as pinned at enrolment."""

    name: str
    url: str
    fingerprint: str
    origin: str
    vkey: str
    keys: TrustedKeys

    @property
    def party(self) -> str:
        """The hub as owner of keys and actor of marks: `hub:<name>`."""
        return f"hub:{self.name}"


class Trust:
    """`trust.json`, read and written whole."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._body = self._read()

    def _read(self) -> dict[str, Any]:
        if not self._home.trust_file.exists():
            return {"hub": None, "peers": {}}
        try:
            body: dict[str, Any] = json.loads(self._home.trust_file.read_bytes())
        except ValueError as error:
            raise Problem("adapter.bad-trust-file", str(self._home.trust_file)) from error
        return body

    @property
    def enrolled(self) -> bool:
        """Whether a hub is pinned."""
        return self._body["hub"] is not None

    @property
    def hub(self) -> PinnedHub:
        """The pinned hub. Raises `adapter.not-enrolled`."""
        body = self._body["hub"]
        if body is None:
            raise Problem("adapter.not-enrolled", str(self._home.path))
        known = accept_known_keys(_statements(body["keys"]), _revocations(body.get("revoked", [])))
        keys = TrustedKeys(known.entries)
        return PinnedHub(body["name"], body["url"], body["fingerprint"], body["origin"], body["vkey"], keys)

    def pin_hub(self, *, name: str, url: str, origin: str, vkey: str, chain: Sequence[SignedStatement]) -> None:
        """Pin the hub by the chain of its key statements, whose first key the operator has compared."""
        entries = accept_key_chain(chain)
        self._body["hub"] = {
            "name": name,
            "url": url,
            "origin": origin,
            "vkey": vkey,
            "fingerprint": entries[0].key_id,
            "keys": [statement.to_json() for statement in chain],
            "revoked": [],
        }
        self._save()

    def pinned(self, agency: str) -> Peer | None:
        """The agency as it was pinned, without asking the hub; None when it never was."""
        body = self._body["peers"].get(agency)
        if body is None:
            return None
        known = accept_known_keys(_statements(body["keys"]), _revocations(body["revoked"]))
        return _peer(agency, known, first_use=False)

    def learn(self, agency: str, answer: Mapping[str, Any], now: datetime) -> Peer:
        """Hold a directory answer against what is pinned, and pin what is new. Raises `Alarm`."""
        with self._home.lock("trust"):  # another process may be pinning too; no pin may get lost
            self._body = self._read()
            return self._learn(agency, answer, now)

    def _learn(self, agency: str, answer: Mapping[str, Any], now: datetime) -> Peer:
        pinned = self._body["peers"].get(agency)
        try:
            chain = _statements(answer["keys"])
            revoked = _never_taken_back(pinned["revoked"] if pinned else [], answer.get("revoked", []))
        except (KeyError, TypeError, Problem) as error:
            raise self.alarm("trust.keys-not-vouched", agency, now) from error
        known = self._require_continuation(agency, pinned["keys"] if pinned else [], chain, revoked, now)
        peer = _peer(agency, known, first_use=pinned is None)
        body = {
            "fingerprint": peer.fingerprint,
            "pinned_at": pinned["pinned_at"] if pinned else timestamp(now),
            "keys": [statement.to_json() for statement in chain],
            "revoked": revoked,
        }
        if pinned != body:
            self._body["peers"][agency] = body
            self._save()
        return peer

    def require_own(self, agency: str, answer: Mapping[str, Any], own_keys: frozenset[str], now: datetime) -> None:
        """Raises `Alarm` for a key in this agency's name that this adapter did not make."""
        for index, item in enumerate(answer.get("keys", [])):
            key_id = str(SignedStatement.from_json(item, newer=True).unverified_body.get("key_id"))
            if key_id not in own_keys:
                raise self.alarm("trust.foreign-key", f"/keys/{index}", now, key_id=key_id, agency=agency)

    def alarm(self, code: str, place: str, now: datetime, **params: Any) -> Alarm:
        """Write an alarm down; the caller raises what is returned."""
        line = json.dumps({"at": timestamp(now), "code": code, "place": place, **params}, ensure_ascii=False)
        with (self._home.path / "log" / "alarms.log").open("a", encoding="utf-8") as handle:
            handle.write(line + "\n")
        return Alarm(code, place, **params)

    def export(self, own: Sequence[KeyEntry] = ()) -> dict[str, Any]:
        """The KEYS file for `casehub-verify`: the hub's keys, `own` ones and those of every pinned agency."""
        entries = [*self.hub.keys, *own]
        for agency in sorted(self._body["peers"]):
            peer = self.pinned(agency)
            assert peer is not None
            entries.extend(peer.keys)
        return TrustedKeys(entries).to_json()

    def _require_continuation(
        self,
        agency: str,
        before: Sequence[Any],
        chain: Sequence[SignedStatement],
        revoked: Sequence[Mapping[str, Any]],
        at: datetime,
    ) -> KnownKeys:
        try:
            accepted = accept_known_keys(chain, _revocations(revoked))
        except Problem as error:
            if error.code in NEWER_KEY and not before:
                raise
            code = "trust.identity-changed" if before else "trust.keys-not-vouched"
            raise self.alarm(code, agency, at, reason=error.code) from error
        first = accepted.entries[0]
        if first.owner != agency:
            raise self.alarm("trust.keys-not-vouched", agency, at, reason="owner")
        found = {statement.unverified_body["key_id"] for statement in chain}
        known = [statement.unverified_body["key_id"] for statement in _statements(before)]
        if known and (first.key_id != known[0] or not found.issuperset(known)):
            raise self.alarm("trust.identity-changed", agency, at, pinned=known[0], offered=first.key_id)
        return accepted

    def _save(self) -> None:
        data = json.dumps(self._body, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8")
        write_durably(self._home.trust_file, data, 0o600)


def _statements(items: Sequence[Any]) -> list[SignedStatement]:
    return [SignedStatement.from_json(item, newer=True) for item in items]


def _peer(agency: str, known: KnownKeys, *, first_use: bool) -> Peer:
    apart = [each.unverified_body for each in known.newer]
    return Peer(
        agency,
        known.entries[0].key_id,
        TrustedKeys(known.entries),
        first_use,
        newer_readers=tuple(parse_timestamp(body["valid_from"]) for body in apart if body.get("purpose") == "hpke"),
        newer_signer=any(body.get("purpose") == "identity" for body in apart),
    )


def _never_taken_back(before: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What was seen and what is told now, each key at the earliest instant: nobody but the hub vouches for these."""
    earliest: dict[str, datetime] = {}
    for items in (before, told):
        for key_id, at in _revocations(items).items():
            earliest[key_id] = min(at, earliest.get(key_id, at))
    return [{"key_id": key_id, "revoked_at": timestamp(at)} for key_id, at in sorted(earliest.items())]


def _revocations(items: Sequence[Mapping[str, Any]]) -> dict[str, datetime]:
    return {str(item["key_id"]): parse_timestamp(item["revoked_at"]) for item in items}

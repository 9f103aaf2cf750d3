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
from datetime import datetime
from typing import Any

from adapters.home import Home
from adapters.keys.alarms import AlarmBook
from adapters.keys.pinned import Peer, PinnedHub
from dossier.durable import write_durably
from evidence.enrolment import normal_fingerprint
from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import NEWER_KEY, KeyEntry, TrustedKeys, accept_key_chain
from evidence.newer import KnownKeys, accept_known_keys
from evidence.statements import SignedStatement
from messages.problems import Problem

__all__ = ["Alarm", "Peer", "PinnedHub", "Trust"]


class Alarm(Problem):
    """Somebody may be swapping keys: to be looked at by a person before anything else is sent."""


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
        return _peer(agency, known, body.get("earlier", ()), first_use=False)

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
        body = {"keys": [each.to_json() for each in chain], "revoked": revoked}
        kept = {name: pinned[name] for name in ("pinned_at", "earlier") if name in pinned} if pinned else {}
        return self._pin(agency, known, {"pinned_at": timestamp(now), **kept, **body}, first_use=pinned is None)

    def accept(self, agency: str, answer: Mapping[str, Any], fingerprint: str, now: datetime) -> Peer:
        """Pin the chain that an agency began anew, because it lost its keys or an attacker has them.

        1. The chain is the agency's own and begins with the key whose fingerprint a person compared.
        2. The chain pinned before is kept for what it signed until then: every key of it counts as revoked from the
           instant that the hub tells, or from now.

        Raises `Problem` `trust.wrong-fingerprint`, `trust.not-vouched` (the answer holds together in no way), and
        `trust.already-pinned` when the agency is pinned by this fingerprint.
        """
        with self._home.lock("trust"):
            self._body = self._read()
            # Step 1
            try:
                chain = _statements(answer["keys"])
                told = _never_taken_back([], answer.get("revoked", []))
                known = accept_known_keys(chain, _revocations(told))
            except (KeyError, TypeError, Problem) as error:
                raise Problem("trust.not-vouched", agency, reason=getattr(error, "code", "")) from error
            first = known.entries[0]
            if first.owner != agency or first.key_id != normal_fingerprint(fingerprint):
                raise Problem("trust.wrong-fingerprint", agency, actual=first.key_id)
            pinned = self._body["peers"].get(agency)
            if pinned and pinned["fingerprint"] == first.key_id:
                raise Problem("trust.already-pinned", agency, fingerprint=first.key_id)
            # Step 2
            earlier = [*pinned.get("earlier", []), _ended(pinned, told, now)] if pinned else []
            body = {"keys": [each.to_json() for each in chain], "revoked": told, "pinned_at": timestamp(now)}
            return self._pin(agency, known, {**body, **({"earlier": earlier} if earlier else {})}, first_use=False)

    def _pin(self, agency: str, known: KnownKeys, body: Mapping[str, Any], *, first_use: bool) -> Peer:
        peer = _peer(agency, known, body.get("earlier", ()), first_use=first_use)
        pinned = {**body, "fingerprint": peer.fingerprint}
        if self._body["peers"].get(agency) != pinned:
            self._body["peers"][agency] = pinned
            self._save()
        return peer

    def require_own(self, agency: str, answer: Mapping[str, Any], own_keys: frozenset[str], now: datetime) -> None:
        """Raises `Alarm` for a key in this agency's name that this adapter did not make."""
        for index, item in enumerate(answer.get("keys", [])):
            key_id = str(SignedStatement.from_json(item, newer=True).unverified_body.get("key_id"))
            if key_id not in own_keys:
                raise self.alarm("trust.foreign-key", f"/keys/{index}", now, key_id=key_id, agency=agency)

    def alarm(self, code: str, place: str, now: datetime, **params: Any) -> Alarm:
        """Write an alarm down, each one once; the caller raises what is returned."""
        AlarmBook(self._home).note(code, place, now, **params)
        return Alarm(code, place, **params)

    def export(self, own: Sequence[KeyEntry] = ()) -> dict[str, Any]:
        """The KEYS file for `casehub-verify`: the hub's keys, `own` ones and those of every pinned agency."""
        entries = [*self.hub.keys, *own]
        for agency in sorted(self._body["peers"]):
            peer = self.pinned(agency)
            assert peer is not None
            entries.extend(peer.signers)
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


def _ended(pinned: Mapping[str, Any], told: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """A chain that was replaced: its statements, and every key of it with the instant from which it counts no more."""
    known = _never_taken_back(pinned["revoked"], told)
    ends = {item["key_id"]: item["revoked_at"] for item in known}
    ids = [str(each.unverified_body["key_id"]) for each in _statements(pinned["keys"])]
    revoked = [{"key_id": key_id, "revoked_at": ends.get(key_id, timestamp(now))} for key_id in ids]
    return {"fingerprint": pinned["fingerprint"], "keys": pinned["keys"], "revoked": revoked}


def _peer(agency: str, known: KnownKeys, earlier: Sequence[Mapping[str, Any]], *, first_use: bool) -> Peer:
    before = [
        entry
        for chain in earlier
        for entry in accept_known_keys(_statements(chain["keys"]), _revocations(chain["revoked"])).entries
    ]
    apart = [each.unverified_body for each in known.newer]
    return Peer(
        agency,
        known.entries[0].key_id,
        TrustedKeys(known.entries),
        first_use,
        newer_readers=tuple(parse_timestamp(body["valid_from"]) for body in apart if body.get("purpose") == "hpke"),
        newer_signer=any(body.get("purpose") == "identity" for body in apart),
        earlier=TrustedKeys(before),
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

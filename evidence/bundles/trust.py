"""What a verifier brings, made of what it was given: several KEYS files as one, and a witness policy from keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from evidence.identifiers import is_hub
from evidence.keys import KeyEntry, TrustedKeys
from evidence.log import notes
from evidence.log.cosignatures import Witness
from messages.problems import Problem


def joined(files: Iterable[TrustedKeys]) -> TrustedKeys:
    """The keys of several KEYS files. A key in several of them ends at the earliest end and revocation that one tells.

    Raises `Problem("evidence.key-twice")` where two say different things of one key, such as another owner.
    """
    found: dict[str, KeyEntry] = {}
    for keys in files:
        for entry in keys:
            known = found.get(entry.key_id, entry)
            ends = _earliest(known.valid_to, entry.valid_to)
            revoked = _earliest(known.revoked_at, entry.revoked_at)
            one, other = (replace(each, valid_to=ends, revoked_at=revoked) for each in (known, entry))
            if one != other:
                raise Problem("evidence.key-twice", key_id=entry.key_id)
            found[entry.key_id] = one
    return TrustedKeys(found.values())


def make_policy(keys: TrustedKeys, needed: int) -> str:
    """A policy under which `needed` of the agencies in `keys` must have cosigned a checkpoint of the logs in `keys`.

    Each agency is one witness, with its newest identity key that has not ended. Raises `Problem`
    `evidence.too-few-witnesses` when there are fewer agencies, or none is needed.
    """
    agencies: dict[str, KeyEntry] = {}
    for entry in sorted(keys, key=lambda each: (each.owner, each.valid_from)):
        if entry.purpose == "identity" and not is_hub(entry.owner) and entry.valid_to is entry.revoked_at is None:
            agencies[entry.owner] = entry
    if not 1 <= needed <= len(agencies):
        raise Problem("evidence.too-few-witnesses", needed=needed, found=len(agencies))
    logs = [entry for entry in keys if entry.purpose == "log" and entry.revoked_at is None]
    lines = [f"log {notes.vkey(entry.origin or '', entry.public, entry.kty)}" for entry in logs]
    lines += [f"witness {name} {Witness(name, entry.public, entry.kty).vkey}" for name, entry in agencies.items()]
    lines += [f"group agencies {needed} {' '.join(agencies)}", "quorum agencies"]
    return "\n".join(lines) + "\n"


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)

"""The conversion annex (转换附录) and its entries: what each coded value is in the unified and in the receiver's code.

`schemas/annex-v1.json` says the same as JSON Schema. Read once with `Annex.read`. `more` holds members that this
program does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from standards.members import Members, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexMatch:
    """One code that a value corresponds to."""

    system: str
    code: str
    display: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> AnnexMatch:
        """Raises as `standards.members` does."""
        m = Members(body)
        return cls(system=m.text("system"), code=m.text("code"), display=m.optional_text("display"), more=m.left())

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read."""
        return {"system": self.system, "code": self.code, **_present("display", self.display), **self.more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What a value is in one code system (`system`): the outcome and the codes that it may be."""

    outcome: str
    matches: tuple[AnnexMatch, ...]
    system: str | None = None
    note: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> Leg:
        """Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            outcome=m.text("outcome"),
            matches=m.objects("matches", AnnexMatch.read),
            system=m.optional_text("system"),
            note=m.optional_text("note"),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read."""
        return {
            "outcome": self.outcome,
            "matches": [match.to_json() for match in self.matches],
            **_present("system", self.system),
            **_present("note", self.note),
            **self.more,
        }

    @property
    def successors(self) -> tuple[Mapping[str, Any], ...]:
        """The successors of a retired code, from the release."""
        told = self.more.get("successors")
        return tuple(plain(each) for each in told) if isinstance(told, list) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexEntry:
    """One coded value: its place, its original coding, and both conversions for the day `as_of`."""

    place: str
    original: Mapping[str, Any]
    unified: Leg
    receiver: Leg
    as_of: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> AnnexEntry:
        """Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            place=m.text("place"),
            original=m.object("original", plain),
            unified=m.object("unified", Leg.read),
            receiver=m.object("receiver", Leg.read),
            as_of=m.optional_text("as_of"),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read, and what is signed of a fresh one."""
        return {
            "place": self.place,
            "original": dict(self.original),
            "unified": self.unified.to_json(),
            "receiver": self.receiver.to_json(),
            **_present("as_of", self.as_of),
            **self.more,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNamed:
    """The release of the codebooks by which an annex was made."""

    id: str
    digest: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> ReleaseNamed:
        """Raises as `standards.members` does."""
        m = Members(body)
        return cls(id=m.text("id"), digest=m.text("digest"), more=m.left())

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read."""
        return {"id": self.id, "digest": self.digest, **self.more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """What the hub signs beside one record."""

    suite: str
    v: int
    transfer_id: str
    record_digest: str
    release: ReleaseNamed
    target: str
    entries: tuple[AnnexEntry, ...]
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> Annex:
        """The annex of a body that conforms to its schema. Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            suite=m.text("suite"),
            v=m.number("v"),
            transfer_id=m.text("transfer_id"),
            record_digest=m.text("record_digest"),
            release=m.object("release", ReleaseNamed.read),
            target=m.text("target"),
            entries=m.objects("entries", AnnexEntry.read),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read, and what is signed of a fresh one."""
        return {
            "suite": self.suite,
            "v": self.v,
            "transfer_id": self.transfer_id,
            "record_digest": self.record_digest,
            "release": self.release.to_json(),
            "target": self.target,
            "entries": [entry.to_json() for entry in self.entries],
            **self.more,
        }


def _present(name: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {name: value}

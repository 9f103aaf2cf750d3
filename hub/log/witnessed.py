"""The state of witnessing: what each witness has seen, how far it lags, and whether the policy is satisfied.

A witness lags from the moment at which the first checkpoint that it has not cosigned was signed; without one it does
not lag at all. Exchange waits for no witness: a lag over the limit of the settings is an alarm and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from evidence.identifiers import parse_timestamp
from evidence.log.policy import Policy
from hub.log import cosigned
from hub.store.tables import checkpoints


@dataclass(frozen=True)
class Reached:
    """`size`: the newest tree that was cosigned, 0 for none; `lag`: seconds since something waits."""

    name: str
    size: int
    lag: float

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {"name": self.name, "size": self.size, "lag_seconds": round(self.lag)}


@dataclass(frozen=True)
class Standing:
    """All witnesses that are expected or have ever cosigned, and the largest tree that enough of them have seen."""

    witnesses: tuple[Reached, ...]
    policy: Reached
    asked: bool
    """Whether anybody is expected at all: a policy or a list of witnesses was set."""

    def late(self, limit: float) -> list[str]:
        """Who lags by more than `limit` seconds; the policy as `policy`, where one is set or witnesses are."""
        every = [*self.witnesses, *([self.policy] if self.asked else [])]
        return [each.name for each in every if each.lag > limit]

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {
            "witnesses": [each.to_json() for each in self.witnesses],
            "witnessed_size": self.policy.size,
            "witnessed_lag_seconds": round(self.policy.lag),
        }


def standing(connection: Connection, policy: Policy | None, named: Iterable[str], now: datetime) -> Standing:
    """The current state. `named`: the witnesses in the settings."""
    newest = cosigned.newest_of_each(connection)
    expected = {*named, *(() if policy is None else (each.name for each in policy.witnesses.values()))}
    names = sorted(expected | newest.keys())
    seen = tuple(_reached(connection, name, newest.get(name, 0), now) for name in names)
    size = cosigned.reached(connection, policy)
    return Standing(seen, _reached(connection, "policy", size, now), bool(expected))


def _reached(connection: Connection, name: str, size: int, now: datetime) -> Reached:
    c = checkpoints.c
    query = select(c.signed_at).where(c.size > size).order_by(c.size).limit(1)
    waits = connection.execute(query).scalar()
    return Reached(name, size, 0.0 if waits is None else max(0.0, (now - parse_timestamp(waits)).total_seconds()))

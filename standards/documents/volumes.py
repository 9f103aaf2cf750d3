"""Volume kinds (卷) and the matrix of which agency may send which kind to whom. The data are in `volumes.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from messages.problems import Problem
from standards import agencies
from standards.domains import data

AGENCY_TYPES = frozenset(agencies.names())

_CODE = re.compile(r"V[0-9]{2}")


@dataclass(frozen=True)
class VolumeKind:
    """One kind of volume. `flows` are (sender type, receiver type) pairs, `everywhere` stands for all of them."""

    code: str
    zh: str
    en: str
    never_leaves: bool
    everywhere: bool
    flows: frozenset[tuple[str, str]]

    def may_go(self, sender_type: str, receiver_type: str) -> bool:
        """Whether the matrix lets `sender_type` send this kind to `receiver_type`."""
        return self.everywhere or (sender_type, receiver_type) in self.flows


def read(source: str) -> Mapping[str, VolumeKind]:
    """Read volume kinds from TOML. Raises `Problem` `volume.matrix-inconsistent` naming the kind that is malformed."""
    kinds: dict[str, VolumeKind] = {}
    for code, body in tomllib.loads(source).items():
        never = bool(body.get("never", False))
        flows = list(body.get("flows", ()))
        pairs = frozenset(tuple(flow.split(">")) for flow in flows if flow != "*")
        sound = (
            _CODE.fullmatch(code)
            and {"zh", "en"} <= set(body) <= {"zh", "en", "never", "flows"}
            and never != bool(flows)
            and all(len(pair) == 2 and set(pair) <= AGENCY_TYPES for pair in pairs)
        )
        if not sound:
            raise Problem("volume.matrix-inconsistent", code)
        kinds[code] = VolumeKind(code, body["zh"], body["en"], never, "*" in flows, pairs)
    return kinds


@cache
def kinds() -> Mapping[str, VolumeKind]:
    """The volume kinds of this release, by code."""
    return read(data("volumes.toml").read_text("utf-8"))


def kind(code: str) -> VolumeKind:
    """The kind `V20`. Raises `Problem` `volume.unknown-kind`."""
    known = kinds().get(code)
    if known is None:
        raise Problem("volume.unknown-kind", code, kind=code)
    return known


def never_leaves(code: str) -> bool:
    """Whether volumes of this kind stay in the agency for good. Raises `Problem` for an unknown kind."""
    return kind(code).never_leaves


def may_send(code: str, sender_type: str, receiver_type: str, *, returned: bool = False) -> bool:
    """Whether `sender_type` may send a volume of kind `code` to `receiver_type`.

    `returned`: the receiver sealed this very volume or has received it before, which is always allowed (return of a
    dossier by reference), except for what never leaves. Raises `Problem` for an unknown kind.
    """
    known = kind(code)
    return not known.never_leaves and (returned or known.may_go(sender_type, receiver_type))

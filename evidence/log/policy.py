"""When evidence counts as witnessed (见证策略): a policy file of C2SP tlog-policy.

    log      hub.example/log+5d1f…+AT…
    witness  police         police:350102000000+1f2e3d4c+BA…
    witness  procuratorate  procuratorate:350102+…
    witness  court          court:350102+…
    group    agencies 2 police procuratorate court
    quorum   agencies

A checkpoint counts as witnessed if one of the logs signed it (without a log line, the log is known from elsewhere) and
the cosignatures satisfy the quorum: a witness, a group, or `none`. A group needs `any`, `all` or a number of its
members, which are witnesses and groups of earlier lines; each name is a member of at most one group, and no public key
appears twice. Words are separated by spaces and tabs; empty lines and lines that begin with `#` are ignored. Source:
c2sp.org/tlog-policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from evidence.log import cosignatures, notes
from evidence.log.cosignatures import Witness
from evidence.log.notes import NoteVerifier
from messages.problems import Problem

MAX_BYTES = 1_000_000
NONE = "none"
_THRESHOLD = re.compile(r"[1-9][0-9]{0,8}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Group:
    """So many of these members must hold."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A policy whose form has been checked; every name in it is defined before it is used."""

    logs: tuple[NoteVerifier, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    def holds(self, cosigned: Collection[Witness]) -> bool:
        """Whether these witnesses' cosignatures satisfy the quorum; `none` requires none."""
        return self.quorum == NONE or self._holds(self.quorum, cosigned)

    def missing(self, cosigned: Collection[Witness]) -> list[str]:
        """Names of the witnesses that have not cosigned, in the policy's order: whom to ask when it does not hold."""
        return [name for name, witness in self.witnesses.items() if witness not in cosigned]

    def _holds(self, name: str, cosigned: Collection[Witness]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in cosigned
        group = self.groups[name]
        return sum(self._holds(member, cosigned) for member in group.members) >= group.needed


def parse_policy(data: bytes) -> Policy:
    """Read a policy. Raises `Problem("evidence.bad-policy")` with the number of the line that is wrong."""
    reader = _Reader()
    lines = data[:MAX_BYTES].decode("utf-8", "surrogateescape").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            reader.read(line)
        except (Problem, ValueError) as error:
            raise Problem("evidence.bad-policy", str(number), line=number) from error
    if not reader.quorum or len(data) > MAX_BYTES:
        raise Problem("evidence.bad-policy", str(len(lines)), line=len(lines))
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)


@dataclass
class _Reader:
    logs: list[NoteVerifier] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""
    _members: set[str] = field(default_factory=set)

    def read(self, line: str) -> None:
        """One line. Raises `ValueError` or `Problem`."""
        if _CONTROL.search(line):
            raise ValueError
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            return
        kinds: Mapping[str, Callable[..., None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        if words[0] not in kinds:
            raise ValueError
        kinds[words[0]](words[1:])

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise ValueError
        verifier = notes.parse_vkey(words[0])
        if verifier.public in {each.public for each in self.logs}:
            raise ValueError
        self.logs.append(verifier)

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise ValueError
        witness = cosignatures.parse_vkey(words[1])
        if witness.public in {each.public for each in self.witnesses.values()}:
            raise ValueError
        self.witnesses[self._new(words[0])] = witness

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise ValueError
        name, threshold, *members = words
        if threshold not in ("any", "all") and not _THRESHOLD.fullmatch(threshold):
            raise ValueError
        needed = {"any": 1, "all": len(members)}.get(threshold) or int(threshold)
        for member in members:
            if member in self._members or member not in {*self.witnesses, *self.groups}:
                raise ValueError
            self._members.add(member)
        if needed > len(members):
            raise ValueError
        self.groups[self._new(name)] = Group(needed, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self.quorum or words[0] not in {NONE, *self.witnesses, *self.groups}:
            raise ValueError
        self.quorum = words[0]

    def _new(self, name: str) -> str:
        if name in {NONE, *self.witnesses, *self.groups}:
            raise ValueError
        return name

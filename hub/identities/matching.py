"""Finds persons of a transfer that may be persons of other cases, and judges each pair with the rules.

Only numbers lead here: somebody else under a number that is new for a person, or, in a case that the sender is party to
as well, under the same person_uid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from hub.identities import rules
from hub.identities import traits as identity_traits
from hub.identities.rules import Traits, Verdict
from hub.store import cases, identities, persons
from hub.store.database import Connection
from hub.store.identities import PERSON, Member
from hub.store.persons import Numbered, PersonInCase
from hub.store.vault import Vault

Shared = dict[tuple[str, PersonInCase], set[str]]
"""What each of our persons (by uid) shares with somebody: kinds of numbers, `agency-number`, `person-uid`."""


@dataclass(frozen=True)
class Pair:
    """Two members to judge, and what they share."""

    member: Member
    other: Member
    bases: frozenset[str]


def telling(kind: str) -> bool:
    """Whether a number of this kind may say anything beyond its case."""
    return kind in identity_traits.SHARED or kind in rules.table().agency_numbers


def pairs(
    connection: Connection,
    vault: Vault,
    sender: str,
    known: Mapping[str, Member],
    *,
    numbers: Sequence[Numbered],
    fresh: Collection[str],
) -> list[Pair]:
    """Everybody to judge against `known`, our case's persons by uid, in the order of the ids.

    `numbers` are those that are new for their persons, `fresh` the uids that are new in the case.
    """
    common = _by_number(connection, numbers)
    for member in identities.of_uids(connection, PERSON, fresh):
        ours = known[member.uid]
        if member.case_uid != ours.case_uid and sender in cases.parties(connection, member.case_uid):
            common.setdefault((member.uid, PersonInCase(member.uid, member.case_uid)), set()).add("person-uid")
    others = {
        (member.uid, member.case_uid): member
        for member in identities.of_uids(connection, PERSON, {person.person_uid for _, person in common})
    }
    ids = {other.member_id for other in others.values()} | {known[uid].member_id for uid, _ in common}
    traits = identities.traits(connection, vault, ids)
    found: dict[tuple[str, ...], Pair] = {}
    for (uid, person), bases in common.items():
        member, other = known[uid], others.get((person.person_uid, person.case_uid))
        if other is not None:
            classes = _classes(traits[member.member_id], traits[other.member_id])
            key = tuple(sorted((member.member_id, other.member_id)))
            found.setdefault(key, Pair(member, other, classes | bases))
    return [found[key] for key in sorted(found)]


def shared(connection: Connection, vault: Vault, member: Member, other: Member) -> frozenset[str]:
    """What two persons share now, as the rules name it."""
    held = [persons.numbers_of(connection, PersonInCase(item.uid, item.case_uid)) for item in (member, other)]
    kinds = {kind for _agency, kind, _blind in held[0] & held[1] if telling(kind)}
    bases = {kind if kind in identity_traits.SHARED else "agency-number" for kind in kinds}
    ids = (member.member_id, other.member_id)
    traits = identities.traits(connection, vault, ids)
    classes = _classes(*(traits[item] for item in ids)) if persons.CERTIFICATE in bases else frozenset()
    return classes | bases | ({"person-uid"} if member.uid == other.uid else set())


def _by_number(connection: Connection, numbers: Sequence[Numbered]) -> Shared:
    wanted: dict[tuple[str, str, str], list[PersonInCase]] = {}
    for number in numbers:
        wanted.setdefault((number.agency, number.kind, number.blind), []).append(number.person)
    common: Shared = {}
    for other in persons.sharing(connection, {number.blind for number in numbers}):
        for person in wanted.get((other.agency, other.kind, other.blind), ()):
            if other.person != person:
                basis = other.kind if other.kind in identity_traits.SHARED else "agency-number"
                common.setdefault((person.person_uid, other.person), set()).add(basis)
    return common


def _classes(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    """The classes under which both have the same certificate number."""
    mine, theirs = Traits.from_json(one).certificates, Traits.from_json(other).certificates
    return frozenset(name for blind, name in mine.items() if name and theirs.get(blind) == name)


def verdicts(
    connection: Connection, vault: Vault, found: Sequence[Pair], in_record: Collection[str]
) -> list[tuple[Pair, Verdict]]:
    """The rules' verdict on each pair; `in_record` are the members that one record lists as different persons.

    Ties must be locked, so that they do not change until the end of the transaction. The pairs are judged together, so
    that their order does not matter: a person that fits two different identities fits neither.
    """
    ids = {member.member_id for pair in found for member in (pair.member, pair.other)}
    traits = {key: Traits.from_json(body) for key, body in identities.traits(connection, vault, ids).items()}

    def judged(pair: Pair, against: Collection[str] = ()) -> Verdict | None:
        one, other = (traits[member.member_id] for member in (pair.member, pair.other))
        together = {pair.member.member_id, pair.other.member_id} <= frozenset(in_record)
        return rules.judge(one, other, pair.bases, [*against, *(["one-record"] if together else [])])

    known = [(pair, verdict) for pair in found if (verdict := judged(pair)) is not None]
    doubts = _doubts(connection, [pair for pair, verdict in known if verdict.link])
    return [(pair, verdict if pair not in doubts else judged(pair, doubts[pair]) or verdict) for pair, verdict in known]


def _doubts(connection: Connection, links: Sequence[Pair]) -> dict[Pair, list[str]]:
    """The links that would bring together whom people parted, or two persons of one case who are not linked."""
    ends = {member.member_id for pair in links for member in (pair.member, pair.other)}
    components = identities.components(connection, ends)
    edges = [{components[pair.member.member_id], components[pair.other.member_id]} for pair in links]
    direct = {frozenset((pair.member.member_id, pair.other.member_id)) for pair in links}
    doubts: dict[Pair, list[str]] = {}
    for group in _joined(edges):
        against = _against(connection, sorted(group, key=min), direct)
        if against:
            doubts |= {pair: against for pair in links if components[pair.member.member_id] in group}
    return doubts


def _joined(edges: Iterable[set[frozenset[str]]]) -> list[set[frozenset[str]]]:
    """What hangs together over these edges."""
    groups: list[set[frozenset[str]]] = []
    for edge in edges:
        touched = [group for group in groups if group & edge]
        groups = [group for group in groups if not group & edge] + [edge.union(*touched)]
    return groups


def _against(connection: Connection, group: Sequence[frozenset[str]], direct: Collection[frozenset[str]]) -> list[str]:
    members = identities.get_many(connection, {end for component in group for end in component})
    found = []
    for one, other in combinations(group, 2):
        if identities.kept_apart(connection, one, other):
            found.append("kept-apart")
        ends = ((members[left], members[right]) for left in one for right in other)
        if any(
            left.case_uid == right.case_uid and frozenset((left.member_id, right.member_id)) not in direct
            for left, right in ends
        ):
            found.append("one-record")
    return found

"""Fetches the hub's codebook releases and checks each before it is used.

Every answer of the hub names the newest release in the header `Casehub-Codebooks`. One that is not held yet is fetched
after the work at hand, and checked:

 1. its statement is signed by the pinned hub, with a key that counted when the release was made
 2. it is the release that was asked for, and no other than was seen before under its number: a hub that gives a number
    twice was set back to an older state; the release that is held stays in use until one with a higher number comes
 3. every file is the one whose digest the statement names; those that are here already are not fetched
 4. all files together have the release's digest, and pass the checks of `codebooks.build`

Only then is it returned and stored (`state.codebooks`). A failure raises an alarm, and the earlier releases stay in
use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import codebooks
from adapters.client.answers import ReleaseGiven, ReleaseNamed, Releases
from adapters.client.hub import HubAway, HubClient, Refused, segment, sound
from adapters.keys.trust import PinnedHub, Trust
from codebooks import CodebookError, Release
from codebooks.release import digest_of
from digests import Digest
from evidence.identifiers import parse_timestamp
from evidence.statements import SignedStatement, verify
from messages.problems import Problem

LIST = "/v1/codebooks/releases"

HeldFile = Callable[[str], bytes | None]
"""The file that is held under a digest; its content is not believed."""


@dataclass(frozen=True)
class Fetched:
    """A release that stood the checks: its number, the hub's statement, its files by name, and the release itself."""

    number: int
    statement: SignedStatement
    files: Mapping[str, bytes]
    release: Release


def fetch_new(
    client: HubClient,
    trust: Trust,
    clock: Callable[[], datetime],
    held: Mapping[int, SignedStatement],
    held_file: HeldFile,
) -> Iterator[Fetched]:
    """What the hub's last answer named and is not `held`, in the order of the numbers.

    Raises `Alarm` for a release that does not stand the checks, and `adapter.bad-answer`, once the others were given,
    for items of another form; a hub that is away is asked another time.
    """
    newest = client.newest_codebooks
    ids = {number: str(item.unverified_body["release"]) for number, item in held.items()}
    if newest is None or newest in ids.values() or newest in client.refused_codebooks:
        return
    try:
        listed = client.ask(Releases, LIST)
        named = [_named(item) for item in listed.releases]
        for number, name in sorted(item for item in named if item and item[0] > 0 and item[0] not in held):
            yield _fetch(client, trust, clock, number, name, held_file)
        for number, name in sorted(item for item in named if item and ids.get(item[0], item[1]) != item[1]):
            client.refused_codebooks.add(newest)
            raise trust.alarm("trust.codebooks", name, clock(), reason=f"number {number} is {ids[number]}")
    except (HubAway, Refused):
        return
    if None in named:
        raise Problem("adapter.bad-answer", LIST, what="releases")


def _named(item: Any) -> tuple[int, str] | None:
    """Number and id of one release in the hub's list; None for an item of another form."""
    try:
        named = ReleaseNamed.read(item)
    except (KeyError, TypeError):
        return None
    return named.number, named.id


def _fetch(  # noqa: PLR0917 - the pieces of one fetch
    client: HubClient, trust: Trust, clock: Callable[[], datetime], number: int, name: str, held_file: HeldFile
) -> Fetched:
    place = f"{LIST}/{segment(name)}"
    try:
        answer = client.ask(ReleaseGiven, place)
        with sound(place):
            statement = _statement(trust.hub, number, name, answer.statement)
            files = _gathered(client, place, statement.unverified_body["files"], held_file)
            return Fetched(number, statement, files, _whole(name, statement.unverified_body, files))
    except (HubAway, Refused):
        raise
    except (Problem, CodebookError, ValueError) as error:
        reason = getattr(error, "code", "form")
        raise trust.alarm("trust.codebooks", name, clock(), reason=reason) from error


def _statement(hub: PinnedHub, number: int, name: str, given: Any) -> SignedStatement:
    # Step 1
    statement = SignedStatement.from_json(given, "/statement")
    at = parse_timestamp(statement.unverified_body.get("released_at"), "/statement/released_at")
    body = verify(statement, "release", hub.keys, at, hub.party)
    # Step 2
    date.fromisoformat(body["effective_from"])
    if (body["number"], body["release"]) != (number, name):
        raise Problem("adapter.codebooks-differ", name, what="release")
    return statement


def _gathered(client: HubClient, place: str, named: Mapping[str, str], held_file: HeldFile) -> dict[str, bytes]:
    """The files of a release: those that are here already, by digest, and the others from the hub."""
    # Step 3
    shipped = {digest_of_file(raw): raw for raw in codebooks.load().files.values()}
    files = {}
    for file, digest in named.items():
        raw = shipped.get(digest) or held_file(digest) or b""
        if digest_of_file(raw) != digest:
            raw = client.request("GET", f"{place}/files/{quote(file)}").content
        if digest_of_file(raw) != digest:
            raise Problem("adapter.codebooks-differ", file, what="file")
        files[file] = raw
    return files


def _whole(name: str, body: Mapping[str, Any], files: Mapping[str, bytes]) -> Release:
    # Step 4
    if digest_of(files) != body["digest"]:
        raise Problem("adapter.codebooks-differ", name, what="digest")
    made = codebooks.build(files)
    if made.id != name:
        raise Problem("adapter.codebooks-differ", name, what="id")
    return made


def digest_of_file(raw: bytes) -> str:
    """The digest under which a file of a release is named."""
    return str(Digest.of(raw))

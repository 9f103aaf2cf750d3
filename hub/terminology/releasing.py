"""Releasing a reviewed draft: immutable files under a digest, signed by the hub, effective from a day, marked.

1. the draft is approved by a person who did not edit it
2. it stands on the newest release; else it is brought up to that first (`drafts.rebase`)
3. it does not take effect in the past, so that what past transfers were converted by stays true
4. its files are those that were approved, and pass the checks
5. no code of an open transfer would lose its mapping, unless that is explicitly allowed
6. one transaction: files, signed statement, row, draft closed, mark `codebook-released`
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from codebooks import Release, build
from codebooks.release import digest_of
from evidence import statements
from evidence.identifiers import timestamp
from evidence.statements import SignedStatement
from hub import marking
from hub.runtime import Hub
from hub.store import codebooks as rows
from hub.store.codebooks import DraftRow, ReleaseRow
from hub.store.database import Connection
from hub.terminology import drafts, traffic
from messages.problems import Problem, ProblemList
from standards import times

MANIFEST = "release.toml"
_TEXT = "# The release that these files make up. The digest follows from the bytes.\nid = {id}\n"


@dataclass(frozen=True)
class Released:
    """A completed release. `orphans` are codes that were knowingly left without a mapping, `supersedes` earlier
    releases that never take effect because this one does first.
    """

    row: ReleaseRow
    leaf_hash: str
    orphans: tuple[dict[str, Any], ...]
    supersedes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {
            **self.row.to_json(),
            "mark": self.leaf_hash,
            "orphans": list(self.orphans),
            "supersedes": list(self.supersedes),
        }


def release(
    hub: Hub,
    name: str,
    by: str,
    effective_from: date | None = None,
    *,
    allow_orphans: bool = False,
    progress: traffic.Progress = lambda _done: None,
) -> Released:
    """Release a draft, effective from a civil day in China (today without one).

    Raises `codebook.not-reviewed`, `codebook.base-outdated`, `codebook.effective-past`, `codebook.orphans`,
    `codebook.moved` when something was changed while it worked, and what the checks refuse. Then nothing is changed."""
    releaser, today = drafts.person(by), times.day(hub.clock())
    effective = effective_from or today
    hub.releases.refresh()
    before, _ = hub.releases.newest()
    row, files = drafts.contents(hub, name)
    # Steps 1 to 4
    _require_ready(hub, row, files)
    if effective < today:
        raise Problem("codebook.effective-past", name, effective_from=effective.isoformat(), today=today.isoformat())
    files = {**files, MANIFEST: _manifest(hub.releases.files(before)[MANIFEST], effective)}
    with drafts.problems_told():
        made = build(files)
    # Step 5
    orphans = traffic.orphans(hub, hub.releases.numbered(before), made, progress)
    if orphans and not allow_orphans:
        raise ProblemList("codebook.orphans", [_orphan(item) for item in orphans])
    # Step 6
    released = _commit(hub, row, before, made, effective, by=releaser, orphans=orphans)
    hub.releases.refresh()
    hub.log.wake()
    return released


def _require_ready(hub: Hub, row: DraftRow, files: Mapping[str, bytes]) -> None:
    if row.state in (rows.RELEASED, rows.DROPPED):
        raise Problem("codebook.draft-closed", row.draft, state=row.state)
    if row.base != hub.releases.newest()[1]:
        raise Problem("codebook.base-outdated", row.draft, base=row.base, newest=hub.releases.newest()[1])
    if row.state != rows.APPROVED or digest_of(files) != row.approved_digest:
        raise Problem("codebook.not-reviewed", row.draft)


def _manifest(newest: bytes, effective: date) -> bytes:
    """The manifest of the next release: `2026.3` after `2026.2`, `2027.1` after `2026.9`."""
    year, _, count = str(tomllib.loads(newest.decode("utf-8"))["id"]).partition(".")
    last = int(year) if year.isdigit() else 0
    chosen = max(last, effective.year)
    following = int(count) + 1 if chosen == last and count.isdigit() else 1
    return _TEXT.format(id=f'"{chosen}.{following}"').encode("utf-8")


def _orphan(item: Mapping[str, Any]) -> Problem:
    told = {name: item[name] for name in ("code", "display", "target", "count", "transfers")}
    codes = "、".join(item["before"]["codes"]) or "-"
    return Problem("codebook.orphan", str(item["system"]), system=item["system"], before=codes, **told)


def _commit(
    hub: Hub,
    row: DraftRow,
    before: int,
    made: Release,
    effective: date,
    *,
    by: str,
    orphans: list[dict[str, Any]],
) -> Released:
    with hub.database.transaction() as connection:
        rows.hold_releases(connection)
        rows.hold_draft(connection, row.draft)
        if rows.newest_number(connection) != before or rows.draft(connection, row.draft) != row:
            raise Problem("codebook.moved", row.draft)
        listed = rows.releases(connection)
        named = rows.keep_files(connection, made.files)
        assert row.reviewer is not None
        new = ReleaseRow(
            number=before + 1,
            release=made.id,
            digest=made.digest,
            effective_from=effective.isoformat(),
            released_at=timestamp(hub.clock()),
            draft=row.draft,
            author=row.author,
            reviewer=row.reviewer,
            released_by=by,
        )
        statement = _statement(hub, new, row.base, named)
        rows.add_release(connection, new, statement, named)
        rows.update_draft(connection, row.draft, state=rows.RELEASED, released_as=new.release)
        leaf_hash = _mark(connection, hub, new, statement, orphans)
    passed_over = tuple(item.release for item in listed if item.effective_from > new.effective_from)
    return Released(new, leaf_hash, tuple(orphans), passed_over)


def _statement(hub: Hub, row: ReleaseRow, base: str, named: Mapping[str, str]) -> SignedStatement:
    """What the hub signs: who keeps the tables stays in the hub's own rows."""
    body = {
        "release": row.release,
        "number": row.number,
        "digest": row.digest,
        "effective_from": row.effective_from,
        "released_at": row.released_at,
        "base": base,
        "files": dict(named),
    }
    return statements.sign("release", body, hub.keys.identity)


def _mark(
    connection: Connection, hub: Hub, row: ReleaseRow, statement: SignedStatement, orphans: list[dict[str, Any]]
) -> str:
    private = {
        **{name: value for name, value in row.to_json().items() if name != "digest"},
        "release_digest": row.digest,
        "orphans_allowed": [f"{item['system']}:{item['code']}" for item in orphans],
    }
    return marking.leave(connection, hub, "codebook-released", digests={"all": statement.digest}, private=private)

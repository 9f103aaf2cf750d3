"""Which outcomes differ between two releases: the part of a diff that the rows alone do not show."""

from __future__ import annotations

from datetime import date
from typing import Any

from codebooks.release import Release


def changed_outcomes(before: Release, after: Release, as_of: date) -> list[dict[str, Any]]:
    """For each crosswalk of either release, the codes that come out otherwise on a day; by crosswalk and code."""
    found = []
    for name in sorted({*before.crosswalks, *after.crosswalks}):
        walk = after.crosswalks.get(name) or before.crosswalks[name]
        for code in _codes(walk.source, before, after):
            answers = [release.translate(walk.source, code, walk.target, as_of) for release in (before, after)]
            was, will = ((answer.outcome, [match.code for match in answer.matches]) for answer in answers)
            if was != will:
                found.append(
                    {
                        "system": walk.source,
                        "code": code,
                        "target": walk.target,
                        "before": {"outcome": was[0], "codes": was[1]},
                        "after": {"outcome": will[0], "codes": will[1]},
                    }
                )
    return found


def _codes(system: str, *releases: Release) -> list[str]:
    codes: dict[str, None] = {}
    for release in releases:
        if system in release.code_systems:
            codes.update(dict.fromkeys(release.system(system).by_code))
    return list(codes)

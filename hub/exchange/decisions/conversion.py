"""Step 10: the annex (转换附录) beside the signed record, and the findings that it gives rise to.

What the sender signed is never rewritten: the annex says, for each coded value, which unified coding and which coding
of the receiver it corresponds to, by which crosswalk row and release. No outcome refuses a transfer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from codebooks import Release
from codebooks.conversion import annex_entries
from codebooks.conversion import findings as conversion_findings
from evidence.canonical import digest_of
from messages.findings import Finding
from standards import times


def annex_body(
    package_claims: Mapping[str, Any], record: Mapping[str, Any], release: Release, now: datetime
) -> dict[str, Any]:
    """The annex's body for a transfer to `package_claims["receiver"]`, to be signed by the hub.

    Codes are judged as of the day that `codebooks.conversion` finds for each value (a charge: the day of the offence),
    else as of the Chinese day of `now`.
    """
    target = package_claims["receiver"].partition(":")[0]
    return {
        "transfer_id": package_claims["transfer_id"],
        "record_digest": digest_of(record),
        "release": {"id": release.id, "digest": release.digest},
        "target": target,
        "entries": annex_entries(dict(record), target, times.day(now), release),
    }


def findings(entries: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """What of the conversion a person should look at, at each value's place."""
    return [Finding.from_json(item) for item in conversion_findings(entries)]

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
from evidence.suites import VERSION
from messages.findings import Finding
from standards import times
from standards.record.annex import Annex, AnnexEntry, ReleaseNamed
from standards.record.envelope import Envelope


def annex_of(envelope: Envelope, record: Mapping[str, Any], release: Release, now: datetime, suite: str) -> Annex:
    """The annex for a transfer to `envelope.receiver`, to be signed by the hub with a key of `suite`.

    Codes are judged as of the day that `codebooks.conversion` finds for each value (a charge: the day of the offence),
    else as of the Chinese day of `now`.
    """
    target = envelope.receiver.partition(":")[0]
    return Annex(
        suite=suite,
        v=VERSION,
        transfer_id=envelope.transfer_id,
        record_digest=digest_of(record),
        release=ReleaseNamed(id=release.id, digest=release.digest),
        target=target,
        entries=annex_entries(dict(record), target, times.day(now), release),
    )


def findings(entries: Sequence[AnnexEntry]) -> list[Finding]:
    """What of the conversion a person should look at, at each value's place."""
    return [Finding.from_json(item) for item in conversion_findings(entries)]

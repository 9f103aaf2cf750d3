"""What the agency does about the log beside every piece of work: it attaches itself to the station as a companion.

contact     the newest checkpoint is checked, remembered and cosigned (`contact`); overdue promises become complaints
enclosed    the envelope's member `witnessed`: the checkpoint that was cosigned last
arrived     what a sender has seen of the log is kept until the next contact compares it
receipted   the promise in a receipt is held (`complaints`)
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapters.auditing import complaints, withholding
from adapters.auditing.contact import LogContact, ProofReport
from adapters.auditing.cosigning import Cosigner
from adapters.client.hub import HubAway
from adapters.keys.trust import Alarm
from adapters.station import Companion, Station
from standards.record.envelope import Envelope
from standards.record.receipt import Receipt

MAX_WITNESSED = 65_536
"""Characters of a checkpoint that a sender attached; a longer one is not looked at."""


class Auditor(Companion):
    """Watches the log for one open home."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._log = LogContact(station)
        self._cosigner = Cosigner(station)
        self.report: ProofReport | None = None
        """What the last contact showed; None when it showed nothing."""

    def contact(self) -> None:
        """Check the log and say what is wrong: every alarm that nobody has settled, with its evidence kept.

        Raises the first of them once everything was checked, and `HubAway` when the log did not answer.
        """
        station, now = self._station, self._station.clock()
        found = self._log.contact(now)
        self.report = found if found.away is None else None
        for finding in found.findings():
            station.say(finding)
        self._complain(now, answers=found.away is None)
        alarms = [*found.alarms, *self._silence(found.away, now)]
        for alarm in alarms:
            station.alarm(alarm)
        for alarm in station.unsettled(alarms):
            raise alarm
        if found.away is not None:
            raise found.away

    def _silence(self, away: HubAway | None, now: datetime) -> list[Alarm]:
        """What it means that the log did not answer, or answered."""
        if away is None:
            withholding.answered(self._station)
            return []
        alarm = withholding.silent(self._station, away, now, self._cosigner.unchecked())
        return [] if alarm is None else [alarm]

    def _complain(self, now: datetime, *, answers: bool) -> None:
        for finding in complaints.overdue(self._station, now, answers=answers):
            self._station.say(finding)

    def enclosed(self) -> dict[str, Any]:
        """The checkpoint that we cosigned last; nothing before the first."""
        try:
            note = self._cosigner.cosigned()
        except Alarm as alarm:
            self._station.alarm(alarm)
            return {}
        return {} if note is None else {"witnessed": note.decode("utf-8")}

    def arrived(self, sender: str, envelope: Envelope) -> None:
        """What the sender has seen of the log is compared at the next contact; nothing here waits for it."""
        note = envelope.witnessed
        if note is not None and len(note) <= MAX_WITNESSED:
            self._station.promises.heard(sender, note)

    def receipted(self, transfer_id: str, statement: Any, receipt: Receipt) -> None:
        """Hold the promise in a receipt. Raises what `complaints.promise` raises."""
        complaints.promise(self._station, transfer_id, statement, receipt)


def attached(station: Station) -> Auditor:
    """An auditor that goes along with everything that `station` does from now on."""
    auditor = Auditor(station)
    station.companions.append(auditor)
    return auditor

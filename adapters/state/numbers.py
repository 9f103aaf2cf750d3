"""The map between this agency's own numbers and the unified ids of cases and persons.

Own numbers never change their meaning: once a number of ours was tied to an id it stays tied, and a second export of
the same case finds the same ids. Numbers are compared in normalised form (width, brackets, spaces).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from adapters.state.database import State
from codebooks.identifiers import normalize_reference
from messages.problems import Problem
from standards.record import Record


class Numbers:
    """The tables `case_number`, `item_number` and `case_record`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def case_of(self, kind: str, value: str) -> str | None:
        """The case with this own number, or None."""
        row = self._state.one(
            "SELECT case_uid FROM case_number WHERE kind = ? AND value = ?", kind, normalize_reference(value)
        )
        return None if row is None else str(row["case_uid"])

    def tie_case(self, kind: str, value: str, case_uid: str) -> None:
        """Tie a number to a case. Raises `adapter.number-taken` when it belongs to another case."""
        normal = normalize_reference(value)
        with self._state.transaction():
            self._state.run("INSERT OR IGNORE INTO case_number VALUES (?, ?, ?)", kind, normal, case_uid)
            if self.case_of(kind, value) != case_uid:
                raise Problem("adapter.number-taken", f"{kind} {value}")

    def item_of(self, case_uid: str, kind: str, value: str) -> str | None:
        """The id of a person, charge, measure … of the case with this own number."""
        row = self._state.one(
            "SELECT uid FROM item_number WHERE case_uid = ? AND kind = ? AND value = ?",
            case_uid,
            kind,
            normalize_reference(value),
        )
        return None if row is None else str(row["uid"])

    def tie_item(self, case_uid: str, kind: str, value: str, uid: str) -> None:
        """Tie an own number within a case to an id; the first tie stays."""
        self._state.run(
            "INSERT OR IGNORE INTO item_number VALUES (?, ?, ?, ?)", case_uid, kind, normalize_reference(value), uid
        )

    def keep_record(self, case_uid: str, transfer_id: str, record: dict[str, Any]) -> None:
        """Remember the newest record of a case, sent or received."""
        self._state.run(
            "INSERT INTO case_record VALUES (?, ?, ?) ON CONFLICT (case_uid) DO UPDATE"
            " SET transfer_id = excluded.transfer_id, record = excluded.record",
            case_uid,
            transfer_id,
            json.dumps(record, ensure_ascii=False).encode("utf-8"),
        )

    def record(self, case_uid: str) -> Record | None:
        """The newest record of the case that passed through here."""
        row = self._state.one("SELECT record FROM case_record WHERE case_uid = ?", case_uid)
        return None if row is None else Record.read(json.loads(row["record"]))

    def case_with(self, numbers: Collection[tuple[str, str, str]]) -> str | None:
        """The newest case whose record tells one of these numbers: agency, kind and normalised value of each."""
        for row in self._state.all("SELECT case_uid, record FROM case_record ORDER BY case_uid DESC"):
            # every case that ever passed through here: only its numbers are looked at
            for ref in json.loads(row["record"])["case"].get("refs", ()):
                if (ref["agency"], ref["kind"], normalize_reference(ref["value"])) in numbers:
                    return str(row["case_uid"])
        return None

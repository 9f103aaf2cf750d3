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

READ, DONE = "numbers.read", "done"


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
        """Remember the newest record of a case, sent or received, and the numbers that it tells."""
        with self._state.transaction():
            self._state.run(
                "INSERT INTO case_record VALUES (?, ?, ?) ON CONFLICT (case_uid) DO UPDATE"
                " SET transfer_id = excluded.transfer_id, record = excluded.record",
                case_uid,
                transfer_id,
                json.dumps(record, ensure_ascii=False).encode("utf-8"),
            )
            self._keep_told(case_uid, record)

    def _keep_told(self, case_uid: str, record: dict[str, Any]) -> None:
        self._state.run("DELETE FROM told_number WHERE case_uid = ?", case_uid)
        for ref in record["case"].get("refs", ()):
            number = (ref["agency"], ref["kind"], normalize_reference(ref["value"]))
            self._state.run("INSERT OR IGNORE INTO told_number VALUES (?, ?, ?, ?)", *number, case_uid)

    def record(self, case_uid: str) -> Record | None:
        """The newest record of the case that passed through here."""
        row = self._state.one("SELECT record FROM case_record WHERE case_uid = ?", case_uid)
        return None if row is None else Record.read(json.loads(row["record"]))

    def case_with(self, numbers: Collection[tuple[str, str, str]]) -> str | None:
        """The newest case whose record tells one of these numbers: agency, kind and normalised value of each."""
        self._read_records()
        sql = "SELECT max(case_uid) AS newest FROM told_number WHERE agency = ? AND kind = ? AND value = ?"
        rows = [self._state.one(sql, *number) for number in numbers]
        return max((str(row["newest"]) for row in rows if row is not None and row["newest"]), default=None)

    def _read_records(self) -> None:
        """Once in a home of before numbers were kept apart: read them from its records, one record at a time."""
        while (last := self._state.get(READ, " ")) != DONE:
            row = self._state.one("SELECT * FROM case_record WHERE case_uid > ? ORDER BY case_uid LIMIT 1", last)
            with self._state.transaction():
                if row is not None:
                    self._keep_told(str(row["case_uid"]), json.loads(row["record"]))
                self._state.put(READ, DONE if row is None else str(row["case_uid"]))

"""The adapter's state: one SQLite file, `state.db`, written with `synchronous=FULL`.

Whatever must survive a kill is here before the step that relies on it: identifiers and keys before the first byte
leaves, a part's digest before the part, the exact submission before it is sent, the signed acknowledgement before it is
sent. A volume key is never stored in the clear: it is wrapped to this agency's own HPKE key.

The rest of the adapter reaches the tables through small modules (`journal`, `held`, `numbers`, `own_marks`, `promises`,
`received`), each owning its tables; all share this connection.
"""

from __future__ import annotations

from pathlib import Path

from adapters.state.files import StateFile

SCHEMA_VERSION = 5

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE outgoing (
    transfer_id TEXT PRIMARY KEY,
    request_key TEXT NOT NULL,
    request TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'submitting', 'sent', 'refused')),
    created_at TEXT NOT NULL,
    sent_at TEXT NOT NULL DEFAULT '',
    told INTEGER NOT NULL DEFAULT 0,
    delivery TEXT NOT NULL DEFAULT '',
    case_uid TEXT NOT NULL DEFAULT '',
    record BLOB,
    submission BLOB,
    answer BLOB,
    problem TEXT
) STRICT;
CREATE INDEX outgoing_by_request ON outgoing (request_key, status);

CREATE TABLE sealing (
    volume_id TEXT PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES outgoing (transfer_id),
    number TEXT NOT NULL,
    secrets TEXT NOT NULL,
    self_key_id TEXT NOT NULL,
    wrapped_self BLOB NOT NULL,
    descriptor TEXT,
    abandoned INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX sealing_current ON sealing (transfer_id, number) WHERE abandoned = 0;

CREATE TABLE sealed_part (
    volume_id TEXT NOT NULL REFERENCES sealing (volume_id),
    purpose TEXT NOT NULL,
    part INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (volume_id, purpose, part)
) STRICT;

CREATE TABLE held_volume (
    volume_id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    sealed_by TEXT NOT NULL,
    supersedes TEXT,
    descriptor TEXT NOT NULL
) STRICT;

CREATE TABLE carried (
    transfer_id TEXT NOT NULL,
    volume_id TEXT NOT NULL REFERENCES held_volume (volume_id),
    node TEXT NOT NULL,
    place INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (transfer_id, volume_id)
) STRICT;
CREATE INDEX carried_by_volume ON carried (volume_id);

CREATE TABLE received (
    transfer_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    node TEXT NOT NULL,
    sender TEXT NOT NULL,
    case_uid TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('offered', 'delivered', 'acknowledged', 'declined')),
    folder TEXT,
    record BLOB,
    annex BLOB,
    reason TEXT
) STRICT;

CREATE TABLE case_number (
    kind TEXT NOT NULL, value TEXT NOT NULL, case_uid TEXT NOT NULL, PRIMARY KEY (kind, value)
) STRICT;
CREATE TABLE item_number (
    case_uid TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, uid TEXT NOT NULL,
    PRIMARY KEY (case_uid, kind, value)
) STRICT;
CREATE TABLE case_record (case_uid TEXT PRIMARY KEY, transfer_id TEXT NOT NULL, record BLOB NOT NULL) STRICT;

CREATE TABLE own_mark (
    transfer_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    leaf_hash TEXT NOT NULL UNIQUE,
    action TEXT NOT NULL,
    mark TEXT NOT NULL,
    private TEXT NOT NULL,
    salt BLOB NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (transfer_id, seq)
) STRICT;

CREATE TABLE receipt (
    transfer_id TEXT PRIMARY KEY, receipt TEXT NOT NULL, received_at TEXT NOT NULL
) STRICT;
CREATE TABLE promise (
    leaf_hash TEXT PRIMARY KEY,
    transfer_id TEXT NOT NULL,
    deadline TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'proved', 'overdue')),
    leaf_index INTEGER,
    tree_size INTEGER
) STRICT;
"""

ADDED = {
    2: "CREATE TABLE told_checkpoint (sender TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (sender, note)) STRICT",
    3: "ALTER TABLE outgoing ADD COLUMN pinned TEXT NOT NULL DEFAULT ''",
    4: """
CREATE INDEX outgoing_by_status ON outgoing (status, delivery, sent_at);
CREATE INDEX outgoing_by_day ON outgoing (sent_at);
CREATE INDEX own_mark_unsent ON own_mark (transfer_id, seq) WHERE sent = 0;
CREATE INDEX promise_open ON promise (deadline) WHERE status != 'proved';
CREATE INDEX promise_by_transfer ON promise (transfer_id);
CREATE INDEX held_superseded ON held_volume (supersedes) WHERE supersedes IS NOT NULL;
CREATE TABLE told_number (
    agency TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, case_uid TEXT NOT NULL,
    PRIMARY KEY (agency, kind, value, case_uid)
) STRICT;
CREATE INDEX told_number_by_case ON told_number (case_uid);
CREATE TABLE awaited (leaf_hash TEXT PRIMARY KEY) STRICT;
INSERT INTO awaited SELECT leaf_hash FROM own_mark WHERE sent = 1;
""",
    5: "CREATE INDEX outgoing_by_case ON outgoing (case_uid, status)",
}
"""What each later version added, for homes that were made before it. Version 4: whatever runs regularly reads only
what is open, by these; `awaited` are marks that the hub confirmed and that were not read in the log yet, `told_number`
the numbers that the newest record of each case tells (`state.numbers` fills it)."""


class State(StateFile):
    """One open `state.db`. `transaction()` commits whole or not at all; reads see committed rows only."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.run("PRAGMA foreign_keys=ON")
        with self.transaction():
            found = self.one("PRAGMA user_version")
            version = 0 if found is None else int(found[0])
            if version == 0:
                self._run_all(SCHEMA)
            for later, statements in ADDED.items():
                if version < later:
                    self._run_all(statements)
            if version < SCHEMA_VERSION:
                self.run(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _run_all(self, statements: str) -> None:
        for statement in statements.split(";\n"):
            if statement.strip():
                self.run(statement)

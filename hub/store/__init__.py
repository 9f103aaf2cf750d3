"""The hub's storage: one database (SQLite or PostgreSQL) and one store of blobs (a folder or S3).

`database`    connections and transactions: one `Connection` is one unit of work
`vault`       encryption at rest and keyed blind indexes
`blobs`       ciphertext parts by digest
`tables`      the tables; `migrations` brings a database to them
`housekeeping` the thread that tidies
and one module of functions per subject, each taking the `Connection` first: `agencies`, `cases`, `grants`, `inbox`,
`marks`, `nonces`, `parts`, `persons`, `reconcile`, `transfers`, `volumes`. None of them commits; the code
that opened the transaction does.
"""

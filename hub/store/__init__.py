"""The hub's storage: one database (SQLite or PostgreSQL) and one store of blobs (a folder or S3).

`database`    connections and transactions: one `Connection` is one unit of work
`vault`       encryption at rest and keyed blind indexes
`blobs`       ciphertext parts by digest
`tables`      the tables; `migrations` brings a database to them
`housekeeping` the thread that tidies
`moving`      from SQLite to PostgreSQL

and one module of functions per subject, each taking the `Connection` first. None of them commits; the code that opened
the transaction does.

`agencies`    agencies, their keys and revocations, their handlers
`cases`       cases and the agencies' numbers of them; `grants`: which handlers may see a case
`transfers`   transfers: envelope, record, annex, receipt, state; `inbox`: what waits for whom
`volumes`     volumes, their signed descriptors, and which transfers carried them; `parts`: ciphertext and its leases
`marks`       the marks, with their private parts
`persons`, `identities`, `proposals`    persons of cases, identities across agencies, proposed merges
`codebooks`   drafts and releases of codebooks
`supervision` findings that the sweep opened and cleared
`reconcile`, `nonces`    the books of a day; nonces of requests
"""

"""What the hub decides about a transfer, apart from where it is kept.

`package` reads what arrived, `receive` decides (pure), `conversion` writes the annex, `states` moves a transfer from
one state to the next, `access` says who may see a case. `desk` is the one place with I/O for a submission: it loads the
facts, lets the pure part decide, and writes everything in one database transaction.
"""

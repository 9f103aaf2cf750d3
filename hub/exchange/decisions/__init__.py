"""What the hub decides about a transfer. Pure: no store, no log, no clock; what is known comes in, a decision goes out.

`package` reads what arrived, `vouching` says whose it is, `receive` goes through the steps, `conversion` makes the
annex, `states` moves a transfer from one state to the next.
"""

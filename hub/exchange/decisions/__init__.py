"""The hub's decisions about a transfer. Pure: no store, no log, no clock; facts in, a decision out.

`known` holds the facts, `package` reads what arrived, `vouching` says whose it is, `receive` goes through the steps,
`conversion` makes the annex, `states` moves a transfer from one state to the next.
"""

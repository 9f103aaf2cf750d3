"""What the hub decides about a transfer, apart from where it is kept.

`package` reads what arrived, `vouching` says whose it is, `receive` decides (all pure), `conversion` makes the annex,
`states` moves a transfer from one state to the next, `access` says who may see a case. A submission meets the stores at
`desk`: it loads the `facts`, lets the pure part decide, and lets `writing` write all of it in one database transaction.
`answers` and `mark_desk` serve the receiver, `case_desk`, `handler_desk`, `part_desk` and `directory_desk` what their
names say; whoever is turned away there is marked by `looking` and `marking`.
"""

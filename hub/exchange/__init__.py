"""Transfers, from arrival to proof. Decisions are in `decisions`, separate from the stores.

`desk` handles a submission: `loading` reads the facts, `decisions` decides, and `writing` writes everything in one
transaction. `answers` and `mark_desk` serve the receiver, `part_desk` and `case_desk` parts and cases; `trails` and
`exporting` provide the marks with their places in the log.
"""

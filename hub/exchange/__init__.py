"""Transfers from their arrival to their proof. What is decided about them is in `decisions`, apart from the stores.

A submission comes to `desk`: `loading` reads what the decision rests on, `decisions` decide, and `writing` writes all
of it in one transaction. `answers` and `mark_desk` serve the receiver, `part_desk` and `case_desk` parts and cases;
`trails` and `exporting` give the marks out, with their places in the log.
"""

"""Deadlines and findings of a case (期限、预警), from the data that the hub has, now or as of an earlier time.

`case_facts` gathers what the rules of `standards.judging` ask for, by the `calendar` of this hub; `clocks` and
`findings_desk` answer parties and operators; `sweep` finds what becomes overdue even though nothing was sent.
"""

"""Terms and findings of a case (期限、预警): by what the hub holds, now or as of an earlier instant.

`case_facts` gathers what the rules of `standards.judging` ask for, by the `calendar` of this hub; `clocks` and
`findings_desk` answer parties and operators; `sweep` looks at what becomes late without anybody sending anything.
"""

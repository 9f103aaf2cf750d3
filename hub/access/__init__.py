"""Who may do and see what: agencies with their keys, handlers with their cases.

`rights` decides (pure), `looking` lets in or marks who was turned away, `directory_desk` keeps agencies and keys,
`handler_desk` handlers and their grants, `summary` counts once an hour those for whom nobody vouches.
"""

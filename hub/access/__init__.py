"""Who may do and see what: agencies with their keys, handlers with their cases.

`rights` decides (pure), `looking` grants or refuses access and marks it, `directory_desk` manages agencies and keys,
`handler_desk` handlers and their access, `summary` counts unauthenticated requests once an hour.
"""

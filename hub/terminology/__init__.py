"""The hub's code tables: queries, and drafts that are edited, reviewed and released.

`queries` and `fhir` answer; `desk` is where maintainers work, with `drafts`, `editing`, `comparing`, `accepting` and
`releasing` behind it; `traffic` looks at what the hub's own transfers used.
"""

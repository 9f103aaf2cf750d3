"""The code tables as the hub serves and keeps them: questions answered, drafts edited, reviewed and released.

`queries` and `fhir` answer; `desk` is where maintainers work, with `drafts`, `editing`, `comparing`, `accepting` and
`releasing` behind it; `traffic` looks at what the hub's own transfers used.
"""

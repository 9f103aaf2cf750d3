"""The same code tables as FHIR R5 terminology clients ask for them.

`parameters` reads what is asked and writes what is answered, `resources` are the code systems and concept maps,
`service` does the operations: lookup, validate-code, subsumes, translate.
"""

"""Tables and crosswalks going out to other programs, and coming in from them.

| module | out | in |
| --- | --- | --- |
| `csv` | tables, crosswalks; safe to open in a spreadsheet | tables, crosswalks; every bad row by line, nothing half |
| `genericode` | tables as OASIS genericode 1.0 | tables |
| `fhir` | tables as CodeSystem, crosswalks as ConceptMap (FHIR R5, JSON) | - |
| `sssom` | crosswalks as SSSOM TSV | - |

`text` finds out how a file is written before anything looks at its rows.
"""

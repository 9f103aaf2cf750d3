"""Export and import of tables and crosswalks.

| module | out | in |
| --- | --- | --- |
| `csv` | tables, crosswalks; safe to open in a spreadsheet | tables, crosswalks; every bad row by line, nothing half |
| `genericode` | tables as OASIS genericode 1.0 | tables |
| `fhir` | tables as CodeSystem, crosswalks as ConceptMap (FHIR R5, JSON) | - |
| `sssom` | crosswalks as SSSOM TSV | - |

`text` detects the encoding of a file before its rows are read.
"""

"""Evidence: signed statements, marks, the log's mathematics, checkpoints and their verification offline.

Everything here is pure: no network, no database. What `casehub-verify` runs imports the standard library,
`cryptography` and the message catalogue, nothing else. Import the modules, not the package:
`from evidence.statements import sign`.
"""

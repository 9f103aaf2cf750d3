"""Evidence: signed statements, marks, the log's proofs, checkpoints and their offline verification.

Everything here is pure: no network, no database. The code that `casehub-verify` runs imports only the standard library,
`cryptography` and the message catalogue. Import the modules, not the package: `from evidence.statements import sign`.
"""

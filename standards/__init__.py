"""The unified standard: record, nodes, documents, rules and deadlines.

Everything here is data with small readers, and pure: no network, no database, no clock.
"""

"""The unified standard: the record, the nodes, the documents, the rules, and the words in which they are explained.

Everything here is data with small readers, and pure: no network, no database, no clock of its own.
"""

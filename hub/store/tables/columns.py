"""The one `MetaData` of the hub's database and the column kinds that its tables are made of.

Instants are RFC 3339 text in UTC with milliseconds and `Z`, so that text order is time order on both databases.
`sealed` columns hold AES-256-GCM ciphertext of `hub.store.vault`; nothing else in them is ever written.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in columns declared INTEGER PRIMARY KEY."""


def text(name: str, *rest: Any, **options: Any) -> Column[Any]:
    """Text that is always there."""
    return Column(name, Text, *rest, nullable=False, **options)


def maybe_text(name: str, *rest: Any, **options: Any) -> Column[Any]:
    """Text that may be absent."""
    return Column(name, Text, *rest, nullable=True, **options)


def number(name: str, *rest: Any, **options: Any) -> Column[Any]:
    """A whole number of up to 64 bits."""
    return Column(name, BigInteger, *rest, nullable=False, **options)


def octets(name: str) -> Column[Any]:
    """Exact bytes in the clear: signed statements, leaves, hashes."""
    return Column(name, LargeBinary, nullable=False)


def sealed(name: str) -> Column[Any]:
    """Ciphertext of the vault; absent when there is nothing to keep."""
    return Column(name, LargeBinary, nullable=True)

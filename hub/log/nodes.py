"""Stored nodes of the tree: the roots of all complete subtrees, and the size up to which they are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select, update

from evidence.merkle import NodeAt
from hub.store.database import insert_if_absent
from hub.store.tables import log_nodes, log_state
from standards.problems import Problem


def size(connection: Connection, origin: str) -> int:
    """How many marks have their place."""
    return int(connection.execute(select(log_state.c.size).where(log_state.c.origin == origin)).scalar() or 0)


def reader(connection: Connection) -> NodeAt:
    """`node_at(level, index)` over the database, each node read at most once.

    It raises `Problem("log.inconsistent")` for a node that should be there and is not.
    """
    known: dict[tuple[int, int], bytes] = {}
    c = log_nodes.c

    def node_at(level: int, index: int) -> bytes:
        if (level, index) not in known:
            query = select(c.hash).where(c.level == level, c.position == index)
            found: Any = connection.execute(query).scalar()
            if found is None:
                raise Problem("log.inconsistent", f"node {level}/{index}")
            known[level, index] = bytes(found)
        return known[level, index]

    return node_at


def write(connection: Connection, nodes: Iterable[tuple[int, int, bytes]]) -> None:
    """Store nodes that are now complete, as `evidence.merkle.Frontier.append` returns them."""
    rows = [{"level": level, "position": index, "hash": node} for level, index, node in nodes]
    connection.execute(insert(log_nodes), rows)


def grow(connection: Connection, origin: str, before: int, after: int) -> None:
    """Move the size from `before` to `after`, or raise `Problem("log.inconsistent")` when it is not `before`."""
    insert_if_absent(connection, log_state, {"origin": origin, "size": 0})
    statement = update(log_state).where(log_state.c.origin == origin, log_state.c.size == before)
    if connection.execute(statement.values(size=after)).rowcount != 1:
        raise Problem("log.inconsistent", f"size {before}")

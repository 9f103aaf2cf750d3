"""`casehub standards check | list | show | graph`: the nodes and what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.cli import Adder


def add(adder: Adder) -> None:
    """Add the subcommands."""

"""`casehub identifiers check`: the numbers of persons, cases and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.cli import Adder


def add(adder: Adder) -> None:
    """Add the subcommands."""

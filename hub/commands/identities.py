"""`casehub identity`: persons and cases that the hub ties together, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.cli import Adder


def add(adder: Adder) -> None:
    """Add the subcommands."""

"""`casehub codebook systems | find | lookup | translate | batch | coverage`: reading the code tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.cli import Adder


def add(group: Adder) -> None:
    """Add the subcommands to `casehub codebook`."""

"""`casehub codebook draft | edit | check | diff | review | release | import`: how a release comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.cli import Adder


def add(group: Adder) -> None:
    """Add the subcommands to `casehub codebook`."""

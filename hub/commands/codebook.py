"""`casehub codebook`: the group; what stands in it comes from two modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.commands import codebook_life, codebooks

if TYPE_CHECKING:
    from hub.cli import Adder


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("codebook")
    codebooks.add(group)
    codebook_life.add(group)

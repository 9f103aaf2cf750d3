"""`casehub codebook`: the command group; its commands are in two modules."""

from __future__ import annotations

from hub.commands import codebook_life, codebooks
from hub.commands.adding import Adder


def add(adder: Adder) -> None:
    """Add the subcommands."""
    group = adder.group("codebook")
    codebooks.add(group)
    codebook_life.add(group)

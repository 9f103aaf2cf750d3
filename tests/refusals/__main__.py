"""`python -m tests.refusals` writes `hub/api/refusals.toml` as the code stands now."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.refusals.collecting import refusals

FILE = Path(__file__).parents[2] / "hub" / "api" / "refusals.toml"
HEAD = """\
# The problem codes with which each operation may answer, collected from the code that raises them.
# Made by `python -m tests.refusals`; tests/hub/api/test_refusals.py compares. Not for editing.
"""


def page(found: Mapping[str, Sequence[str]]) -> str:
    """The file's text."""
    return HEAD + "".join(f"\n{name} = [\n{_lines(codes)}\n]\n" for name, codes in found.items())


def _lines(codes: Sequence[str]) -> str:
    told = " ".join(f'"{code}",' for code in codes)
    return textwrap.fill(told, 110, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


if __name__ == "__main__":
    FILE.write_text(page(refusals()), "utf-8")

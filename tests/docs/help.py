"""The three programs' help as README quotes it.

`python -m tests.docs.help` puts what the programs print today into README.
"""

from __future__ import annotations

import contextlib
import io
import os
import re

from tests.docs.guide import PROGRAMS, ROOT

README = ROOT / "README.md"
_QUOTED = re.compile(r"^```console\n\$ (casehub\S*) ([^\n]+)\n.*?^```$", re.MULTILINE | re.DOTALL)


def printed_by(program: str, arguments: list[str]) -> str:
    """Standard output of a program that may exit."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        PROGRAMS[program](arguments)
    return out.getvalue()


def quoted(page: str) -> str:
    """`page` with every quoted help as it is printed now."""

    def block(match: re.Match[str]) -> str:
        said = printed_by(match[1], match[2].split()).rstrip("\n")
        return f"```console\n$ {match[1]} {match[2]}\n{said}\n```"

    return _QUOTED.sub(block, page)


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    README.write_text(quoted(README.read_text("utf-8")), "utf-8")

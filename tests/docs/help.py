"""What README and two pages say of the programs and the data, as it is today.

`python -m tests.docs.help` writes the three programs' help into docs/commands.md, the reach of the crosswalks into
docs/crosswalks.md, and the counts into README and the unreleased part of CHANGELOG.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Mapping

import codebooks
from hub.app import openapi
from standards import nodes
from standards.documents import document_types
from tests.docs.guide import PROGRAMS, ROOT
from tests.requirements.wheels import locked

README, COMMANDS, CROSSWALKS = ROOT / "README.md", ROOT / "docs/commands.md", ROOT / "docs/crosswalks.md"
CHANGELOG = ROOT / "CHANGELOG.md"
COVERAGE = ["codebook", "coverage", "--markdown", "--lang", "en", "--as-of", "2026-11-01"]
_QUOTED = re.compile(r"^```console\n\$ (casehub\S*) ([^\n]+)\n.*?^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"^\| source \|.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


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


def covered(page: str) -> str:
    """`page` with the table of the crosswalks as it is printed now."""
    return _TABLE.sub(printed_by("casehub", COVERAGE).strip(), page)


def counts() -> Mapping[str, int]:
    """What README and CHANGELOG count: the words behind a number, and the number that the data give."""
    release = codebooks.load()
    return {
        "collaboration nodes": len(nodes.catalogue()),
        "document types": len(document_types()),
        "code tables": len(release.systems()),
        "crosswalks": len(release.crosswalks),
        "HTTP operations": sum(len(methods) for methods in openapi()["paths"].values()),
        "packages for the demo": len(locked(ROOT / "requirements" / "demo.txt")),
    }


def counted(page: str) -> str:
    """`page` with every count as the data give it."""
    for words, number in counts().items():
        page = re.sub(rf"\b\d+ {words}\b", f"{number} {words}", page)
    return page


def counted_unreleased(page: str) -> str:
    """`page` with every count of its unreleased part as the data give it; what was released keeps its numbers."""
    head, mark, rest = page.partition("## [Unreleased]")
    unreleased, heading, released = rest.partition("\n## [")
    return head + mark + counted(unreleased) + heading + released


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    pages = ((COMMANDS, quoted), (CROSSWALKS, covered), (README, counted), (CHANGELOG, counted_unreleased))
    for path, renewed in pages:
        path.write_text(renewed(path.read_text("utf-8")).rstrip("\n") + "\n", "utf-8")

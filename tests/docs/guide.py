"""Reading the guides and doing what they say: blocks in order, word by word, and what they say is printed.

```sh run NAME       executed with bash in the world's folder
```python run        executed with Python there
```text output       what the block before it prints, line by line in order; … stands for anything
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import adapters.program.cli
import evidence.bundles.cli
import hub.cli
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PUBLIC = "127.0.0.1:8440"
"""The hub's address in the guides; the test's hub listens elsewhere."""

PROGRAMS: dict[str, Callable[[list[str]], int]] = {
    "casehub": hub.cli.main,
    "casehub-adapter": adapters.program.cli.main,
    "casehub-verify": evidence.bundles.cli.main,
}
_OURS = re.compile(r"casehub(-adapter|-verify)? [^|;&<>`()]+")
_BLOCK = re.compile(r"^```([a-z]+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: language, what follows it on the fence, content."""

    language: str
    mark: str
    content: str

    @property
    def runs(self) -> bool:
        """Whether it is to be executed."""
        return self.mark.split(" ")[0] == "run"

    @property
    def name(self) -> str:
        """The name after `run`."""
        return self.mark.removeprefix("run").strip()


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page that name a language."""
    return [Block(match[1], match[2], match[3]) for match in _BLOCK.finditer(page.read_text("utf-8"))]


@dataclass
class Reader:
    """Somebody who follows a guide in `folder` with the hub at `port`. `environ` is what the guide lets people tell."""

    folder: Path
    port: int
    environ: dict[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    def follow(self, page: Path, only: str) -> str:
        """Execute the block named `only` and hold its output against what the page shows. Returns what it printed."""
        found = blocks(page)
        place = next(number for number, block in enumerate(found) if block.runs and block.name == only)
        printed = self.execute(found[place])
        after = found[place + 1 : place + 2]
        if after and (after[0].language, after[0].mark) == ("text", "output"):
            require_lines(printed, after[0].content)
        self.printed[only] = printed
        return printed

    def execute(self, block: Block) -> str:
        """Run one block; returns standard output and error together. Raises `AssertionError` when it fails."""
        text = block.content.replace(PUBLIC, f"127.0.0.1:{self.port}")
        lines = text.splitlines()
        if block.language == "sh" and all(_OURS.fullmatch(line) for line in lines):
            return "".join(self.command(Template(line).substitute(self.environ)) for line in lines)
        program = [sys.executable, "-c"] if block.language == "python" else ["bash", "-euo", "pipefail", "-c"]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [*program, text],
            check=False,
            cwd=self.folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **self.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}"
        return done.stdout

    def command(self, line: str) -> str:
        """One line that calls one of our programs, done here. Raises `AssertionError` unless it ends with 0."""
        program, *arguments = shlex.split(line)
        out = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = PROGRAMS[program](arguments)
        assert code == 0, f"{line}\n{out.getvalue()}"
        return out.getvalue()


def require_lines(printed: str, expected: str) -> None:
    """Every expected line is printed, in this order. Raises `AssertionError` naming the first that is not."""
    rest = iter(printed.splitlines())
    for line in expected.splitlines():
        if line.strip() in ("", "…"):
            continue
        form = re.compile(".*".join(re.escape(piece) for piece in line.rstrip().split("…")) + r"\s*")
        assert any(form.fullmatch(found) for found in rest), f"not printed: {line!r} in\n{printed}"

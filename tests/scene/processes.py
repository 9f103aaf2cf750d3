"""Programs in processes of their own: as installed, or forked, which is quicker. Both see a C locale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.scene.forked import Child, Twist
from tests.waiting import PATIENCE

PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class Ended:
    """A program that ended: exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> dict[str, Any]:
        """The one JSON object of `--json`."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the programs see: a C locale and nothing of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {"LANG": "C", "LC_ALL": "C", **kept, **(more or {})}


def start(program: str, *arguments: object, environ: Mapping[str, str] | None = None, **how: Any) -> Process:
    """Start an installed program."""
    return Process(
        [str(PROGRAMS / program), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(environ),
        **how,
    )


class Process(subprocess.Popen[bytes]):
    """A program under way; it does not outlive its block."""

    def __exit__(self, *raised: object) -> None:
        self.kill()
        super().__exit__(*raised)  # type: ignore[arg-type]

    def ended(self, patience: float | None = PATIENCE) -> Ended:
        """Wait for its end."""
        try:
            out, err = self.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return Ended(self.returncode, out.decode("utf-8"), err.decode("utf-8"))


class Forked(Child):
    """A forked program under way, what it writes in two files of a folder."""

    def __init__(self, program: str, line: Sequence[object], folder: Path, twist: Twist = None) -> None:
        self._out, self._err = folder / "out", folder / "err"
        super().__init__(program, line, out=self._out, err=self._err, environ=environment(), twist=twist)

    def written(self) -> str:
        """What it wrote to standard output so far."""
        return self._out.read_text("utf-8") if self._out.exists() else ""

    def ended(self) -> Ended:
        """Wait for its end."""
        code = self.wait()
        return Ended(code, self._out.read_text("utf-8"), self._err.read_text("utf-8"))


@contextmanager
def forked(program: str, line: Sequence[object], twist: Twist = None) -> Iterator[Forked]:
    """A forked program; it does not outlive the block."""
    with TemporaryDirectory() as folder:
        child = Forked(program, line, Path(folder), twist)
        try:
            yield child
        finally:
            child.kill()

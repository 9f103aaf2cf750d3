"""How `casehub-adapter` speaks: one JSON object for machines; sentences, tables and a progress line for people."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from adapters.watch import error_body
from standards import terminal
from standards.findings import Finding
from standards.messages import Lang, text
from standards.problems import Problem

DONE, REFUSED, WRONG_USE, AMBIGUOUS, AWAY = 0, 1, 2, 3, 4


@dataclass
class Console:
    """Where a command writes, and in which form. `notices` collects what was said on the way, for the JSON object."""

    out: TextIO
    err: TextIO
    lang: Lang
    as_json: bool
    notices: list[dict[str, Any]] = field(default_factory=list)

    def say(self, code: str, **params: Any) -> None:
        """One sentence (`adapter.<code>`); silent when a machine reads."""
        self.write(text(f"adapter.{code}", self.lang, **params))

    def write(self, words: str) -> None:
        """Ready words for people; silent when a machine reads."""
        if not self.as_json:
            self.out.write(words + "\n")
            self.out.flush()

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """A table whose headers are `adapter.column-…`."""
        names = [text(f"adapter.column-{name}", self.lang) for name in headers]
        self.write(terminal.table(names, rows, right=right))

    def notice(self, finding: Finding) -> None:
        """Something noticed on the way: on standard error for people."""
        self.notices.append(finding.to_json())
        if not self.as_json:
            self.err.write(terminal.render_finding(finding, self.lang) + "\n")

    def findings(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """The findings of a receipt or a check."""
        for body in bodies:
            self.write(terminal.render_finding(Finding.from_json(dict(body)), self.lang))

    def result(self, body: Mapping[str, Any]) -> None:
        """The one JSON object; silent when a person reads."""
        if self.as_json:
            whole = {**body, **({"notices": self.notices} if self.notices else {})}
            self.out.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")

    def problem(self, problem: Problem) -> None:
        """A refusal: on standard error for people, as the one object for machines."""
        if self.as_json:
            self.result({"error": error_body(problem)})
        else:
            self.err.write(terminal.render_problem(problem, self.lang) + "\n")

    def size(self, count: int) -> str:
        """Bytes for people."""
        return terminal.human_bytes(count)

    def speed(self, count: int, seconds: float) -> dict[str, str]:
        """`time` and `rate` for a sentence."""
        return {
            "time": terminal.human_seconds(seconds, self.lang),
            "rate": terminal.human_rate(count, seconds),
        }


class ProgressGauge:
    """A gauge that shows one line of progress on a terminal."""

    def __init__(self, console: Console, wanted: bool | None) -> None:
        self._console = console
        self._shown = terminal.show_progress(console.err, wanted) and not console.as_json
        self._line: terminal.Progress | None = None
        self._bytes = self._pages = 0

    def expect(self, total_bytes: int, total_pages: int) -> None:
        """Start a line."""
        self._bytes = self._pages = 0
        self._line = terminal.Progress(
            self._console.err,
            time.monotonic(),
            total_bytes,
            total_pages,
            self._console.lang,
            shown=self._shown and total_bytes > 0,
        )

    def advance(self, more_bytes: int, more_pages: int = 0) -> None:
        """Show how far it is."""
        self._bytes += more_bytes
        self._pages += more_pages
        if self._line is not None:
            self._line.update(time.monotonic(), self._bytes, self._pages)

    def finish(self) -> None:
        """End the line."""
        if self._line is not None:
            self._line.finish(time.monotonic(), self._bytes, self._pages)
            self._line = None

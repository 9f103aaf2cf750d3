"""How a command speaks: one JSON object for machines, or Chinese (English) sentences and tables for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from standards import terminal
from standards.messages import Lang, text

DONE, REFUSED, WRONG_USE, AMBIGUOUS = 0, 1, 2, 3


@dataclass(frozen=True)
class Console:
    """Where a command writes, and in which form."""

    out: TextIO
    err: TextIO
    lang: Lang
    as_json: bool

    def say(self, code: str, **params: Any) -> None:
        """One sentence of the catalogue; silent when a machine reads."""
        if not self.as_json:
            self.out.write(text(code, self.lang, **params) + "\n")

    def write(self, words: str) -> None:
        """Ready words for people; silent when a machine reads."""
        if not self.as_json:
            self.out.write(words + "\n")

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """A table with message codes as headers."""
        if not self.as_json:
            self.out.write(terminal.table([text(code, self.lang) for code in headers], rows, right=right) + "\n")

    def result(self, body: Mapping[str, Any]) -> None:
        """The one JSON object; silent when a person reads."""
        if self.as_json:
            self.out.write(json.dumps(body, ensure_ascii=False, indent=2) + "\n")

    def problem(self, problem: terminal.Refusal) -> None:
        """A refusal: on standard error for people, as the one object for machines."""
        if not self.as_json:
            self.err.write(terminal.render_problem(problem, self.lang) + "\n")
            return
        several = [_plain(item) for item in getattr(problem, "problems", ())]
        body = {"error": {**_plain(problem), **({"problems": several} if several else {})}}
        self.out.write(json.dumps(body, ensure_ascii=False, indent=2) + "\n")


def _plain(problem: terminal.Refusal) -> dict[str, Any]:
    return {
        "code": problem.code,
        "place": problem.place,
        "message": text(problem.code, "en", **{str(name): value for name, value in problem.params.items()}),
        "params": dict(problem.params),
    }

"""The errors of the codebooks.

    Problem
     └─ CodebookError            one refusal: code, place, params
         └─ CodebookErrors       several at once, each a CodebookError (a table with five bad rows)

The codes are in `messages/catalogue/codebooks.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable

from messages.problems import Problem


class CodebookError(Problem):
    """One refusal.

    `code` is a key of the message catalogue, `place` is `file:line` or empty, `params` fill the message's braces."""

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        what = f" {self.params}" if self.params else ""
        return f"{self.code}{where}{what}"


class CodebookErrors(CodebookError):  # noqa: N818 - several of the above
    """All refusals of one look at a release, in file and line order; `problems` is never empty."""

    def __init__(self, problems: Iterable[CodebookError]) -> None:
        self.problems = tuple(problems)
        super().__init__("codebook.refused", self.problems[0].place, count=len(self.problems))

    def __str__(self) -> str:
        return "; ".join(str(problem) for problem in self.problems)

"""The error type whose content is shown to people.

`Problem` is raised wherever Casehub refuses something. It holds a stable dotted *code* (`dossier.part-altered`), the
*place* (a JSON pointer, a file path inside the case folder, `V20-01` page 7 …) and parameters. The text comes from the
message catalogue (`messages`), which also gives whose fault it is, the HTTP status and the remedy.

    Exception
     └─ Problem                one refusal, with code, place, parameters
         └─ ProblemList        several at once, each a Problem (a record with five violations)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """One refusal.

    `code` is a key of the message catalogue, `place` says where (may be empty), `params` fill the message's braces and
    must never hold a name, an ID number or any other personal datum when the problem can reach a log.
    """

    def __init__(self, code: str, /, place: str = "", **params: Any) -> None:
        super().__init__(code, place)
        self.code = code
        self.place = place
        self.params = params

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        return f"{self.code}{where}"


class ProblemList(Problem):
    """Several problems found in one look, so that a person can mend them all at once.

    `code` is the umbrella's; `problems` are in the order in which they were found and never empty.
    """

    def __init__(self, code: str, problems: Iterable[Problem], /, place: str = "", **params: Any) -> None:
        self.problems = tuple(problems)
        super().__init__(code, place, count=len(self.problems), **params)

"""How a request to the hub ends when it does not end well."""

from __future__ import annotations

from typing import Any

from messages.problems import Problem, ProblemList

KEY_NOT_VALID = "evidence.key-not-valid"


class HubAway(Problem):
    """The hub cannot take or give anything now; what was to be sent stays in the journal.

    `answered`: something answered, the hub or what stands before it, and it was no answer that decides anything.
    """

    def __init__(self, code: str, /, place: str = "", *, answered: bool = False, **params: Any) -> None:
        super().__init__(code, place, **params)
        self.answered = answered


class Refused(Problem):
    """The hub's refusal with its HTTP status; `problems` holds its members when there are several."""

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(problem.code, problem.place, **problem.params)
        self.problems = problem.problems if isinstance(problem, ProblemList) else ()
        self.status = status

    @property
    def for_ever(self) -> bool:
        """Whether the hub can never take these signed bytes, for when or with which key they were signed: what they say
        must be signed anew. A request that was itself refused (its place is no member of the body) is not meant."""
        return self.code == "statement.from-future" or (self.status == 401 and self.place.startswith("/"))

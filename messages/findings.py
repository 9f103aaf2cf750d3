"""Findings (预警): observations that are shown but never cause a refusal.

A finding has a rule, a place and a level; its text is in the message catalogue under its code. The levels are those of
the rules: `V` violation of a statute, `W` warning, `D` data or dossier quality. `I` is a hit that is suppressed by a
recorded reason (an extension, an approval): it is kept for audit only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["V", "W", "D", "I"]


@dataclass(frozen=True)
class Finding:
    """One finding. `code` is a message key such as `rule.IR-32`; `params` hold no personal datum.

    `by` is the agency that found it before it sealed, empty for one's own. `recount` says what the receiver's own
    count makes of it: `confirmed` or `contradicted`, empty where it cannot tell.
    """

    code: str
    level: Level = "W"
    place: str = ""
    basis: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    by: str = ""
    recount: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON for receipts and API responses; empty members are omitted."""
        body: dict[str, Any] = {"code": self.code, "level": self.level}
        if self.place:
            body["place"] = self.place
        if self.basis:
            body["basis"] = self.basis
        if self.params:
            body["params"] = dict(self.params)
        if self.by:
            body["by"] = self.by
        if self.recount:
            body["recount"] = self.recount
        return body

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Finding:
        """Read what `to_json` wrote."""
        return cls(
            code=body["code"],
            level=body.get("level", "W"),
            place=body.get("place", ""),
            basis=body.get("basis", ""),
            params=dict(body.get("params", {})),
            by=body.get("by", ""),
            recount=body.get("recount", ""),
        )

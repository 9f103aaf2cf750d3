"""Findings (预警): what is noticed and shown, but refuses nothing.

A finding names its rule, its place and its level; the words come from the message catalogue under the finding's code.
Levels are those of the rule book: `V` violation of a statute, `W` warning, `D` data or dossier quality. `I` is a hit
that a recorded excuse (an extension, an approval) suppresses: it is kept for the audit and shown to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from messages import message

Level = Literal["V", "W", "D", "I"]


@dataclass(frozen=True)
class Finding:
    """One finding. `code` is a message key such as `rule.IR-32`; `params` hold no personal datum."""

    code: str
    level: Level = "W"
    place: str = ""
    basis: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The finding as it stands in receipts and API answers; empty members are left out."""
        body: dict[str, Any] = {"code": self.code, "level": self.level}
        if self.place:
            body["place"] = self.place
        if self.basis:
            body["basis"] = self.basis
        if self.params:
            body["params"] = dict(self.params)
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
        )


def shown(finding: Finding) -> dict[str, Any]:
    """A finding with its sentences and what to do next, as API answers carry it."""
    entry = message(finding.code)
    body = {**finding.to_json(), "zh": entry.text("zh", finding.params), "en": entry.text("en", finding.params)}
    if entry.remedy_zh:
        body["remedy_zh"] = entry.remedy("zh", finding.params)
        body["remedy_en"] = entry.remedy("en", finding.params)
    return body

"""The caller: the agency, the key that signed, and the handler with its role. A plain type, used by every package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["intake", "handler"]
INTAKE: Final = "intake"


@dataclass(frozen=True)
class Caller:
    """The authenticated sender of a request: agency as `type:code`, the key that signed, and the handler it names."""

    agency: str
    key_id: str
    handler: str
    role: Role | None

    @property
    def agency_type(self) -> str:
        """The type of the agency, such as `police`."""
        return self.agency.partition(":")[0]

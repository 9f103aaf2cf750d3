"""The invented agencies of all tests, by the names under which a hub knows them."""

from __future__ import annotations

from collections.abc import Mapping

from bench.cases import story
from standards import agencies

POLICE, PROCURATORATE, COURT = story.POLICE, story.PROCURATORATE, story.COURT
AGENCIES = (POLICE, PROCURATORATE, COURT)
"""The three of the sample case."""
STRANGER = "procuratorate:350104"
"""Party to nothing, unless a test makes it one."""
OF_TYPE: Mapping[str, str] = {
    **{kind: f"{kind}:350102" for kind in agencies.names()},
    "police": POLICE,
    "procuratorate": PROCURATORATE,
    "court": COURT,
    "detention": "detention:350102111",
    "prison": "prison:350100",
}
"""One agency of each type of `standards/agencies.toml`."""
NAMES = {**story.NAMES, STRANGER: "邻县人民检察院（示例）"}
HUB, URL = "hub:test", "http://127.0.0.1:8440"
"""The hub's own short name, and where agencies in the same process find it."""


def named(agency: str) -> str:
    """What an agency is called."""
    return NAMES.get(agency, f"{agency}（示例）")

"""Who may see a case: parties only, and within an agency intake and granted handlers."""

from __future__ import annotations

import pytest

from hub.access.rights import CaseAccess, may_see
from hub.callers import Caller, Role

POLICE, COURT = "police:350102000000", "court:350102"
CASE = CaseAccess(parties=frozenset({POLICE, "procuratorate:350102"}), granted=frozenset({"h-7"}))


@pytest.mark.parametrize(
    ("agency", "handler", "role", "case", "seen"),
    [
        pytest.param(POLICE, "intake", "intake", CASE, True, id="intake of a party"),
        pytest.param(POLICE, "h-7", "handler", CASE, True, id="granted handler"),
        pytest.param(POLICE, "h-8", "handler", CASE, False, id="handler without grant"),
        pytest.param(POLICE, "h-7", None, CASE, False, id="removed handler whose grant stands"),
        pytest.param(COURT, "intake", "intake", CASE, False, id="stranger agency"),
        pytest.param(COURT, "h-7", "handler", CASE, False, id="a handler id of another agency"),
        pytest.param(POLICE, "intake", "intake", None, False, id="no such case"),
    ],
)
def test_may_see(agency: str, handler: str, role: Role | None, case: CaseAccess | None, seen: bool) -> None:
    assert may_see(Caller(agency=agency, key_id="k", handler=handler, role=role), case) is seen

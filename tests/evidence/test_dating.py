"""Which instant a signer may give."""

from __future__ import annotations

from datetime import datetime

import pytest

from evidence.dating import dated
from tests.scene.clocks import NOW, after


@pytest.mark.parametrize(
    ("floors", "expected"),
    [
        pytest.param([], NOW, id="nothing before"),
        pytest.param([None], NOW, id="no mark before"),
        pytest.param([after(-1), after(-500)], NOW, id="all before"),
        pytest.param([NOW], NOW, id="at the same instant"),
        pytest.param([after(-100), after(5)], after(5), id="a step that is bridged"),
        pytest.param([after(5.001)], None, id="a longer step"),
        pytest.param([after(1), after(86_400)], None, id="the latest decides"),
    ],
)
def test_nothing_is_dated_before_what_came_before(floors: list[datetime | None], expected: datetime | None) -> None:
    assert dated(NOW, floors) == expected

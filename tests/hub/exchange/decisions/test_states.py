"""The transfer's life allows four moves and no other."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from hub.exchange.decisions import states
from messages.problems import Problem


@pytest.mark.parametrize(("state", "event"), list(product(get_args(states.State), get_args(states.Event))))
def test_only_the_moves_of_the_table_are_made(state: states.State, event: states.Event) -> None:
    expected = {
        ("offered", "acknowledged"): "acknowledged",
        ("offered", "declined"): "undeliverable",
        ("undeliverable", "superseded"): "superseded",
    }.get((state, event))
    if expected is None:
        with pytest.raises(Problem, match=r"transfer\.wrong-state"):
            states.move(state, event)
    else:
        assert states.move(state, event) == expected

"""Schemathesis asks every operation of the OpenAPI document, signed, what fits the document and what does not: no
answer is a server error, and every answer is one that the document tells.

The questions follow from the document alone and are the same in every run. `EXAMPLES` bounds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from hub.api.document import described
from hub.terminology import desk
from tests.scene.agencies import POLICE, URL
from tests.scene.stage import Stage, stage

EXAMPLES: Final = 4
"""Questions of each kind to each operation."""
OPERATIONS: Final = {
    found.ok().label: found.ok()
    for found in schemathesis.openapi.from_dict(described().openapi()).get_all_operations()
    if isinstance(found, Ok)
}
asking = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def maintained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("random")) as at:
        desk.set_maintainer(at.here.hub, POLICE, True)
        yield at


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_question_is_a_server_error(maintained: Stage, label: str) -> None:
    asked: list[int] = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @asking
        @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            made = case.as_transport_kwargs(base_url=URL)
            told = {here: made[there] for there, here in KEPT.items() if there in made}
            request = httpx.Request(**told)
            path, body = request.url.raw_path.decode("ascii"), request.read()
            answer = maintained.send(POLICE, request.method, path, body=body or None)
            assert answer.status_code < 500, (request.method, path, body, answer.text)
            asked.append(answer.status_code)

        try:
            ask()
        except Unsatisfiable:  # an operation without parameters has nothing that does not fit
            assert mode is GenerationMode.NEGATIVE
    assert asked


def test_every_operation_is_asked() -> None:
    document = described().openapi()
    assert len(OPERATIONS) == sum(len(methods) for methods in document["paths"].values())


KEPT: Final = {"method": "method", "url": "url", "params": "params", "json": "json", "data": "content"}
"""What of a question is sent, by its names there and here. Headers are left: ours are those of the signature."""

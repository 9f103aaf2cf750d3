"""One transfer that names a volume twice, or gives two volumes one number: its receiver could not keep them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import adapters.sending.sealing
import adapters.sending.submission
from adapters.client.hub import Refused
from evidence.keys import SigningKey
from evidence.statements import SignedStatement, sign
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.world import World


def entry_twice(kind: str, body: Mapping[str, Any], key: SigningKey) -> SignedStatement:
    """An envelope that lists its last volume again, this time as one that was sent before."""
    if kind == "envelope":
        again = {**body["volumes"][-1], "reused_from": body["transfer_id"]}
        body = {**body, "volumes": [again, *body["volumes"]]}
    return sign(kind, body, key)


def number_twice(kind: str, body: Mapping[str, Any], key: SigningKey) -> SignedStatement:
    """A descriptor of a second volume under the number of the first."""
    if body.get("number") == "V20-02":
        body = {**body, "number": "V20-01"}
    return sign(kind, body, key)


@pytest.mark.parametrize(
    ("module", "forged", "code"),
    [
        pytest.param(adapters.sending.submission, entry_twice, "package.volumes-differ", id="one volume twice"),
        pytest.param(adapters.sending.sealing, number_twice, "volume.number-twice", id="one number for two"),
    ],
)
def test_the_hub_refuses_it(world: World, monkeypatch: pytest.MonkeyPatch, module: Any, forged: Any, code: str) -> None:
    monkeypatch.setattr(module, "sign", forged)
    folder = case_dir(world.root / "case", volumes={"V20-01": 1, "V20-02": 1})
    with pytest.raises(Refused) as refused:
        world[POLICE].push(folder, node="N-ARR-001", to=PROCURATORATE)
    assert refused.value.code == code
    assert world[PROCURATORATE].pull(world.root / "in").to_json() == {"delivered": [], "declined": [], "failed": []}

"""Public vectors of RFC 8785 and of DSSE."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from evidence.canonical import canonical, parse_canonical
from evidence.dsse import pae
from messages.problems import Problem

HERE = Path(__file__).parent
NAMES = ("arrays", "french", "structures", "unicode", "values", "weird")


@pytest.mark.parametrize("name", NAMES)
def test_canonical_bytes(name: str) -> None:
    value = json.loads((HERE / f"jcs/testdata/input/{name}.json").read_text("utf-8"))
    expected = bytes.fromhex((HERE / f"jcs/testdata/outhex/{name}.txt").read_text("ascii"))
    assert canonical(value) == expected
    assert (HERE / f"jcs/testdata/output/{name}.json").read_bytes() == expected


@pytest.mark.parametrize("name", NAMES)
def test_canonical_bytes_are_read_back_unless_they_hold_a_float(name: str) -> None:
    data = (HERE / f"jcs/testdata/output/{name}.json").read_bytes()
    if name != "values":
        assert canonical(parse_canonical(data)) == data
    else:
        with pytest.raises(Problem, match="not-canonical"):
            parse_canonical(data)


def test_pre_authentication_encoding_is_what_the_reference_signature_covers() -> None:
    vector = json.loads((HERE / "dsse/dsse-protocol.json").read_text("utf-8"))
    encoded = pae(vector["payloadType"], vector["payload"].encode())
    assert encoded == vector["pae"].encode()
    numbers = vector["ecdsa_p256"]
    public = ec.EllipticCurvePublicNumbers(int(numbers["x"]), int(numbers["y"]), ec.SECP256R1()).public_key()
    signature = base64.b64decode(vector["envelope"]["signatures"][0]["sig"])
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    public.verify(der, encoded, ec.ECDSA(hashes.SHA256()))

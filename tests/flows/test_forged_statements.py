"""Statements in a submission that are not the sender's own: each is refused, marked, and moves nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from evidence.canonical import canonical
from evidence.dsse import pae, payload_type
from evidence.statements import sign
from tests.scene.agencies import PROCURATORATE, STRANGER
from tests.scene.drafts import Draft, Json, body_of, spaced, statement
from tests.scene.stage import Refusal, Stage


@dataclass(frozen=True)
class Scene:
    """A stage with one honest submission of the police, caught before it arrived."""

    at: Stage
    honest: Draft


@pytest.fixture(scope="module")
def scene(at: Stage, honest: Draft) -> Scene:
    return Scene(at, honest)


Tamper = Callable[[Scene, Json], object]
BAD = "evidence.bad-signature"


def in_wire(*path: str | int, value: Any) -> Tamper:
    """Set one member of what goes over the wire, after everything was signed."""

    def change(_scene: Scene, wire: Json) -> None:
        target: Any = wire
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


def signed_by(agency: str, *path: str | int) -> Tamper:
    """Let another agency sign the statement at `path`."""

    def change(scene: Scene, wire: Json) -> None:
        found, parent = at_path(wire, path)
        kind = found["payloadType"].split(".")[2]
        parent[path[-1]] = sign(kind, body_of(found), scene.at.key(agency)).to_json()

    return change


def repacked(*path: str | int, how: Callable[[bytes], bytes], resign: bool = True) -> Tamper:
    """Change the payload's bytes at `path`; signed again, or left with the signature over the old bytes."""

    def change(scene: Scene, wire: Json) -> None:
        found, parent = at_path(wire, path)
        payload = how(base64.b64decode(found["payload"]))
        if resign:
            parent[path[-1]] = statement(found["payloadType"].split(".")[2], payload, scene.honest.key)
        else:
            found["payload"] = base64.b64encode(payload).decode()

    return change


def at_path(wire: Json, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    parent: Any = wire
    for step in path[:-1]:
        parent = parent[step]
    return parent[path[-1]], parent


def other_suite(payload: bytes) -> bytes:
    return canonical({**json.loads(payload), "suite": "sm-1"})


def other_bytes(payload: bytes) -> bytes:
    return canonical({**json.loads(payload), "extra": 1})


def two_signatures(*path: str | int) -> Tamper:
    def change(scene: Scene, wire: Json) -> None:
        found, _ = at_path(wire, path)
        kind = found["payloadType"].split(".")[2]
        second = scene.at.key(PROCURATORATE)
        signature = second.sign(pae(payload_type(kind), base64.b64decode(found["payload"])))
        found["signatures"].append(
            {"alg": "ed25519", "keyid": second.key_id, "sig": base64.b64encode(signature).decode()}
        )

    return change


def without(*path: str | int) -> Tamper:
    """Remove one member of what goes over the wire."""

    def change(_scene: Scene, wire: Json) -> None:
        del at_path(wire, path)[1][path[-1]]

    return change


def unpadded(*path: str | int) -> Tamper:
    """Cut the padding off a base64 member."""

    def change(_scene: Scene, wire: Json) -> None:
        text, parent = at_path(wire, path)
        parent[path[-1]] = text.rstrip("=")

    return change


STATEMENTS: dict[str, tuple[str | int, ...]] = {
    "envelope": ("envelope",),
    "descriptor": ("descriptors", 1),
    "mark": ("marks", 0),
}
"""One statement of each kind that a sender signs."""


def pointer(path: tuple[str | int, ...]) -> str:
    return "".join(f"/{step}" for step in path)


def on_statements() -> Iterator[Any]:
    """What may be wrong with any statement, for each kind."""
    for kind, path in STATEMENTS.items():
        at = pointer(path)
        rows: dict[str, tuple[Tamper, Refusal]] = {
            "signature removed": (
                in_wire(*path, "signatures", value=[]),
                Refusal(422, "evidence.malformed-statement", "sender", f"{at}/signatures"),
            ),
            "no signatures member": (
                without(*path, "signatures"),
                Refusal(422, "evidence.malformed-statement", "sender", at),
            ),
            "two signatures": (
                two_signatures(*path),
                Refusal(422, "evidence.malformed-statement", "sender", f"{at}/signatures"),
            ),
            "unknown alg": (
                in_wire(*path, "signatures", 0, "alg", value="rsa-pss"),
                Refusal(422, "evidence.unknown-algorithm", "sender", f"{at}/signatures/0/alg"),
            ),
            "unknown suite": (
                repacked(*path, how=other_suite),
                Refusal(422, "evidence.unknown-suite", "sender", f"{at}/payload"),
            ),
            "not canonical": (
                repacked(*path, how=spaced),
                Refusal(422, "evidence.not-canonical", "sender", f"{at}/payload"),
            ),
            "unpadded base64": (
                unpadded(*path, "signatures", 0, "sig"),
                Refusal(422, "evidence.malformed-base64", "sender", f"{at}/signatures/0/sig"),
            ),
            "of another kind": (
                in_wire(*path, "payloadType", value=payload_type("annex")),
                Refusal(422, "package.malformed", "sender", at),
            ),
            "not an object": (in_wire(*path, value="…"), Refusal(422, "evidence.malformed-statement", "sender", at)),
            "of a party to the transfer": (
                signed_by(PROCURATORATE, *path),
                Refusal(422, "evidence.wrong-owner", "sender", at),
            ),
            "of a stranger": (signed_by(STRANGER, *path), Refusal(401, "evidence.unknown-key", "caller", at)),
        }
        if kind != "mark":
            rows["over other bytes"] = (
                repacked(*path, how=other_bytes, resign=False),
                Refusal(401, BAD, "sender", at),
            )
        else:
            rows["over other bytes"] = (
                repacked(*path, how=lambda body: body.replace(b'"seq":1', b'"seq":2'), resign=False),
                Refusal(422, "evidence.bad-mark", "sender", f"{at}/prev"),
            )
        for name, row in rows.items():
            yield pytest.param(*row, id=f"{kind} {name}")


@pytest.mark.parametrize(("tamper", "expected"), list(on_statements()))
def test_a_statement_that_is_not_the_senders_own(scene: Scene, tamper: Tamper, expected: Refusal) -> None:
    wire = scene.honest.copy().wire()
    tamper(scene, wire)
    readable = expected.code not in UNREADABLE
    with scene.at.nothing_moves():
        answer = scene.at.submit(wire)
    scene.at.refused(answer, expected, trail=scene.honest.transfer_id if readable else None)


UNREADABLE = frozenset(
    {
        "evidence.malformed-statement",
        "evidence.unknown-algorithm",
        "evidence.unknown-suite",
        "evidence.not-canonical",
        "evidence.malformed-base64",
        "package.malformed",
    }
)
"""What is refused before the package says which transfer it is of."""

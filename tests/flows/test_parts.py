"""Parts: wrong, missing, lost, too long, somebody else's. Nothing half-written stays, and strangers see nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from evidence.canonical import digest, digest_bytes
from evidence.identifiers import uuid7
from hub.limits import LIMITS
from hub.store.housekeeping import tidy
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.drafts import Draft
from tests.scene.stage import Refusal, Stage, shown


def upload(at: Stage, data: bytes, agency: str = POLICE, path: str | None = None) -> str:
    """Store bytes in the agency's name; returns their digest."""
    name = digest(data)
    answer = at.send(agency, "PUT", path or f"/v1/parts/{name}", body=data)
    assert answer.status_code in (200, 201), answer.text
    return name


def blob(at: Stage, name: str) -> Path:
    """Where a part lies in the hub's folder."""
    text = digest_bytes(name).hex()
    return at.here.root / "hub" / "blobs" / text[:2] / text[2:4] / text


def first_part(draft: Draft, volume: int = 1) -> str:
    return str(draft.descriptors[volume]["pack"]["parts"][0]["digest"])


# --- putting -----------------------------------------------------------------------------------------------------

DATA = secrets.token_bytes(3000)
LONG = LIMITS.part_bytes + 1
PUTS: dict[str, tuple[Callable[[Stage], httpx.Response], Refusal]] = {
    "bytes of another digest": (
        lambda at: at.send(POLICE, "PUT", f"/v1/parts/{digest(b'other')}", body=DATA),
        Refusal(422, "part.digest", "sender", digest(b"other")),
    ),
    "bytes changed on the way": (
        lambda at: at.send(POLICE, "PUT", f"/v1/parts/{digest(DATA)}", body=DATA[::-1], signed={"body": DATA}),
        Refusal(422, "part.digest", "sender", digest(DATA)),
    ),
    "bytes cut short": (
        lambda at: at.send(POLICE, "PUT", f"/v1/parts/{digest(DATA)}", body=DATA[:-1], signed={"body": DATA}),
        Refusal(422, "part.digest", "sender", digest(DATA)),
    ),
    "nothing at all": (
        lambda at: at.send(POLICE, "PUT", f"/v1/parts/{digest(DATA)}", signed={"body": DATA}),
        Refusal(422, "part.digest", "sender", digest(DATA)),
    ),
    "one byte too many": (
        lambda at: at.send(POLICE, "PUT", f"/v1/parts/{digest(bytes(LONG))}", body=bytes(LONG)),
        Refusal(413, "http.too-large", "caller", digest(bytes(LONG))),
    ),
    "one byte too many, length untold": (
        lambda at: at.send(
            POLICE, "PUT", f"/v1/parts/{digest(bytes(LONG))}", body=bytes(LONG), after={"Transfer-Encoding": "chunked"}
        ),
        Refusal(413, "http.too-large", "caller", digest(bytes(LONG))),
    ),
    "an absurd length told": (
        lambda at: at.send(POLICE, "PUT", f"/v1/parts/{digest(DATA)}", body=DATA, after={"Content-Length": "9" * 30}),
        Refusal(413, "http.too-large", "caller", digest(DATA)),
    ),
    "a digest of another kind": (
        lambda at: at.send(POLICE, "PUT", "/v1/parts/md5:0123", body=DATA),
        Refusal(422, "evidence.bad-digest", "caller"),
    ),
    "a digest in capitals": (
        lambda at: at.send(POLICE, "PUT", f"/v1/parts/{digest(DATA).upper()}", body=DATA),
        Refusal(422, "evidence.bad-digest", "caller"),
    ),
    "a path for a digest": (
        lambda at: at.send(POLICE, "PUT", "/v1/parts/..%2F..%2Fhub.toml", body=DATA),
        Refusal(404, "http.not-found", "caller"),
    ),
}


@pytest.mark.parametrize("name", PUTS)
def test_a_part_that_is_not_what_it_says_is_refused_and_leaves_nothing(at: Stage, name: str) -> None:
    make, expected = PUTS[name]
    blobs = at.here.root / "hub" / "blobs"
    before = sorted(blobs.rglob("*"))
    shown(make(at), expected)
    assert [path for path in sorted(blobs.rglob("*")) if path.is_file() and path not in before] == []
    for wanted in (digest(DATA), digest(b"other"), digest(bytes(LONG))):
        assert at.send(POLICE, "POST", "/v1/parts/missing", {"digests": [wanted]}).json() == {"missing": [wanted]}
    at.new_marks()


def test_a_part_is_new_once(at: Stage) -> None:
    data = secrets.token_bytes(100)
    path = f"/v1/parts/{digest(data)}"
    answers = [at.send(POLICE, "PUT", path, body=data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert all(answer.json() == {"digest": digest(data), "size": 100} for answer in answers)
    assert at.send(COURT, "PUT", path, body=data).status_code == 200
    for agency in (POLICE, COURT):
        assert at.send(agency, "GET", path).content == data


def test_the_part_of_no_bytes_is_a_part(at: Stage) -> None:
    path = f"/v1/parts/{digest(b'')}"
    assert at.send(POLICE, "PUT", path).json() == {"digest": digest(b""), "size": 0}
    assert at.send(POLICE, "GET", path).content == b""


# --- looking -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", [PROCURATORATE, STRANGER])
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_strangers_part_is_as_one_that_does_not_exist(at: Stage, agency: str, method: str) -> None:
    theirs, nobodys = upload(at, secrets.token_bytes(50)), digest(secrets.token_bytes(50))
    at.new_marks()
    told = []
    for name in (theirs, nobodys):
        with at.nothing_moves():
            answer = at.send(agency, method, f"/v1/parts/{name}")
        if method == "HEAD":
            assert (answer.status_code, answer.content) == (404, b"")
            assert [mark.action for mark in at.new_marks()] == ["access-refused"]
            continue
        at.hidden(answer, "part.unknown", name, agency)
        told.append({**answer.json(), "place": "", "instance": "", "detail": ""})
    assert told[1:] == told[:-1]
    question = {"digests": [nobodys, theirs]}
    with at.nothing_moves():
        assert at.send(agency, "POST", "/v1/parts/missing", question).json() == {"missing": [nobodys, theirs]}
    assert at.send(POLICE, "POST", "/v1/parts/missing", question).json() == {"missing": [nobodys]}


@pytest.mark.parametrize("path", ["", "/missing"])
def test_a_handler_that_the_agency_does_not_have_gets_no_part(at: Stage, path: str) -> None:
    name = upload(at, secrets.token_bytes(50))
    at.new_marks()
    method, where = ("POST", "/v1/parts/missing") if path else ("GET", f"/v1/parts/{name}")
    answer = at.send(POLICE, method, where, {"digests": [name]} if path else None, handler="h-404")
    at.hidden(answer, "handler.not-allowed", POLICE if path else name, POLICE, "h-404")


RANGES = {
    "first byte": ("bytes=0-0", 206, slice(0, 1)),
    "middle": ("bytes=10-19", 206, slice(10, 20)),
    "tail": ("bytes=-5", 206, slice(95, 100)),
    "from there on": ("bytes=98-", 206, slice(98, 100)),
    "beyond the end": ("bytes=90-1000", 206, slice(90, 100)),
    "all of it": ("bytes=0-99", 200, slice(0, 100)),
}


@pytest.mark.parametrize("name", RANGES)
def test_one_range_gives_its_bytes(at: Stage, name: str) -> None:
    header, status, wanted = RANGES[name]
    data = bytes(range(100))
    part = upload(at, data)
    answer = at.send(POLICE, "GET", f"/v1/parts/{part}", headers={"Range": header})
    assert (answer.status_code, answer.content) == (status, data[wanted])
    assert answer.headers["content-length"] == str(len(data[wanted]))
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {wanted.start}-{wanted.stop - 1}/100"


@pytest.mark.parametrize(
    "header", ["bytes=100-", "bytes=5-4", "bytes=0-1,3-4", "pages=1-2", "bytes=-", "bytes=-0", "x"]
)
def test_a_range_outside_is_refused(at: Stage, header: str) -> None:
    part = upload(at, bytes(range(100)))
    answer = at.send(POLICE, "GET", f"/v1/parts/{part}", headers={"Range": header})
    shown(answer, Refusal(416, "part.range", "caller"))
    assert answer.json()["params"] == {"size": 100}


# --- submitting --------------------------------------------------------------------------------------------------


def test_parts_of_another_agency_are_missing(at: Stage, honest: Draft) -> None:
    draft = honest.anew()
    draft.key = at.key(STRANGER)
    draft.envelope["sender"] = STRANGER
    for mark in draft.marks:
        mark["actor"] = {"agency": STRANGER}
    for body in draft.descriptors:
        body["sealed_by"] = STRANGER
    draft.envelope["case_refs"] = []
    draft.envelope["case_uid"] = draft.record["case"]["case_uid"] = uuid7()
    at.new_marks()
    with at.nothing_moves():
        answer = at.submit(draft.wire(), agency=STRANGER)
    places = tuple(f"/envelope/volumes/{index}" for index in range(3))
    expected = Refusal(422, "package.parts", "sender", inside=places)
    at.refused(answer, expected, trail=draft.transfer_id, who=STRANGER)
    assert {problem["code"] for problem in answer.json()["problems"]} == {"part.missing"}


def test_a_part_of_another_size_than_declared_is_missing(at: Stage, honest: Draft) -> None:
    draft = honest.anew()
    stream = draft.descriptors[1]["pack"]
    stream["size"] = stream["parts"][0]["size"] = stream["size"] - 1
    at.new_marks()
    answer = at.submit(draft.wire())
    at.refused(answer, Refusal(422, "part.missing", "sender", "/envelope/volumes/1"), trail=draft.transfer_id)
    assert answer.json()["params"] == {"volume": "V10-01", "count": 1, "first": first_part(draft)}


@pytest.mark.parametrize("harm", ["gone", "cut short"])
def test_a_part_that_the_store_lost_earns_no_receipt(at: Stage, honest: Draft, harm: str) -> None:
    draft = honest.anew()
    path = blob(at, first_part(draft))
    whole = path.read_bytes()
    path.unlink() if harm == "gone" else path.write_bytes(whole[:-1])
    at.new_marks()
    answer = at.submit(draft.wire())
    at.refused(answer, Refusal(422, "part.missing", "sender", "/envelope/volumes/1"), trail=draft.transfer_id)
    if harm == "gone":
        shown(
            at.send(POLICE, "GET", f"/v1/parts/{first_part(draft)}"),
            Refusal(500, "part.lost", "hub", first_part(draft)),
        )
    upload(at, whole)
    assert path.read_bytes() == whole
    assert at.submit(draft.wire()).status_code == 201


def test_once_received_the_receiver_sees_the_parts_and_nobody_else(at: Stage, honest: Draft) -> None:
    draft = honest.anew()
    assert at.submit(draft.wire()).status_code == 201
    path = f"/v1/parts/{first_part(draft)}"
    whole = blob(at, first_part(draft)).read_bytes()
    for agency in (POLICE, PROCURATORATE):
        assert at.send(agency, "GET", path).content == whole
        assert at.send(agency, "HEAD", path).headers["content-length"] == str(len(whole))
    at.new_marks()
    at.hidden(at.send(COURT, "GET", path), "part.unknown", first_part(draft), COURT)


def test_claimed_parts_stay_and_forgotten_ones_go(at: Stage, honest: Draft) -> None:
    draft = honest.anew()
    assert at.submit(draft.wire()).status_code == 201
    left = upload(at, secrets.token_bytes(80))
    at.here.clock.moved = timedelta(days=8)
    try:
        removed = tidy(at.here.hub.database, at.here.hub.blobs, at.here.clock())
        assert removed.parts >= 1
        assert removed.nonces >= 1
        assert not blob(at, left).exists()
        assert at.send(POLICE, "POST", "/v1/parts/missing", {"digests": [left]}).json() == {"missing": [left]}
        for body in draft.descriptors:
            for part in body["pack"]["parts"] + body["catalogue"]["parts"]:
                assert at.send(PROCURATORATE, "HEAD", f"/v1/parts/{part['digest']}").status_code == 200
    finally:
        at.here.clock.moved = timedelta()

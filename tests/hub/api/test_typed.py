"""Whatever stands where a body has something else is refused by its place; nothing is an internal error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.api.document import described
from hub.api.models.drafts import NewDraft, ReleaseOrder
from hub.api.models.identities import CandidateTaken, ProposedChange
from hub.api.models.parts import PartsAsked
from hub.api.models.shape import Shape
from hub.api.typed import fitting
from hub.terminology import desk
from messages.problems import Problem
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.stage import Refusal, Stage, shown, stage

DIGEST = f"sha256:{'0' * 64}"
FITTING: dict[str, tuple[Any, tuple[type[Shape], ...]]] = {
    "all of it": ({"digests": [DIGEST]}, (PartsAsked,)),
    "a member that no model names": ({"digests": [], "since": 1}, (PartsAsked,)),
    "the second model": ({"candidate": "1"}, (ProposedChange, CandidateTaken)),
    "a member by its name outside": ({"from": "0"}, (NewDraft,)),
}
UNFIT: dict[str, tuple[Any, tuple[type[Shape], ...], str]] = {
    "a list": ([], (PartsAsked,), ""),
    "nothing": (None, (PartsAsked,), ""),
    "a text": ("digests", (PartsAsked,), ""),
    "a member lacks": ({}, (PartsAsked,), "/digests"),
    "a number in a list of texts": ({"digests": [DIGEST, 1]}, (PartsAsked,), "/digests/1"),
    "a text for yes": ({"allow_orphans": "true"}, (ReleaseOrder,), "/allow_orphans"),
    "one for yes": ({"allow_orphans": 1}, (ReleaseOrder,), "/allow_orphans"),
    "null for a text": ({"from": None}, (NewDraft,), "/from"),
    "neither model": ({"candidate": 1}, (ProposedChange, CandidateTaken), "/candidate"),
    "three members": ({"action": "merge", "members": ["a", "b", "c"]}, (ProposedChange, CandidateTaken), "/members"),
}


@pytest.mark.parametrize("name", FITTING)
def test_what_fits_comes_back_as_it_was(name: str) -> None:
    body, models = FITTING[name]
    assert fitting(body, *models) is body


@pytest.mark.parametrize("name", UNFIT)
def test_what_does_not_fit_is_named(name: str) -> None:
    body, models, place = UNFIT[name]
    with pytest.raises(Problem) as refused:
        fitting(body, *models)
    assert (refused.value.code, refused.value.place) == ("http.bad-parameter", place)


# --- every operation, every place of its example ---------------------------------------------------------------------

NULL, HALF = "a\x00b", "a\ud800"
OTHERS: tuple[Any, ...] = (
    None, True, -1, 2**70, 1.5, "", NULL, HALF, "0001-01-01", "9999-12-31", "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z", [], {}, ["x"], {"x": 1}, [[]], [None],
)  # fmt: skip
NO_TEXT = Refusal(422, "http.bad-text", "caller")


@dataclass(frozen=True)
class Place:
    """A hub on which every operation finds what its path names."""

    at: Stage
    names: dict[str, str]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with stage(tmp_path_factory.mktemp("typed")) as at:
        hub = at.here.hub
        desk.set_maintainer(hub, POLICE, True)
        sent = at.here[POLICE].push(at.here.case_dir(), node="N-ARR-001", to=PROCURATORATE)
        hub.log.step()
        draft = at.send(POLICE, "POST", "/v1/codebook-drafts", {"title": "性别"}).json()["draft"]
        names = {
            "transfer_id": sent.transfer_id, "case_uid": sent.case_uid, "draft": draft, "handler": "h-9",
            "proposal": "01933e7c-5b61-7d0f-9a3e-6a1c2b7d4e03", "id": "gb.sex",
        }  # fmt: skip
        yield Place(at, names)


DOCUMENT = described().openapi()
BODIES = {
    f"{method.upper()} {path}": operation["requestBody"]["content"]["application/json"]["example"]
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
}


def changed(value: Any) -> Iterator[Any]:
    """The value with everything else in the place of each of its members, itself first; members left out; of a list
    the first item stands for all."""
    yield from OTHERS
    if isinstance(value, dict):
        for name, member in value.items():
            yield {key: each for key, each in value.items() if key != name}
            for other in changed(member):
                yield {**value, name: other}
        yield {**value, HALF: HALF}
    elif isinstance(value, list) and value:
        for other in changed(value[0]):
            yield [other, *value[1:]]


@pytest.mark.parametrize("operation", sorted(BODIES))
def test_no_body_is_an_internal_error(filled: Place, operation: str) -> None:
    method, path = operation.split()
    path, agency = path.format(**filled.names), PROCURATORATE if "acknowledgement" in path else POLICE
    for body in changed(copy.deepcopy(BODIES[operation])):
        written = json.dumps(body)
        answer = filled.at.send(agency, method, path, body=written.encode())
        assert answer.status_code < 500, (written, answer.text)
        if "\\ud800" in written or "\\u0000" in written:
            assert answer.json()["code"] == "http.bad-text", (written, answer.text)


@pytest.mark.parametrize("path", ["/v1/identities/proposals", "/v1/parts/missing", "/v1/handlers/h-1"])
def test_a_list_is_no_object(filled: Place, path: str) -> None:
    method = "PUT" if "handlers" in path else "POST"
    shown(filled.at.send(POLICE, method, path, []), Refusal(422, "http.bad-parameter", "caller"))


def test_a_text_that_cannot_be_kept_is_named_by_its_place(filled: Place) -> None:
    for text in (NULL, HALF):
        items = [{"system": "gb.sex", "code": "1"}, {"system": "gb.sex", "code": text}]
        answer = filled.at.send(POLICE, "POST", "/v1/codebooks/batch", {"target": "court.sex", "items": items})
        shown(answer, Refusal(422, "http.bad-text", "caller", "/items/1/code"))


def test_a_whole_emoji_is_a_text(filled: Place) -> None:
    title = "性别 \U0001f600"
    answer = filled.at.send(POLICE, "POST", "/v1/codebook-drafts", body=json.dumps({"title": title}).encode())
    assert answer.json()["title"] == title


@pytest.mark.parametrize("path", ["/v1/cases?ref=a%00b", "/v1/reconcile?day=2026-11-22&more=%00"])
def test_a_null_character_in_a_query_is_refused(filled: Place, path: str) -> None:
    shown(filled.at.send(POLICE, "GET", path), Refusal(422, "http.bad-text", "caller", "query"))


DAYS = {"/v1/reconcile?day={}": "query/day", "/v1/codebooks/systems?as_of={}": "query/as_of"}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1799-12-31", "2200-01-01"])
def test_a_day_beyond_all_calendars_is_named(filled: Place, day: str) -> None:
    for path, place in DAYS.items():
        answer = filled.at.send(POLICE, "GET", path.format(day))
        assert answer.status_code == 422, answer.text
        assert place in answer.text


@pytest.mark.parametrize("day", ["1800-01-01", "2199-12-31"])
def test_the_first_and_the_last_day_are_days(filled: Place, day: str) -> None:
    for path in DAYS:
        assert filled.at.send(POLICE, "GET", path.format(day)).status_code == 200


def test_a_released_draft_begins_on_a_day_of_the_calendar(filled: Place, tmp_path: Path) -> None:
    path = f"/v1/codebook-drafts/{filled.names['draft']}/release"
    answer = filled.at.send(POLICE, "POST", path, {"effective_from": "9999-12-31"})
    shown(answer, Refusal(422, "http.bad-parameter", "caller", "/effective_from"))

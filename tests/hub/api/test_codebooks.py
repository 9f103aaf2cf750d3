"""`/v1/codebooks/…`: what is asked is answered from one release, may be kept by its ETag, and is refused by name."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

import codebooks
from codebooks.batch import MAX_ITEMS
from codebooks.formats.csv import export_table
from evidence.canonical import digest
from hub.api.conditional import has
from tests.scene.agencies import COURT, POLICE
from tests.scene.stage import Stage

ROOT = "/v1/codebooks"
DAY = "as_of=2024-03-04"


def get(at: Stage, path: str, **headers: str) -> httpx.Response:
    return at.send(POLICE, "GET", ROOT + quote(path, safe="/?&=%-_.~"), after=headers)


def body(at: Stage, path: str) -> dict[str, Any]:
    answer = get(at, path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


QUESTIONS = [
    "/systems",
    "/systems/gb.sex",
    f"/systems/unified.crime/concepts?{DAY}",
    f"/systems/unified.crime/lookup?code=XF264-01&{DAY}",
    f"/systems/unified.crime/find?text=偷税罪&{DAY}",
    f"/systems/unified.crime/validate?code=XF264-01&{DAY}",
    f"/systems/unified.crime/subsumes?a=XFC05&b=XF264-01&{DAY}",
    f"/translate?system=police.case-class&code=050200&target=court.cause&{DAY}",
    "/crosswalks",
    "/crosswalks/court.sex--gb.sex",
    f"/coverage?{DAY}",
    "/exports/gb.sex?format=csv",
    "/exports/court.sex--gb.sex?format=sssom",
    "/release",
    "/releases",
    "/releases/0",
    "/releases/0/files/tables/gb.sex.csv",
    "/diff?before=0&after=0",
]


@pytest.mark.parametrize("path", QUESTIONS)
def test_an_answer_may_be_kept_and_asked_for_again(at: Stage, path: str) -> None:
    first = get(at, path)
    assert first.status_code == 200, first.text
    tag = first.headers["etag"]
    assert tag.startswith('"')
    assert first.headers["cache-control"] == "private, no-cache"
    with at.nothing_moves():
        again = get(at, path, **{"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    changed = get(at, path, **{"If-None-Match": '"other"'})
    assert (changed.status_code, changed.content) == (200, first.content)
    assert at.raw("GET", ROOT + quote(path, safe="/?&=%"), headers={"If-None-Match": tag}).status_code == 401


def test_different_questions_have_different_tags(at: Stage) -> None:
    assert len({get(at, path).headers["etag"] for path in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize(
    ("header", "wanted", "found"),
    [("*", '"a"', True), ('"b", "a"', '"a"', True), ('W/"a"', '"a"', True), ('"b"', '"a"', False), ("", '"a"', False)],
)
def test_if_none_match(header: str, wanted: str, found: bool) -> None:
    assert has(header, wanted) is found


def test_systems(at: Stage) -> None:
    found = body(at, "/systems")
    release = codebooks.load()
    assert found["release"] == {"id": release.id, "digest": release.digest}
    assert [item["id"] for item in found["systems"]] == list(release.systems())
    stand_ins = {item["id"] for item in found["systems"] if item["stand_in"]}
    assert "procuratorate.crime" in stand_ins
    assert body(at, "/systems/police.case-class")["crosswalks_to"] == ["unified.crime"]


def test_pages_join_into_the_table(at: Stage) -> None:
    codes: list[str] = []
    after: int | None = 0
    while after is not None:
        page = body(at, f"/systems/police.case-class/concepts?{DAY}&limit=250&after={after}")
        codes += [concept["code"] for concept in page["concepts"]]
        after = page["next"]
    expected = [concept.code for concept in codebooks.load().system("police.case-class").concepts]
    assert codes == expected
    assert page["total"] == len(expected)


def test_concepts_under_a_parent_and_of_all_times(at: Stage) -> None:
    page = body(at, f"/systems/unified.crime/concepts?parent=XFC05&{DAY}&limit=1000")
    assert {concept["parent"] for concept in page["concepts"]} == {"XFC05"}
    whole = body(at, f"/systems/unified.crime/concepts?{DAY}&all_times=true")["total"]
    assert whole > body(at, f"/systems/unified.crime/concepts?{DAY}")["total"]


def test_a_code_that_has_ended(at: Stage) -> None:
    found = body(at, f"/systems/unified.crime/lookup?code=XF201-01&{DAY}")
    assert (found["valid"], found["reasons"]) == (False, ["ended"])
    assert [concept["display"] for concept in found["successors"]] == ["逃税罪"]
    then = body(at, "/systems/unified.crime/lookup?code=XF201-01&as_of=2008-01-01")
    assert (then["valid"], then["concept"]["display"]) == (True, "偷税罪")
    assert [concept["code"] for concept in then["parents"]]


def test_find_validate_subsumes(at: Stage) -> None:
    assert body(at, f"/systems/unified.crime/find?text=偷税罪&{DAY}")["concepts"][0]["display"] == "逃税罪"
    assert body(at, "/systems/unified.crime/find?text=偷税罪&all_times=true")["concepts"][0]["display"] == "偷税罪"
    wrong = body(at, f"/systems/unified.crime/validate?code=XF264-01&display=抢劫罪&version=0&{DAY}")
    assert wrong["reasons"] == ["display-differs", "version-differs"]
    assert body(at, f"/systems/unified.crime/subsumes?a=XFC05&b=XF264-01&{DAY}")["outcome"] == "subsumes"


def test_translate_as_the_engine_does(at: Stage) -> None:
    from datetime import date

    found = body(at, f"/translate?system=police.case-class&code=050200&target=court.cause&{DAY}")
    ours = codebooks.load().translate("police.case-class", "050200", "court.cause", date(2024, 3, 4))
    assert found == {"as_of": "2024-03-04", **ours.to_json()}
    gap = body(at, f"/translate?system=police.case-class&code=none&target=court.cause&{DAY}")
    assert (gap["outcome"], gap["matches"], gap["note"]) == ("unmapped", [], "unknown-code")


def test_a_batch(at: Stage) -> None:
    items = [
        {"system": "police.case-class", "code": "060101", "context": {"article": "第277条第5款"}},
        {"system": "police.case-class", "code": 3},
        {"system": "police.case-class", "code": "050200", "target": "court.cause"},
    ]
    asked = {"target": "unified.crime", "items": items}
    with at.nothing_moves():
        answer = at.send(COURT, "POST", f"{ROOT}/batch?{DAY}", asked)
    assert answer.status_code == 200, answer.text
    first, second, third = answer.json()["answers"]
    assert [match["display"] for match in first["matches"]] == ["袭警罪"]
    assert second["error"]["place"] == "/1/code"
    assert third["path"] == ["police.case-class", "unified.crime", "court.cause"]
    full = {"items": [items[2]] * MAX_ITEMS}
    assert len(at.send(POLICE, "POST", f"{ROOT}/batch", full).json()["answers"]) == MAX_ITEMS
    for wrong, code in (
        ({"items": [items[2]] * (MAX_ITEMS + 1)}, "codebook.batch-too-large"),
        ({"items": {}}, "codebook.batch-item"),
        ([], "codebook.batch-item"),
    ):
        refused = at.send(POLICE, "POST", f"{ROOT}/batch", wrong)
        assert (refused.json()["code"], refused.json()["place"]) == (code, "/items")


def test_a_release_is_fetched_whole(at: Stage) -> None:
    """What an adapter does: read the list, fetch what it lacks, check the digest."""
    manifest = body(at, "/release")
    files = {}
    for item in manifest["files"]:
        if item["name"].startswith("crosswalks/"):
            continue
        content = get(at, f"/releases/{manifest['number']}/files/{item['name']}").content
        assert (digest(content), len(content)) == (item["digest"], item["size"])
        files[item["name"]] = content
    shipped = codebooks.load()
    assert manifest["digest"] == shipped.digest
    assert {item["name"] for item in manifest["files"]} == set(shipped.files)
    assert all(shipped.files[name] == content for name, content in files.items())
    assert body(at, f"/releases/{quote(shipped.id)}")["digest"] == shipped.digest


def test_exports(at: Stage) -> None:
    answer = get(at, "/exports/gb.sex?format=csv")
    assert answer.content == export_table(codebooks.load().system("gb.sex"))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert body(at, "/exports/gb.sex?format=fhir")["resourceType"] == "CodeSystem"
    assert body(at, "/exports/court.sex--gb.sex?format=fhir")["resourceType"] == "ConceptMap"
    assert get(at, "/exports/gb.sex?format=genericode").content.startswith(b"<?xml")
    assert get(at, "/exports/court.sex--gb.sex?format=csv").content.startswith(b"source_code,")
    assert get(at, "/exports/court.sex--gb.sex?format=sssom").content.startswith(b"#curie_map:")


def test_two_equal_releases_do_not_differ(at: Stage) -> None:
    found = body(at, "/diff?before=0&after=0")
    assert (found["rows"], found["outcomes"]) == ([], [])


REFUSED = [
    ("/systems/x", 404, "codebook.no-system"),
    ("/systems/x/concepts", 404, "codebook.no-system"),
    ("/systems/x/lookup?code=1", 404, "codebook.no-system"),
    ("/systems/gb.sex/lookup?code=7", 404, "codebook.no-code"),
    ("/systems/gb.sex/subsumes?a=1&b=7", 404, "codebook.no-code"),
    ("/systems/gb.sex/lookup", 422, "http.bad-request"),
    ("/systems/gb.sex/concepts?limit=1001", 422, "http.bad-request"),
    ("/systems/gb.sex/concepts?after=-1", 422, "http.bad-request"),
    ("/systems?as_of=2024-13-01", 422, "http.bad-parameter"),
    ("/systems?as_of=20240301", 422, "http.bad-parameter"),
    ("/systems?release=99", 404, "codebook.no-release"),
    ("/crosswalks/x--y", 404, "codebook.no-crosswalk"),
    ("/exports/x?format=csv", 404, "codebook.no-system"),
    ("/exports/gb.sex?format=sssom", 422, "codebook.no-format"),
    ("/exports/court.sex--gb.sex?format=genericode", 422, "codebook.no-format"),
    ("/releases/99", 404, "codebook.no-release"),
    ("/releases/0/files/release.py", 404, "codebook.no-file"),
    ("/releases/0/files/x", 404, "codebook.no-file"),
    ("/diff?before=0&after=7", 404, "codebook.no-release"),
]


@pytest.mark.parametrize(("path", "status", "code"), REFUSED)
def test_refused_by_name(at: Stage, path: str, status: int, code: str) -> None:
    answer = get(at, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"

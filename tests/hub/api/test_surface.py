"""Every operation answers as the OpenAPI document says: one case goes its whole way, everything is asked about it.

The order of the tests is the order of the work; the last ones count what was met.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

import codebooks
from codebooks.rowfiles import keyed, read
from evidence.canonical import digest as digest_of_bytes
from hub import readiness
from hub.api.document import described
from hub.errors import problem_body
from hub.terminology import desk
from messages.problems import Problem
from tests.hub.api.asking import CLASSES, FHIR, QUESTIONS, Surface
from tests.hub.api.holding import HeldTransport, Holding
from tests.scene.agencies import COURT, POLICE, PROCURATORATE, STRANGER
from tests.scene.crosswalk import Crosswalk
from tests.scene.stage import stage

NOBODY = "01933e79-11d2-7e55-9a0b-5b6f2f0a7cff"
DRAFTS = "/v1/codebook-drafts"


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    holding = Holding(described().openapi())
    folder = tmp_path_factory.mktemp("surface")
    with stage(folder, through=lambda inner: HeldTransport(inner, holding)) as at:
        desk.set_maintainer(at.here.hub, POLICE, True)
        yield Surface(at, holding, Crosswalk(at, at.catch(at.here.case_dir(name="base"))))


def test_a_case_goes_its_way(surface: Surface, tmp_path: Path) -> None:
    here = surface.at.here
    police, procuratorate = here[POLICE], here[PROCURATORATE]
    sent = police.push(here.case_dir(), node="N-ARR-001", to=PROCURATORATE)
    here.hub.log.step()
    procuratorate.pull(tmp_path / "in")
    procuratorate.page(sent.transfer_id, "V20-01", 1, tmp_path / "page.jpg")
    notice = tmp_path / "notice.pdf"
    notice.write_bytes(next((tmp_path / "in").rglob("*.jpg")).read_bytes())
    procuratorate.reply(
        sent.transfer_id, node="N-ARR-002", case_no="鼓检受〔2026〕1号", documents=[f"接收案件通知书={notice}"]
    )
    police.pull(tmp_path / "back")
    police.inbox()
    here.hub.log.step()
    surface.told |= {"transfer": sent.transfer_id, "case": sent.case_uid}
    assert {"submit_transfer", "acknowledge_transfer", "hand_in_marks", "upload_part"} <= surface.holding.good


def test_what_its_parties_ask(surface: Surface) -> None:
    transfer, case = surface.told["transfer"], surface.told["case"]
    for path in ("", "/trail", "/proofs"):
        surface.get(f"/v1/transfers/{transfer}{path}")
        surface.get(f"/v1/transfers/{transfer}{path}", status=404, agency=STRANGER)
    for path in ("", "/trail", "/deadlines", "/findings"):
        surface.get(f"/v1/cases/{case}{path}")
        surface.get(f"/v1/cases/{case}{path}", status=404, agency=STRANGER)
    number = surface.get(f"/v1/cases/{case}")["refs"][0]["value"]
    assert surface.get(f"/v1/cases?ref={number}")["cases"]
    surface.get(f"/v1/cases?ref={'9' * 201}", status=422)
    for path in ("/v1/inbox", "/v1/findings", "/v1/handlers", "/v1/directory", "/v1/reconcile?day=2026-11-22"):
        surface.get(path)
    surface.get("/v1/inbox", handler="nobody", status=404)
    surface.get("/v1/findings?since=-1", status=422)
    surface.get("/v1/handlers", handler="nobody", status=404)
    surface.get("/v1/reconcile?day=never", status=422)
    surface.get(f"/v1/directory/{PROCURATORATE.replace(':', '/')}")
    surface.get("/v1/directory/court/000000", status=404)
    chain = surface.get(f"/v1/directory/{POLICE.replace(':', '/')}")["keys"]
    surface.ask("POST", "/v1/directory/keys", {"key": chain[-1]}, status=201)
    surface.ask("POST", "/v1/directory/keys", {"key": {}}, status=422)
    surface.ask("POST", f"/v1/transfers/{transfer}/acknowledgement", {}, status=404)
    surface.ask("POST", "/v1/marks", {"marks": []}, status=422)


def test_a_submission_again_and_one_that_is_refused(surface: Surface) -> None:
    sent = surface.walk.case()
    assert surface.at.submit(sent.draft.wire()).status_code == 200
    wire = sent.draft.wire()
    wire["record"] = {**wire["record"], "schema": "casehub/record/v0"}
    wire["envelope"] = wire["marks"][0]
    assert surface.at.submit(wire).status_code == 422


def test_handlers_and_grants(surface: Surface) -> None:
    case = surface.told["case"]
    surface.ask("PUT", "/v1/handlers/h-1", {"role": "handler"})
    surface.ask("PUT", "/v1/handlers/h-1", {"role": "king"}, status=422)
    surface.ask("PUT", f"/v1/cases/{case}/grants/h-1")
    surface.ask("PUT", f"/v1/cases/{case}/grants/nobody", status=404)
    surface.ask("DELETE", f"/v1/cases/{case}/grants/h-1")
    surface.ask("DELETE", f"/v1/cases/{NOBODY}/grants/h-1", status=404)
    surface.ask("DELETE", "/v1/handlers/h-1")
    surface.ask("DELETE", "/v1/handlers/h-1", status=404)


def test_parts(surface: Surface) -> None:
    body = b"ciphertext"
    digest = digest_of_bytes(body)
    assert surface.ask("POST", "/v1/parts/missing", {"digests": [digest]})["missing"] == [digest]
    surface.ask("POST", "/v1/parts/missing", {"digests": "all"}, status=422)
    surface.ask("PUT", f"/v1/parts/{digest}", body=body, status=201)
    surface.ask("PUT", f"/v1/parts/{digest}", body=body)
    surface.ask("PUT", f"/v1/parts/{digest}", body=b"other", status=422)
    surface.ask("HEAD", f"/v1/parts/{digest}")
    surface.ask("HEAD", f"/v1/parts/{digest}", agency=STRANGER, status=404)
    for ranged, status in (({}, 200), ({"Range": "bytes=0-3"}, 206), ({"Range": "bytes=99-"}, 416)):
        answer = surface.at.send(POLICE, "GET", f"/v1/parts/{digest}", headers=ranged)
        answer.read()
        surface.holding.hold("GET", f"/v1/parts/{digest}", b"", status, answer.headers["content-type"], answer.content)
        assert answer.status_code == status


def test_the_log(surface: Surface) -> None:
    note = surface.get("/log/checkpoint").text
    size = int(note.splitlines()[1])
    surface.get("/log/checkpoint/witnessed")
    leaf = surface.get(f"/v1/transfers/{surface.told['transfer']}/trail")["marks"][0]["leaf_hash"]
    surface.get(f"/log/proof/inclusion?leaf_hash={leaf}&size={size}")
    surface.get(f"/log/proof/inclusion?leaf_hash=sha256:{'0' * 64}&size={size}", status=404)
    surface.get(f"/log/proof/consistency?old=1&new={size}")
    surface.get("/log/proof/consistency?old=1&new=99999999", status=404)
    surface.get(f"/log/tile/0/000.p/{size}")
    surface.get("/log/tile/9/000", status=404)
    surface.ask("POST", "/log/cosignatures", body=b"no note", status=422)
    assert "hand_in_cosignature" in surface.holding.good, "the adapters cosign at their contacts"


def test_what_needs_no_signature(surface: Surface) -> None:
    for path in ("/healthz", "/readyz", "/v1/hub", "/fhir/metadata", "/fhir/metadata?mode=terminology"):
        assert surface.at.raw("GET", path).status_code == 200


@pytest.mark.parametrize(("good", "bad"), QUESTIONS, ids=[good for good, _ in QUESTIONS])
def test_codebooks(surface: Surface, good: str, bad: str | None) -> None:
    answer = surface.at.send(POLICE, "GET", "/v1/codebooks" + quote(good, safe="/?&=%-_.~"))
    assert answer.status_code == 200, answer.text
    surface.get(f"/v1/codebooks{good}", status=304, headers={"If-None-Match": answer.headers["etag"]})
    if bad is not None:
        assert surface.at.send(POLICE, "GET", f"/v1/codebooks{bad}").status_code >= 400


def test_a_batch_of_codes(surface: Surface) -> None:
    items = [{"system": "police.case-class", "code": "050200"}, {"system": "none", "code": "1"}]
    answers = surface.ask("POST", "/v1/codebooks/batch", {"target": "court.cause", "items": items})["answers"]
    assert [set(each) & {"outcome", "error"} for each in answers] == [{"outcome"}, {"outcome"}]
    late = [{**items[0], "as_of": "never"}]
    assert "error" in surface.ask("POST", "/v1/codebooks/batch", {"target": "x", "items": late})["answers"][0]
    surface.ask("POST", "/v1/codebooks/batch", {"items": "all"}, status=422)


@pytest.mark.parametrize(("good", "bad"), FHIR, ids=[good for good, _ in FHIR])
def test_fhir(surface: Surface, good: str, bad: str) -> None:
    surface.get(f"/fhir/{good}")
    assert surface.at.send(POLICE, "GET", f"/fhir/{quote(bad, safe='/?&=$')}").status_code >= 400
    path, _, query = good.partition("?")
    if "$" in path:
        given = [
            {"name": name, "valueString": value}
            for name, _, value in (each.partition("=") for each in query.split("&"))
        ]
        surface.ask("POST", f"/fhir/{path}", {"resourceType": "Parameters", "parameter": given})
        surface.ask("POST", f"/fhir/{path}", {"resourceType": "Patient"}, status=400)


def test_a_draft_goes_its_way(surface: Surface) -> None:
    name = surface.ask("POST", DRAFTS, {"title": "性别名称"}, status=201)["draft"]
    surface.ask("POST", DRAFTS, {"name": name}, status=409)
    path, change = f"{DRAFTS}/{name}", {"action": "change", "table": "gb.sex", "key": "9", "cells": {"display": "没说"}}
    surface.ask("POST", f"{path}/edits", {"changes": [change], "seen": 0})
    clash = {"changes": [{**change, "cells": {"display": "别的"}}], "seen": 0}
    surface.ask("PUT", "/v1/handlers/h-2", {"role": "intake"})
    surface.ask("POST", f"{path}/edits", clash, status=409, handler="h-2")
    table = surface.get(f"{path}/tables/gb.sex")
    back = {"table": "gb.sex", "content": table["content"].replace("男", "男子", 1), "seen": table["version"]}
    surface.ask("POST", f"{path}/imports", back)
    surface.ask("POST", f"{path}/imports", {"table": 1}, status=422)
    for look in ("", "/check", "/diff", "/dry-run?days=5"):
        surface.get(path + look)
        surface.get(f"{DRAFTS}/none{look}", status=404)
    surface.get(f"{path}/tables/none", status=422)
    surface.ask("POST", f"{path}/review", {"approve": True}, status=409)
    surface.ask("POST", f"{path}/release", {}, status=409)
    surface.ask("POST", f"{path}/review", {"approve": True}, handler="h-2")
    surface.ask("POST", f"{path}/release", {}, status=201)
    surface.get(DRAFTS + "?every=true")
    surface.get(DRAFTS, agency=COURT, status=404)
    surface.get("/v1/codebooks/release")
    surface.get("/v1/codebooks/diff?before=0&after=1")


def test_drafts_end_and_what_traffic_lacks(surface: Surface) -> None:
    name = surface.ask("POST", DRAFTS, {}, status=201)["draft"]
    path = f"{DRAFTS}/{name}"
    files = codebooks.load().files
    rows = keyed(
        f"crosswalks/{CLASSES}.csv", read(f"crosswalks/{CLASSES}.csv", files[f"crosswalks/{CLASSES}.csv"]).rows
    )
    record = surface.walk.base.record
    code = record["charges"][0]["crime"]["codings"][0]["code"]
    gone = [key for key, row in rows.items() if row["source_code"] == code]
    changes = [{"action": "remove", "table": CLASSES, "key": key} for key in gone]
    surface.ask("POST", f"{path}/edits", {"changes": changes})
    assert surface.get(f"{path}/dry-run")["changes"]
    assert surface.get(f"{path}/diff")["outcomes"]
    surface.ask("POST", f"{path}/review", {"approve": True}, handler="h-2")
    surface.ask("POST", f"{path}/release", {}, status=409)
    assert surface.ask("POST", f"{path}/release", {"allow_orphans": True}, status=201)["orphans"]
    surface.walk.case()
    item = next(each for each in surface.get("/v1/codebook-worklist")["items"] if each["code"] == code)
    accepted = surface.ask("POST", "/v1/codebook-worklist/accept", {"item": item["item"]})
    surface.ask("POST", "/v1/codebook-worklist/accept", {"item": "none"}, status=404)
    surface.ask("PUT", f"{DRAFTS}/{accepted['draft']}/base")
    surface.ask("DELETE", f"{DRAFTS}/{accepted['draft']}")
    surface.ask("DELETE", f"{DRAFTS}/{accepted['draft']}", status=409)
    surface.ask("PUT", f"{DRAFTS}/none/base", status=404)
    surface.get("/v1/codebook-worklist?days=0", status=422)


def test_identities(surface: Surface) -> None:
    one, other = surface.walk.case(), surface.walk.case()
    found = surface.ask("POST", "/v1/identities/resolve", {"value": one.person()["person_uid"]})["identities"]
    assert found[0]["ties"][0]["rule"], "the rules tied what has the same papers"
    shown = surface.ask("POST", "/v1/identities/resolve", {"value": one.case_uid, "kind": "case", "reveal": True})
    surface.ask("POST", "/v1/identities/resolve", {"value": 1}, status=422)
    cases = [
        surface.ask("POST", "/v1/identities/resolve", {"value": each.case_uid, "kind": "case"})["identities"][0][
            "identity"
        ]
        for each in (one, other)
    ]
    assert shown["identities"][0]["identity"] == cases[0]
    proposals = "/v1/identities/proposals"
    made = surface.ask("POST", proposals, {"action": "merge", "members": cases, "why": "并案"})["proposal"]
    surface.ask("POST", proposals, {"action": "eat"}, status=422)
    assert surface.get(proposals)["candidates"]
    surface.ask("POST", f"{proposals}/{made}/confirmation", {}, status=409)
    tied = surface.ask("POST", f"{proposals}/{made}/confirmation", {"why": "已复核"}, agency=PROCURATORATE)["tied"]
    undo = surface.ask("POST", proposals, {"action": "undo", "tie": tied[0], "why": "误并"})["proposal"]
    surface.ask("POST", f"{proposals}/{undo}/rejection", {"why": "不撤"}, agency=PROCURATORATE)
    surface.ask("POST", f"{proposals}/{undo}/rejection", {"why": "不撤"}, status=409)
    for path in ("", "/history"):
        surface.get(f"/v1/identities/{cases[0]}{path}")
        surface.get(f"/v1/identities/{NOBODY}{path}", status=404)


def test_whoever_does_not_sign_is_told_so(surface: Surface) -> None:
    for path, methods in surface.holding.document["paths"].items():
        for method, operation in methods.items():
            if operation.get("security"):
                answer = surface.at.raw(method.upper(), path.replace("{", "").replace("}", ""))
                assert answer.status_code == 401, path


def test_a_store_that_is_away(surface: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OSError

    monkeypatch.setattr(surface.at.here.hub.blobs, "ping", away)
    monkeypatch.setattr(readiness.Looker, "problem", lambda looker: readiness.look(looker.hub))
    assert surface.at.raw("GET", "/readyz").status_code == 503


# --- what was met --------------------------------------------------------------------------------------------------

ONLY_LAST_RESORT = {"check_health", "read_hub", "fhir_read_metadata"}
"""Operations that refuse nothing of themselves: only what is broken keeps them from answering."""


def test_every_operation_answered(surface: Surface) -> None:
    operations = {
        operation["operationId"]
        for methods in surface.holding.document["paths"].values()
        for operation in methods.values()
    }
    file = "tests/hub/api/test_surface.py"
    unanswered, unrefused = operations - surface.holding.good, operations - surface.holding.bad
    assert unanswered == set(), f"nobody asks these: add to {file} a question that is answered"
    assert unrefused - ONLY_LAST_RESORT == set(), f"nothing refuses these: add to {file} a question that is refused"
    assert ONLY_LAST_RESORT - unrefused == set(), f"these refuse something: take them out of ONLY_LAST_RESORT in {file}"
    assert len(surface.holding.codes) > 30


def test_what_the_document_does_not_say_is_found(surface: Surface) -> None:
    """The judge itself: an answer with a member too many, of another status, or with another code."""
    for status, body, wrong in (
        (200, {"status": "ok", "more": 1}, "more"),
        (418, {"status": "ok"}, "418"),
        (500, problem_body(Problem("part.missing"), "en", ""), "part.missing"),
    ):
        kind = "application/json" if status == 200 else "application/problem+json"
        with pytest.raises(AssertionError, match=wrong):
            surface.holding.hold("GET", "/healthz", b"", status, kind, json.dumps(body).encode())

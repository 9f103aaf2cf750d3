"""The life of a codebook, from a draft to every hub and adapter, and what may go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.state.codebooks import HeldCodebooks
from codebooks import build
from codebooks.rowfiles import keyed, read
from evidence.statements import verify
from hub.callers import INTAKE, Caller
from hub.runtime import Hub, open_hub
from hub.store import codebooks as rows
from hub.terminology import accepting, comparing, desk, drafts, editing, releasing, traffic
from hub.terminology.editing import RowChange
from messages.problems import Problem, ProblemList
from standards import times
from tests.scene.agencies import COURT, POLICE, PROCURATORATE
from tests.scene.wires import Send
from tests.scene.world import World

LI, WANG, ZHAO = "李示例", "王示例", "赵示例"
SEX = "gb.sex"
CASE_CLASSES = "police.case-class--unified.crime"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, POLICE, PROCURATORATE) as made:
        yield made


@pytest.fixture
def hub(place: World) -> Hub:
    return place.hub


def renamed(code: str, name: str) -> RowChange:
    return RowChange("change", SEX, code, {"display": name})


def released(hub: Hub, *changes: RowChange, like: str = "", **options: Any) -> releasing.Released:
    """A draft with these changes, reviewed by a second person and released."""
    draft = drafts.new(hub, LI, like=like).draft
    if changes:
        editing.edit(hub, draft, LI, changes)
    drafts.review(hub, draft, WANG, approve=True)
    return releasing.release(hub, draft, LI, **options)


def refused(code: str, work: Any, *arguments: Any, **options: Any) -> Problem:
    """What `work` raises, which has this code."""
    with pytest.raises(Problem) as caught:
        work(*arguments, **options)
    assert caught.value.code == code
    return caught.value


def sex(hub: Hub, code: str = "9") -> str:
    concept = hub.release.lookup(SEX, code)
    assert concept is not None
    return concept.display


def test_from_draft_to_another_process_and_back(place: World, hub: Hub) -> None:
    """Released by one hub, converting in another over the same database, rolled back by a release of its own."""
    other = open_hub(place.root / "hub", clock=place.clock)
    try:
        before, shipped = sex(hub), hub.release
        assert sex(other) == before
        made = released(hub, renamed("9", "没有说明"))
        assert made.row.number == 1
        other.releases.refresh()
        assert (sex(hub), sex(other)) == ("没有说明", "没有说明")
        assert (hub.release.id, hub.release.digest) == (made.row.release, made.row.digest)
        listed = [(item["number"], item["in_effect"]) for item in other.codebook_releases()]
        assert listed == [(0, False), (1, True)]
        back = released(other, like="0")
        hub.releases.refresh()
        assert (back.row.number, sex(hub)) == (2, before)
        kept = {name: raw for name, raw in hub.release.files.items() if name != "release.toml"}
        assert kept == {name: raw for name, raw in shipped.files.items() if name != "release.toml"}
    finally:
        other.stop()


def test_a_release_is_signed_and_marked(hub: Hub, place: World) -> None:
    made = released(hub, renamed("9", "没有说明"))
    statement = hub.releases.statement(1)
    assert statement is not None
    body = verify(statement, "release", hub.keys.trusted, place.clock(), hub.settings.owner)
    assert (body["release"], body["digest"], body["number"]) == (made.row.release, made.row.digest, 1)
    assert LI not in statement.payload.decode()
    assert WANG not in statement.payload.decode()
    assert place.marks()[-1] == "codebook-released"


def test_only_a_second_person_reviews_and_only_what_was_approved_is_released(hub: Hub) -> None:
    draft = drafts.new(hub, LI).draft
    refused("codebook.nothing-changed", drafts.review, hub, draft, WANG, approve=True)
    editing.edit(hub, draft, ZHAO, [renamed("9", "甲")])
    for author in (LI, f" {LI}　", ZHAO):
        refused("codebook.own-review", drafts.review, hub, draft, author, approve=True)
    refused("codebook.not-reviewed", releasing.release, hub, draft, LI)
    drafts.review(hub, draft, WANG, approve=False, note="名称不妥")
    refused("codebook.not-reviewed", releasing.release, hub, draft, LI)
    drafts.review(hub, draft, WANG, approve=True)
    editing.edit(hub, draft, ZHAO, [renamed("9", "乙")])
    refused("codebook.not-reviewed", releasing.release, hub, draft, LI)
    drafts.review(hub, draft, WANG, approve=True)
    releasing.release(hub, draft, LI)
    assert sex(hub) == "乙"
    refused("codebook.draft-closed", editing.edit, hub, draft, LI, [renamed("9", "丙")])
    refused("codebook.draft-closed", releasing.release, hub, draft, LI)


def test_what_the_checks_refuse_is_not_approved(hub: Hub) -> None:
    draft = drafts.new(hub, LI).draft
    editing.edit(hub, draft, LI, [RowChange("change", SEX, "9", {"parent": "7"}), renamed("1", "")])
    _, wrong = drafts.check(hub, draft)
    assert {(item.code, item.place) for item in wrong} >= {("codebook.unknown-parent", "tables/gb.sex.csv:5")}
    refused("codebook.refused", drafts.review, hub, draft, WANG, approve=True)


def test_two_people_edit_one_row(hub: Hub) -> None:
    draft = drafts.new(hub, LI).draft
    version = editing.edit(hub, draft, LI, [renamed("9", "李的")]).version
    clash = refused("codebook.conflicts", editing.edit, hub, draft, WANG, [renamed("1", "男子"), renamed("9", "王的")])
    assert isinstance(clash, ProblemList)
    (told,) = clash.problems
    assert (told.place, told.params["key"], told.params["by"]) == ("tables/gb.sex.csv", "9", LI)
    assert (told.params["mine"], told.params["theirs"]) == ("display=王的", "display=李的")
    assert [item.editor for item in drafts.show(hub, draft)[1]] == [LI], "nothing half"
    assert editing.edit(hub, draft, WANG, [renamed("9", "王的")], seen=version).version == version + 1
    refused("codebook.conflicts", editing.edit, hub, draft, LI, [renamed("9", "李又")])
    assert [item.edit.after and item.edit.after["display"] for item in drafts.show(hub, draft)[1]] == ["李的", "王的"]


def test_a_table_comes_back_from_a_spreadsheet(hub: Hub) -> None:
    """Rows that others changed meanwhile stay, unless the file changes them too: then nothing is written."""
    draft = drafts.new(hub, LI).draft
    version, data = editing.exported(hub, draft, SEX)
    editing.edit(hub, draft, WANG, [renamed("1", "王的")])
    mine = data.replace("未说明".encode(), "没有说明".encode(), 1)
    assert mine != data
    made = editing.import_file(hub, draft, LI, SEX, mine, seen=version)
    assert [(item.key, item.kind) for item in made.edits] == [("9", "changed")]
    assert b"\xe7\x8e\x8b\xe7\x9a\x84" in editing.exported(hub, draft, SEX)[1]
    both = data.replace("1,男".encode(), "1,李的".encode())
    clash = refused("codebook.conflicts", editing.import_file, hub, draft, LI, SEX, both, seen=version)
    assert isinstance(clash, ProblemList)
    assert {(item.params["key"], item.params["theirs"]) for item in clash.problems} == {("1", "display=王的")}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data + b"9,again,,yes,,,,,,\r\n", "codebook.duplicate-code"),
        (lambda data: data + b"1.1E+04,x,,yes,,,,,,\r\n", "codebook.cell-damaged"),
        (lambda data: data.replace(b"code,", b"kode,", 1), "codebook.columns-unknown"),
        (lambda data: data + b"\xff\xff\xff", "codebook.file-encoding"),
    ],
)
def test_a_bad_file_imports_nothing(hub: Hub, spoil: Any, code: str) -> None:
    draft = drafts.new(hub, LI).draft
    _, data = editing.exported(hub, draft, SEX)
    problem = refused("codebook.refused", editing.import_file, hub, draft, LI, SEX, spoil(data))
    assert isinstance(problem, ProblemList)
    assert code in {item.code for item in problem.problems}
    assert drafts.show(hub, draft)[1] == []


def test_gb18030_and_formulas_come_in_with_a_note(hub: Hub) -> None:
    draft = drafts.new(hub, LI).draft
    data = editing.exported(hub, draft, SEX)[1].decode().replace("未说明", "'=1+1")
    made = editing.import_file(hub, draft, LI, SEX, data.encode("gb18030"))
    assert {note.code for note in made.notes} >= {"codebook.note-encoding", "codebook.note-unguarded"}
    assert [edit.after and edit.after["display"] for edit in made.edits] == ["=1+1的性别"] or len(made.edits) == 1
    assert b"'=1+1" in editing.exported(hub, draft, SEX)[1]


def test_drafts_side_by_side(hub: Hub) -> None:
    """A draft on an older release is brought up first; where both changed a row, both values are told."""
    first, second, third = (drafts.new(hub, LI).draft for _ in range(3))
    for draft, change in ((first, renamed("9", "一")), (second, renamed("1", "二")), (third, renamed("9", "三"))):
        editing.edit(hub, draft, LI, [change])
        drafts.review(hub, draft, WANG, approve=True)
    releasing.release(hub, first, LI)
    refused("codebook.base-outdated", releasing.release, hub, second, LI)
    row, kept = drafts.rebase(hub, second, ZHAO)
    assert (row.base, row.state, kept) == (hub.release.id, rows.OPEN, 1)
    refused("codebook.own-review", drafts.review, hub, second, LI, approve=True)
    drafts.review(hub, second, WANG, approve=True)
    releasing.release(hub, second, LI)
    assert (sex(hub, "9"), sex(hub, "1")) == ("一", "二")
    clash = refused("codebook.conflicts", drafts.rebase, hub, third, LI)
    assert isinstance(clash, ProblemList)
    assert (clash.problems[0].params["mine"], clash.problems[0].params["theirs"]) == ("display=三", "display=一")
    assert drafts.show(hub, third)[0].base != hub.release.id


def test_a_release_waits_for_its_day(hub: Hub, place: World) -> None:
    today = times.day(place.clock())
    before = sex(hub)
    refused("codebook.effective-past", released, hub, renamed("9", "昨"), effective_from=today - timedelta(days=1))
    made = released(hub, renamed("9", "将来"), effective_from=today + timedelta(days=3))
    assert sex(hub) == before
    then = hub.releases.on(today + timedelta(days=3)).lookup(SEX, "9")
    assert then is not None
    assert then.display == "将来"
    place.clock.moved = timedelta(days=3)
    assert sex(hub) == "将来"
    assert hub.releases.on(today).id != made.row.release
    place.clock.moved = timedelta()
    urgent = released(hub, renamed("1", "急"))
    assert urgent.supersedes == (made.row.release,)
    place.clock.moved = timedelta(days=4)
    assert hub.release.id == urgent.row.release


def test_dry_run_orphans_and_work_list_of_real_transfers(hub: Hub, place: World) -> None:
    """A row that open transfers need is taken out: the dry run counts it, the release refuses it unless told."""
    sent = place[POLICE].push(place.case_dir(), node="N-ARR-001", to=PROCURATORATE)
    draft = drafts.new(hub, LI).draft
    record = _record(hub, sent.transfer_id)
    code = record["charges"][0]["crime"]["codings"][0]["code"]
    _, files = drafts.contents(hub, draft)
    gone = [
        key for key, row in keyed(f"crosswalks/{CASE_CLASSES}.csv", _rows(files)).items() if row["source_code"] == code
    ]
    editing.edit(hub, draft, LI, [RowChange("remove", CASE_CLASSES, key, {}) for key in gone])
    after = build(drafts.contents(hub, draft)[1])
    found = traffic.dry_run(hub, hub.release, after, 30)
    assert found["transfers"] == 1
    assert {(item["code"], item["after"]["outcome"]) for item in found["changes"]} == {(code, "unmapped")}
    uses = sum(1 for charge in record["charges"] if charge["crime"]["codings"][0]["code"] == code)
    assert found["changes"][0]["count"] == uses
    assert found["changes"][0]["examples"][0]["transfer_id"] == sent.transfer_id
    assert not any(person["name"] in json.dumps(found, ensure_ascii=False) for person in record["persons"])
    for agency, examples in ((PROCURATORATE, found["changes"][0]["examples"]), (COURT, [])):
        told = _dry_run_for(place, agency, draft)
        assert {item["count"] for item in told["changes"]} == {uses}
        assert all(item["examples"] == examples for item in told["changes"])
    assert [item["code"] for item in comparing.compare(hub, draft).outcomes] == [code]
    drafts.review(hub, draft, WANG, approve=True)
    problem = refused("codebook.orphans", releasing.release, hub, draft, LI)
    assert isinstance(problem, ProblemList)
    assert problem.problems[0].params["code"] == code
    assert hub.releases.newest()[0] == 0
    made = releasing.release(hub, draft, LI, allow_orphans=True)
    assert {item["code"] for item in made.orphans} == {code}


def _dry_run_for(place: World, agency: str, draft: str) -> dict[str, Any]:
    if agency not in place.adapters:
        place.join(agency)
    desk.set_maintainer(place.hub, agency, True)
    return desk.dry_run(place.hub, Caller(agency, "", INTAKE, INTAKE), draft, 30)


def test_what_real_traffic_lacks_is_settled_by_one_command(hub: Hub, place: World) -> None:
    case_dir = place.case_dir()
    record = place[POLICE].check(case_dir, node="N-ARR-001", to=PROCURATORATE).record
    code = record.charges[0].crime.original.code
    files = hub.release.files
    gone = [
        RowChange("remove", CASE_CLASSES, key, {})
        for key, row in keyed(f"crosswalks/{CASE_CLASSES}.csv", _rows(files)).items()
        if row["source_code"] == code
    ]
    released(hub, *gone)
    place[POLICE].push(case_dir, node="N-ARR-001", to=PROCURATORATE)
    work = traffic.worklist(hub, 30)
    item = next(item for item in work["items"] if item["item"] == f"police.case-class/{code}/unified.crime")
    assert item["senders"] == {"police": item["count"]}
    assert item["suggestions"]
    made = accepting.accept(hub, item["item"], LI)
    drafts.review(hub, made.draft, WANG, approve=True)
    releasing.release(hub, made.draft, LI)
    assert item["item"] not in {one["item"] for one in traffic.worklist(hub, 30)["items"]}
    refused("codebook.no-suggestion", accepting.accept, hub, "police.case-class/999999/unified.crime", LI)


def _rows(files: Mapping[str, bytes]) -> Any:
    name = f"crosswalks/{CASE_CLASSES}.csv"
    return read(name, files[name]).rows


def _record(hub: Hub, transfer_id: str) -> dict[str, Any]:
    from hub.store import transfers

    with hub.database.transaction(write=False) as connection:
        record: dict[str, Any] = json.loads(transfers.contents(connection, hub.vault, transfer_id).record)
    return record


def tampered(request: httpx.Request, send: Send) -> httpx.Response:
    """A hub that changes one file of a release on its way out."""
    answer = send()
    if "/files/tables/gb.sex.csv" not in str(request.url):
        return answer
    data = answer.read().replace("没有说明".encode(), "说明没有".encode())
    return httpx.Response(answer.status_code, headers=answer.headers, content=data)


def test_adapters_pick_a_release_up_and_refuse_a_tampered_one(hub: Hub, place: World) -> None:
    station = place.join(COURT).station
    before = station.codebooks.display(SEX, "9")
    released(hub, renamed("9", "没有说明"))
    with place.wire.under(tampered):
        station.contact()
    assert station.codebooks.display(SEX, "9") == before
    assert "trust.codebooks" in place.codes_heard()
    assert station.codebooks.held() == {}
    station.contact()
    assert station.codebooks.display(SEX, "9") == "没有说明"
    again = HeldCodebooks(station.home, station.clock)
    assert again.current().id == hub.release.id, "durable: another process on the same home reads it"
    assert len(list((place.home(COURT) / "codebooks" / "files").iterdir())) > 1
    future = released(hub, renamed("9", "将来"), effective_from=times.day(place.clock()) + timedelta(days=2))
    station.contact()
    assert station.codebooks.display(SEX, "9") == "没有说明"
    assert station.codebooks.current(place.clock() + timedelta(days=2)).id == future.row.release

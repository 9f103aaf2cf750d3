"""After a whole journey nothing of what the case says stands on the hub's disk, in its log, its output, its metrics.

The needles are taken from what was sent: every text of every record, the case folders' titles and file names. Each is
looked for in UTF-8, in UTF-16, escaped as JSON does, and in base64 at its three alignments.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from bench.journey import Journey
from hub.exchange import exporting
from hub.logging import configure
from hub.measuring import Measured
from hub.store.tables import marks
from messages.problems import Problem
from tests.scene.agencies import AGENCIES, NAMES, POLICE, PROCURATORATE
from tests.scene.world import World

PUBLIC = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|N-[A-Z]{3}-\d{3}|\d{4}-\d\d-\d\d(T.*)?|[\d.]{1,12}|[a-z_.-]{1,40}|[A-Z]\d{2,4}|.{1,5}",
    re.ASCII,
)
"""Ids, nodes, instants, short numbers, words of our own formats, kinds of volumes and documents: these may be read.
What is shorter than six signs of ASCII may stand anywhere by chance."""


@dataclass(frozen=True)
class Ended:
    """A journey that is over: the hub's folder, what it said, and what nobody may find there."""

    here: World
    journey: Journey
    output: str
    metrics: str
    needles: frozenset[str]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    said = io.StringIO()
    with World(tmp_path_factory.mktemp("rest"), *AGENCIES) as here:
        configure(said, logging.DEBUG)
        try:
            journey = here.journey()
            sent = [item.transfer_id for item in journey.walk()]
            spoil(here)
            metrics = Measured(here.hub).page().decode()
            here.hub.log.step()
            case_uid = journey.records[POLICE][0]["case"]["case_uid"]
            exporting.export(here.hub, case_uid, sent, here.root / "bundle.zip")
        finally:
            structlog.reset_defaults()
        yield Ended(here, journey, said.getvalue(), metrics, needles(journey))


def spoil(here: World) -> None:
    """Make the hub fail inside while it holds a record, and refuse one, so that errors are logged too."""
    police = here[POLICE]
    police.station.client.limits = type(police.station.client.limits)(attempts=1)
    folder = here.case_dir(name="spoilt")
    export = folder / "case.xml"
    export.write_text(export.read_text("utf-8").replace("A3501020000002026030012", "A3501020000002026039999"), "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("hub.exchange.desk.conversion.annex_of", failing)
        with pytest.raises(Problem, match=r"hub\.internal"):
            police.push(folder, node="N-ARR-001", to=PROCURATORATE)
    for question in ("陈某甲（示例）", "350102199001020118"):
        police.station.client.get("/v1/cases", ref=question)


def failing(claims: dict[str, Any], record: dict[str, Any], *_rest: object) -> dict[str, Any]:
    """A bug: an exception whose message quotes what it stumbled over."""
    told = json.dumps(record, ensure_ascii=False)
    raise ValueError(told, claims)


def needles(journey: Journey) -> frozenset[str]:
    """What the case says: names, numbers, charges, places, grounds, titles."""
    found: set[str] = set()
    records = [record for record, _annex in journey.records.values()]
    records += [json.loads(path.read_bytes()) for path in journey.root.rglob("record.json")]
    for record in records:
        found.update(texts(record))
    for catalogue in journey.root.rglob("catalog.csv"):
        found.update(cell for line in catalogue.read_text("utf-8").splitlines() for cell in line.split(","))
    for path in (*journey.root.rglob("documents/*"), *journey.root.rglob("dossier/*/*")):
        found.add(path.stem)
    return frozenset(text for text in found if len(text) >= 2 and not public(text))


def public(text: str) -> bool:
    """Whether the text may be read: it tells nothing of a case, or stands in the directory of agencies."""
    return (text.isascii() and PUBLIC.fullmatch(text) is not None) or text in {
        "casehub/record/v1",
        *NAMES,
        *NAMES.values(),
    }


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name not in ("agency", "investigating_organ", "transfer_organ", "decided_by", "executed_by"):
                yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


def forms(text: str) -> Iterator[bytes]:
    """The text as it may stand in bytes."""
    plain = text.encode("utf-8")
    yield plain
    if not text.isascii():
        yield text.encode("utf-16-le")
        yield json.dumps(text)[1:-1].encode()
    if len(plain) >= 8:
        for shift in range(3):
            cut = base64.b64encode(b"\0" * shift + plain)
            yield cut[4:-4] if shift else cut[:-4]


def held(data: bytes, wanted: frozenset[str]) -> list[str]:
    """Which needles stand in the bytes."""
    return sorted(text for text in wanted if any(form in data for form in forms(text)))


def test_the_needles_are_the_case(ended: Ended) -> None:
    assert {
        "陈某甲（示例）",
        "350102199001020118",
        "A3501020000002026030012",
        "盗窃案",
        "提请批准逮捕书",
    } <= ended.needles
    assert len(ended.needles) > 60
    sample = "…".join(sorted(ended.needles)).encode()
    assert len(held(sample, ended.needles)) == len(ended.needles)
    assert held(base64.b64encode(b"x" + "陈某甲（示例）".encode() + b"yz"), ended.needles) == ["陈某甲（示例）"]


def test_no_file_of_the_hub_holds_any_of_it(ended: Ended) -> None:
    folder = ended.here.root / "hub"
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert any(path.name == "casehub.db" for path in files)
    assert any(path.name.startswith("casehub.db-wal") for path in files)
    assert sum(path.parent.parent.parent.name == "blobs" for path in files) > 20
    names = "\n".join(str(path.relative_to(folder)) for path in files).encode()
    assert held(names, ended.needles) == []
    for path in files:
        assert held(path.read_bytes(), ended.needles) == [], path.name


def test_no_cell_of_any_table_holds_any_of_it(ended: Ended) -> None:
    connection = sqlite3.connect(f"file:{ended.here.root / 'hub' / 'casehub.db'}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(tables) > 20
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for cell in row:
                    data = cell if isinstance(cell, bytes) else str(cell).encode()
                    assert held(data, ended.needles) == [], table
    finally:
        connection.close()


def test_no_leaf_of_the_log_and_no_bundle_holds_any_of_it(ended: Ended) -> None:
    with ended.here.hub.database.transaction(write=False) as connection:
        leaves = [bytes(leaf) for leaf in connection.execute(select(marks.c.leaf)).scalars()]
    assert len(leaves) > 90
    payloads = [base64.b64decode(json.loads(leaf)["payload"]) for leaf in leaves]
    for data in (*leaves, *payloads):
        assert held(data, ended.needles) == []
    with zipfile.ZipFile(ended.here.root / "bundle.zip") as bundle:
        for name in bundle.namelist():
            assert held(bundle.read(name), ended.needles) == [], name


def test_no_line_of_the_output_holds_any_of_it(ended: Ended) -> None:
    lines = [json.loads(line) for line in ended.output.splitlines()]
    assert len(lines) > 100
    assert held(ended.output.encode(), ended.needles) == []
    requests = [line for line in lines if line["event"] == "request"]
    assert all(line["request_id"] for line in requests)
    assert not any("?" in line["route"] for line in requests)
    failed = [line for line in lines if line["event"] == "request failed"]
    assert failed
    assert failed[0]["exception"][0]["type"] == "builtins.ValueError"
    assert any("test_at_rest.py" in frame for frame in failed[0]["exception"][0]["frames"])


def test_the_metrics_hold_none_of_it_and_no_agency(ended: Ended) -> None:
    assert held(ended.metrics.encode(), ended.needles) == []
    assert "casehub_transfers_total" in ended.metrics
    for word in ("police:", "350102", "A35", "中"):
        assert word not in ended.metrics


def test_what_may_be_read_is_what_routes(ended: Ended) -> None:
    """The test above is no use if the hub's disk held nothing at all: ids and agencies do stand there."""
    data = b"".join(path.read_bytes() for path in Path(ended.here.root / "hub").glob("casehub.db*"))
    case_uid = ended.journey.records[POLICE][0]["case"]["case_uid"]
    assert case_uid.encode() in data
    assert POLICE.encode() in data

"""The guides' commands work as written, and print what the guides show."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters import Adapter
from adapters.folders import read_order
from bench.cases import hops as story_hops
from bench.hubprocess import HubProcess, free_port
from bench.journey import Journey
from hub.log import stamping
from hub.log.stamping import Stamper
from hub.runtime import open_hub
from tests.docs.guide import DOCS, Block, Reader, blocks, require_lines
from tests.scene.tsa import Authority, served

OPERATE, CONNECT, VERIFY, INTEGRATE = (
    DOCS / "guides" / f"{name}.md" for name in ("operate-a-hub", "connect-an-agency", "verify", "integrate")
)
NOTICE = "接收案件通知书.pdf"
PRINTED_BY_EXAMPLE = """\
… pages, … findings
sent …
got N-ARR-001 from police:350102000000 in …
page 7 is page …
refused: …
answered with N-ARR-002
"""
NAMES = {"police": ("police", "350102000000"), "procuratorate": ("procuratorate", "350102")}


def executed(page: Path) -> list[str]:
    """Names of the blocks that a page wants executed."""
    return [block.name for block in blocks(page) if block.runs]


def case_folder(folder: Path, target: Path) -> None:
    """The sample case as a CASE_DIR, and a notice to answer with."""
    yesterday = (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=1)
    journey = Journey.plan(folder / "sample", pages=20, bytes_per_page=2_000, yesterday=yesterday)
    journey.prepare(1, story_hops.hops()[0]).rename(target)
    (target.parent / NOTICE).write_bytes(next((target / "documents").glob("*.pdf")).read_bytes())


class Place:
    """A folder with a running hub, whose operator answers at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port = free_port()
        self.reader = Reader(folder, port)
        made = json.loads(self.casehub(f"init --name fujian --url http://127.0.0.1:{port} --json"))
        self.reader.environ["HUB"] = made["fingerprint"]
        self.hub = HubProcess(self.home, port)

    @property
    def home(self) -> Path:
        return self.folder / "hub"

    def admit(self, name: str, fingerprint: str) -> Path:
        """What the operator does with a request; returns the admission."""
        answer = self.casehub(f"agency admit {name}/enrolment.json --fingerprint {fingerprint} --json")
        return self.folder / str(json.loads(answer)["admission"])

    def casehub(self, words: str) -> str:
        """What the operator's program prints."""
        return self.reader.command(f"casehub {words} --home hub")

    def join(self, name: str) -> None:
        """An agency that is not the guide's reader."""
        kind, code = NAMES[name]
        fingerprint = Adapter.init(
            self.folder / name, agency=kind, code=code, name="示例单位", hub=f"http://127.0.0.1:{self.reader.port}"
        )
        with Adapter(self.folder / name) as adapter:
            adapter.enrol(self.admit(name, fingerprint), self.reader.environ["HUB"])


def test_connecting_verifying_and_integrating(tmp_path: Path) -> None:
    """Three guides in one place: what the first one sends, the second verifies; the third goes on with its homes."""
    place = Place(tmp_path)
    try:
        follow_connecting(place)
        require_files_listed(place)
        witness_and_stamp(place)
        place.casehub(f"evidence export {place.reader.environ['TRANSFER']} --out case.zip")
        verified = {name: place.reader.follow(VERIFY, name) for name in executed(VERIFY)}
        integrated = [place.reader.execute(block) for block in blocks(INTEGRATE) if block.runs]
    finally:
        place.hub.stop()
    assert "加密封装" in verified["marks"]
    assert "签收" in verified["marks"]
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads(integrated[0])["status"] == "checked"
    require_lines(integrated[1], PRINTED_BY_EXAMPLE)
    assert json.loads((tmp_path / "openapi.json").read_bytes())["paths"]["/v1/transfers"]
    require_lines(integrated[3], "… → True")


def follow_connecting(place: Place) -> None:
    """Follow the connecting guide from its first block to its last."""
    case_folder(place.folder, place.folder / "case")
    place.join("procuratorate")
    for name in executed(CONNECT):
        printed = place.reader.follow(CONNECT, name)
        if name == "init-police":
            fingerprint = re.search(r"sha256:[0-9a-f]{64}", printed)
            assert fingerprint
            place.admit("police", fingerprint[0]).rename(place.folder / "admission-police.json")
        if name == "push":
            place.reader.environ["TRANSFER"] = printed.strip().rpartition("：")[2]


def witness_and_stamp(place: Place) -> None:
    """What the agencies and the hub do in their rounds: cosign the log as it stands, and have it time stamped."""
    for name in NAMES:
        with Adapter(place.folder / name) as adapter:
            adapter.pull(place.folder / "more")
        vkey = place.reader.command(f"casehub-adapter witness --vkey --home {name}").strip()
        place.reader.environ[f"{name.upper()}_WITNESS"] = vkey
    authority = Authority(place.folder / "tsa")
    (place.folder / "tsa.pem").write_bytes(authority.ca.read_bytes())
    hub = open_hub(place.home)
    try:
        with served(authority.answer) as at:
            where = stamping.Authority(at.url, authority.ca)
            assert Stamper(hub.database, where, interval=1, clock=hub.clock, metrics=hub.metrics).step()
    finally:
        hub.stop()


def require_files_listed(place: Place) -> None:
    """A home and a delivered folder hold what the guide's tables list."""
    text = CONNECT.read_text("utf-8")
    home, delivered = (
        set(re.findall(r"^\| `([a-z./]+?)/?`", text.partition(words)[2].partition("\n\n##")[0], re.MULTILINE))
        for words in ("A home folder contains:", "appears only when it is complete:")
    )
    assert len(home) > 5
    assert home <= {path.name for path in (place.folder / "police").iterdir()}
    folder = place.folder / "cases" / place.reader.environ["TRANSFER"]
    assert {path.name for path in folder.iterdir()} == delivered
    assert (folder / "bag/data/V20-01/catalogue.csv").exists()


def test_the_order_that_the_guide_shows_is_one(tmp_path: Path) -> None:
    shown = next(block for block in blocks(CONNECT) if block.language == "json")
    (tmp_path / "transfer.json").write_text(shown.content, "utf-8")
    (tmp_path / "READY").touch()
    request = read_order(tmp_path)
    assert (request.node, request.receiver) == ("N-ARR-001", "procuratorate:350102")


def test_operating_guide(tmp_path: Path) -> None:
    reader = Reader(tmp_path, free_port())
    reader.follow(OPERATE, "init")
    hub = HubProcess(tmp_path / "hub", reader.port)
    try:
        fingerprint = Adapter.init(
            tmp_path / "police",
            agency="police",
            code="350102000000",
            name="榕城市鼓山县公安局（示例）",
            hub=hub.url,
        )
        reader.environ |= {"POLICE": fingerprint, "NEW_KEY": fingerprint}
        for name in executed(OPERATE)[1:]:
            reader.follow(OPERATE, name)
    finally:
        hub.stop()
    assert "fujian" in reader.printed["restore"]
    assert "没有流转" in reader.printed["watch"]


@pytest.mark.services
def test_operating_guide_on_postgresql_and_s3(postgres_url: str, s3_settings: dict[str, str], tmp_path: Path) -> None:
    block = next(block for block in blocks(OPERATE) if block.mark == "services")
    values = {
        "CASEHUB_DATABASE_URL": postgres_url,
        **{f"CASEHUB_{name.upper()}": value for name, value in s3_settings.items()},
    }
    told = re.sub(
        r"^export (\w+)=.*$", lambda line: f"export {line[1]}={values[line[1]]}", block.content, flags=re.MULTILINE
    )
    printed = Reader(tmp_path, 0).execute(Block("sh", "run", told))
    assert "接入单位 0 个" in printed
    assert not (tmp_path / "hub/casehub.db").exists()

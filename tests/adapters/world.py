"""A hub and its agencies in one process, and transports that misbehave. Persons are invented and marked so."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from adapters import native
from adapters.adapter import Adapter
from adapters.client.transport import InProcessTransport
from adapters.limits import DEFAULT
from evidence.enrolment import read_enrolment
from evidence.statements import SignedStatement
from hub.access import directory_desk
from hub.app import create_app
from hub.home import init_home
from hub.runtime import Hub, open_hub
from messages.findings import Finding

URL = "http://127.0.0.1:8440"
POLICE, PROCURATORATE, COURT = "police:350102000000", "procuratorate:350102", "court:350102"
NAMES = {POLICE: "示例市公安局鼓楼分局", PROCURATORATE: "示例市鼓楼区人民检察院", COURT: "示例市鼓楼区人民法院"}
FAST = replace(DEFAULT, attempts=2, backoff=0.0, poll_wait=0)


def coded(system: str, code: str, display: str) -> dict[str, Any]:
    """A coded value with one coding."""
    return {"codings": [{"system": system, "code": code, "display": display}]}


def record(number: str = "A3501020000002026030001") -> dict[str, Any]:
    """A record as the police would export it: one suspect, one charge, detained."""
    case, person, charge, measure = (f"019ab6f8-0000-7000-8000-00000000000{n}" for n in range(1, 5))
    organ = {"type": "police", "code": "350102000000", "name": NAMES[POLICE]}
    return {
        "schema": "casehub/record/v1",
        "case": {
            "case_uid": case,
            "refs": [{"agency": POLICE, "kind": "AJBH", "value": number}],
            "name": "张某示例盗窃案",
            "filing_date": "2026-03-01",
            "investigating_organ": organ,
            "brief_facts": "张某示例于2026年2月28日盗窃他人手机一部（示例）。",
        },
        "persons": [
            {
                "person_uid": person,
                "refs": [{"agency": POLICE, "kind": "RYBH", "value": "R3501020000002026030001"}],
                "kind": "natural",
                "roles": [{"role": "suspect"}],
                "name": "张某示例",
                "sex": coded("gb.sex", "1", "男"),
                "birth_date": "1990-01-02",
            }
        ],
        "charges": [
            {
                "charge_uid": charge,
                "person_uid": person,
                "crime": coded("police.case-class", "050200", "盗窃案"),
            }
        ],
        "measures": [
            {
                "measure_uid": measure,
                "person_uid": person,
                "measure": coded("police.coercive-measure", "03", "刑事拘留"),
                "executed_at": "2026-03-02T09:00:00+08:00",
            }
        ],
    }


def export(case: dict[str, Any] | None = None, agency: str = POLICE) -> bytes:
    """The native export of a record, without platform identifiers: as a case system that knows of no hub writes it."""
    body = native.write(agency.partition(":")[0], case or record(), (), agency)
    text = body.decode("utf-8")
    for line in text.splitlines(keepends=True):
        if "PTAJBS" in line or "PTRYBS" in line or "019ab6f8-" in line:
            text = text.replace(line, "")
    return text.encode("utf-8")


def jpeg(seed: int = 0) -> bytes:
    """A picture of one page; the bytes after it differ by `seed`."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16), (seed % 256, seed // 256 % 256, 90)).save(out, "JPEG")
    return out.getvalue()


def case_dir(
    folder: Path,
    *,
    volumes: dict[str, int] | None = None,
    documents: tuple[str, ...] = ("F0301_提请批准逮捕书.jpg",),
    xml: bytes | None = None,
    pad: int = 0,
) -> Path:
    """A CASE_DIR with one JPEG a page; `volumes` maps numbers to pages, `pad` makes every page longer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.xml").write_bytes(export() if xml is None else xml)
    (folder / "documents").mkdir(exist_ok=True)
    for name in documents:
        (folder / "documents" / name).write_bytes(jpeg(10_000 + zlib.crc32(name.encode()) % 50_000))
    for number, pages in ({"V10-01": 1, "V20-01": 3} if volumes is None else volumes).items():
        place = folder / "dossier" / number
        place.mkdir(parents=True, exist_ok=True)
        rows = ["seq,book,doc_type,title,page_from,page_to,file"]
        for page in range(1, pages + 1):
            name = f"张某示例第{page}页.jpg"
            (place / name).write_bytes(jpeg(page) + bytes([page % 251]) * pad)
            rows.append(f"{page},1,E0501,张某示例第{page}次讯问笔录,{page},{page},{name}")
        (place / "catalog.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder


Rule = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


@dataclass
class Wire(httpx.BaseTransport):
    """The shared line to the hub. A test may put a `rule` between: to fail, to lose an answer, to change one."""

    inner: httpx.BaseTransport
    rule: Rule | None = None
    seen: list[tuple[str, str]] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((request.method, request.url.raw_path.decode()))
        if self.rule is not None:
            return self.rule(request, lambda: self.inner.handle_request(request))
        return self.inner.handle_request(request)

    def close(self) -> None:
        """The line outlives the adapters that share it."""

    @contextmanager
    def under(self, rule: Rule) -> Iterator[None]:
        """Apply `rule` to every request inside."""
        self.rule = rule
        try:
            yield
        finally:
            self.rule = None


def cut(_request: httpx.Request, _send: Callable[[], httpx.Response]) -> httpx.Response:
    """The hub cannot be reached."""
    text = "the line is cut"
    raise httpx.ConnectError(text)


def lost_answer(method: str, path: str) -> Rule:
    """The hub takes the request, and its answer never arrives."""

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        answer = send()
        if request.method == method and request.url.path == path:
            text = "the answer is lost"
            raise httpx.ReadError(text)
        return answer

    return rule


def answered(path: str, change: Callable[[dict[str, Any]], None]) -> Rule:
    """Whoever asks for `path` gets an answer that was changed on the way."""

    def rule(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        answer = send()
        if request.url.path != path or not answer.is_success:
            return answer
        body = json.loads(answer.content)
        change(body)
        return httpx.Response(answer.status_code, json=body)

    return rule


class World:
    """One hub in process with three enrolled agencies; adapters are opened when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[Finding] = []
        init_home(folder / "hub", name="example", public_url=URL, now=datetime.now(UTC))
        with (folder / "hub" / "hub.toml").open("a") as told:  # no test is so slow that a promise is overdue by itself
            told.write("inclusion_delay_seconds = 3600\n")
        self.hub: Hub = open_hub(folder / "hub")
        self.hub_transport = InProcessTransport(create_app(hub=self.hub))
        self.wire = Wire(self.hub_transport)
        self._open: dict[str, Adapter] = {}
        for agency in NAMES:
            self.enrol(agency)

    def __getitem__(self, agency: str) -> Adapter:
        if agency not in self._open:
            self._open[agency] = self.open(agency)
        return self._open[agency]

    def home(self, agency: str) -> Path:
        """Where the agency's adapter lives."""
        return self.folder / agency.replace(":", "-")

    def open(self, agency: str) -> Adapter:
        """A fresh process's view of the agency's home."""
        return Adapter(self.home(agency), transport=self.wire, say=self.said.append, limits=FAST)

    def restart(self, agency: str) -> Adapter:
        """As if the adapter had been killed and started again."""
        self._open.pop(agency).close()
        return self[agency]

    def enrol(self, agency: str) -> None:
        """Enrol as operator and agency would."""
        kind, _, code = agency.partition(":")
        home = self.home(agency)
        fingerprint = Adapter.init(home, agency=kind, code=code, name=NAMES.get(agency, "示例单位"), hub=URL)
        request = SignedStatement.from_json(json.loads((home / "enrolment.json").read_bytes()))
        admission = directory_desk.admit_agency(self.hub, read_enrolment(request), request, fingerprint)
        (home / "admission.json").write_text(json.dumps(admission.to_json()))
        with self.open(agency) as adapter:
            adapter.enrol(home / "admission.json", self.hub.keys.fingerprint)

    def said_codes(self) -> list[str]:
        """Codes of what the adapters have said."""
        return [finding.code for finding in self.said]

    def close(self) -> None:
        """Stop everything."""
        for adapter in self._open.values():
            adapter.close()
        self.hub_transport.close()

"""What a case system hands its adapter: a native export, pages, and a small CASE_DIR of both.

The sample case of the demo, with a dossier for each of its nodes, is `World.case_dir`.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path

from PIL import Image

from adapters import native
from tests.scene.agencies import POLICE
from tests.scene.records import Json, police_record


def native_case(agency: str, record: Json) -> bytes:
    """A record as the agency's own export."""
    return native.write(agency.partition(":")[0], record, (), agency)


def export(case: Json | None = None, agency: str = POLICE) -> bytes:
    """The native export of a record, without platform identifiers: as a case system that knows of no hub writes it."""
    text = native_case(agency, case or police_record()).decode("utf-8")
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
    """A CASE_DIR with one JPEG a page; `volumes` maps numbers to pages, `pad` makes every page longer.

    Folders of different names differ in their documents, for the same content is sent at a node only once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.xml").write_bytes(export() if xml is None else xml)
    (folder / "documents").mkdir(exist_ok=True)
    for name in documents:
        (folder / "documents" / name).write_bytes(jpeg(10_000 + zlib.crc32(f"{folder.name}/{name}".encode()) % 50_000))
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

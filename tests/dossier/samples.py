"""Sample volumes and files for the dossier's tests. Persons are invented and marked so."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dossier.contents import Item, SourceFile, Volume, ascii_path
from dossier.descriptor import Descriptor
from dossier.folder import Look, look_at_case_folder
from dossier.keys import Purpose, VolumeSecrets
from dossier.limits import LIMITS, Limits
from dossier.seal import SealedVolume, seal_volume
from dossier.stream import StreamHeader
from messages.problems import Problem, ProblemList

VOLUME_ID = "019ab6f8-0000-7000-8000-000000000001"
OTHER_ID = "019ab6f8-0000-7000-8000-000000000002"
SEALED_BY = "police:350102000000"
SEALED_AT = "2026-11-22T00:02:52.123Z"
SECRETS = VolumeSecrets(b"k" * 32, StreamHeader(b"p" * 32, b"prefix1"), StreamHeader(b"c" * 32, b"prefix2"))


def caught(call: Callable[[], object]) -> Problem:
    """The problem that `call` raises."""
    try:
        call()
    except Problem as problem:
        return problem
    raise AssertionError("no problem was raised")


def codes(problem: Problem) -> list[str]:
    """The codes of a problem's parts, or its own."""
    return [each.code for each in problem.problems] if isinstance(problem, ProblemList) else [problem.code]


def volume_of(folder: Path, contents: Sequence[bytes], number: str = "V20-01", per_item: int = 1) -> Volume[SourceFile]:
    """A volume of one file for each of `contents`, one page each, written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for index, content in enumerate(contents):
        path = folder / f"张某示例第{index}页.jpg"
        path.write_bytes(content)
        seq, nth = index // per_item + 1, index % per_item + 1
        page = index + 1
        files.append(
            SourceFile(
                path=ascii_path(number, (1, seq, "E0501"), nth, (page, page), path.name),
                name=path.name,
                media_type="image/jpeg",
                length=len(content),
                pages=1,
                pages_by="file",
                page_from=page,
                page_to=page,
                cover_pages=0,
                source=str(path),
                mtime_ns=path.stat().st_mtime_ns,
            )
        )
    groups = [tuple(files[at : at + per_item]) for at in range(0, len(files), per_item)]
    items = tuple(
        Item(1, seq + 1, "E0501", f"张某示例第{seq + 1}次讯问笔录", "", "", "2026-03-04", ("R1",), False, "", group)
        for seq, group in enumerate(groups)
    )
    return Volume(number, "证据材料卷", items, f"dossier/{number}")


@dataclass
class Parts:
    """Sealed parts in memory: what the hub would hold."""

    held: dict[tuple[Purpose, int], bytes] = field(default_factory=dict)
    asked: list[tuple[Purpose, int]] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)

    def keep(self, purpose: Purpose, index: int, _digest: str, data: memoryview) -> None:
        self.held[purpose, index] = bytes(data)

    def read(self, purpose: Purpose, index: int) -> bytes | None:
        self.asked.append((purpose, index))
        return self.held.get((purpose, index))

    def stream(self, purpose: Purpose) -> bytes:
        return b"".join(self.held[key] for key in sorted(self.held) if key[0] == purpose)

    def read_range(self, purpose: Purpose, offset: int, length: int) -> bytes:
        self.ranges.append((offset, length))
        return self.stream(purpose)[offset : offset + length]


def seal(
    volume: Volume[SourceFile], secrets: VolumeSecrets = SECRETS, volume_id: str = VOLUME_ID
) -> tuple[SealedVolume, Descriptor, Parts]:
    """Seal into memory; the descriptor has been through its own reader."""
    parts = Parts()
    sealed = seal_volume(volume, volume_id, secrets, parts.keep)
    return sealed, Descriptor.parse(sealed.descriptor(SEALED_BY, SEALED_AT).to_body()), parts


JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 60
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\x00" * 64


def pdf(pages: int) -> bytes:
    """A minimal PDF of so many empty pages."""
    kids = " ".join(f"{3 + n} 0 R" for n in range(pages))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    objects += ["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * pages
    return pdf_of(objects)


def pdf_of(objects: Sequence[str], trailer: str = "") -> bytes:
    """A PDF of the objects 1, 2, 3 …, with a right cross-reference table."""
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


OFD_ROOT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.0" DocType="OFD">{bodies}</ofd:OFD>'
)
OFD_BODY = "<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>{root}</ofd:DocRoot></ofd:DocBody>"


def ofd_document(pages: int) -> str:
    """A Document.xml that lists so many pages."""
    listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(pages))
    return (
        '<ofd:Document xmlns:ofd="http://www.ofdspec.org/2016"><ofd:CommonData/>'
        f"<ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
    )


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip package."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return out.getvalue()


def ofd(pages: int, root: str = "Doc_0/Document.xml") -> bytes:
    """A minimal OFD of so many pages."""
    return zipped(
        {"OFD.xml": OFD_ROOT.format(bodies=OFD_BODY.format(root=root)), root.lstrip("/"): ofd_document(pages)}
    )


def tiff(kinds: Sequence[int | None], order: str = "<", big: bool = False) -> bytes:
    """A TIFF of one directory for each of `kinds`: the NewSubfileType, or None for a directory without it."""
    mark = b"II" if order == "<" else b"MM"
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    out = bytearray(head)
    for index, kind in enumerate(kinds):
        width = struct.pack(order + ("HHQQ" if big else "HHII"), 256, 4, 1, 100)
        entries = [width]
        if kind is not None:
            value = struct.pack(order + "I", kind) + (b"\x00" * 4 if big else b"")
            entries.insert(0, struct.pack(order + ("HHQ" if big else "HHI"), 254, 4, 1) + value)
        body = struct.pack(order + ("Q" if big else "H"), len(entries)) + b"".join(entries)
        end = len(out) + len(body) + (8 if big else 4)
        out += body + struct.pack(order + ("Q" if big else "I"), end if index + 1 < len(kinds) else 0)
    return bytes(out)


HEADER = (
    "seq,book,doc_type,title,doc_no,responsible,doc_date,page_from,page_to,cover_pages,file,person_refs,excluded,note\n"
)


def row(
    seq: int,
    file: str,
    first: int | str = "",
    last: int | str = "",
    *,
    book: int | str = 1,
    doc_type: str = "E0501",
    cover: int | str = "",
    rest: str = ",,",
) -> str:
    """One line of a catalog.csv."""
    return f"{seq},{book},{doc_type},张某示例第{seq}次讯问笔录,,,2026-03-04,{first},{last},{cover},{file},{rest}\n"


def case_folder(root: Path, volumes: Mapping[str, tuple[str | bytes, Mapping[str, bytes]]]) -> Path:
    """A case folder with, for each volume, the text of its catalog.csv ("" for none) and its files."""
    for number, (listing, files) in volumes.items():
        folder = root / "documents" if number == "documents" else root / "dossier" / number
        folder.mkdir(parents=True)
        if listing:
            text = listing if isinstance(listing, bytes) else listing.encode()
            (folder / "catalog.csv").write_bytes(text)
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return root


def read_case_folder(
    case_dir: Path | None, documents: Sequence[tuple[str, Path]] = (), limits: Limits = LIMITS
) -> Look:
    """A case folder in which nothing is wrong. Raises `ProblemList("adapter.check")` with every problem."""
    look = look_at_case_folder(case_dir, documents, limits)
    if look.problems:
        raise ProblemList("adapter.check", look.problems)
    return look

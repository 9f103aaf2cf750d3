"""Descriptors: what is written is read again, everything else is refused with its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digests import SHA256
from dossier import inspection
from dossier.descriptor import Descriptor, sealed_digest
from dossier.limits import Limits
from dossier.stream import PART
from tests.dossier.samples import OTHER_ID, SEALED_AT, SEALED_BY, VOLUME_ID, caught, seal, volume_of


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    volume = volume_of(tmp_path_factory.mktemp("volume"), [b"a", b"b" * 10])
    return seal(volume)[0].descriptor(SEALED_BY, SEALED_AT, OTHER_ID).to_body()


def test_round_trip(body: dict[str, Any]) -> None:
    found = Descriptor.parse(body)
    assert found.to_body() == body
    assert (found.kind, found.number, found.files, found.pages, found.supersedes) == ("V20", "V20-01", 2, 2, OTHER_ID)
    assert found.pack.layout.plaintext == 11
    assert found.stream("catalogue") is found.catalogue
    assert Descriptor.parse({**body, "av_seconds": 90}).to_body() == {**body, "av_seconds": 90}


def test_unknown_members_are_tolerated(body: dict[str, Any]) -> None:
    assert Descriptor.parse({**body, "later": {"x": 1}}) == Descriptor.parse(body)


def test_nothing_personal_is_in_it(body: dict[str, Any]) -> None:
    assert "张某" not in repr(body)
    assert set(body) == {
        *("suite", "v", "volume_id", "kind", "number", "sealed_by", "sealed_at", "documents", "books", "items"),
        *("files", "pages", "av_files", "pack", "catalogue", "key_commitment", "supersedes"),
    }


def changed(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        target: Any = body
        for name in parents:
            target = target[int(name) if name.isdigit() else name]
        target[last] = value

    return change


def remove(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.pop(name) and None


def repeat_document(body: dict[str, Any]) -> None:
    body["documents"] = body["documents"] * 2


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], None], str, str]] = {
    "suite unknown": (changed("suite", "nation-1"), "dossier.unknown-suite", "/suite"),
    "version unknown": (changed("v", 2), "dossier.unknown-suite", "/suite"),
    "version true": (changed("v", True), "dossier.unknown-suite", "/suite"),
    "number malformed": (changed("number", "V2-01"), "dossier.descriptor", "/number"),
    "number with a tail": (changed("number", "V20-01\n"), "dossier.descriptor", "/number"),
    "kind of another number": (changed("kind", "V10"), "dossier.descriptor", "/kind"),
    "volume id missing": (remove("volume_id"), "evidence.bad-uuid", "/volume_id"),
    "sealed by a hub": (changed("sealed_by", "hub:x"), "evidence.bad-party", "/sealed_by"),
    "sealed at no instant": (changed("sealed_at", "yesterday"), "evidence.bad-instant", "/sealed_at"),
    "documents no list": (changed("documents", {}), "dossier.descriptor", "/documents"),
    "document no object": (changed("documents", ["E0501"]), "dossier.descriptor", "/documents"),
    "document type with a title": (
        changed("documents/0/doc_type", "张某示例"),
        "dossier.descriptor",
        "/documents/0/doc_type",
    ),
    "document type twice": (repeat_document, "dossier.descriptor", "/documents/1/doc_type"),
    "files negative": (changed("files", -1), "dossier.descriptor", "/files"),
    "files true": (changed("files", True), "dossier.descriptor", "/files"),
    "files beyond 2^53": (changed("files", 1 << 53), "dossier.descriptor", "/files"),
    "files not the sum": (changed("files", 3), "dossier.descriptor-counts", "/files"),
    "pages not the sum": (changed("pages", 3), "dossier.descriptor-counts", "/pages"),
    "more items than files": (changed("items", 9), "dossier.descriptor-counts", "/items"),
    "more books than items": (changed("books", 9), "dossier.descriptor-counts", "/items"),
    "more recordings than files": (changed("av_files", 9), "dossier.descriptor-counts", "/items"),
    "seconds of recordings negative": (changed("av_seconds", -1), "dossier.descriptor", "/av_seconds"),
    "pack missing": (remove("pack"), "dossier.descriptor", "/pack"),
    "pack of impossible size": (changed("pack/size", 3), "dossier.stream-size", "/pack/size"),
    "pack too large": (changed("pack/size", 1 << 45), "dossier.descriptor", "/pack/size"),
    "part missing": (changed("pack/parts", []), "dossier.descriptor", "/pack/parts"),
    "part of another size": (changed("pack/parts/0/size", PART), "dossier.descriptor", "/pack/parts/0/size"),
    "part without digest": (changed("pack/parts/0/digest", "md5:0"), "evidence.bad-digest", "/pack/parts/0/digest"),
    "commitment malformed": (changed("key_commitment", "A" * 64), "dossier.descriptor", "/key_commitment"),
    "supersedes no id": (changed("supersedes", "V20-01"), "evidence.bad-uuid", "/supersedes"),
}


@pytest.mark.parametrize(("change", "code", "place"), REFUSED.values(), ids=REFUSED)
def test_malformed_descriptors(
    body: dict[str, Any], change: Callable[[dict[str, Any]], None], code: str, place: str
) -> None:
    broken = copy.deepcopy(body)
    change(broken)
    problem = caught(lambda: Descriptor.parse(broken, "/descriptors/0"))
    assert (problem.code, problem.place) == (code, "/descriptors/0" + place)


def test_no_object_and_limits(body: dict[str, Any]) -> None:
    assert caught(lambda: Descriptor.parse([])).code == "dossier.descriptor"
    limits = Limits(document_types=0)
    assert caught(lambda: Descriptor.parse(body, limits=limits)).place == "/documents"


def test_inspection_without_a_key(body: dict[str, Any], tmp_path: Path) -> None:
    empty = seal(volume_of(tmp_path, [], "V30-01"), volume_id=OTHER_ID)[1].to_body()
    found = Descriptor.parse(body)
    declared = inspection.declaration([body, empty], reused={VOLUME_ID})
    assert declared == [
        {
            "volume_id": VOLUME_ID,
            "number": "V20-01",
            "kind": "V20",
            "documents": [{"doc_type": "E0501", "files": 2, "pages": 2}],
            "files": 2,
            "pages": 2,
            "reused": True,
        },
        {
            "volume_id": OTHER_ID,
            "number": "V30-01",
            "kind": "V30",
            "documents": [],
            "files": 0,
            "pages": 0,
            "reused": False,
        },
    ]
    assert inspection.part_digests(body) == [found.pack.parts[0].digest, found.catalogue.parts[0].digest]
    expected = sealed_digest([found.pack.parts[0].digest], [found.catalogue.parts[0].digest], SHA256)
    assert inspection.sealed_digest(body) == found.sealed_digest == expected
    totals = inspection.totals([body, empty])
    assert totals["volumes"] == 2
    assert (totals["files"], totals["pages"], totals["parts"]) == (2, 2, 4)
    assert caught(lambda: inspection.declaration([body, {}])).place.startswith("/descriptors/1")

"""Document types (文书与证据种类): one code for each type, with Chinese and English names.

Codes beginning with E are evidence (article 50 刑事诉讼法), with F legal documents; the TOML files in this folder
describe each family. A code of three characters is a kind, a code of five characters a document of that kind: `E0501`
讯问笔录 is an `E05`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from messages.problems import Problem, ProblemList
from standards.domains import texts

_CODE = re.compile(r"[EF][0-9]{2}([0-9]{2})?")
_MEMBERS = {"zh", "en", "internal", "native"}


@dataclass(frozen=True)
class DocumentType:
    """One document type. `internal` papers never leave their agency; `native`: agencies' own codes, `police:042109`."""

    code: str
    zh: str
    en: str
    internal: bool = False
    native: tuple[str, ...] = ()


class DocumentTypes(Mapping[str, DocumentType]):
    """All document types by code."""

    def __init__(self, types: Mapping[str, DocumentType]) -> None:
        self._types = dict(types)
        self._by_name = {each.zh: each for each in self._types.values()}
        self._by_native = {native: each for each in self._types.values() for native in each.native}

    def __getitem__(self, code: str) -> DocumentType:
        """The type of `code`; raises `KeyError`."""
        return self._types[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def named(self, name: str) -> DocumentType | None:
        """The type whose Chinese name is `name` (white space aside), or None."""
        return self._by_name.get("".join(name.split()))

    def meets(self, code: str, wanted: str) -> bool:
        """Whether a document of type `code` answers a requirement for `wanted`: the same type, or one of that kind."""
        return code == wanted or (len(wanted) == 3 and code.startswith(wanted))

    def name(self, code: str, lang: str = "zh") -> str:
        """The name of `code` in `lang`; an unknown code is its own name."""
        known = self._types.get(code)
        if known is None:
            return code
        return known.zh if lang == "zh" else known.en


def read(sources: Mapping[str, str]) -> DocumentTypes:
    """Read document types from TOML texts by file name.

    Raises `ProblemList` `document.catalogue-inconsistent` naming file and code of: a malformed code or entry, a
    repeated code or Chinese name, a document whose kind is missing among the evidence.
    """
    types: dict[str, DocumentType] = {}
    problems: list[Problem] = []
    names: dict[str, str] = {}
    for file, text in sources.items():
        for code, body in tomllib.loads(text).items():
            reason = _fault(code, body, types, names)
            if reason:
                problems.append(Problem("document.catalogue-inconsistent", f"{file}/{code}", reason=reason))
                continue
            names[body["zh"]] = code
            types[code] = DocumentType(code, **{**body, "native": tuple(body.get("native", ()))})
    if problems:
        raise ProblemList("document.catalogue-inconsistent", problems, reason=str(problems[0].params["reason"]))
    return DocumentTypes(types)


def _fault(code: str, body: Any, types: Mapping[str, DocumentType], names: Mapping[str, str]) -> str:
    if not _CODE.fullmatch(code):
        return "malformed code"
    if not isinstance(body, dict) or not {"zh", "en"} <= set(body) <= _MEMBERS:
        return "an entry has zh and en, and may have internal and native"
    if code in types:
        return "code stands twice"
    if body["zh"] in names:
        return f"name stands twice, first at {names[body['zh']]}"
    if code.startswith("E") and len(code) == 5 and code[:3] not in types:
        return f"kind {code[:3]} is missing before it"
    return ""


@cache
def document_types() -> DocumentTypes:
    """The document types of this release."""
    return read(texts("documents"))

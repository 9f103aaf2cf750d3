"""An agency's format for people: each element and attribute with its name, how often it stands, what may be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from adapters.native import advice
from adapters.native.formats import Format, Row, load_format
from messages.problems import Problem

Codes = Callable[[str], Iterable[tuple[str, str]]]
"""The codes of a system, each with its name."""


@dataclass(frozen=True)
class Shown:
    """One element or attribute. `occurs` is `1`, `?` or `*`; `words` are what may be written, each with its meaning,
    where there is a list."""

    path: str
    label: str
    occurs: str
    form_zh: str
    form_en: str
    record: str
    words: tuple[tuple[str, str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`; `words` as objects of `table`, `value`, `meaning`."""
        words = [dict(zip(("table", "value", "meaning"), word, strict=True)) for word in self.words]
        return {**self.__dict__, "words": words}


def shown(agency_type: str, element: str | None, codes: Codes) -> list[Shown]:
    """The whole format, or what is called `element`: by its own name, by the end of its path, or by its Chinese name.

    Words and codes are listed only for a named element. Raises `native.element-unknown` with the nearest names.
    """
    fmt = load_format(agency_type)
    every = advice.paths(agency_type)
    if element is None:
        return [_one(fmt, path, row) for path, row in every]
    wanted = element.strip().strip("/")
    found = [(path, row) for path, row in every if _called(path, row, wanted)]
    if not found:
        raise _unknown(wanted, every)
    return [_one(fmt, path, row, codes) for path, row in found]


def _called(path: str, row: Row, wanted: str) -> bool:
    bare = path.replace("@", "")
    names = [wanted, wanted.rpartition("_")[0]] if row.codec in ("coded", "organ") else [wanted]
    return row.label == wanted or any(name and f"{bare}/".endswith(f"/{name}/") for name in names)


def _one(fmt: Format, path: str, row: Row, codes: Codes | None = None) -> Shown:
    words: list[tuple[str, str, str]] = []
    if codes is not None and row.codec == "word":
        words = [(row.arg, native, meaning) for native, meaning in fmt.words[row.arg].items()]
    elif codes is not None and row.codec in ("coded", "by-case"):
        words = [(system, code, name) for system in row.arg.split("|") for code, name in codes(system)]
    member = ("/" if row.absolute else "") + "/".join(row.record)
    form = advice.form(fmt, row, row.tag)
    return Shown(path, row.label, row.occurs, form["form_zh"], form["form_en"], member, tuple(words))


def _unknown(wanted: str, every: Iterable[tuple[str, Row]]) -> Problem:
    labels = {name: row.label for path, row in every for name in (path.rpartition("/")[2].lstrip("@"), row.label)}
    near = process.extract(wanted, list(labels), scorer=fuzz.WRatio, score_cutoff=advice.NEAR, limit=advice.PROPOSED)
    names = "、".join(name if name == labels[name] else f"{name}（{labels[name]}）" for name, _, _ in near) or "—"
    return Problem("native.element-unknown", wanted, name=wanted, near=names)

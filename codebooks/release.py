"""A codebook release (码表发布版): all tables and crosswalks of one folder, checked, with an id and a digest.

`load()` reads the release that ships with Casehub once per process. The digest covers the exact bytes of every file
that affects the results, so that an annex can state which tables were used.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from codebooks.answers import Translation
from codebooks.concepts import CodeSystem, Concept
from codebooks.crosswalks import Crosswalk, crosswalk
from codebooks.engine import Engine
from codebooks.errors import CodebookError, CodebookErrors
from codebooks.names import fold
from codebooks.rows import decode
from codebooks.tables import header, system
from codebooks.validation import Validation, validate
from digests import Digest, Hasher
from standards import agencies

Subsumption = Literal["equivalent", "subsumes", "subsumed-by", "not-subsumed"]
_MANIFEST = "release.toml"
_TARGETS = "targets.csv"
TARGETLESS = "codebook.targets-incomplete"
"""Of a type without a code system: an empty cell is refused, a whole column may lack in a release of older programs."""


@dataclass(frozen=True)
class Release:
    """One release. `id` is its name and the first twelve digits of its digest; `digest` is `sha256:` and 64 digits.
    `files` holds the exact bytes that the digest is over, by name (`tables/gb.sex.csv` …)."""

    id: str
    digest: str
    code_systems: Mapping[str, CodeSystem] = field(repr=False)
    crosswalks: Mapping[str, Crosswalk] = field(repr=False)
    targets: Mapping[str, Mapping[str, str]] = field(repr=False)
    engine: Engine = field(repr=False, compare=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    _names: dict[str, dict[str, list[Concept]]] = field(default_factory=dict, repr=False, compare=False)

    def systems(self) -> tuple[str, ...]:
        """The ids of all code systems, sorted."""
        return tuple(sorted(self.code_systems))

    def system(self, system: str) -> CodeSystem:
        """One code system. Raises `CodebookError("codebook.unknown-system")`."""
        found = self.code_systems.get(system)
        if found is None:
            raise CodebookError("codebook.unknown-system", system=system)
        return found

    def concepts(self, system: str, as_of: date | None = None) -> tuple[Concept, ...]:
        """The concepts of a system in file order; with a day only those in force on it."""
        rows = self.system(system).concepts
        return rows if as_of is None else tuple(row for row in rows if row.valid_on(as_of))

    def lookup(self, system: str, code: str, as_of: date | None = None) -> Concept | None:
        """What `code` means on a day, without one what it means last; None when it means nothing."""
        return self.system(system).at(code, as_of)

    def children(self, system: str, code: str, as_of: date | None = None) -> tuple[Concept, ...]:
        """The concepts directly under `code`, in file order; with a day only those in force."""
        return self.system(system).children(code, as_of)

    def parents(self, system: str, code: str, as_of: date | None = None) -> tuple[Concept, ...]:
        """The concepts above `code`, nearest first."""
        return self.system(system).parents(code, as_of)

    def subsumes(self, system: str, a: str, b: str, as_of: date | None = None) -> Subsumption | None:
        """The relation of two codes in the hierarchy, in FHIR's terms: `a` is `equivalent` to `b`, `subsumes`
        it, is `subsumed-by` it, or `not-subsumed`. None when one of them means nothing on the day.
        """
        table = self.system(system)
        if table.at(a, as_of) is None or table.at(b, as_of) is None:
            return None
        if a == b:
            return "equivalent"
        if table.subsumes(a, b, as_of):
            return "subsumes"
        return "subsumed-by" if table.subsumes(b, a, as_of) else "not-subsumed"

    def validate(
        self, system: str, code: str, as_of: date, *, display: str | None = None, version: str | None = None
    ) -> Validation:
        """Whether `code` may be used on the day, and what is wrong with it; see `codebooks.validation`."""
        return validate(self.system(system), code, as_of, display=display, version=version)

    def find(self, system: str, text: str, as_of: date | None = None) -> tuple[Concept, ...]:
        """The concepts that a text names, best first: the code itself, then equal names, then names that contain it.

        Any historic form of a name is accepted: with a day, a concept that has ended by then answers through its
        successors, and one that came later is left out."""
        table = self.system(system)
        wanted = fold(text)
        names = self._names.get(system)
        if names is None:
            names = self._names.setdefault(system, _name_index(table))
        found = [*table.by_code.get(text.strip(), ()), *names.get(wanted, ())]
        if not found and wanted:
            near = sorted((name for name in names if wanted in name), key=lambda name: (len(name), name))
            found = [concept for name in near for concept in names[name]]
        if as_of is not None:
            found = [row for concept in found for row in _in_force(table, concept, as_of)]
        return tuple(dict.fromkeys(found))

    def translate(
        self,
        system: str,
        code: str,
        target: str,
        as_of: date,
        context: Mapping[str, Any] | None = None,
        *,
        version: str | None = None,
    ) -> Translation:
        """What `code` of `system` is in `target` on the day `as_of`; see `codebooks.engine`. Never raises."""
        return self.engine.translate(system, code, target, as_of, context, version=version)


def _in_force(table: CodeSystem, concept: Concept, day: date) -> tuple[Concept, ...]:
    if concept.valid_on(day):
        return (concept,)
    return table.successors(concept, day) if concept.valid_to <= day else ()


def _name_index(table: CodeSystem) -> dict[str, list[Concept]]:
    names: dict[str, list[Concept]] = {}
    for concept in table.concepts:
        for name in dict.fromkeys(fold(form) for form in (concept.display, *concept.aliases)):
            names.setdefault(name, []).append(concept)
    return names


@cache
def load() -> Release:
    """The release that ships with Casehub, read once. Raises `CodebookErrors` naming every bad row by file and line."""
    root = resources.files("codebooks")
    names = [_MANIFEST, _TARGETS]
    for folder in ("tables", "crosswalks"):
        names += [
            f"{folder}/{entry.name}"
            for entry in root.joinpath(folder).iterdir()
            if entry.name.endswith((".csv", ".toml"))
        ]
    return build({name: root.joinpath(name).read_bytes() for name in names})


def load_folder(folder: Path) -> Release:
    """The release of a folder laid out like this package. Raises `CodebookErrors`."""
    names = [_MANIFEST, _TARGETS]
    for part in ("tables", "crosswalks"):
        names += [f"{part}/{path.name}" for path in (folder / part).glob("*") if path.suffix in {".csv", ".toml"}]
    return build({name: (folder / name).read_bytes() for name in names})


def digest_of(files: Mapping[str, bytes]) -> str:
    """The digest of a release: SHA-256 over name and exact bytes of each file, each with its length, by name."""
    whole = Hasher()
    for name in sorted(files):
        for part in (name.encode("utf-8"), files[name]):
            whole.update(len(part).to_bytes(8, "big"))
            whole.update(part)
    return str(whole.digest())


def build(files: Mapping[str, bytes]) -> Release:
    """A release from its files by name (`tables/gb.sex.csv` …). Raises `CodebookErrors`; nothing is loaded half."""
    problems: list[CodebookError] = []
    systems = _systems(files, problems)
    crosswalks: dict[str, Crosswalk] = {}
    for name in sorted(files):
        if name.startswith("crosswalks/") and name.endswith(".csv"):
            walk = crosswalk(name[len("crosswalks/") : -len(".csv")], files[name], name, systems, problems)
            if walk is not None:
                crosswalks[walk.name] = walk
    targets = _targets(files.get(_TARGETS, b""), systems, problems)
    if problems:
        raise CodebookErrors(problems)
    digest = digest_of(files)
    manifest = tomllib.loads(decode(files[_MANIFEST], _MANIFEST))
    name = f"{manifest['id']}+{Digest.parse(digest).hex[:12]}"
    return Release(name, digest, systems, crosswalks, targets, Engine(name, systems, crosswalks), dict(files))


def _systems(files: Mapping[str, bytes], problems: list[CodebookError]) -> dict[str, CodeSystem]:
    systems: dict[str, CodeSystem] = {}
    for place in sorted(files):
        if not (place.startswith("tables/") and place.endswith(".csv")):
            continue
        beside = place[: -len(".csv")] + ".toml"
        if beside not in files:
            problems.append(CodebookError("codebook.header-missing", beside))
            continue
        head = header(files[beside], beside, problems)
        if head is not None and place != f"tables/{head.id}.csv":
            problems.append(CodebookError("codebook.header", beside, reason=f"id {head.id}"))
        elif head is not None:
            systems[head.id] = system(head, files[place], place, problems)
    return systems


def _targets(raw: bytes, systems: Mapping[str, CodeSystem], problems: list[CodebookError]) -> dict[str, dict[str, str]]:
    """Unified system → agency type → the system that such agencies read; a type without column reads unified."""
    try:
        table = list(csv.DictReader(io.StringIO(decode(raw, _TARGETS), newline="")))
    except CodebookError as error:
        problems.append(error)
        return {}
    targets: dict[str, dict[str, str]] = {}
    for line, cells in enumerate(table, start=2):
        try:
            read = {name: cells[name] for name in agencies.core() | set(cells) - {None, "unified"}}
            unknown = [name for name in (cells["unified"], *filter(None, read.values())) if name not in systems]
            empty = [name for name, system in read.items() if not system]
            targets[cells["unified"]] = read
        except KeyError:
            unknown, empty = [",".join(cells)], []
        problems.extend(CodebookError(TARGETLESS, f"{_TARGETS}:{line}", type=name) for name in sorted(empty))
        problems.extend(CodebookError("codebook.unknown-system", f"{_TARGETS}:{line}", system=name) for name in unknown)
    return targets

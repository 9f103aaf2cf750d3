"""Crosswalks as SSSOM/TSV (Simple Standard for Sharing Ontological Mappings): metadata in YAML comments, then rows.

SKOS names what the object is to the subject: where our source is `narrower` than its target, the target is the
`skos:broadMatch`. A declared absence is `sssom:NoTermFound`. Validity, condition and line have no slot of their own and
stand in `other` as `name=value` joined by `|`; the justification in words is the `comment`. Words that a spreadsheet
would run as a formula carry an apostrophe, as in `codebooks.formats.csv`.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from datetime import date

from codebooks.concepts import OPEN_END, OPEN_START, Header
from codebooks.crosswalks import Crosswalk, Relationship, Row
from codebooks.formats.csv import guarded
from codebooks.formats.uris import crosswalk_uri, system_uri
from codebooks.names import fold
from codebooks.release import Release

COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification",
    "author_label", "mapping_cardinality", "comment", "other",
)  # fmt: skip
"""Slots of the SSSOM schema that we fill, in its order."""
PREDICATES: dict[Relationship, str] = {
    "equivalent": "skos:exactMatch",
    "narrower": "skos:broadMatch",
    "broader": "skos:narrowMatch",
    "related": "skos:relatedMatch",
    "no-equivalent": "skos:exactMatch",
}
NOTHING = "sssom:NoTermFound"
LICENSE = "https://www.apache.org/licenses/LICENSE-2.0"


def export_crosswalk(release: Release, walk: Crosswalk, made_on: date | None = None) -> bytes:
    """The crosswalk as SSSOM/TSV in UTF-8. Cardinality is over the whole crosswalk, all its times together."""
    made = io.StringIO(newline="")
    for line in _metadata(release, walk, made_on):
        made.write(f"#{line}\n")
    writer = csv.writer(made, dialect="excel-tab", lineterminator="\n")
    writer.writerow(COLUMNS)
    sources, targets = _counted(walk)
    for row in walk.rows:
        cardinality = "1:0"
        if row.target:
            many = "n" if len(sources[row.target]) > 1 else "1"
            cardinality = f"{many}:{'n' if len(targets[row.source]) > 1 else '1'}"
        writer.writerow(map(guarded, _row(release, walk, row, cardinality)))
    return made.getvalue().encode("utf-8")


def _counted(walk: Crosswalk) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    sources: dict[str, set[str]] = defaultdict(set)
    targets: dict[str, set[str]] = defaultdict(set)
    for row in walk.rows:
        if row.target:
            sources[row.target].add(row.source)
            targets[row.source].add(row.target)
    return sources, targets


def _metadata(release: Release, walk: Crosswalk, made_on: date | None) -> list[str]:
    source, target = release.system(walk.source).header, release.system(walk.target).header
    prefixes = {walk.source: f"{system_uri(walk.source)}#", walk.target: f"{system_uri(walk.target)}#"}
    lines = ["curie_map:"]
    lines += [f"  {prefix}: {_quoted(uri)}" for prefix, uri in sorted(prefixes.items())]
    slots = {
        "mapping_set_id": crosswalk_uri(walk.name),
        "mapping_set_version": release.id,
        "mapping_set_title": f"{source.title_zh} → {target.title_zh}",
        "mapping_set_description": f"{source.title_en} → {target.title_en}",
        "license": LICENSE,
        "subject_source": f"{walk.source}:",
        "subject_source_version": source.version,
        "object_source": f"{walk.target}:",
        "object_source_version": target.version,
        "publication_date": made_on.isoformat() if made_on else "",
        "comment": _stand_in(source, target),
    }
    return lines + [f"{name}: {_quoted(value)}" for name, value in slots.items() if value]


def _stand_in(*headers: Header) -> str:
    return "；".join(f"{header.id}：{header.note_zh}" for header in headers if header.stand_in)


def _quoted(value: str) -> str:
    """A YAML scalar: a JSON string is one (YAML 1.2, chapter 1.3)."""
    return json.dumps(value, ensure_ascii=False)


def _row(release: Release, walk: Crosswalk, row: Row, cardinality: str) -> list[str]:
    subject = release.system(walk.source).by_code[row.source][-1].display
    label = release.system(walk.target).by_code[row.target][-1].display if row.target else ""
    same = bool(row.target) and fold(subject) == fold(label)
    return [
        f"{walk.source}:{row.source}",
        subject,
        PREDICATES[row.relationship],
        f"{walk.target}:{row.target}" if row.target else NOTHING,
        label,
        "semapv:LexicalMatching" if same else "semapv:ManualMappingCuration",
        row.by,
        cardinality,
        row.justification,
        "|".join(_other(row)),
    ]


def _other(row: Row) -> list[str]:
    said = [f"row={row.line}"]
    if row.valid_from != OPEN_START:
        said.append(f"valid_from={row.valid_from.isoformat()}")
    if row.valid_to != OPEN_END:
        said.append(f"valid_to={row.valid_to.isoformat()}")
    if row.condition is not None:
        said.append(f"condition={row.condition.text}")
    return said

"""The conversion annex: every coded value of a record, in the unified and in the receiver's code.

What the sender signed is never rewritten; each entry is added beside it:

    {"place": "/charges/0/crime",                     JSON pointer (RFC 6901) of the coded value
     "original": {"system", "version", "code", "display"},   the first coding, as sent
     "as_of": "2024-03-04",                           the day the answer is for
     "unified":  {"outcome", "matches": […], "path"},
     "receiver": {"system", "outcome", "matches": […], "path"}}

If `unified` or `receiver` is not `equivalent`, it contains what a person needs to decide: all candidates with their
names, the successors of a retired code, and a note (`codebooks.answers`). `findings` turns such entries into findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from codebooks.answers import Translation
from codebooks.facts import charge_context, measure_context, offence_date
from codebooks.release import Release
from standards.record.annex import AnnexEntry, Leg

_SPECIAL_NOTES = {
    "unknown-system": "code.unknown-system",
    "unknown-code": "code.unknown",
    "not-yet-valid": "code.not-yet-valid",
}


def annex_entries(
    record: Mapping[str, Any], receiver_type: str, as_of: date, release: Release
) -> tuple[AnnexEntry, ...]:
    """One entry per coded value of `record`, in document order.

    `receiver_type` is an agency type; for one that the release has no targets for, the receiver's leg is the unified
    one. A charge is read as of the offence (its last day where the record gives two), everything else as of `as_of`.
    Never raises for what a record may hold: a coding without a system or a code answers `unmapped`."""
    offence = offence_date(record) or as_of
    entries = []
    for place, value, owner in _coded_values(record):
        day, context = as_of, None
        if place.startswith("/charges/"):
            day, context = offence, charge_context(record, owner)
        elif place.startswith("/measures/"):
            context = measure_context(owner)
        entries.append(_entry(place, value["codings"][0], receiver_type, release, day=day, context=context))
    return tuple(entries)


def findings(entries: Iterable[AnnexEntry]) -> list[dict[str, Any]]:
    """What of the annex a person must look at, in the form that `messages.findings.Finding.from_json` reads.

    One finding per entry whose receiver leg, or where that is fine its unified leg, is not `equivalent`, or whose code
    is of a version that the table does not know. Its parameters hold codes and names of code tables only, no personal
    data."""
    found = []
    for entry in entries:
        legs = (entry.receiver, entry.unified)
        doubtful = [leg for leg in legs if leg.outcome != "equivalent"]
        doubtful += [leg for leg in legs if leg.note == "version-differs"]
        if not doubtful:
            continue
        leg = doubtful[0]
        original = entry.original
        found.append(
            {
                "code": _finding_code(leg),
                "level": "D",
                "place": entry.place,
                "params": {
                    "system": _text(original.get("system")),
                    "code": _text(original.get("code")),
                    "target": leg.system,
                    "as_of": entry.as_of,
                    "version": _text(original.get("version")),
                    "candidates": "、".join(_candidates(leg)),
                },
            }
        )
    return found


def _finding_code(leg: Leg) -> str:
    if leg.outcome == "equivalent":
        return "code.version-differs"
    return _SPECIAL_NOTES.get(leg.note or "", f"code.{leg.outcome}")


def _candidates(leg: Leg) -> list[str]:
    """The codes that a value may be, or else those that took the place of a retired one, with their names."""
    if leg.matches:
        return [f"{match.display}（{match.code}）" for match in leg.matches]
    return [f"{each['display']}（{each['code']}）" for each in leg.successors]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _entry(
    place: str, original: Any, receiver_type: str, release: Release, *, day: date, context: Mapping[str, Any] | None
) -> AnnexEntry:
    coding = original if isinstance(original, Mapping) else {}
    system, code = _text(coding.get("system")), _text(coding.get("code"))
    version = _text(coding.get("version")) or None
    table = release.code_systems.get(system)
    unified = (table.header.unified or system) if table else system
    target = release.targets.get(unified, {}).get(receiver_type, unified)
    legs = {
        name: release.translate(system, code, to, day, context, version=version)
        for name, to in (("unified", unified), ("receiver", target))
    }
    return AnnexEntry(
        place=place,
        original=dict(coding),
        as_of=day.isoformat(),
        unified=_leg(legs["unified"], unified),
        receiver=_leg(legs["receiver"], target),
    )


def _leg(answer: Translation, system: str) -> Leg:
    body = answer.to_json()
    for said_elsewhere in ("release", "source"):  # once for the whole annex, and by the original
        body.pop(said_elsewhere, None)
    return Leg.read({"system": system, **body})


def _coded_values(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every coded value as (pointer, value, the object that stands directly in a list or at the top), without
    recursion: a record may be nested as deep as its sender likes."""
    waiting: list[tuple[str, Any, Mapping[str, Any]]] = [("", record, record)]
    while waiting:
        place, value, owner = waiting.pop()
        if isinstance(value, Mapping):
            codings = value.get("codings")
            if isinstance(codings, list) and codings:
                yield place, value, owner
            waiting.extend(
                (f"{place}/{_escaped(str(key))}", item, owner) for key, item in reversed(list(value.items()))
            )
        elif isinstance(value, list):
            for index in range(len(value) - 1, -1, -1):
                item = value[index]
                inner = item if isinstance(item, Mapping) and place.count("/") == 1 else owner
                waiting.append((f"{place}/{index}", item, inner))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")

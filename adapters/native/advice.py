"""What is right where an export is wrong: the form or the words of a value, the nearest name, where an element stands.

All of it comes from the format's tables. A sentence is a parameter in both languages (`form_zh`, `form_en`), made of
texts of the message catalogue; sentences that do not apply are empty. Of the value itself only what is short is shown:
a number of a person that stands in the wrong place is longer, and is told by its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from lxml import etree
from rapidfuzz import fuzz, process

from adapters.native.coding import UNMAPPED_SUFFIX, systems
from adapters.native.formats import Format, Row, load_format
from adapters.native.xsd import leaf_type
from messages import Lang, catalogue, listed, text

SHOWN = 12
"""Longest value that a message repeats; a certificate number has 15 characters or more."""
LISTED = 12
"""Most words of a list that a message shows; `casehub-adapter format show` shows all."""
NEAR, PROPOSED = 60, 3
"""Least likeness of a name that is proposed, of 100; how many are proposed."""
_LANGS: Sequence[Lang] = ("zh", "en")


def both(name: str, code: str, /, **params: object) -> dict[str, str]:
    """A text of the catalogue as parameters `<name>_zh` and `<name>_en`; parameters that end so are taken apart."""
    return {f"{name}_{lang}": text(code, lang, **_of(lang, params)) for lang in _LANGS}


def _of(lang: Lang, params: Mapping[str, object]) -> dict[str, object]:
    own = {key.removesuffix(f"_{lang}"): value for key, value in params.items() if key.endswith(f"_{lang}")}
    return {**params, **own}


def found(value: str | None) -> dict[str, str]:
    """`found_zh`, `found_en`: the value where it is short, else its length."""
    plain = (value or "").strip()
    if not plain:
        return both("found", "export.found-nothing")
    if len(plain) > SHOWN:
        return both("found", "export.found-long", count=len(plain))
    return both("found", "export.found", value=plain)


@cache
def rows_by_place(agency_type: str) -> Mapping[tuple[str, str], Row]:
    """The rows of a format by enclosing element and own name (attributes without `@`)."""
    fmt = load_format(agency_type)
    opened: dict[str, set[str]] = {"case": {fmt.root}}
    for row in fmt.rows():
        if row.codec == "list":
            opened.setdefault(row.listing.scope, set()).update(variant.tag for variant in row.listing.variants)
    placed: dict[tuple[str, str], Row] = {}
    for row in fmt.rows():
        is_list = row.codec == "list"
        wrappers = row.listing.wrappers if is_list else row.wrappers
        tags = [variant.tag for variant in row.listing.variants] if is_list else [row.tag.lstrip("@")]
        for holder in wrappers[-1:] or opened[row.scope]:
            placed.update(((holder, tag), row) for tag in tags)
    return placed


def row_at(fmt: Format, within: str, name: str) -> Row | None:
    """The row of `name` inside `within`; `_DM`, `_MC`, `_WDZ` and the like go by the base name."""
    placed = rows_by_place(fmt.agency_type)
    return placed.get((within, name)) or placed.get((within, name.rpartition("_")[0]))


def attributes(fmt: Format, within: str) -> list[str]:
    """The names of the attributes that the element `within` may have."""
    rows = rows_by_place(fmt.agency_type).items()
    return [name for (holder, name), row in rows if row.is_attribute and holder == within]


def form(fmt: Format, row: Row | None, name: str) -> dict[str, str]:
    """`form_zh`, `form_en`: what may be written at a row; empty for a list and for open content."""
    if row is None or row.codec in ("list", "keep", "organ", "terms-rest", "refs-rest"):
        return {"form_zh": "", "form_en": ""}
    if row.codec == "word":
        words = list(fmt.words[row.arg])
        told = [*words[:LISTED], *(["…"] if len(words) > LISTED else [])]
        return both("form", "export.form.word", **listed("words", told), table=row.arg, name=row.tag)
    if row.codec in ("coded", "by-case") and not name.endswith(("_MC", UNMAPPED_SUFFIX)):
        named = systems(row)
        pattern = " | ".join(fmt.patterns[system] for system in named if system in fmt.patterns)
        return both("form", "export.form.coded", tables=" | ".join(named), pattern=pattern or "…", name=row.tag)
    kind = leaf_type(fmt, row) if row.codec != "coded" else "Text"
    if kind.startswith(("Number_", "Own_")):
        return both("form", "export.form.number", pattern=fmt.numbers[kind.partition("_")[2]])
    code = f"export.form.{kind}"
    return both("form", code, value=row.arg) if code in catalogue() else {"form_zh": "", "form_en": ""}


def unknown(fmt: Format, within: str, name: str, allowed: Iterable[str]) -> dict[str, str]:
    """`hint_zh`, `hint_en`: the nearest name that may stand here, or else where the format has the name."""
    known = [each for each in allowed if not each.endswith(UNMAPPED_SUFFIX)]
    near = process.extract(name, known, scorer=fuzz.WRatio, score_cutoff=NEAR, limit=PROPOSED)
    elsewhere = [path for path, row in paths(fmt.agency_type) if row.tag.lstrip("@") == name]
    if elsewhere:
        return both("hint", "export.hint-elsewhere", **listed("paths", elsewhere[:3]))
    if near:
        named = [(each, row.label if (row := row_at(fmt, within, each)) else "") for each, _, _ in near]
        zh, en = [f"{tag}（{label}）" for tag, label in named], [f"{tag} ({label})" for tag, label in named]
        return both("hint", "export.hint-near", **listed("names", zh, en))
    told = [*known[:LISTED], *(["…"] if len(known) > LISTED else [])]
    return both("hint", "export.hint-allowed" if known else "export.hint-none", **listed("names", told))


def between(before: str, after: str) -> dict[str, str]:
    """`hint_zh`, `hint_en`: after and before which elements something stands; either may be empty."""
    if before and after:
        return both("hint", "export.hint-between", before=before, after=after)
    if before or after:
        return both("hint", "export.hint-after" if before else "export.hint-before", name=before or after)
    return {"hint_zh": "", "hint_en": ""}


@cache
def paths(agency_type: str) -> tuple[tuple[str, Row], ...]:
    """Every row with the full path of its element or attribute, in the order of the tables; a list by each variant."""
    fmt = load_format(agency_type)
    opened = {"case": [f"/{fmt.root}"]}
    told: list[tuple[str, Row]] = []
    waiting = ["case"]
    while waiting:
        scope = waiting.pop(0)
        for row in fmt.scopes[scope]:
            is_list = row.codec == "list"
            inside = row.listing.wrappers if is_list else row.wrappers
            tags = [variant.tag for variant in row.listing.variants] if is_list else [row.tag]
            for start in opened[scope]:
                full = ["/".join([start, *inside, tag]) for tag in tags]
                told += [(path, row) for path in full]
                if is_list:
                    if row.listing.scope not in opened:
                        waiting.append(row.listing.scope)
                    opened.setdefault(row.listing.scope, []).extend(full)
    return tuple(told)


def at_row(fmt: Format, row: Row, holder: etree._Element) -> dict[str, str]:
    """What was found in the element (or in its attribute) that `row` names, and what may stand there."""
    attribute = row.tag[1:] if row.is_attribute else ""
    own = attribute or etree.QName(holder).localname
    name = own if attribute or own.startswith(row.tag) else row.tag  # what is missing is told in what should hold it
    return {"name": name, **found(text_of(holder, attribute)), **form(fmt, row, name)}


def text_of(node: etree._Element, attribute: str) -> str:
    """The text of an element, or of its attribute."""
    return (node.get(attribute) if attribute else node.text) or ""

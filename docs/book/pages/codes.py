"""Code tables, crosswalks, identifiers, document types, and how far the crosswalks reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import codebooks
from codebooks.concepts import OPEN_END, OPEN_START, Concept
from codebooks.coverage import coverage as reach
from codebooks.identifiers import KINDS
from docs.book.markdown import both, code, escape, heading, joined, table
from messages import catalogue as messages
from standards.documents import document_types

WHOLE = 800
"""Tables up to this many rows stand on the page whole; longer ones as their top level and a file to download."""

RELATIONSHIPS = {
    "equivalent": "等同",
    "broader": "上位",
    "narrower": "下位",
    "related": "相关",
    "no-equivalent": "无对应",
}


def system(name: str) -> str:
    """One code table: header, and its rows or their top level."""
    found = codebooks.load().system(name)
    head = found.header
    rows = found.concepts if len(found.concepts) <= WHOLE else tuple(each for each in found.concepts if not each.parent)
    stand_in = (
        "**代用表：机关正式代码未公开，仅供对接前使用。** Stand-in for a table that is not public."
        if head.stand_in
        else ""
    )
    left = "" if len(rows) == len(found.concepts) else f"以下仅列顶层 {len(rows)} 项。Only the top level stands below."
    return joined(
        heading(3, f"{head.title_zh}（{name}）", head.title_en, anchor=f"table-{name}"),
        stand_in,
        both(
            f"依据：{escape(head.instrument)}。发布：{escape(head.publisher)}。版本：{escape(head.version)}。"
            f"共 {len(found.concepts)} 项。{escape(head.note_zh)}{left}",
            f"{len(found.concepts)} rows, version {escape(head.version)}. {escape(head.note_en)} "
            f"Source: {escape(head.source)}.",
        ),
        f'<a href="tables/{name}.csv" download>{name}.csv</a>',
        _rows(rows),
    )


def _rows(rows: tuple[Concept, ...]) -> str:
    columns = [("代码", "Code"), ("名称", "Name")]
    optional = [
        (("上级", "Parent"), [code(row.parent) for row in rows]),
        (("条文", "Article"), [escape(row.article) for row in rows]),
        (("有效期", "In force"), [_validity(row) for row in rows]),
        (("继任", "Successors"), ["、".join(code(each) for each in row.successors) for row in rows]),
        (("曾用名", "Other names"), [escape("、".join(row.aliases)) for row in rows]),
        (("备注", "Note"), [escape(row.note) for row in rows]),
    ]
    used = [(column, cells) for column, cells in optional if any(cells)]
    body = [
        (
            code(row.code),
            escape(row.display) + ("" if row.selectable else "（类目，不可选）"),
            *(cells[index] for _, cells in used),
        )
        for index, row in enumerate(rows)
    ]
    return table([*columns, *(column for column, _ in used)], body)


def _validity(row: Concept) -> str:
    if row.valid_from == OPEN_START and row.valid_to == OPEN_END:
        return ""
    begin = "" if row.valid_from == OPEN_START else row.valid_from.isoformat()
    return f"{begin}–{'' if row.valid_to == OPEN_END else row.valid_to.isoformat()}"


def crosswalk(name: str) -> str:
    """One crosswalk: how many rows of which relationship, the rows themselves as a file."""
    walk = codebooks.load().crosswalks[name]
    every = walk.rows
    counted = {key: sum(row.relationship == key for row in every) for key in RELATIONSHIPS}
    told = "，".join(f"{RELATIONSHIPS[key]} {count}" for key, count in counted.items() if count)
    return joined(
        heading(4, f"{walk.source} → {walk.target}", anchor=f"crosswalk-{name}"),
        f'{len(every)} 行：{told}。<a href="crosswalks/{name}.csv" download>{escape(name)}.csv</a>',
    )


def coverage(_: str) -> str:
    """How far every crosswalk reaches, per direction."""
    today = _release_day()
    rows = []
    names: list[str] = []
    for each in reach(codebooks.load(), today):
        names = list(each.counts)
        rows.append((code(each.crosswalk), *(str(count or "") for count in each.counts.values())))
    return joined(
        f"按 {today.isoformat()} 有效的代码统计。Counted as of that day.",
        table([("对照", "Crosswalk"), *((name, "") for name in names)], rows),
    )


def _release_day() -> date:
    """The day that the release's id names (`2026.11`): the book of one release always says the same."""
    year, month = codebooks.load().id.split("+")[0].split(".")[:2]
    return date(int(year), int(month), 1)


def identifiers(_: str) -> str:
    """The kinds of identifiers that are checked, and everything that a check can say."""
    said = [
        (code(key), escape(message.zh), escape(message.en))
        for key, message in sorted(messages().items())
        if key.startswith("identifier.")
    ]
    return joined(
        "种类 kinds：" + "、".join(code(kind) for kind in KINDS),
        table([("结论", "Verdict"), ("含义", ""), ("Meaning", "")], said),
    )


def documents(family: str) -> str:
    """The document types of one family."""
    found = [each for each in document_types().values() if each.code.startswith(family)]
    title = next((each.zh for each in found if each.code == family), f"文书 {family}")
    rows = [
        (
            code(each.code),
            escape(each.zh),
            escape(each.en),
            "不外送" if each.internal else "",
            "、".join(code(own) for own in each.native),
        )
        for each in found
    ]
    columns = [("代码", "Code"), ("名称", ""), ("Name", ""), ("内部文书", "Internal"), ("单位代码", "Agencies' codes")]
    return joined(heading(4, f"{family} {title}"), table(columns, rows))


RENDERERS: Mapping[str, Callable[[str], str]] = {
    "table": system,
    "crosswalk": crosswalk,
    "coverage": coverage,
    "identifiers": identifiers,
    "documents": documents,
}

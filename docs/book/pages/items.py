"""Data items of the record, the columns of the catalogue, and the mappings to the agencies' own formats."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from docs.book.coverage import NATIVE
from docs.book.markdown import code, escape, heading, joined, table
from dossier import listing
from standards import agencies
from standards.record.items import items as asked_items
from standards.record.names import names
from standards.schemas import schema

_LISTS = {
    "charges": "charge",
    "measures": "measure",
    "property": "property-item",
    "documents": "document-entry",
    "decisions": "decision",
    "persons": "person",
}


def items(name: str) -> str:
    """One object of the record: its items, forms, and what each agency calls them."""
    body = schema("record-v1.1") if name == "record" else schema("record-v1.1")["$defs"][name]
    required = set(body.get("required", ()))
    rows = []
    for member, (zh, en) in names()[name].items():
        form = _form(body["properties"][member])
        rows.append(
            (
                code(member),
                escape(zh),
                escape(en),
                form,
                "必填" if member in required else _asked(name, member),
                *(escape("、".join(_native(each.native).get((name, member), ()))) for each in NATIVE),
            )
        )
    return joined(
        heading(3, f"数据项：{name}", anchor=f"items-{name}"),
        table(
            [
                ("标识", "Member"),
                ("名称", ""),
                ("Name", ""),
                ("形式", "Form"),
                ("要求", "Asked for"),
                *((each.short_zh, each.en.capitalize()) for each in NATIVE),
            ],
            rows,
        ),
    )


def _form(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        where, _, name = value["$ref"].rpartition("/")
        if "common" in where:
            told = schema("common-v1.1")["$defs"][name]
            return escape(told.get("x-zh", "")) or code(name)
        return f"[{name}](#items-{name})"
    if "enum" in value:
        return "、".join(code(each) for each in value["enum"])
    if "const" in value:
        return code(value["const"])
    if value.get("type") == "array":
        return "列表：" + _form(value["items"])
    return code(value.get("type", ""))


def _asked(name: str, member: str) -> str:
    """The node categories that ask for the item, by items.toml."""
    found: set[str] = set()
    for path, item in asked_items().items():
        steps = [_LISTS.get(step.partition("[")[0], step.partition("[")[0]) for step in path.split(".") if step != "*"]
        if steps[-2:] == [name, member] or (len(steps) == 1 and name == "record" and path.partition("[")[0] == member):
            found |= item.nodes
    return "全部节点" if "*" in found else " ".join(sorted(found))


@cache
def _native(agency: str) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """(object, member) → the labels that the agency's own format has for it."""
    text = resources.files(f"adapters.{agency}").joinpath("mapping.csv").read_text("utf-8")
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        steps = [step for step in row["record"].split("/") if step]
        scope = _LISTS.get(row["scope"], row["scope"])
        if not steps:
            continue
        owner = scope if len(steps) == 1 else steps[-2]
        for key in ((_LISTS.get(owner, owner), steps[-1]), (scope, steps[0])):
            label = row["native"].rpartition("/")[2] or row["label"]
            if label not in found.get(key, ()):
                found[key] = (*found.get(key, ()), label)
    return found


def mapping(agency: str) -> str:
    """The whole mapping table between one agency's format and the record."""
    text = resources.files(f"adapters.{agency}").joinpath("mapping.csv").read_text("utf-8")
    rows = [
        (
            code(row["scope"]),
            code(row["native"]),
            escape(row["label"]),
            code(row["record"]),
            code(f"{row['codec']} {row['arg']}".strip()),
        )
        for row in csv.DictReader(text.splitlines())
    ]
    title = f"{agencies.types()[agency].short_zh}格式映射"
    return joined(
        heading(3, title),
        table(
            [("范围", "Scope"), ("单位元素", "Native"), ("名称", "Label"), ("信息项", "Record"), ("转换", "Codec")],
            rows,
        ),
    )


def catalogue_columns(_: str) -> str:
    """The columns of catalog.csv in a volume's folder."""
    rows = [(code(each), "必填 required") for each in listing.REQUIRED] + [
        (code(each), "") for each in listing.OPTIONAL
    ]
    return table([("列", "Column"), ("要求", "Asked for")], rows)


RENDERERS: Mapping[str, Callable[[str], str]] = {
    "items": items,
    "mapping": mapping,
    "catalogue-columns": catalogue_columns,
}

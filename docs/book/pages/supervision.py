"""Statutory terms, states, and the rules that warn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from docs.book.markdown import code, escape, heading, joined, table
from standards.calendars import OFFICIAL
from standards.messages import catalogue as messages
from standards.rules import deadlines as terms
from standards.rules import rules as judged
from standards.rules import states as tokens

LEVELS = {"V": "违反 violation", "W": "提示 warning", "D": "数据 data", "refusal": "拒收 refused"}
ROLLS = {"Y": "顺延", "C": "在押不顺延", "N": "不顺延"}


def deadlines(_: str) -> str:
    """Every statutory term."""
    blocks = []
    for term in terms().values():
        rows = [
            ("起算", escape(term.start)),
            ("期限", code(term.term)),
            ("依法延长后", "、".join(code(each) for each in term.extended)),
            ("节假日", f"{ROLLS[term.roll]} {term.roll}"),
            ("依据", escape("；".join(term.basis))),
            ("有效期", f"{term.valid_from}–{term.valid_to or ''}"),
        ]
        title = heading(4, f"{term.id} {term.zh}", getattr(term, "en", ""), anchor=term.id)
        blocks.append(joined(title, table([("项目", "Item"), ("内容", "Content")], [row for row in rows if row[1]])))
    return joined(heading(3, "法定期限", "Statutory terms"), *blocks)


def calendar(_: str) -> str:
    """Which calendar of working days is used."""
    return joined(heading(3, "节假日历", "Calendar"), f"工作日历版本 version：{code(OFFICIAL.version)}")


def rules(_: str) -> str:
    """Every rule, with what it says to the handler."""
    blocks = [heading(3, "预警规则", "Rules")]
    for rule in judged().values():
        said = messages().get(f"rule.{rule.id}")
        rows = [("级别 Level", LEVELS.get(rule.level, rule.level))]
        rows += [(name, _shown(value)) for name, value in _members(rule) if value not in ((), "", None, 0, False)]
        if said is not None:
            rows += [
                ("预警内容", escape(said.zh)),
                ("处理", escape(said.remedy_zh)),
                ("Finding", escape(said.en)),
                ("Remedy", escape(said.remedy_en)),
            ]
        title = getattr(rule, "zh", "") or ""
        blocks.append(
            joined(
                heading(4, f"{rule.id} {title}".strip(), getattr(rule, "en", ""), anchor=rule.id),
                table([("项目", "Item"), ("内容", "Content")], rows),
            )
        )
    return joined(*blocks)


_LEFT_OUT = {"id", "level", "zh", "en"}


def _members(rule: Any) -> list[tuple[str, Any]]:
    return [(each.name, getattr(rule, each.name)) for each in dataclasses.fields(rule) if each.name not in _LEFT_OUT]


def _shown(value: Any) -> str:
    """A member of a rule as data: lists of lists as the grammar of conditions writes them."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, tuple | list):
        return "；".join(_shown(each) for each in value)
    if dataclasses.is_dataclass(value):
        told = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return "，".join(f"{name} {_shown(each)}" for name, each in told.items() if each not in ((), "", None, 0))
    return escape(value)


def states(_: str) -> str:
    """State tokens and how a record tells them."""
    rows = [
        (code(key), escape(each.zh), escape(each.en), code(each.how), _shown(each.argument))
        for key, each in tokens().items()
    ]
    columns = [("状态", "Token"), ("名称", ""), ("Name", ""), ("判定方式", "Told by"), ("依据", "From")]
    return joined(heading(3, "案件与人员状态", "States"), table(columns, rows))


RENDERERS: Mapping[str, Callable[[str], str]] = {
    "deadlines": deadlines,
    "calendar": calendar,
    "rules": rules,
    "states": states,
}

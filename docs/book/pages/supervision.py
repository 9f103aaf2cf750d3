"""Statutory terms, states, and the rules that warn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from docs.book.markdown import code, escape, heading, joined, table
from messages import catalogue as messages
from standards.nodes import catalogue, wording
from standards.rules import deadlines as terms
from standards.rules import rules as judged
from standards.rules import states as tokens
from standards.rules import statutory
from standards.rules.clockwork import pause_rules
from standards.terms.calendars import OFFICIAL

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


def readings(_: str) -> str:
    """Where the texts disagree, what each says, and which is followed unless a hub chooses otherwise."""
    rows = []
    for each in statutory.readings().values():
        for name, option in each.options.items():
            chosen = "默认 default" if name == each.default else ""
            terms_meant = "、".join(f"[{term}](#{term})" for term in each.deadlines)
            said = f"{escape(option.zh)}<br>{escape(option.en)}"
            rows.append((code(each.id), f"{escape(each.zh)}<br>{escape(each.en)}", terms_meant, said, chosen))
    columns = [("标识", "Id"), ("分歧", "Question"), ("期限", "Terms"), ("读法", "Reading"), ("默认", "Default")]
    return joined(heading(3, "文本分歧与读法", "Where the texts disagree"), table(columns, rows))


def pauses(_: str) -> str:
    """What time does not count, and why a term is counted again."""
    rows = [
        (escape(each.zh), escape(each.en), escape(each.basis.replace(";", "；"))) for each in pause_rules().values()
    ]
    columns = [("不计入的期间", ""), ("What does not count", ""), ("依据", "Basis")]
    return joined(heading(3, "期间的扣除", "Time that does not count"), table(columns, rows))


def calendar(_: str) -> str:
    """Which calendar of working days is used."""
    return joined(heading(3, "节假日历", "Calendar"), f"工作日历版本 version：{code(OFFICIAL.version)}")


def rules(_: str) -> str:
    """Every rule, with what it says to the handler."""
    blocks = [heading(3, "预警规则", "Rules")]
    for rule in judged().values():
        said = messages().get(f"rule.{rule.id}")
        rows = [("级别<br>Level", LEVELS.get(rule.level, rule.level))]
        rows += [(_label(name), _shown(name, value)) for name, value in _members(rule) if value not in _NOTHING]
        if said is not None:
            rows += [("预警内容<br>Finding", f"{escape(said.zh)}<br>{escape(said.en)}")]
            rows += [("处理<br>Remedy", f"{escape(said.remedy_zh)}<br>{escape(said.remedy_en)}")]
        title = heading(4, f"{rule.id} {rule.zh}".strip(), rule.en, anchor=rule.id)
        blocks.append(joined(title, table([("项目", "Item"), ("内容", "Content")], rows)))
    return joined(*blocks)


_NOTHING: tuple[Any, ...] = ((), "", None, 0, False)
_LEFT_OUT = {"id", "level", "zh", "en", "section", "because_en"}
_EXPRESSIONS = {"applies", "excuse", "wrong"}
_LABELS = {
    "kind": ("判定方式", "Kind"),
    "basis": ("依据", "Basis"),
    "at": ("评估节点", "Judged at"),
    "per": ("对象", "Per"),
    "daily": ("每日巡检", "Swept daily"),
    "applies": ("适用条件", "Applies when"),
    "excuse": ("不视为违反的情形", "Excused when"),
    "needs": ("须已接入", "Needs"),
    "start": ("起算", "Starts"),
    "end": ("完成", "Ends"),
    "regimes": ("期限", "Term"),
    "then": ("其后期限", "Then"),
    "until": ("至", "Until"),
    "done": ("应有节点", "Done by node"),
    "done_each": ("应有各节点", "Done by each node"),
    "done_by": ("应有事实", "Done by fact"),
    "since": ("自何事实起", "Since"),
    "late": ("逾期级别", "Level when late"),
    "counts": ("计数节点", "Counts"),
    "most": ("上限", "At most"),
    "member": ("信息项", "Item of the record"),
    "wrong": ("违规情形", "Wrong when"),
    "clocks": ("期限时钟", "Clocks"),
    "ahead": ("提前天数", "Days ahead"),
    "custody": ("限在押", "In custody only"),
    "check": ("比对", "Comparison"),
    "codes": ("对应错误代码", "Codes"),
    "refuses": ("拒收", "Refuses"),
    "because_zh": ("不评估的原因", "Not judged because"),
    "note": ("备注", "Note"),
}


def _label(name: str) -> str:
    zh, en = _LABELS.get(name, (name, ""))
    return f"{zh}<br>{en}"


def _members(rule: Any) -> list[tuple[str, Any]]:
    return [(each.name, getattr(rule, each.name)) for each in dataclasses.fields(rule) if each.name not in _LEFT_OUT]


def _shown(name: str, value: Any) -> str:
    """A member of a rule: conditions and nodes in words, the rest as data."""
    if name in _EXPRESSIONS:
        return "；".join(escape(wording.condition(clause, catalogue(), "zh")) for clause in value)
    if isinstance(value, bool):
        return "是"
    if isinstance(value, str):
        return (
            f"[{escape(wording.named(value, catalogue(), 'zh'))}](#{value})" if value in catalogue() else escape(value)
        )
    if isinstance(value, tuple | list):
        return "；".join(_shown("", each) for each in value)
    if dataclasses.is_dataclass(value):
        told = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        inside = {"condition": "applies"}
        return "，".join(_shown(inside.get(key, ""), each) for key, each in told.items() if each not in _NOTHING)
    return escape(value)


def states(_: str) -> str:
    """State tokens and how a record tells them."""
    rows = [
        (code(key), escape(each.zh), escape(each.en), code(each.how), _shown("", each.argument))
        for key, each in tokens().items()
    ]
    columns = [("状态", "Token"), ("名称", ""), ("Name", ""), ("判定方式", "Told by"), ("依据", "From")]
    return joined(heading(3, "案件与人员状态", "States"), table(columns, rows))


RENDERERS: Mapping[str, Callable[[str], str]] = {
    "readings": readings,
    "pauses": pauses,
    "deadlines": deadlines,
    "calendar": calendar,
    "rules": rules,
    "states": states,
}

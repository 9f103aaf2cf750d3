"""Schemas, protocol sections, routes, errors, limits, volumes and marks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docs.book import protocol
from docs.book.coverage import hub_limits
from docs.book.markdown import code, escape, heading, joined, table
from evidence.mark_bodies import ACTIONS
from hub.app import create_app
from hub.home import init_home
from hub.metrics import Metrics
from messages import catalogue as messages
from standards.documents.volumes import kinds
from standards.limits import LIMITS
from standards.nodes import wording
from standards.schemas import schema as published

_FAULTS = {"sender": "移送方", "hub": "平台", "receiver": "接收方", "caller": "调用方"}
_ROLES = {"sender": "移送方", "hub": "平台", "receiver": "接收方"}


def schema(name: str) -> str:
    """One published schema: its members, and the file."""
    body = published(name)
    objects = {body.get("title", name): body, **body.get("$defs", {})}
    blocks = []
    for title, each in objects.items():
        if "properties" not in each:
            continue
        required = set(each.get("required", ()))
        rows = [
            (code(key), _shape(value), "必填" if key in required else "") for key, value in each["properties"].items()
        ]
        blocks.append(
            joined(f"**{escape(title)}**", table([("成员", "Member"), ("形式", "Form"), ("要求", "Asked for")], rows))
        )
    if name.startswith("common-"):
        simple = [(code(key), _shape(each)) for key, each in body["$defs"].items() if "properties" not in each]
        blocks.append(table([("形式", "Form"), ("约束", "Constraint")], simple))
    return joined(
        heading(3, f"数据结构 {name}", body.get("title", ""), anchor=f"schema-{name}"),
        f'{escape(body.get("x-zh", ""))} <a href="schemas/{name}.json" download>{name}.json</a>',
        *blocks,
    )


def _shape(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        return code(value["$ref"].rpartition("/")[2])
    if value.get("type") == "array":
        return "列表 list：" + _shape(value.get("items", {}))
    told = [
        f"{key}={value[key]}"
        for key in ("const", "enum", "type", "pattern", "minLength", "maxLength", "minimum", "maximum")
        if key in value
    ]
    return code("; ".join(told))


def section(number: str) -> str:
    """One section of the protocol, in English, with its worked bytes."""
    title, text = protocol.sections("protocol")[number]
    return joined(heading(3, f"协议第 {number} 节", title), "本节以英文为准，字节由测试重算。", text)


def security(number: str) -> str:
    """One section of the security page, in English."""
    title, text = protocol.sections("security")[number]
    return joined(heading(3, "安全说明", title), text)


@cache
def _openapi() -> Mapping[str, Any]:
    with TemporaryDirectory() as folder:
        home = Path(folder) / "hub"
        init_home(home, name="book", public_url="http://127.0.0.1:8440", now=datetime(2026, 1, 1, tzinfo=UTC))
        app = create_app(home)
        try:
            return app.openapi()
        finally:
            app.state.hub.stop()


def routes(_: str) -> str:
    """Every resource of the hub, from the hub itself."""
    rows = []
    for path, methods in _openapi()["paths"].items():
        for method, body in methods.items():
            rows.append(
                (
                    code(f"{method.upper()} {path}"),
                    escape(body.get("summary", "")),
                    "、".join(sorted(body["responses"])),
                )
            )
    return table([("资源", "Resource"), ("作用", "What it does"), ("状态", "Status")], rows)


def errors(_: str) -> str:
    """Every problem and finding by its stable code."""
    rows = [
        (code(key), str(each.status), _FAULTS[each.fault], escape(each.zh), escape(each.remedy_zh), escape(each.en))
        for key, each in sorted(messages().items())
        if each.remedy_zh and not key.startswith(("cli.", "rule.", "identifier."))
    ]
    columns = [
        ("代码", "Code"),
        ("状态", "Status"),
        ("责任方", "Fault"),
        ("说明", ""),
        ("处理", "Remedy"),
        ("Meaning", ""),
    ]
    return table(columns, rows)


def limits(owner: str) -> str:
    """Every limit of one owner."""
    pairs = (
        hub_limits()
        if owner == "hub"
        else [(each.name, getattr(LIMITS, each.name)) for each in dataclasses.fields(LIMITS)]
    )
    title = {"hub": "平台限制", "standards": "数据结构限制"}[owner]
    return joined(
        heading(3, title),
        table(
            [("名称", "Limit"), ("数值", "Value")],
            [(code(name), f"{value:,}" if isinstance(value, int) else escape(value)) for name, value in pairs],
        ),
    )


def volumes(_: str) -> str:
    """The kinds of volume and the matrix of who may send which to whom."""
    rows = []
    for kind in kinds().values():
        ways = (
            "任何方向"
            if kind.everywhere
            else "；".join("→".join(wording.word("agency", each, "zh") for each in pair) for pair in sorted(kind.flows))
        )
        rows.append(
            (code(kind.code), escape(kind.zh), escape(kind.en), "不外送 never leaves" if kind.never_leaves else ways)
        )
    return table([("种类", "Kind"), ("名称", ""), ("Name", ""), ("可移送方向", "Directions")], rows)


def marks(_: str) -> str:
    """The vocabulary of marks."""
    rows = [
        (
            code(each.name),
            escape(each.zh),
            escape(each.en),
            "、".join(_ROLES[role] for role in each.signed_by),
            "是" if each.on_transfer else "",
        )
        for each in ACTIONS.values()
    ]
    return table(
        [("动作", "Action"), ("名称", ""), ("Name", ""), ("签名方", "Signed by"), ("须属某次流转", "Needs a transfer")],
        rows,
    )


def metrics(_: str) -> str:
    """What Prometheus reads."""
    rows = [(code(each.name), escape(each.documentation), escape(each.type)) for each in Metrics().registry.collect()]
    return table([("指标", "Metric"), ("含义", "Meaning"), ("类型", "Type")], rows)


RENDERERS: Mapping[str, Callable[[str], str]] = {
    "schema": schema,
    "protocol": section,
    "security": security,
    "routes": routes,
    "errors": errors,
    "limits": limits,
    "volumes": volumes,
    "marks": marks,
    "metrics": metrics,
}

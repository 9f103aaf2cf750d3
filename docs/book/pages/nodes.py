"""The node catalogue: the list of all nodes, and a card for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docs.book.markdown import code, escape, heading, joined, table
from standards.documents import document_types
from standards.judging import conditions
from standards.nodes import Node, catalogue, wording
from standards.record.items import items
from standards.rules import rules, states

DOSSIERS = {"full": "全案", "delta": "增量", "none": "不随案卷"}
CONFIDENCE = {"high": "高", "medium": "中", "low": "低"}


def node_list(_: str) -> str:
    """Every node, one line each, by category."""
    by_category: dict[str, list[Node]] = {}
    for node in catalogue():
        by_category.setdefault(node.category, []).append(node)
    blocks = []
    for category, nodes in by_category.items():
        core = sum(node.core for node in nodes)
        blocks += [
            heading(4, f"{category}（{nodes[0].code}）：{len(nodes)} 个节点，核心 {core} 个"),
            table(
                [
                    ("节点", "Node"),
                    ("名称", ""),
                    ("Name", ""),
                    ("方向", "Way"),
                    ("种类", "Kind"),
                    ("核心", "Core"),
                    ("可信度", "Confidence"),
                ],
                [
                    (
                        f"[{node.id}](#{node.id})",
                        escape(node.zh),
                        escape(node.en),
                        wording.parties(node, "zh"),
                        wording.word("kind", node.kind, "zh"),
                        "●" if node.core else "",
                        CONFIDENCE[node.confidence],
                    )
                    for node in nodes
                ],
            ),
        ]
    return joined(*blocks)


def category(letters: str) -> str:
    """A card for each node of one category."""
    found = [node for node in catalogue() if node.code == letters]
    return joined(heading(3, f"{found[0].category}（{letters}）"), *(_card(node) for node in found))


def _card(node: Node) -> str:
    rows = [(f"{zh}<br>{en}", value) for zh, en, value in _facts(node) if value]
    return joined(
        heading(4, f"{node.id} {node.zh}", node.en, anchor=node.id),
        table([("项目", "Item"), ("内容", "Content")], rows),
    )


def _facts(node: Node) -> list[tuple[str, str, str]]:
    answers = catalogue().answers(node.id)
    judged = sorted(
        (key for key, rule in rules().items() if node.id in getattr(rule, "at", ())),
    )
    return [
        ("方向", "Way", f"{wording.parties(node, 'zh')}，{wording.word('kind', node.kind, 'zh')} {node.kind}"),
        ("随案卷宗", "Dossier", f"{DOSSIERS[node.dossier]} {node.dossier}" + _volumes(node)),
        ("所答复的节点", "Answers", _nodes(node.replies_to)),
        ("由何节点答复", "Answered by", _nodes(tuple(each.id for each in answers))),
        ("文书", "Documents", "<br>".join(_requirement(each.any_of, each.optional) for each in node.documents)),
        ("信息项", "Data items", "、".join(escape(items()[path].zh) for path in node.required_items)),
        ("前置条件", "Preconditions", "；".join(_clause(clause) for clause in node.preconditions)),
        ("期限", "Term", f"{escape(wording.deadline(node, 'zh'))} {code(node.deadline)}" if node.deadline else ""),
        ("评估的规则", "Rules evaluated", "、".join(f"[{key}](#{key})" for key in judged)),
        ("对案件、人员的效果", "Effects", _effects(node)),
        ("法律依据", "Legal basis", escape("；".join(node.legal_basis))),
        (
            "可信度",
            "Confidence",
            f"{CONFIDENCE[node.confidence]} {node.confidence}" + ("，核心节点 core" if node.core else ""),
        ),
        ("备注", "Notes", escape(node.notes)),
    ]


def _nodes(ids: tuple[str, ...]) -> str:
    return "、".join(f"[{escape(catalogue().get(each).zh)}（{each}）](#{each})" for each in ids)


def _volumes(node: Node) -> str:
    return "".join(f"；须有卷 {'/'.join(clause)}" for clause in node.volumes)


def _requirement(any_of: tuple[str, ...], optional: bool) -> str:
    names = " 或者 ".join(f"{escape(document_types().name(each))} `{each}`" for each in any_of)
    return names + ("（视情形）" if optional else "")


def _clause(clause: tuple[str, ...]) -> str:
    return " 或者 ".join(_token(token) for token in clause)


def _token(token: str) -> str:
    if conditions.is_node(token):
        return _nodes((token,))
    prefix, _, argument = token.partition(":")
    known = states().get(argument) if prefix == "STATE" else None
    return f"{escape(known.zh)} `{argument}`" if known else code(token)


def _effects(node: Node) -> str:
    return "；".join(escape(each) for each in wording.effects(node.effects, "zh"))


RENDERERS: Mapping[str, Callable[[str], str]] = {"node-list": node_list, "nodes": category}

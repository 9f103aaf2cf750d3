"""A node's entries in words, for people: agencies, stages, terms, conditions, papers, effects. zh or en.

What has no words in the catalogue (`messages/catalogue/wording.toml`) is shown as it stands in the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from messages import Lang, catalogue, text
from standards import agencies, rules
from standards.documents import document_types, volumes
from standards.judging import conditions
from standards.nodes import Effects, Node, NodeCatalogue, Requirement
from standards.nodes.stages import stage_name, status_name
from standards.terms.deadlines import Term, parse_alternatives


def word(kind: str, value: str, lang: Lang) -> str:
    """The word for a value of the data: `word("stage", "filing", "zh")`; the value itself when there is none."""
    named: Mapping[str, Callable[[str, Lang], str]] = {
        "stage": stage_name,
        "status": status_name,
        "agency": agencies.title,
        "agency-short": _short,
    }
    if kind in named:
        return named[kind](value, lang)
    key = f"word.{kind}.{value}"
    return text(key, lang) if key in catalogue() else value


def _short(agency_type: str, lang: Lang) -> str:
    known = agencies.types().get(agency_type)
    return agency_type if known is None else known.short(lang)


def parties(node: Node, lang: Lang) -> str:
    """公安机关 → 人民检察院."""
    return f"{word('agency', node.sender, lang)} → {word('agency', node.receiver, lang)}"


def named(node_id: str, nodes: NodeCatalogue, lang: Lang) -> str:
    """Id and name of a node; the id alone when it is not known."""
    return f"{node_id} {nodes.get(node_id).name(lang)}" if node_id in nodes else node_id


def requirement(asked: Requirement, lang: Lang) -> str:
    """F0102 立案决定书, with 或 for alternatives; a conditional one says so."""
    types = document_types()
    told = text("word.or", lang).join(f"{code} {types.name(code, lang)}" for code in asked.any_of)
    return told + text("word.conditional", lang) if asked.optional else told


def volume_clause(clause: Iterable[str], lang: Lang) -> str:
    """V10 诉讼文书卷 或 V20 证据材料卷."""
    kinds = [volumes.kind(code) for code in clause]
    return text("word.or", lang).join(f"{kind.code} {kind.zh if lang == 'zh' else kind.en}" for kind in kinds)


def condition(clause: Iterable[str], nodes: NodeCatalogue, lang: Lang) -> str:
    """One clause of a condition: what must hold, or may hold instead."""
    return text("word.or", lang).join(_token(token, nodes, lang) for token in clause)


def _token(token: str, nodes: NodeCatalogue, lang: Lang) -> str:
    if conditions.is_node(token):
        return text("word.sent", lang, node=named(token, nodes, lang))
    prefix, _, argument = token.partition(":")
    if prefix == "STATE":
        return state(argument, lang)
    fact = f"fact.{prefix.lower()}:{argument}"
    known = text(fact, lang) if fact in catalogue() else argument
    return text(f"word.token.{prefix}", lang, argument=known)


def state(token: str, lang: Lang) -> str:
    """The name of a state token."""
    known = rules.states().get(token)
    if known is None:
        return token
    return known.zh if lang == "zh" else known.en


def deadline(node: Node, lang: Lang) -> str:
    """3日（可延长4日）；或者30日，自执行拘留起. Empty without a deadline."""
    told = []
    for allowed in parse_alternatives(node.deadline):
        words = _term(allowed.base, lang)
        if allowed.extension:
            words += text("word.extendable", lang, term=_term(allowed.extension, lang))
        told.append(words)
    if not told:
        return text("word.from-only", lang, start=node.deadline_starts) if node.deadline_starts else ""
    start = text("word.from", lang, start=node.deadline_starts) if node.deadline_starts else ""
    return text("word.or-term", lang).join(told) + start


def _term(term: Term, lang: Lang) -> str:
    if term.backwards:
        return text("word.before" if term.days else "word.not-after", lang, count=term.days)
    years, months = divmod(term.months, 12)
    counted = (
        ("years", years),
        ("months", months),
        ("days", term.days),
        ("workdays", term.workdays),
        ("hours", term.hours),
    )
    return " ".join(text(f"word.{unit}", lang, count=count) for unit, count in counted if count)


def rule(rule_id: str, lang: Lang) -> str:
    """IR-14 侦查羁押超过期限（DL-20）: a rule with the terms that it counts; the id alone of one that is not known."""
    known = rules.rules().get(rule_id)
    if known is None:
        return rule_id
    terms = "、".join(dict.fromkeys(regime.deadline for regime in known.regimes))
    return f"{rule_id} {known.zh if lang == 'zh' else known.en}" + (f"（{terms}）" if terms else "")


def effects(told: Effects, lang: Lang) -> list[str]:
    """What an accepted transfer says of case and persons, one sentence each."""
    said = []
    if told.case_stage:
        said.append(text("word.effect.stage", lang, value=word("stage", told.case_stage, lang)))
    if told.case_status:
        said.append(text("word.effect.status", lang, value=word("status", told.case_status, lang)))
    if told.person_role:
        said.append(text("word.effect.role", lang, value=word("role", told.person_role, lang)))
    for key, tokens in (("gains", told.person_gains), ("loses", told.person_loses)):
        said += [text(f"word.effect.{key}", lang, value=state(token, lang)) for token in tokens]
    return said

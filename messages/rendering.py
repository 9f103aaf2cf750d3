"""Renders problems and findings, as lines for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from messages import Lang, message, text
from messages.columns import printable
from messages.findings import Finding

PLACES = 5
"""Most places of one finding that are shown."""
RECOUNTS = ("confirmed", "contradicted")


class Refusal(Protocol):
    """What can be rendered: a `Problem`, or the like-shaped error of a package that may not import it."""

    @property
    def code(self) -> str:
        """Key of the message catalogue."""

    @property
    def place(self) -> str:
        """Where; may be empty."""

    @property
    def params(self) -> Mapping[str, Any]:
        """What fills the message."""


class Noticed(Refusal, Protocol):
    """What can be rendered as a finding."""

    @property
    def level(self) -> str:
        """`V`, `W` or `D`."""

    @property
    def basis(self) -> str:
        """The article; may be empty."""


def problem_text(problem: Refusal, lang: Lang = "zh") -> str:
    """What a person reads when something is refused: code, place, sentence, remedy; a list shows every problem."""
    several = getattr(problem, "problems", ())
    lines = [text("terminal.refused", lang, name=problem.code), *_explain(problem, lang, "  ")]
    for number, each in enumerate(several, start=1):
        lines += [f"  {number}. {each.code}", *_explain(each, lang, "     ")]
    return "\n".join(lines)


def sentence(problem: Refusal, lang: Lang) -> str:
    """What a problem says: its own sentence (parameters `zh`, `en`, as schema violations have) or the catalogue's."""
    template = message(problem.code).zh if lang == "zh" else message(problem.code).en
    own = problem.params.get(lang)
    if isinstance(own, str) and "{" + lang + "}" not in template:
        return own
    return message(problem.code).text(lang, problem.params)


def _explain(problem: Refusal, lang: Lang, indent: str) -> list[str]:
    said = [indent + printable(sentence(problem, lang))]
    if problem.place:
        said.append(indent + text("terminal.place", lang, place=printable(problem.place)))
    remedy = message(problem.code).remedy(lang, problem.params)
    if remedy:
        said.append(indent + text("terminal.remedy", lang, remedy=printable(remedy)))
    return said


def finding_text(finding: Noticed, lang: Lang = "zh", places: Sequence[str] = ()) -> str:
    """One finding as a person reads it: level, code, sentence, place, basis, what can be done.

    With `places`, it was found at each of them.
    """
    entry = message(finding.code)
    head = text("terminal.finding", lang, level=text(f"terminal.level-{finding.level}", lang), name=finding.code)
    lines = [f"{head} {printable(entry.text(lang, finding.params))}"]
    if told := _places(places or [finding.place], lang):
        lines.append("  " + told)
    if finding.basis:
        lines.append("  " + text("terminal.basis", lang, basis=finding.basis))
    if remedy := entry.remedy(lang, finding.params):
        lines.append("  " + text("terminal.remedy", lang, remedy=printable(remedy)))
    lines += ["  " + line for line in declared_text(getattr(finding, "by", ""), getattr(finding, "recount", ""), lang)]
    return "\n".join(lines)


def problem_json(problem: Refusal) -> dict[str, Any]:
    """A problem for machines, its sentences in both languages; several at once are its `problems`."""
    entry = message(problem.code)
    languages: tuple[Lang, Lang] = ("zh", "en")
    body: dict[str, Any] = {
        "code": problem.code,
        "place": problem.place,
        "fault": entry.fault,
        "params": {name: value for name, value in problem.params.items() if name not in languages},
        "messages": {
            lang: {"text": sentence(problem, lang), "remedy": entry.remedy(lang, problem.params)} for lang in languages
        },
    }
    if several := getattr(problem, "problems", ()):
        body["problems"] = [problem_json(item) for item in several]
    return body


def problem_document(problem: Refusal, lang: Lang, instance: str) -> dict[str, Any]:
    """A problem as an RFC 9457 document; `instance` is the request's id."""
    told = problem_json(problem)
    said = told["messages"][lang]
    body = {
        "type": f"urn:casehub:problem:{problem.code}",
        "title": said["text"],
        "status": message(problem.code).status,
        "detail": said["text"] + (f" ({problem.place})" if problem.place else ""),
        "instance": instance,
        "remedy": said["remedy"],
        **told,
    }
    if several := getattr(problem, "problems", ()):
        body["problems"] = [problem_document(item, lang, instance) for item in several]
    return body


def _places(places: Sequence[str], lang: Lang) -> str:
    shown = [printable(place) for place in places[:PLACES]]
    if len(places) <= 1:
        return text("terminal.place", lang, place=shown[0]) if shown and shown[0] else ""
    more = [text("terminal.places-more", lang)] if len(places) > PLACES else []
    joined = ("、" if lang == "zh" else ", ").join([*shown, *more])
    return text("terminal.places", lang, count=len(places), places=joined)


def declared_text(by: str, recount: str, lang: Lang) -> list[str]:
    """Who found something before sealing, and what the receiver's count makes of it; empty for one's own findings."""
    said = [text("terminal.found-by", lang, agency=printable(by))] if by else []
    return [*said, text(f"terminal.recount-{recount}", lang)] if recount in RECOUNTS else said


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding with its sentences and what to do next, as API answers carry it."""
    entry = message(finding.code)
    body = {**finding.to_json(), "zh": entry.text("zh", finding.params), "en": entry.text("en", finding.params)}
    if entry.remedy_zh:
        body["remedy_zh"] = entry.remedy("zh", finding.params)
        body["remedy_en"] = entry.remedy("en", finding.params)
    return body

"""Parameters of FHIR operations: from a query string or a `Parameters` resource, in one form; and back out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from codebooks.formats.uris import system_of_uri
from messages.problems import Problem
from standards.times import civil_day

Json = dict[str, Any]
MOST = 100
"""Parameters in one call; no operation here takes more."""


@dataclass(frozen=True)
class Coding:
    """A code in a system; `system` is our name for it, empty when none was given."""

    system: str
    code: str
    version: str | None = None
    display: str | None = None

    @classmethod
    def read(cls, body: Any, place: str) -> Coding:
        """From a FHIR Coding. Raises `fhir.parameter`."""
        if not isinstance(body, Mapping) or not isinstance(body.get("code"), str):
            raise Problem("fhir.parameter", place)
        texts = {name: body.get(name) for name in ("system", "version", "display")}
        if not all(text is None or isinstance(text, str) for text in texts.values()):
            raise Problem("fhir.parameter", place)
        return cls(system_of_uri(texts["system"] or ""), body["code"], texts["version"], texts["display"])


@dataclass
class Given:
    """What a client gave: texts, codings and parts by parameter name, in order."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    codings: dict[str, list[Coding]] = field(default_factory=dict)
    parts: dict[str, list[Json]] = field(default_factory=dict)

    @classmethod
    def of_query(cls, pairs: Iterable[tuple[str, str]]) -> Given:
        """From a query string; `_format` and its kind are not parameters of an operation."""
        given = cls()
        for name, value in pairs:
            if not name.startswith("_"):
                given.texts.setdefault(name, []).append(value)
        return given

    @classmethod
    def of_resource(cls, body: Any) -> Given:
        """From a `Parameters` resource. Raises `fhir.parameter` for anything else."""
        listed = body.get("parameter", []) if isinstance(body, Mapping) else None
        if not isinstance(body, Mapping) or body.get("resourceType") != "Parameters" or not isinstance(listed, list):
            raise Problem("fhir.parameter", "Parameters")
        if len(listed) > MOST:
            raise Problem("fhir.parameter", f"Parameters.parameter[{MOST}]")
        given = cls()
        for number, item in enumerate(listed):
            given._add(item, f"Parameters.parameter[{number}]")
        return given

    def _add(self, item: Any, place: str) -> None:
        name = item.get("name") if isinstance(item, Mapping) else None
        if not isinstance(name, str):
            raise Problem("fhir.parameter", place)
        if isinstance(item.get("part"), list):
            self.parts.setdefault(name, []).append(
                {str(part.get("name")): _value(part) for part in _mappings(item["part"])}
            )
            return
        value = _value(item)
        if "valueCoding" in item:
            self.codings.setdefault(name, []).append(Coding.read(value, place))
        elif "valueCodeableConcept" in item:
            inside = value.get("coding") if isinstance(value, Mapping) else None
            codings = [Coding.read(coding, place) for coding in (inside if isinstance(inside, list) else [])]
            self.codings.setdefault(name, []).extend(codings)
        elif value is not None:
            self.texts.setdefault(name, []).append(_text(value))

    def text(self, *names: str) -> str | None:
        """The first value of the first parameter of these names that is there."""
        return next((self.texts[name][0] for name in names if name in self.texts), None)

    def required(self, *names: str) -> str:
        """As `text`. Raises `fhir.required`."""
        found = self.text(*names)
        if not found:
            raise Problem("fhir.required", names[0], name=names[0])
        return found

    def coding(self, *names: str) -> Coding | None:
        """The first coding given under one of these names."""
        return next((self.codings[name][0] for name in names if self.codings.get(name)), None)

    def day(self, today: date) -> date:
        """The `date`, today when not given. A time of day is left aside. Raises `fhir.parameter`."""
        given = self.text("date")
        if given is None:
            return today
        try:
            return civil_day(given[:10])
        except ValueError:
            raise Problem("fhir.parameter", "date") from None

    def flag(self, name: str) -> bool:
        """A boolean, false when not given."""
        return (self.text(name) or "false").lower() == "true"


def _mappings(items: list[Any]) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)]


def _value(item: Mapping[str, Any]) -> Any:
    return next((value for name, value in item.items() if name.startswith("value")), None)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def parameters(*items: Json | None) -> Json:
    """A `Parameters` resource of those items that are there."""
    return {"resourceType": "Parameters", "parameter": [item for item in items if item is not None]}


def said(name: str, kind: str, value: Any) -> Json | None:
    """One parameter `value<kind>`; None for a value that is not there."""
    return None if value is None or value == "" else {"name": name, f"value{kind}": value}

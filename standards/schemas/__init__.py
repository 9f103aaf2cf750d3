"""The published JSON Schemas (2020-12), and every violation of them in words.

`record-v1`, `envelope-v1`, `receipt-v1`, `annex-v1`, `descriptor-v1`, `mark-v1`, `key-v1`, `enrolment-v1` and
`admission-v1` lean on `common-v1`. A released file never changes: `RELEASED.toml` holds its digest and a test compares.
A change of the standard is a new file with a new version: `record-v1.1` and the others of 1.1 accept what those of 1
accept, and more. They take the form of an agency type, a domain, an action, a suite, a digest, not the list;
`x-vocabulary` names the list that is asked besides (`standards.agencies`, `standards.domains`, `digests`), and is
unknown to other validators.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from digests import ALGORITHMS
from messages import message
from standards import agencies, domains, formats, plain

COMMON = "common-v1.1"
_FORMS = ("date", "instant", "fact-time", "partial-date")


@dataclass(frozen=True)
class Violation:
    """One violation: where (JSON pointer), which rule (`schema.required` …), and why in both languages.

    The sentences never repeat a value of the document, so that they can be logged.
    """

    place: str
    code: str
    message_zh: str
    message_en: str


def names() -> tuple[str, ...]:
    """The names of all schemas, sorted."""
    entries = (entry.name for entry in resources.files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in entries if name.endswith(".json")))


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The schema `record-v1` as JSON. Raises `KeyError` for a name that is not published."""
    if name not in names():
        raise KeyError(name)
    found: dict[str, Any] = json.loads(source(name))
    return found


def source(name: str) -> bytes:
    """The exact bytes of the published file."""
    return resources.files(__package__).joinpath(f"{name}.json").read_bytes()


def violations(name: str, document: Any) -> list[Violation]:
    """Every violation of schema `name` in `document`, by place; empty when the document conforms.

    Besides the schema it must be plain (`standards.plain`): no floating-point number anywhere, for instance. A document
    that is not plain is judged on that alone. Raises `KeyError` for an unknown schema.
    """
    validator = _validator(name)
    crude = [_say(place, code, {}) for place, code in plain.faults(document)]
    if crude:
        return crude
    found = {(each.place, each.code, each.message_en): each for each in _explain(validator.iter_errors(document))}
    return sorted(found.values(), key=lambda each: (each.place, each.code))


@cache
def _validator(name: str) -> Any:
    registry: Registry[Any] = Registry()
    for common in (each for each in names() if each.startswith("common-")):
        shared: Resource[Any] = Resource.from_contents(dict(schema(common)))
        registry = registry.with_resource(shared.id() or common, shared)
    return _STRICT(schema(name), registry=registry, format_checker=_checker())


def _pattern(validator: Any, pattern: str, value: Any, rule: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not formats.whole(pattern).search(value):
        yield ValidationError("pattern")


def _vocabulary(validator: Any, form: str, value: Any, rule: Any) -> Iterator[ValidationError]:
    """What has the form must be known as well; what has not was told by `pattern`."""
    well_formed = isinstance(value, str) and formats.whole(formats.PATTERNS[form]).search(value)
    if well_formed and not formats.fits(form, value):
        yield ValidationError("x-vocabulary", validator_value=form)


_STRICT: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "x-vocabulary": _vocabulary}
)


@cache
def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for form in _FORMS:
        checker.checks(form)(lambda value, form=form: not isinstance(value, str) or formats.fits(form, value))
    return checker


def _explain(errors: Iterator[ValidationError]) -> Iterator[Violation]:
    for error in errors:
        place = ""
        for step in error.absolute_path:
            place = plain.pointer(place, step)
        keyword = str(error.validator)
        if keyword == "required":
            # jsonschema reports each absent member by itself, yet tells its name in prose only
            for member in _strings(error.validator_value):
                if member not in _members(error.instance):
                    yield _say(plain.pointer(place, member), "schema.required", {"member": member})
        else:
            yield _say(place, _code(keyword, error), _params(keyword, error))


def _code(keyword: str, error: ValidationError) -> str:
    if keyword == "x-vocabulary":
        return _LISTS[str(error.validator_value)][0]
    return _CODES.get(keyword, "schema.other")


_LISTS: Mapping[str, tuple[str, Callable[[], Iterable[str]]]] = {
    "agency": ("schema.unknown-agency-type", agencies.names),
    "agency-type": ("schema.unknown-agency-type", agencies.names),
    "digest": ("schema.unknown-digest", lambda: (f"{each.name} ({2 * each.size})" for each in ALGORITHMS.values())),
    "domain": ("schema.unknown-domain", domains.domains),
}
"""By form: what is said of a value that has the form and is not on the list, and what is on it."""


_CODES = {
    "type": "schema.type",
    "pattern": "schema.form",
    "format": "schema.form",
    "enum": "schema.enum",
    "const": "schema.const",
    "minLength": "schema.empty",
    "maxLength": "schema.long",
    "minItems": "schema.few",
    "maxItems": "schema.many",
    "maxProperties": "schema.many",
    "minimum": "schema.range",
    "maximum": "schema.range",
    "additionalProperties": "schema.unknown-member",
}


def _params(keyword: str, error: ValidationError) -> dict[str, Any]:
    """What fills the sentence."""
    rule = error.schema if isinstance(error.schema, Mapping) else {}
    if keyword == "additionalProperties":
        return {"count": len(_members(error.instance) - _members(rule.get("properties")))}
    if keyword in ("pattern", "format"):
        return {"form_en": rule.get("title", ""), "form_zh": rule.get("x-zh", "")}
    if keyword in ("minimum", "maximum"):
        return {"least": rule.get("minimum"), "most": rule.get("maximum")}
    if keyword == "x-vocabulary":
        return {"known": ", ".join(_LISTS[str(error.validator_value)][1]())}
    values = _strings(error.validator_value)
    if keyword == "type":
        return {"types_en": " or ".join(values), "types_zh": "或者".join(_TYPES.get(kind, kind) for kind in values)}
    return {"allowed": ", ".join(values), "limit": values[0], "keyword": keyword}


def _strings(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _members(value: Any) -> set[str]:
    return set(value) if isinstance(value, Mapping) else set()


_TYPES = {
    "object": "对象",
    "array": "数组",
    "string": "文本",
    "integer": "整数",
    "boolean": "布尔值",
    "null": "空值",
}


def _say(place: str, code: str, params: Mapping[str, Any]) -> Violation:
    entry = message(code)
    return Violation(place, code, entry.text("zh", params), entry.text("en", params))

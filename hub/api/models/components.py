"""All schemas of the OpenAPI document by name: the published ones and the models of this package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from pydantic.json_schema import models_json_schema

from hub.api import models
from hub.api.models import published
from hub.api.models.published import COMPONENTS, Json
from hub.api.models.shape import PUBLISHED, Shape

_REFERENCE = re.compile(rf'"\$ref": ?"{COMPONENTS}([^"]+)"')


def every_model() -> list[type[Shape]]:
    """The models of this package, by name. Raises `ValueError` for two of one name."""
    for module in iter_modules(models.__path__):
        import_module(f"{models.__name__}.{module.name}")
    found = sorted(set(_below(Shape)), key=lambda model: model.__name__)
    names = [model.__name__ for model in found]
    if twice := {name for name in names if names.count(name) > 1} | (set(names) & set(published.components())):
        msg = f"two schemas of one name: {', '.join(sorted(twice))}"
        raise ValueError(msg)
    return found


def wanted(document: Json) -> dict[str, Json]:
    """The components to which a document refers, and those to which they refer in turn, by name.

    Raises `KeyError` for a reference that leads nowhere."""
    _, made = models_json_schema(
        [(model, "validation") for model in every_model()], ref_template=COMPONENTS + "{model}"
    )
    known = published.components() | {name: _referring(body) for name, body in made["$defs"].items()}
    found: dict[str, Json] = {}
    waiting = _references(document)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = known[name]
            waiting |= _references(known[name])
    return dict(sorted(found.items()))


def _below(model: type[Shape]) -> Iterator[type[Shape]]:
    for below in model.__subclasses__():
        yield below
        yield from _below(below)


def _references(body: Json) -> set[str]:
    return set(_REFERENCE.findall(json.dumps(body)))


def _referring(value: Any) -> Any:
    """The same with every mark of a published schema as the reference to it."""
    if isinstance(value, list):
        return [_referring(item) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get(PUBLISHED)
    if not isinstance(name, str):
        return {key: _referring(item) for key, item in value.items()}
    return {"$ref": COMPONENTS + name, **{key: item for key, item in value.items() if key != PUBLISHED}}

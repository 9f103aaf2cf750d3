"""One function's text: the names that it mentions, and the problem codes that it holds."""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from messages.problems import Problem
from tests.refusals import members
from tests.refusals.hints import ours
from tests.refusals.members import Function
from tests.refusals.values import Types

_DEPTH = 3
"""How deep the tables of a module are looked through for functions and codes."""
_IMPLICIT = ("__enter__", "__exit__", "__iter__", "__next__", "__getitem__", "__contains__", "__call__")


@dataclass(frozen=True)
class Reading:
    """`texts` that may be codes, `forms` of codes put together (before and after the open part), `words` that may
    stand in their open part, and the functions that are mentioned."""

    texts: frozenset[str]
    forms: frozenset[tuple[str, str]]
    words: frozenset[str]
    mentions: tuple[Function, ...]


@cache
def read(function: Callable[..., Any]) -> Reading:
    """What a function says; nothing for one that is not ours."""
    found = members.plain(function)
    if found is None:
        return Reading(frozenset(), frozenset(), frozenset(), ())
    return Text(found).reading()


@cache
def _functions(module: str) -> dict[int, ast.AST]:
    """The function definitions of a module by their first line, decorators included."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    found: dict[int, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[min(part.lineno for part in (node, *node.decorator_list))] = node
        elif isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, node)
    return found


class Text:
    """The text of one of our functions."""

    def __init__(self, function: Function) -> None:
        self._node = _functions(function.__module__).get(function.__code__.co_firstlineno)
        body = getattr(self._node, "body", [])
        self._body: list[ast.AST] = body if isinstance(body, list) else [body]
        self._types = Types(function, self._node)

    def set_on_self(self) -> dict[str, Any]:
        """The hints of what the function sets on `self`."""
        return self._types.on_self

    def reading(self) -> Reading:
        """What the text says."""
        texts: set[str] = set(self._defaults())
        forms: set[tuple[str, str]] = set()
        words: set[str] = set()
        mentions: dict[Function, None] = {}
        for node in self._told():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                forms |= _form(node)
            elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                for thing in self._types.things(node):
                    texts |= _texts(thing)
                    mentions |= dict.fromkeys(_mentioned(thing))
            elif isinstance(node, ast.Call):
                words |= self._words(node)
            mentions |= dict.fromkeys(self._implied(node))
        return Reading(frozenset(texts), frozenset(forms), frozenset(words), tuple(mentions))

    def _defaults(self) -> Iterator[str]:
        arguments = getattr(self._node, "args", None)
        for node in [] if arguments is None else [*arguments.defaults, *arguments.kw_defaults]:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value

    def _told(self) -> Iterator[ast.AST]:
        """Every node, but annotations, comparisons with texts, and what a handler keeps from being raised."""
        waiting = list(self._body)
        while waiting:
            node = waiting.pop()
            yield node
            waiting += _below(node)

    def _words(self, call: ast.Call) -> set[str]:
        """The texts with which an exception of ours is made that is no problem."""
        made = [thing for thing in self._types.things(call.func) if isinstance(thing, type)]
        if not any(issubclass(kind, Exception) and not issubclass(kind, Problem) for kind in made):
            return set()
        return {item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)}

    def _implied(self, node: ast.AST) -> Iterator[Function]:
        """The functions that `with`, `for`, `in` and `[]` run without naming them."""
        value = next((getattr(node, name) for name in ("context_expr", "iter", "value") if hasattr(node, name)), None)
        if isinstance(node, (ast.withitem, ast.For, ast.comprehension, ast.Subscript)) and isinstance(value, ast.expr):
            for kind in self._types.kinds(value):
                if ours(kind):
                    yield from (function for name in _IMPLICIT for function in members.methods(kind, name))


def _below(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, (ast.Try, ast.With, ast.AsyncWith)) and _kept(node):
        return [part for part in ast.iter_child_nodes(node) if part not in node.body]
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return [side for side in sides if not isinstance(side, ast.Constant)]
    skipped = (getattr(node, "annotation", None), getattr(node, "returns", None))
    return [part for part in ast.iter_child_nodes(node) if part not in skipped]


def _kept(node: ast.Try | ast.With | ast.AsyncWith) -> bool:
    """Whether problems raised in the body end there."""
    if isinstance(node, ast.Try):
        return any(_catches(handler.type) and not _passes_on(handler) for handler in node.handlers)
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    return any(
        isinstance(call.func, ast.Name) and call.func.id == "suppress" and any(map(_catches, call.args))
        for call in calls
    )


def _catches(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(each is None or (isinstance(each, ast.Name) and each.id in ("Problem", "Exception")) for each in kinds)


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether the handler raises what it caught, or its code."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise):
            raised = node.exc.args[:1] if isinstance(node.exc, ast.Call) else [node.exc]
            names = {part.id for each in raised if each for part in ast.walk(each) if isinstance(part, ast.Name)}
            if node.exc is None or handler.name in names:
                return True
        # Handing it over keeps it alive: it may be raised or answered elsewhere.
        if (
            isinstance(node, ast.Return)
            and node.value
            and handler.name in {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
        ):
            return True
    return False


def _form(node: ast.JoinedStr) -> set[tuple[str, str]]:
    """`f"{what}.unknown"` as ("", ".unknown"); nothing for one with several open parts."""
    parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
    if parts.count(None) != 1:
        return set()
    at = parts.index(None)
    before, after = "".join(map(str, parts[:at])), "".join(map(str, parts[at + 1 :]))
    return {(before, after)} if "." in before + after else set()


def _texts(thing: Any) -> set[str]:
    return {item for item in _inside(thing) if isinstance(item, str)}


def _mentioned(thing: Any) -> Iterator[Function]:
    for item in _inside(thing):
        if hasattr(item, "cache_info") and not inspect.signature(item).parameters:
            continue  # loaded once and kept: data that ships with the program
        if isinstance(item, type) and ours(item):
            yield from members.makers(item)
        elif (function := members.plain(item)) is not None:
            yield function


def _inside(thing: Any, depth: int = _DEPTH) -> Iterable[Any]:
    """The thing, and what stands in it when it is a table."""
    yield thing
    if depth and not isinstance(thing, types.ModuleType):
        items: Iterable[Any] = ()
        if isinstance(thing, Mapping):
            items = thing.values()
        elif isinstance(thing, (tuple, list, set, frozenset)):
            items = thing
        for item in items:
            yield from _inside(item, depth - 1)

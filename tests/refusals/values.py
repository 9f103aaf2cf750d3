"""What names and expressions of a function stand for: objects of its module, and the hints of its values."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import GenericAlias
from typing import Any, get_args, get_origin

from tests.refusals import hints, members
from tests.refusals.hints import classes_of, either, iterated, ours, subscribed, unpacked
from tests.refusals.members import Function

_SAME = frozenset({"sorted", "list", "tuple", "set", "frozenset", "reversed", "iter", "deepcopy"})
"""Functions that give what they are given."""
_CALLERS = frozenset({"run_in_threadpool", "partial"})
"""Functions that call their first argument."""
_TELLING = (
    ast.Import, ast.ImportFrom, ast.arg, ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor,
    ast.comprehension, ast.withitem,
)  # fmt: skip
"""What gives names their values."""
_ROUNDS = 2
"""How often the assignments are looked through: one may rest on a later one."""


class Types:
    """The names of one function: `on_self` holds the hints of what it sets on `self`."""

    def __init__(self, function: Function, node: ast.AST | None) -> None:
        self._globals = function.__globals__
        self._owner = members.owner_of(function)
        self._known: dict[str, Any] = hints.evaluated(function.__annotations__, self._globals)
        self._known.pop("return", None)
        self._imported: dict[str, Any] = {}
        self.on_self: dict[str, Any] = {}
        self._enclosed(function)
        if self._owner is not None and node is not None:
            self._know_first_argument(node)
        telling = [] if node is None else [part for part in ast.walk(node) if isinstance(part, _TELLING)]
        for _ in range(_ROUNDS):
            for part in telling:
                self._learn(part)

    def things(self, node: ast.expr) -> list[Any]:
        """The functions, classes, modules and tables for which a name or attribute stands."""
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if not isinstance(node, ast.Attribute):
            return []
        found: list[Any] = []
        for base in self.things(node.value):
            if isinstance(base, type) and ours(base):
                found += members.methods(base, node.attr)
            elif hasattr(base, "__path__") or hasattr(base, "__spec__"):
                found += [getattr(base, node.attr)] if hasattr(base, node.attr) else []
        for kind in self.kinds(node.value):
            if ours(kind):
                found += members.methods(kind, node.attr)
        return found

    def kinds(self, node: ast.expr) -> tuple[type, ...]:
        """The classes that the value of an expression may have."""
        return classes_of(self._hint(node))

    def _named(self, name: str) -> list[Any]:
        if name in self._imported:
            return [self._imported[name]]
        if name in self._known or not (name in self._globals or hasattr(builtins, name)):
            return []
        return [self._globals.get(name, getattr(builtins, name, None))]

    def _enclosed(self, function: Function) -> None:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if name != "__class__":
                self._imported[name] = cell.cell_contents

    def _know_first_argument(self, node: ast.AST) -> None:
        arguments = getattr(node, "args", None)
        first = [*arguments.posonlyargs, *arguments.args][:1] if arguments else []
        for argument in first:
            if argument.arg == "self":
                self._known["self"] = self._owner
            elif argument.arg == "cls":
                self._imported["cls"] = self._owner

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, ast.arg) and node.annotation is not None:
            self._known |= hints.evaluated({node.arg: ast.unparse(node.annotation)}, self._globals)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, self._hint(node.value))
        elif isinstance(node, ast.AnnAssign):
            told = hints.evaluated({"it": ast.unparse(node.annotation)}, self._globals).get("it")
            self._bind(node.target, told)
        elif isinstance(node, ast.NamedExpr):
            self._bind(node.target, self._hint(node.value))
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._bind(node.target, iterated(self._hint(node.iter)))
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, self._entered(node.context_expr))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for item in node.names:
            source = node.module if isinstance(node, ast.ImportFrom) else item.name
            if source is None or source.partition(".")[0] not in hints.PACKAGES:
                continue
            module = import_module(source)
            found = getattr(module, item.name, None) or sys.modules.get(f"{source}.{item.name}", module)
            self._imported[item.asname or item.name] = found

    def _bind(self, target: ast.expr, hint: Any) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for part, told in zip(target.elts, unpacked(hint, len(target.elts)), strict=True):
                self._bind(part, told)
        elif isinstance(target, ast.Name):
            self._known[target.id] = either(self._known.get(target.id), hint)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            self.on_self[target.attr] = either(self.on_self.get(target.attr), hint)

    def _entered(self, node: ast.expr) -> Any:
        hint = self._hint(node)
        kinds = [kind for kind in classes_of(hint) if ours(kind)]
        if kinds:
            entered = [
                members.returned(function, kind) for kind in kinds for function in members.methods(kind, "__enter__")
            ]
            return either(*entered)
        return iterated(hint)

    def _hint(self, node: ast.expr | None) -> Any:
        """What is known of an expression's value; None for nothing."""
        if isinstance(node, ast.Name):
            return self._known.get(node.id, _kind_of(self._named(node.id)))
        if isinstance(node, ast.Attribute):
            found = [members.attribute(kind, node.attr) for kind in self.kinds(node.value) if ours(kind)]
            return either(*found, _kind_of(self.things(node)))
        if isinstance(node, ast.Call):
            return self._given_by(node)
        if isinstance(node, (ast.Await, ast.Starred)):
            return self._hint(node.value)
        if isinstance(node, ast.Subscript):
            return subscribed(self._hint(node.value))
        if isinstance(node, ast.IfExp):
            return either(self._hint(node.body), self._hint(node.orelse))
        if isinstance(node, ast.BoolOp):
            return either(*map(self._hint, node.values))
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            inside = self._hint(node.elt)
            return None if inside is None else GenericAlias(list, inside)
        if isinstance(node, ast.Tuple):
            return GenericAlias(tuple, tuple(self._hint(part) or Any for part in node.elts))
        return None

    def _given_by(self, call: ast.Call) -> Any:
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        first = call.args[0] if call.args else None
        if name in _CALLERS and first is not None:
            inner = first.body if isinstance(first, ast.Lambda) else ast.Call(func=first, args=[], keywords=[])
            return self._hint(inner)
        if name in _SAME and first is not None:
            return self._hint(first)
        if name == "next" and first is not None:
            return iterated(self._hint(first))
        if name == "super" and self._owner is not None:
            return either(*self._owner.__bases__)
        called = self._hint(call.func)
        if get_origin(called) is Callable:
            return get_args(called)[-1] if get_args(called) else None
        given = [_given(thing) for thing in self.things(call.func)]
        return either(*given, *self._taken_from(call))

    def _taken_from(self, call: ast.Call) -> Iterator[Any]:
        """What the methods of a mapping give."""
        if not isinstance(call.func, ast.Attribute):
            return
        held = self._hint(call.func.value)
        if not any(issubclass(kind, Mapping) for kind in classes_of(held)):
            return
        value = subscribed(held)
        if value is None:
            return
        if call.func.attr in ("get", "pop", "setdefault"):
            yield value
        elif call.func.attr == "values":
            yield GenericAlias(list, value)
        elif call.func.attr == "items":
            yield GenericAlias(list, GenericAlias(tuple, (Any, value)))


def _kind_of(things: list[Any]) -> Any:
    """The class of an object of ours that stands in a module."""
    kinds = [type(thing) for thing in things if not isinstance(thing, type) and ours(type(thing))]
    return either(*kinds)


def _given(thing: Any) -> Any:
    if isinstance(thing, type):
        return thing
    function = members.plain(thing)
    return None if function is None else members.returned(function)

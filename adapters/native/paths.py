"""Members of a record by path, and places in XML for people."""

from __future__ import annotations

from typing import Any

from lxml import etree

SELF = (".",)


def put(target: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set the member at `path`, making the objects on the way; the path `.` stands for the object itself."""
    if path == SELF:
        target.update(value)
        return
    for step in path[:-1]:
        target = target.setdefault(step, {})
    target[path[-1]] = value


def get(target: Any, path: tuple[str, ...]) -> Any:
    """The member at `path`; None when it or anything on the way is missing."""
    if path == SELF:
        return target
    for step in path:
        if not isinstance(target, dict):
            return None
        target = target.get(step)
    return target


def append(target: dict[str, Any], path: tuple[str, ...], item: Any) -> None:
    """Append to the list at `path`, making it and the objects on the way."""
    for step in path[:-1]:
        target = target.setdefault(step, {})
    target.setdefault(path[-1], []).append(item)


def pointer_to(base: str, path: tuple[str, ...]) -> str:
    """The JSON pointer (RFC 6901) of the member at `path` of the object at `base`."""
    return base if path == SELF else "/".join([base, *(step.replace("~", "~0").replace("/", "~1") for step in path)])


def place_of(element: etree._Element) -> str:
    """Line and path of `element`, without namespaces: `line 12 /GAAJ/RYLB/RY[1]/CSRQ`."""
    steps: list[str] = []
    node: etree._Element | None = element
    while node is not None:
        tag = etree.QName(node).localname
        parent = node.getparent()
        twins = [] if parent is None else [child for child in parent if child.tag == node.tag]
        steps.append(f"{tag}[{twins.index(node) + 1}]" if len(twins) > 1 else tag)
        node = parent
    return f"line {element.sourceline} /{'/'.join(reversed(steps))}"

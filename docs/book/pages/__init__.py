"""What each part of the standard looks like on a page: `render(part)` for `nodes:ARR`, `table:gb.sex` and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docs.book.pages import codes, exchange, general, items, nodes, supervision

Render = Callable[[str], str]

_RENDERERS: Mapping[str, Render] = {
    **general.RENDERERS,
    **nodes.RENDERERS,
    **items.RENDERERS,
    **codes.RENDERERS,
    **exchange.RENDERERS,
    **supervision.RENDERERS,
}


def render(part: str) -> str:
    """The Markdown of one part. Raises `KeyError` for a kind of part that nothing renders."""
    kind, _, argument = part.partition(":")
    return _RENDERERS[kind](argument)

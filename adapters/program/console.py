"""The output of `casehub-adapter`: as in all programs (`messages.commandline`), plus a progress line."""

from __future__ import annotations

import time
from collections.abc import Sequence

from messages import commandline, terminal


class Console(commandline.Console):
    """The shared console with the adapter's own sentences: `say("say-sent")` is the catalogue's `adapter.say-sent`."""

    def say(self, code: str, **params: object) -> None:
        """One of the adapter's sentences; silent when a machine reads."""
        super().say(f"adapter.{code}", **params)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """A table whose headers are `adapter.column-…`."""
        super().table([f"adapter.column-{name}" for name in headers], rows, right)

    def size(self, count: int) -> str:
        """Bytes for people."""
        return terminal.human_bytes(count)

    def speed(self, count: int, seconds: float) -> dict[str, str]:
        """`time` and `rate` for a sentence."""
        return {
            "time": terminal.human_seconds(seconds, self.lang),
            "rate": terminal.human_rate(count, seconds),
        }


class ProgressGauge:
    """A gauge that shows one line of progress on a terminal."""

    def __init__(self, console: Console, wanted: bool | None) -> None:
        self._console = console
        self._shown = terminal.show_progress(console.err, wanted) and not console.as_json
        self._line: terminal.Progress | None = None
        self._bytes = self._pages = 0

    def expect(self, total_bytes: int, total_pages: int) -> None:
        """Start a line."""
        self._bytes = self._pages = 0
        self._line = terminal.Progress(
            self._console.err,
            time.monotonic(),
            total_bytes,
            total_pages,
            self._console.lang,
            shown=self._shown and total_bytes > 0,
        )

    def advance(self, more_bytes: int, more_pages: int = 0) -> None:
        """Show how far it is."""
        self._bytes += more_bytes
        self._pages += more_pages
        if self._line is not None:
            self._line.update(time.monotonic(), self._bytes, self._pages)

    def finish(self) -> None:
        """End the line."""
        if self._line is not None:
            self._line.finish(time.monotonic(), self._bytes, self._pages)
            self._line = None

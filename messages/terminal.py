"""Terminal output of the three programs: language, UTF-8, columns, sizes, progress, problems.

Nothing here reads a clock or the environment: callers pass streams, times and variables, so that everything can be
tested. Chinese characters take two columns; widths are measured with `wcwidth`, never with `len`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

from messages import Lang, text
from messages.columns import pad, width

Align = Literal["left", "right"]
_GAP = "  "


def choose_language(argument: str | None, environ: Mapping[str, str]) -> Lang:
    """`--lang` if given, else `CASEHUB_LANG`, else zh. The locale does not decide: LANG=C is common on servers."""
    for wish in (argument, environ.get("CASEHUB_LANG")):
        if wish:
            return "en" if wish.strip().lower().startswith("en") else "zh"
    return "zh"


def force_utf8(*streams: TextIO) -> None:
    """Make text streams write UTF-8 whatever the locale says; what UTF-8 cannot hold is written as an escape."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def human_bytes(count: int) -> str:
    """`1_288_490_189` → `1.29 GB` (decimal units, three digits)."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{count} B" if unit == "B" else f"{_three(size)} {unit}"
        size /= 1000
    return f"{_three(size)} TB"


def _three(value: float) -> str:
    if value < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def human_rate(count: int, seconds: float) -> str:
    """Bytes over seconds as `312 MB/s`; `-` when no time has passed."""
    return f"{_three(count / 1e6 / seconds)} MB/s" if seconds > 0 else "-"


def human_seconds(seconds: float, lang: Lang = "zh") -> str:
    """`0.42 秒`, `12 秒`, `3 分 05 秒`, `2 小时 07 分`."""
    if seconds < 10:
        return text("terminal.seconds", lang, seconds=f"{max(0.0, seconds):.2f}")
    whole = round(seconds)
    if whole < 60:
        return text("terminal.seconds", lang, seconds=whole)
    if whole < 3600:
        return text("terminal.minutes", lang, minutes=whole // 60, seconds=f"{whole % 60:02}")
    return text("terminal.hours", lang, hours=whole // 3600, minutes=f"{whole % 3600 // 60:02}")


@dataclass
class Progress:
    """A progress line for long work: pages, bytes, MB/s, time left.

    `started` and every `now` are seconds of one monotonic clock, the caller's. With `shown=False` nothing is written.
    At most one line per `every` seconds; the last call is `finish`, which always writes.
    """

    stream: TextIO
    started: float
    total_bytes: int = 0
    total_pages: int = 0
    lang: Lang = "zh"
    shown: bool = True
    every: float = 0.2
    _last: float = float("-inf")
    _columns: int = 0

    def update(self, now: float, done_bytes: int, done_pages: int = 0) -> None:
        """Show what is done so far, unless a line was written less than `every` seconds ago."""
        if self.shown and now - self._last >= self.every:
            self._last = now
            self._write("\r" + self._fit(self.line(now, done_bytes, done_pages)))

    def finish(self, now: float, done_bytes: int, done_pages: int = 0) -> None:
        """Show the last state and end the line."""
        if self.shown:
            self._write("\r" + self._fit(self.line(now, done_bytes, done_pages)) + "\n")

    def line(self, now: float, done_bytes: int, done_pages: int) -> str:
        """The words of one state, without line ends."""
        spent = now - self.started
        shown = [human_bytes(done_bytes) + (f" / {human_bytes(self.total_bytes)}" if self.total_bytes else "")]
        if self.total_pages:
            shown.insert(0, text("terminal.pages", self.lang, done=done_pages, total=self.total_pages))
        shown.append(human_rate(done_bytes, spent))
        left = self.total_bytes - done_bytes
        if left > 0 and done_bytes > 0 and spent > 0:
            shown.append(text("terminal.left", self.lang, time=human_seconds(left * spent / done_bytes, self.lang)))
        return " · ".join(shown)

    def _fit(self, words: str) -> str:
        self._columns = max(self._columns, width(words))
        return pad(words, self._columns)

    def _write(self, words: str) -> None:
        self.stream.write(words)
        self.stream.flush()


def show_progress(stream: TextIO, wanted: bool | None) -> bool:
    """Whether to show progress: `--progress`/`--no-progress` decide, else whether `stream` is a terminal."""
    return stream.isatty() if wanted is None else wanted

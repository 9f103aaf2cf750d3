"""What the three programs need to talk to a person at a terminal: language, UTF-8, columns, sizes, progress, problems.

Nothing here reads a clock or the environment by itself: callers pass streams, moments and variables, so that every
line is testable. Chinese characters take two columns; widths are measured with `wcwidth`, never with `len`.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol, TextIO

from messages import Lang, fitting, message, text

Align = Literal["left", "right"]
_GAP = "  "


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


def printable(words: str) -> str:
    r"""`words` with control, bidirectional and undecodable characters escaped (`\x1b`), so that a file name cannot
    drive the terminal. Line feeds and tabs are escaped too.
    """
    return "".join(_escape(sign) if unicodedata.category(sign) in _UNSAFE else sign for sign in words)


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


@cache
def _columns_of(sign: str) -> int:
    from wcwidth import wcwidth  # noqa: PLC0415 - casehub-verify shows no columns and must run without the package

    return max(0, wcwidth(sign))


def width(words: str) -> int:
    """Terminal columns that `words` takes: 2 for wide characters, 0 for combining ones."""
    return sum(_columns_of(sign) for sign in words)


def pad(words: str, columns: int, align: Align = "left") -> str:
    """`words` filled with spaces to `columns`; longer words are returned as they are."""
    fill = " " * max(0, columns - width(words))
    return fill + words if align == "right" else words + fill


def clip(words: str, columns: int) -> str:
    """`words` cut to at most `columns`, the cut shown by an ellipsis."""
    if width(words) <= columns:
        return words
    kept, used = [], 0
    for sign in words:
        used += _columns_of(sign)
        if used > columns - 1:
            break
        kept.append(sign)
    return "".join(kept) + "…" if columns > 0 else ""


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    limit: int | None = None,
    fit: int | None = None,
) -> str:
    """A plain table, columns lined up by width; `right` names the columns (from 0) that align right.

    `limit` is the longest cell in columns; longer cells are clipped. `fit` is the terminal's width: a wider table gets
    cells of several lines, or is told as blocks, unless it is one of figures. Cells are made printable. No trailing
    spaces.
    """
    lines = [[printable(cell) if limit is None else clip(printable(cell), limit) for cell in row] for row in rows]
    everything = [list(headers), *lines]
    widths = [max(width(row[index]) for row in everything) for index in range(len(headers))]
    heads = [list(headers)]
    if fit is not None and 2 * len(right) < len(headers) and sum(widths) + len(_GAP) * (len(widths) - 1) > fit:
        narrowed = fitting.widths(everything, fit, len(_GAP))
        if narrowed is None:
            return fitting.blocks(headers, lines, fit)
        widths, heads = narrowed, fitting.in_lines(headers, narrowed)
        lines = [part for row in lines for part in fitting.in_lines(row, narrowed)]

    def line(cells: Sequence[str]) -> str:
        shown = [pad(cell, widths[index], "right" if index in right else "left") for index, cell in enumerate(cells)]
        return _GAP.join(shown).rstrip()

    return "\n".join([*map(line, heads), line(["-" * columns for columns in widths]), *map(line, lines)])


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
    """One line that tells how far a long piece of work is: pages, bytes, MB/s, time left.

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


def render_problem(problem: Refusal, lang: Lang = "zh") -> str:
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


def render_finding(finding: Noticed, lang: Lang = "zh") -> str:
    """One finding as a person reads it: level, code, sentence, place, basis, what can be done."""
    entry = message(finding.code)
    head = text("terminal.finding", lang, level=text(f"terminal.level-{finding.level}", lang), name=finding.code)
    lines = [f"{head} {printable(entry.text(lang, finding.params))}"]
    if finding.place:
        lines.append("  " + text("terminal.place", lang, place=printable(finding.place)))
    if finding.basis:
        lines.append("  " + text("terminal.basis", lang, basis=finding.basis))
    if remedy := entry.remedy(lang, finding.params):
        lines.append("  " + text("terminal.remedy", lang, remedy=printable(remedy)))
    return "\n".join(lines)

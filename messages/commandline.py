"""The command-line frame of the three programs: a parser in the reader's language, common output, common failures.

    console = Console.opened(arguments, os.environ)
    options = parse(build(console.lang), arguments, console)
    return run(lambda: work(options, console), console)

Exit codes: 0 done, 1 refused or failed, 2 invalid usage, 3 ambiguous, 4 hub unreachable (queued), 5 done, with an
alarm. With `--json`, standard output has exactly one JSON object with stable keys (`--help` and `--version` stay text);
a failure is in its member `error`. Without it, people read texts from the message catalogue; failures go to standard
error with code, place and remedy.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from errno import EACCES, EDQUOT, EFBIG, ENOENT, ENOSPC, EPERM, EROFS
from functools import partial
from typing import Any, NoReturn, Self, TextIO, TypeAlias

from messages import Lang, columns, rendering, terminal, text
from messages.findings import Finding
from messages.fitting import wrapped
from messages.grouping import grouped
from messages.problems import Problem
from messages.rendering import problem_json
from messages.version import VERSION

DONE, REFUSED, WRONG_USE, AMBIGUOUS, AWAY, ALARMED = range(6)
_DISK: Mapping[int | None, str] = {
    **dict.fromkeys((ENOSPC, EDQUOT, EFBIG), "commandline.disk-full"),
    **dict.fromkeys((EACCES, EPERM, EROFS), "commandline.file-denied"),
    ENOENT: "commandline.file-absent",
}
"""What the operating system says of a file, by the code under which we say it."""


class WrongUse(Problem):
    """The command line cannot be understood; `usage` shows its form."""

    def __init__(self, code: str, place: str = "", *, usage: str = "", **params: Any) -> None:
        super().__init__(code, place, **params)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks `lang` throughout, raises `WrongUse` and never guesses abbreviations.

    `commands` adds subcommands of the same language.
    """

    def __init__(self, *, lang: Lang = "zh", **kwargs: Any) -> None:
        shape = partial(_Shape, lang=lang)
        super().__init__(allow_abbrev=False, add_help=False, formatter_class=shape, **kwargs)
        self.lang = lang
        self._positionals.title = text("commandline.positionals", lang)
        self._optionals.title = text("commandline.options", lang)
        self.add_argument("-h", "--help", action="help", help=text("commandline.help", lang))

    def commands(self, dest: str = "command") -> Commands:
        """The group to which `command` adds; one of its commands must be given."""
        title = text("commandline.commands", self.lang)
        return self.add_subparsers(title=title, dest=dest, metavar="COMMAND", required=True, parser_class=Parser)

    def format_help(self) -> str:
        """The help, its headings with the colon of the language."""
        shown = super().format_help()
        for group in self._action_groups if self.lang == "zh" else ():
            shown = shown.replace(f"\n{group.title}:\n", f"\n{group.title}：\n")
        return shown

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found, in our words."""
        raise wrong_use(message, self.prog, self.format_usage().rstrip())


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What `Parser.commands` returns; argparse gives the type no public name."""


def command(commands: Commands, name: str, lang: Lang, about: str, examples: str = "") -> Parser:
    """Add a subcommand: `about` describes it, `examples` are shown below its options."""
    return commands.add_parser(name, lang=lang, help=about, description=about, epilog=examples.strip("\n"))


def add_common(parser: Parser, *, inherited: bool = False) -> None:
    """Add `--json` and `--lang`, and for a whole program `--version`, which prints its name and version.

    With `inherited` (for a subcommand), they do not override options given before its name.
    """
    absent: Any = argparse.SUPPRESS
    said = text("commandline.json", parser.lang)
    parser.add_argument("--json", action="store_true", default=absent if inherited else False, help=said)
    said = text("commandline.lang", parser.lang)
    parser.add_argument("--lang", choices=("zh", "en"), default=absent if inherited else None, help=said)
    if not inherited:
        said = text("commandline.version", parser.lang)
        parser.add_argument("--version", action="version", version=f"{parser.prog} {VERSION}", help=said)


class _Shape(argparse.HelpFormatter):
    """Keeps line ends of descriptions and examples, and wraps help by columns, of which a Chinese sign takes two."""

    def __init__(self, prog: str, lang: Lang, **kwargs: Any) -> None:
        super().__init__(prog, **kwargs)
        self._lang = lang

    def add_usage(
        self, usage: str | None, actions: Iterable[Any], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        said = text("commandline.usage", self._lang) if prefix is None else prefix
        super().add_usage(usage, actions, groups, said)

    def _fill_text(self, words: str, width: int, indent: str) -> str:
        return "".join(indent + line for line in words.splitlines(keepends=True))

    def _split_lines(self, words: str, width: int) -> list[str]:
        return wrapped(words, width)


_SAID: Mapping[str, re.Pattern[str]] = {
    "commandline.required": re.compile(r"the following arguments are required: (?P<names>.+)"),
    "commandline.unrecognized": re.compile(r"unrecognized arguments: (?P<names>.+)"),
    "commandline.choice": re.compile(r"invalid choice: (?P<value>.+?) \(choose from (?P<choices>.+)\)"),
    "commandline.value": re.compile(r"invalid \S+ value: (?P<value>.+)"),
    "commandline.no-value": re.compile(r"expected (?:one|at most one|at least one|\d+) arguments?"),
    "commandline.superfluous": re.compile(r"ignored explicit argument (?P<value>.+)"),
    "commandline.together": re.compile(r"not allowed with argument (?P<other>.+)"),
}
"""What argparse says, by the code under which we say it."""


def wrong_use(said: str, program: str, usage: str = "") -> WrongUse:
    """argparse's English sentence as a problem with place; one that is not known is passed on as it is."""
    found = re.fullmatch(r"argument (?P<place>[^:]+): (?P<rest>.+)", said, re.DOTALL)
    place, rest = (found["place"], found["rest"]) if found else ("", said)
    for code, form in _SAID.items():
        if match := form.fullmatch(rest):
            return WrongUse(code, place, usage=usage, program=program, **match.groupdict())
    return WrongUse("commandline.wrong-use", place, usage=usage, program=program, said=rest)


def early(arguments: Sequence[str], name: str) -> str | None:
    """An option's value before the parser, which speaks that language itself, exists; the last one counts."""
    found = None
    for index, argument in enumerate(arguments):
        if argument == name and index + 1 < len(arguments):
            found = arguments[index + 1]
        elif argument.startswith(f"{name}="):
            found = argument.partition("=")[2]
    return found


@dataclass
class Console:
    """Where a command writes, and in which form. `notices` collects what was said on the way, for the JSON object."""

    out: TextIO
    err: TextIO
    lang: Lang
    as_json: bool
    notices: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def opened(cls, arguments: Sequence[str], environ: Mapping[str, str], out: TextIO | None = None) -> Self:
        """On the standard streams, which write UTF-8 from now on, in the language and form that the arguments ask."""
        stream = out or sys.stdout
        terminal.force_utf8(stream, sys.stderr)
        return cls(
            stream, sys.stderr, terminal.choose_language(early(arguments, "--lang"), environ), "--json" in arguments
        )

    def say(self, code: str, **params: Any) -> None:
        """One sentence of the catalogue; silent when a machine reads."""
        self.write(text(code, self.lang, **params))

    def write(self, words: str) -> None:
        """Ready words for people; silent when a machine reads."""
        if not self.as_json:
            self.out.write(words + "\n")
            self.out.flush()

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """A table with message codes as headers; `right` names the columns that align right."""
        heads = [text(code, self.lang) for code in headers]
        self.write(columns.table(heads, rows, right=right, fit=self.columns))

    @property
    def columns(self) -> int | None:
        """The width of the terminal that a person looks at; None for a file, a pipe, a test."""
        return shutil.get_terminal_size().columns if self.out.isatty() else None

    def notice(self, finding: Finding) -> None:
        """Something noticed on the way: on standard error for people, a member of the object for machines."""
        self.notices.append(finding.to_json())
        if not self.as_json:
            self.err.write(rendering.finding_text(finding, self.lang) + "\n")

    def findings(self, bodies: Iterable[Mapping[str, Any]], where: Callable[[str], str] = str) -> None:
        """The findings of a receipt or a check: the worst first, each once with its places, as `where` says them."""
        for group in grouped((None, where(str(body.get("place", ""))), body) for body in bodies):
            finding = Finding.from_json(dict(group.finding))
            self.write(rendering.finding_text(finding, self.lang, group.places))

    def result(self, body: Mapping[str, Any]) -> None:
        """The one JSON object; silent when a person reads."""
        if self.as_json:
            whole = {**body, **({"notices": self.notices} if self.notices else {})}
            self.out.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")
            self.out.flush()

    def line(self, body: Mapping[str, Any]) -> None:
        """One object a line, for commands that run until they are stopped; silent when a person reads."""
        if self.as_json:
            whole = {**body, **({"notices": self.notices} if self.notices else {})}
            self.notices.clear()
            self.out.write(json.dumps(whole, ensure_ascii=False) + "\n")
            self.out.flush()

    def problem(self, problem: rendering.Refusal) -> None:
        """A refusal: on standard error for people, as the one object for machines."""
        if self.as_json:
            self.result({"error": problem_json(problem)})
            return
        usage = getattr(problem, "usage", "")
        self.err.write((f"{usage}\n" if usage else "") + rendering.problem_text(problem, self.lang) + "\n")
        self.err.flush()


def parse(parser: Parser, arguments: Sequence[str], console: Console) -> argparse.Namespace:
    """The options. Raises `SystemExit`: 0 after `--help` and `--version`, 2 for invalid usage, already reported."""
    try:
        options = parser.parse_args(arguments)
        _require_texts(options, parser.prog)
        return options
    except WrongUse as wrong:
        console.problem(wrong)
        raise SystemExit(WRONG_USE) from wrong


def _require_texts(options: argparse.Namespace, program: str) -> None:
    """Values are texts. Python hands over bytes that are no UTF-8 as halves of surrogate pairs, which nothing that
    keeps or signs a text takes; names of files are paths by now, and may have them. Raises `WrongUse`."""
    for name, value in vars(options).items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and not each.isascii() and not _is_text(each):
                shown = each.encode("utf-8", "replace").decode()
                raise WrongUse("commandline.no-text", name.replace("_", "-"), value=shown, program=program)


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def run(work: Callable[[], int], console: Console, codes: Mapping[type[Problem], int] | None = None) -> int:
    """Run `work` and return its exit code; an exception is reported as a problem. `codes` gives exit codes other than
    1.
    """
    try:
        return work()
    except Problem as problem:
        console.problem(problem)
        known: dict[type[Problem], int] = {WrongUse: WRONG_USE, **(codes or {})}
        return next((code for kind, code in known.items() if isinstance(problem, kind)), REFUSED)
    except BrokenPipeError:  # whoever read our output has gone; nothing more can be said there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except OSError as error:
        console.problem(disk_problem(error))
        return REFUSED
    except KeyboardInterrupt:
        console.problem(Problem("commandline.stopped"))
        return REFUSED


def disk_problem(error: OSError) -> Problem:
    """A file that cannot be read or written, or a disk that is full, as a problem with its name."""
    name = "" if error.filename is None else os.fsdecode(error.filename)
    reason = error.strerror or type(error).__name__
    return Problem(_DISK.get(error.errno, "commandline.file"), name, reason=reason)


def stop_on_sigterm() -> None:
    """Let a service manager's SIGTERM stop the program as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)

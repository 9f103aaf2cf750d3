"""`casehub move`: the hub's database from SQLite to PostgreSQL, and back while nothing has happened there."""

from __future__ import annotations

import argparse
import json
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE

from dossier.durable import write_durably
from hub.commands.adding import Adder
from hub.home import HubHome
from hub.settings import SETTINGS_FILE, Settings
from hub.store.database import Database
from hub.store.moving import Progress, move, undo
from messages import text
from messages.commandline import DONE, Console
from messages.problems import Problem

SETTING = "database_url_file"
_OLD = re.compile(r"database_url(_file)?\s*=")
_ELSEWHERE = ("CASEHUB_DATABASE_URL", "CASEHUB_DATABASE_URL_FILE")


def add(adder: Adder) -> None:
    """Add the subcommand."""
    parser = adder.command("move", run)
    words = adder.words("cli.hub.move.url-file")
    parser.add_argument("--to-url-file", type=Path, required=True, metavar="FILE", help=words)
    parser.add_argument("--undo", action="store_true", help=adder.words("cli.hub.move.undo"))


def run(options: argparse.Namespace, console: Console) -> int:
    """Move the database and write the setting, or undo both."""
    settings = HubHome(options.home).settings()
    file = SettingsFile(options.home / SETTINGS_FILE, options.to_url_file.resolve())
    source, target = Database(file.source(settings)), _target(options.to_url_file, settings.database_pool)
    try:
        if options.undo:
            rows = undo(source, target)
            file.write(file.without())
        else:
            rows = move(source, target, _progress(console))
            file.write(file.named())
    finally:
        source.close()
        target.close()
    by_hand = [name for name in _ELSEWHERE if name in os.environ]
    console.say("cli.hub.move.undone" if options.undo else "cli.hub.move.done", rows=rows, file=options.to_url_file)
    for name in by_hand:
        console.say("cli.hub.move.by-hand", name=name)
    console.result({"rows": rows, "undone": options.undo, SETTING: str(file.url_file), "by_hand": by_hand})
    return DONE


@dataclass(frozen=True)
class SettingsFile:
    """`hub.toml`, in which a line at the head names the new database and what named the old one is commented out."""

    path: Path
    url_file: Path

    @property
    def _line(self) -> str:
        return f"{SETTING} = {json.dumps(str(self.url_file), ensure_ascii=False)}\n"

    def read(self) -> str:
        """The file as it stands."""
        return self.path.read_text("utf-8")

    def named(self) -> str:
        """The file with the new database; unchanged if it stands there already."""
        found = self.read()
        if found.startswith(self._line):
            return found
        return self._line + "".join(f"# {line}" if _OLD.match(line) else line for line in found.splitlines(True))

    def without(self) -> str:
        """The file as it was before."""
        found = self.read()
        if not found.startswith(self._line):
            return found
        rest = found.removeprefix(self._line).splitlines(keepends=True)
        return "".join(line.removeprefix("# ") if _OLD.match(line.removeprefix("# ")) else line for line in rest)

    def source(self, settings: Settings) -> str:
        """The URL of the database that is or was moved."""
        if not self.read().startswith(self._line):
            return settings.database
        before = tomllib.loads(self.without())
        file = before.get(SETTING)
        given = before.get("database_url") or (Path(file).read_text("utf-8").strip() if file else "")
        return given or f"sqlite:///{settings.home / 'casehub.db'}"

    def write(self, content: str) -> None:
        """Replace the file, with the rights that it had."""
        write_durably(self.path, content.encode(), mode=S_IMODE(self.path.stat().st_mode))


def _target(file: Path, pool: int) -> Database:
    try:
        url = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("move.no-url", str(file), reason=getattr(error, "strerror", None) or str(error)) from None
    if not url.startswith("postgresql"):
        raise Problem("move.not-postgresql", str(file))
    return Database(url, pool_size=pool)


def _progress(console: Console) -> Progress:
    def told(rows: int) -> None:
        if not console.as_json and console.err.isatty():
            console.err.write("\r" + text("cli.hub.move.progress", console.lang, rows=rows))
            console.err.flush()

    return told

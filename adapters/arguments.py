"""The arguments of `casehub-adapter`, as tables: each verb with its options, each option with its help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

from evidence.identifiers import AGENCY_TYPES
from standards.messages import Lang, text

WRONG_USE = 2
HOME_VARIABLE = "CASEHUB_ADAPTER_HOME"

OPTIONS: Mapping[str, dict[str, Any]] = {
    "agency": {"required": True, "choices": AGENCY_TYPES},
    "code": {"required": True},
    "name": {"required": True},
    "hub": {"required": True, "metavar": "URL"},
    "hub-fingerprint": {"required": True, "metavar": "FP"},
    "node": {"required": True},
    "to": {"required": True, "metavar": "TYPE:CODE"},
    "in-reply-to": {"metavar": "ID"},
    "reuse": {"action": "append", "default": [], "metavar": "ID[:VOLUME]"},
    "handler": {},
    "supersedes": {"metavar": "ID"},
    "replaces": {"action": "append", "default": [], "metavar": "NUMBER=ID"},
    "transfer": {"metavar": "ID"},
    "case-no": {"metavar": "NO"},
    "reason": {"action": "append", "default": [], "metavar": "[DOC[:PAGE]=]TEXT"},
    "document": {"action": "append", "default": [], "metavar": "TYPE=FILE"},
    "into": {"required": True, "metavar": "DIR"},
    "follow": {"action": "store_true"},
    "out": {"required": True, "metavar": "FILE"},
    "outbox": {"required": True, "metavar": "DIR"},
    "inbox": {"required": True, "metavar": "DIR"},
    "once": {"action": "store_true"},
    "role": {"choices": ("handler", "intake"), "default": "handler"},
    "day": {"type": date.fromisoformat, "metavar": "YYYY-MM-DD"},
}
"""Options by name; `verbs` adds them, with what differs there."""

VERBS: Mapping[str, tuple[tuple[str, ...], tuple[tuple[str, dict[str, Any]], ...], str]] = {
    "init": (
        ("agency", "code", "name", "hub"),
        (),
        "init --home A --agency police --code 350102000000 --name NAME --hub https://hub.example:8443",
    ),
    "enrol": (("hub-fingerprint",), (("admission", {}),), "enrol --home A admission.json --hub-fingerprint sha256:…"),
    "check": (
        ("node", "to?", "reuse"),
        (("case-dir", {}),),
        "check --home A --node N-ARR-001 CASE_DIR",
    ),
    "push": (
        ("node", "to", "in-reply-to", "reuse", "handler", "supersedes", "replaces"),
        (("case-dir", {}),),
        "push --home A --node N-IND-001 --to court:0102 --reuse ID CASE_DIR",
    ),
    "reply": (
        ("transfer!", "node", "case-no", "reason", "document", "reuse", "handler"),
        (("case-dir", {"nargs": "?"}),),
        "reply --home A --transfer ID --node N-ARR-002 --case-no NO --document F0801=notice.pdf",
    ),
    "readdress": (("to?",), (("transfer", {}),), "readdress --home A ID"),
    "resume": ((), (), "resume --home A"),
    "inbox": ((), (), "inbox --home A"),
    "pull": (("into", "follow", "transfer"), (), "pull --home A --into DIR --follow"),
    "page": (
        ("out", "handler"),
        (("transfer", {}), ("volume", {}), ("page", {"type": int})),
        "page --home A ID V20-01 37 --out 37.pdf",
    ),
    "watch": (("outbox", "inbox", "once"), (), "watch --home A --outbox OUT --inbox IN"),
    "handler": (
        ("role",),
        (("action", {"choices": ("add", "list", "remove")}), ("handler", {"nargs": "?"})),
        "handler --home A add p1024",
    ),
    "grant": ((), (("case", {}), ("handler", {})), "grant --home A CASE p1024"),
    "revoke": ((), (("case", {}), ("handler", {})), "revoke --home A CASE p1024"),
    "key": (
        (),
        (("action", {"choices": ("rotate",)}), ("purpose", {"choices": ("hpke", "identity")})),
        "key --home A rotate hpke",
    ),
    "trust": (("out?",), (("action", {"choices": ("export",)}),), "trust --home A export --out keys.json"),
    "reconcile": (("day",), (), "reconcile --home A --day 2024-03-04"),
}
"""Verb → options (`?` optional here, `!` required here), positional arguments, example."""


class Parser(argparse.ArgumentParser):
    """An argument parser that exits with 2 for wrong use and never guesses abbreviations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> Any:
        """Usage and what is wrong, on standard error."""
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def parser(lang: Lang, environ: Mapping[str, str]) -> Parser:
    """The whole program's parser, speaking `lang`. `--json` and `--lang` stand before or after the verb."""
    whole = Parser(
        prog="casehub-adapter",
        description=text("adapter.help", lang),
        epilog=text("adapter.help-examples", lang),
        parents=[_common(lang, suppress=False)],
    )
    verbs = whole.add_subparsers(dest="verb", metavar="COMMAND", required=True, parser_class=Parser)
    for verb, (options, positional, example) in VERBS.items():
        said = text(f"adapter.help-{verb}", lang)
        one = verbs.add_parser(
            verb,
            help=said,
            description=said,
            epilog=f"{text('adapter.help-example', lang)}\n  casehub-adapter {example}",
            parents=[_common(lang, suppress=True)],
        )
        one.add_argument(
            "--home",
            metavar="A",
            default=environ.get(HOME_VARIABLE),
            required=HOME_VARIABLE not in environ,
            help=text("adapter.help-home", lang),
        )
        for name in options:
            _option(one, name, lang)
        for name, how in positional:
            member, said = name.replace("-", "_"), text(f"adapter.help-option-{name}", lang)
            one.add_argument(member, metavar=member.upper(), help=said, **how)
    return whole


def _option(one: argparse.ArgumentParser, name: str, lang: Lang) -> None:
    bare = name.rstrip("?!")
    how = dict(OPTIONS[bare])
    if name.endswith("?"):
        how["required"] = False
    elif name.endswith("!"):
        how["required"] = True
    one.add_argument(f"--{bare}", help=text(f"adapter.help-option-{bare}", lang), **how)


def _common(lang: Lang, *, suppress: bool) -> Parser:
    """Options that may stand before or after the verb; after it they must not overwrite what stood before."""
    common = Parser(add_help=False)
    default: Any = argparse.SUPPRESS if suppress else None
    common.add_argument(
        "--json", action="store_true", default=default if suppress else False, help=text("adapter.help-json", lang)
    )
    common.add_argument("--lang", choices=("zh", "en"), default=default, help=text("adapter.help-lang", lang))
    shown = common.add_mutually_exclusive_group()
    shown.add_argument(
        "--progress", action="store_true", default=default, dest="progress", help=text("adapter.help-progress", lang)
    )
    shown.add_argument(
        "--no-progress",
        action="store_false",
        default=default,
        dest="progress",
        help=text("adapter.help-no-progress", lang),
    )
    return common

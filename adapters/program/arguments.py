"""The arguments of `casehub-adapter`, as tables: each verb with its options, each option with its help."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from messages import Lang, commandline, text
from messages.commandline import Parser
from standards import agencies
from standards.times import civil_day

HOME_VARIABLE = "CASEHUB_ADAPTER_HOME"

OPTIONS: Mapping[str, dict[str, Any]] = {
    "agency": {"required": True, "choices": agencies.names()},
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
    "again": {"action": "store_true"},
    "replaces": {"action": "append", "default": [], "metavar": "NUMBER=ID"},
    "transfer": {"metavar": "ID"},
    "case-no": {"metavar": "NO"},
    "reason": {"action": "append", "default": [], "metavar": "[DOC[:PAGE]=]TEXT"},
    "document": {"action": "append", "default": [], "metavar": "TYPE=FILE"},
    "body": {"metavar": "FILE"},
    "lost": {"action": "store_true"},
    "fingerprint": {"metavar": "FP"},
    "into": {"required": True, "metavar": "DIR"},
    "follow": {"action": "store_true"},
    "out": {"required": True, "metavar": "FILE"},
    "outbox": {"required": True, "metavar": "DIR"},
    "inbox": {"required": True, "metavar": "DIR"},
    "once": {"action": "store_true"},
    "role": {"choices": ("handler", "intake"), "default": "handler"},
    "mode": {"choices": ("statutory", "conservative"), "default": "statutory"},
    "all": {"action": "store_true"},
    "listen": {"metavar": "HOST:PORT"},
    "vkey": {"action": "store_true"},
    "day": {"type": civil_day, "metavar": "YYYY-MM-DD"},
    "because": {"metavar": "TEXT"},
    "by": {"metavar": "NAME"},
    "settled": {"action": "store_true"},
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
    "format": (
        (),
        (("action", {"choices": ("show",)}), ("element", {"nargs": "?"})),
        "format --home A show XYRXM",
    ),
    "push": (
        ("node", "to", "in-reply-to", "reuse", "handler", "supersedes", "replaces", "again"),
        (("case-dir", {}),),
        "push --home A --node N-IND-001 --to court:0102 --reuse ID CASE_DIR",
    ),
    "reply": (
        ("transfer!", "node", "case-no", "reason", "document", "reuse", "handler", "again"),
        (("case-dir", {"nargs": "?"}),),
        "reply --home A --transfer ID --node N-ARR-002 --case-no NO --document F0801=notice.pdf",
    ),
    "readdress": (("to?",), (("transfer", {}),), "readdress --home A ID"),
    "resume": ((), (), "resume --home A"),
    "queue": (
        (),
        (("action", {"choices": ("list", "drop")}), ("transfer", {"nargs": "?"})),
        "queue --home A list\n  casehub-adapter queue --home A drop ID",
    ),
    "agencies": ((), (), "agencies --home A"),
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
        ("lost",),
        (("action", {"choices": ("rotate",)}), ("purpose", {"choices": ("hpke", "identity")})),
        "key --home A rotate hpke\n  casehub-adapter key --home A rotate identity --lost",
    ),
    "trust": (
        ("out?", "fingerprint"),
        (("action", {"choices": ("export", "accept")}), ("agency-name", {"nargs": "?"})),
        "trust --home A export --out keys.json\n  casehub-adapter trust --home A accept AGENCY --fingerprint FP",
    ),
    "sign": (
        ("body", "handler"),
        (("method", {}), ("url", {})),
        "sign --home A GET /v1/inbox > request; curl -sS --config request",
    ),
    "case": (("handler",), (("case", {}),), "case --home A CASE"),
    "trail": (("handler",), (("case", {}),), "trail --home A CASE"),
    "deadlines": (("mode", "all", "handler"), (("case", {}),), "deadlines --home A CASE"),
    "witness": (("listen", "vkey"), (), "witness --home A --listen 127.0.0.1:8460"),
    "reconcile": (("day",), (), "reconcile --home A --day 2024-03-04"),
    "monitor": (("follow",), (), "monitor --home A --follow"),
    "alarms": (
        ("settled", "because", "by"),
        (("action", {"choices": ("list", "settle")}), ("number", {"nargs": "?", "type": int})),
        "alarms --home A settle 1 --by NAME --because TEXT",
    ),
}
"""Verb → options (`?` optional here, `!` required here), positional arguments, example."""


def parser(lang: Lang, environ: Mapping[str, str]) -> Parser:
    """The whole program's parser, speaking `lang`. Options that all verbs have stand before or after the verb."""
    about, examples = text("adapter.help", lang), text("adapter.help-examples", lang)
    whole = Parser(lang=lang, prog="casehub-adapter", description=about, epilog=examples)
    _common(whole)
    verbs = whole.commands("verb")
    for verb, (options, positional, example) in VERBS.items():
        shown = f"{text('adapter.help-example', lang)}\n  casehub-adapter {example}"
        one = commandline.command(verbs, verb, lang, text(f"adapter.help-{verb}", lang), shown)
        _common(one, inherited=True)
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


def _option(one: Parser, name: str, lang: Lang) -> None:
    bare = name.rstrip("?!")
    how = dict(OPTIONS[bare])
    if name.endswith("?"):
        how["required"] = False
    elif name.endswith("!"):
        how["required"] = True
    one.add_argument(f"--{bare}", help=text(f"adapter.help-option-{bare}", lang), **how)


def _common(one: Parser, *, inherited: bool = False) -> None:
    commandline.add_common(one, inherited=inherited)
    shown = one.add_mutually_exclusive_group()
    for name, wanted in (("progress", True), ("no-progress", False)):
        shown.add_argument(
            f"--{name}",
            action="store_const",
            const=wanted,
            default=argparse.SUPPRESS if inherited else None,
            dest="progress",
            help=text(f"adapter.help-{name}", one.lang),
        )

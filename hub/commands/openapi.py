"""`casehub openapi`: the OpenAPI document of the hub's HTTP operations, from which clients can be generated."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from messages.commandline import DONE, Console
from messages.problems import Problem

if TYPE_CHECKING:
    from hub.commands.adding import Adder


def add(adder: Adder) -> None:
    """Add the subcommand."""
    parser = adder.command("openapi", write, home="none")
    parser.add_argument("--out", type=Path, metavar="FILE", help=adder.words("cli.hub.openapi.out"))


def write(options: argparse.Namespace, console: Console) -> int:
    """Write the document, to standard output unless a file is named. Every run of a version writes the same bytes."""
    from hub.app import openapi  # noqa: PLC0415 - the web framework is only needed here

    try:
        document = openapi()
    except LookupError as error:
        raise Problem("openapi.no-refusals", str(error)) from error
    if options.out is None:
        console.out.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        console.out.flush()
        return DONE
    options.out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    counts = {
        "operations": sum(len(methods) for methods in document["paths"].values()),
        "schemas": len(document["components"]["schemas"]),
    }
    console.say("cli.hub.openapi.done", path=options.out, **counts)
    console.result({"out": str(options.out), **counts})
    return DONE

"""`casehub-adapter sign`: the headers of one signed request, for tools that cannot sign by themselves."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from adapters.adapter import Adapter
from adapters.program.console import Console
from evidence.requests import HANDLER_HEADER, content_digest, fresh_nonce, sign_request
from messages.commandline import DONE
from messages.problems import Problem


def sign(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`sign`: nothing is sent. What is printed is a configuration of curl; with `--json`, an object of the headers."""
    station, body = adapter.station, _body(options.body)
    url = _url(options.url, station.home.hub_url)
    given = {HANDLER_HEADER: options.handler} if options.handler else {}
    nonce = fresh_nonce()
    digest = content_digest(body)
    headers = sign_request(options.method.upper(), url, given, digest, station.keyring.identity, station.clock(), nonce)
    if body:
        headers = {"Content-Type": "application/json", **headers}
    lines = [f"request = {_quoted(options.method.upper())}", f"url = {_quoted(url)}"]
    lines += [f"header = {_quoted(f'{name}: {value}')}" for name, value in headers.items()]
    if options.body:
        lines.append(f"data-binary = {_quoted(f'@{Path(options.body).resolve()}')}")
    console.write("\n".join(lines))
    console.result({"method": options.method.upper(), "url": url, "headers": headers})
    return DONE


def _url(given: str, hub: str) -> str:
    """The whole address: a path is one of our hub. Raises `adapter.other-hub`, lest another be given a signature."""
    url = f"{hub}{given}" if given.startswith("/") else given
    if not url.startswith(f"{hub}/"):
        raise Problem("adapter.other-hub", given, hub=hub)
    return url


def _body(path: str | None) -> bytes:
    if path is None:
        return b""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Problem("adapter.file-unreadable", path, reason=error.strerror or "") from error


def _quoted(text: str) -> str:
    """A value of curl's configuration file (curl(1), `--config`)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

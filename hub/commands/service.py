"""`casehub init` and `casehub serve`."""

from __future__ import annotations

import argparse
import os
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from evidence.identifiers import utc_now
from hub.addresses import is_loopback
from hub.commands.adding import Adder
from hub.home import init_home
from hub.runtime import Hub, open_hub
from messages.commandline import DONE, Console
from messages.problems import Problem
from serving.door import bound

DEFAULT_PORT = 8440
PASSPHRASE_VARIABLE = "CASEHUB_KEY_PASSPHRASE"  # noqa: S105 - the variable's name


def add(adder: Adder) -> None:
    """Add the subcommands."""
    parser = adder.command("init", init)
    parser.add_argument("--name", default="casehub", help=adder.words("cli.hub.init.name"))
    parser.add_argument("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", help=adder.words("cli.hub.init.url"))
    parser = adder.command("serve", serve)
    parser.add_argument("--host", default="127.0.0.1", help=adder.words("cli.hub.serve.host"))
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=adder.words("cli.hub.serve.port"))
    parser.add_argument("--tls-cert", type=Path, help=adder.words("cli.hub.serve.tls-cert"))
    parser.add_argument("--tls-key", type=Path, help=adder.words("cli.hub.serve.tls-key"))


def init(options: argparse.Namespace, console: Console) -> int:
    """Make keys, settings and database in an empty home. Refuses a home that has a hub already."""
    passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    init_home(options.home, name=options.name, public_url=options.url, now=utc_now(), passphrase=passphrase)
    hub = open_hub(options.home)
    fingerprint = hub.keys.fingerprint
    hub.stop()
    console.say("cli.hub.init.done", home=options.home, fingerprint=fingerprint)
    console.result({"home": str(options.home), "name": options.name, "fingerprint": fingerprint})
    return DONE


def serve(options: argparse.Namespace, console: Console) -> int:
    """Serve until interrupted. Requests under way are finished first."""
    if (options.tls_cert is None) != (options.tls_key is None):
        raise Problem("hub.tls-incomplete")
    from hub.app import create_app  # noqa: PLC0415 - the web framework is only needed to serve
    from serving.server import Server  # noqa: PLC0415

    listener = _listen(options.host, options.port)
    port = listener.getsockname()[1]
    scheme = "http" if options.tls_cert is None else "https"
    app = create_app(options.home)
    hub: Hub = app.state.hub
    console.say("cli.hub.serve.up", url=f"{scheme}://{options.host}:{port}")
    _warn(console, hub.settings.public_url, scheme, options.host, port)
    console.result({"url": f"{scheme}://{options.host}:{port}"})
    console.out.flush()
    server = Server(
        app,
        limits=hub.settings.serving,
        counted=hub.count_noise,
        certificate=options.tls_cert,
        key=options.tls_key,
    )
    hub.metrics.connections.set_function(lambda: server.places.taken)
    with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has stopped as asked
        server.run(sockets=[listener])
    return DONE


def _warn(console: Console, public_url: str, scheme: str, host: str, port: int) -> None:
    """Say what an operator would otherwise find out from agencies that cannot get through."""
    public = urlsplit(public_url)
    if scheme == "http" and not is_loopback(host):
        console.say("cli.hub.serve.plain")
    if is_loopback(public.hostname or "") and public.port not in (None, port):
        console.say("cli.hub.serve.other-address", public_url=public_url)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 lets the system choose. Raises `hub.address-taken`."""
    try:
        return bound(host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Problem("hub.address-taken", f"{host}:{port}", reason=reason) from error

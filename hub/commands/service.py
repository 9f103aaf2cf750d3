"""`casehub init` and `casehub serve`."""

from __future__ import annotations

import argparse
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from evidence.identifiers import utc_now
from hub.addresses import is_loopback
from hub.commands.adding import Adder
from hub.home import init_home
from hub.logging import configure
from hub.runtime import Hub, open_hub
from messages.commandline import DONE, Console
from messages.logfiles import RotatedFile
from messages.problems import Problem
from serving.door import bound
from serving.limits import Limits

DEFAULT_PORT = 8440
METRICS_LIMITS = Limits(connections=64, connections_per_peer=16)
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
    if hub.settings.log_file is not None:
        configure(RotatedFile(hub.settings.log_file))
    url = f"{scheme}://{options.host}:{port}"
    console.say("cli.hub.serve.up", url=url)
    _warn(console, hub.settings.public_url, scheme, options.host, port)
    server = Server(
        app,
        limits=hub.settings.serving,
        counted=hub.count_noise,
        certificate=options.tls_cert,
        key=options.tls_key,
    )
    hub.metrics.connections.set_function(lambda: server.places.taken)
    with _metrics(hub, console) as metrics:
        console.result({"url": url, "metrics": metrics})
        console.out.flush()
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has stopped as asked
            server.run(sockets=[listener])
    return DONE


@contextmanager
def _metrics(hub: Hub, console: Console) -> Iterator[str | None]:
    """Show the metrics at their own address meanwhile; None without one.

    Raises `hub.address-taken` for an address that the operator chose; the default one may be taken by another hub.
    """
    from hub.measuring import metrics_app  # noqa: PLC0415 - the web framework is only needed to serve
    from serving.server import Server  # noqa: PLC0415

    settings = hub.settings
    if not settings.metrics_address:
        yield None
        return
    host, _, port = settings.metrics_address.rpartition(":")
    try:
        listener = _listen(host.removeprefix("[").removesuffix("]"), int(port))
    except Problem:
        if "metrics_address" in settings.model_fields_set:
            raise
        console.say("cli.hub.serve.no-metrics", address=settings.metrics_address)
        yield None
        return
    server = Server(metrics_app(hub), limits=METRICS_LIMITS, lifespan="off")
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="casehub-metrics", daemon=True)
    thread.start()
    url = f"http://{host}:{listener.getsockname()[1]}/metrics"
    console.say("cli.hub.serve.metrics", url=url)
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join()


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

"""`casehub-adapter witness`: what this witness has seen; with `--listen`, a witness that the hub can reach."""

from __future__ import annotations

import threading
from argparse import Namespace

from adapters.adapter import Adapter
from adapters.auditing.cosigning import CONTRADICTIONS, Cosigner
from adapters.auditing.witness_server import WitnessServer
from adapters.home import is_loopback
from adapters.program.console import Console
from messages.commandline import DONE, REFUSED
from messages.problems import Problem


def witness(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`witness`; exit code 1 while proof is kept that the log contradicts itself."""
    station, cosigner = adapter.station, Cosigner(adapter.station)
    if options.vkey:
        console.write(cosigner.vkey)
        console.result({"witness": cosigner.name, "vkey": cosigner.vkey})
        return DONE
    if options.listen:
        return _serve(adapter, options.listen, console)
    last, kept = cosigner.last(), cosigner.contradictions()
    name, size = cosigner.name, None if last is None else last.size
    console.say("say-witness-none" if size is None else "say-witness-seen", name=name, size=size)
    if kept:
        folder = station.home.path / "log" / CONTRADICTIONS
        console.say("say-witness-contradictions", count=len(kept), folder=folder)
    console.result({"witness": name, "vkey": cosigner.vkey, "size": size, "contradictions": list(map(str, kept))})
    return REFUSED if kept else DONE


def _serve(adapter: Adapter, listen: str, console: Console) -> int:
    host, port = _address(listen)
    assert adapter.station.trust.hub  # without a pinned hub there is no log to witness
    with WitnessServer(adapter.station, host, port) as server:
        thread = threading.Thread(target=server.serve_forever, name="witness", daemon=True)
        thread.start()
        url = f"http://{f'[{host}]' if ':' in host else host}:{server.port}"
        console.say("say-witnessing", url=url)
        console.line({"witness": Cosigner(adapter.station).name, "url": url})
        try:
            thread.join()
        except KeyboardInterrupt:
            console.say("say-stopped")
        finally:
            server.shutdown()
    return DONE


def _address(listen: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`. Raises `Problem("witness.bad-listen")`."""
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not is_loopback(host) or not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65_536):
        raise Problem("witness.bad-listen", listen)
    return host, int(port)

"""The adapter (分平台) that runs beside one agency's case system.

    from adapters import Adapter

    with Adapter("/srv/casehub/police") as adapter:
        sent = adapter.push("/cases/2024-0012", node="N-ARR-001", to="procuratorate:350102")
        haul = adapter.pull("/cases/in")

`casehub-adapter` offers the same operations on the command line. Keys and secrets stay in the adapter's home folder;
everything that is sent is encrypted for its receiver and signed.

Layers, from the top; each imports only those below it, and packages on one line do not import each other:

    program/    the command line: arguments, what each verb does, how it speaks
    adapter     the Python API; opens a station and attaches what goes along with it
    folders     the watched folders
    sending/    from a case folder to a receipt              receiving/  from the inbox to a bag; one page
    auditing/   the agency watches the log                   joining/    enrolment, key rotation, handlers
    transfers/  what these share of a transfer: its receipt, its parts, its numbers, the hub's inbox
    station     one opened home; it knows nothing of the log, which goes along as a companion
    state/      what must survive a kill: all SQL, content by digest, codebook releases
    client/     the line to the hub: signed requests, codebook releases fetched and checked
    keys/       its own keys, and whose keys it trusts
    home        the folder of all this; limits: how hard the adapter tries
    native/     the engine of the native formats; police/ … prison/ hold one format each, as data
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.adapter import Adapter

__all__ = ["Adapter"]


def __getattr__(name: str) -> Any:
    # Loaded on demand: the native formats of this package are used without the client.
    if name == "Adapter":
        from adapters.adapter import Adapter  # noqa: PLC0415

        return Adapter
    raise AttributeError(name)

"""The adapter (分平台) that runs beside one agency's case system.

    from adapters import Adapter

    with Adapter("/srv/casehub/police") as adapter:
        sent = adapter.push("/cases/2024-0012", node="N-ARR-001", to="procuratorate:350102")
        haul = adapter.pull("/cases/in")

`casehub-adapter` offers the same verbs on the command line. Keys and secrets stay in the adapter's home; what leaves is
sealed for its receiver and signed.

    program/    the command line: arguments, what each verb does, how it speaks
    sending/    from a case folder to a receipt
    receiving/  from the inbox to a bag; one page
    watching/   the agency watches the log: proofs, witness, monitor, complaints, reconciliation
    keys/       its own keys, and whose keys it trusts
    memory/     what must survive a kill
    line/       the line to the hub
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

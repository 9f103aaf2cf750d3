"""What several commands say of a transfer that was sent or pulled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.adapter import Adapter
from adapters.program.console import Console
from adapters.receiving.answering import Declined
from adapters.receiving.delivery import Delivered
from adapters.receiving.pull import Haul
from adapters.sending.push import Pushed
from messages.columns import printable
from standards.record.places import in_words


def in_record(record: Mapping[str, Any], console: Console) -> Callable[[str], str]:
    """Places in `record` in words."""
    return lambda place: in_words(place, record, console.lang)


def _in_case(adapter: Adapter | None, case_uid: str, console: Console) -> Callable[[str], str]:
    if adapter is None:
        return str
    record = adapter.station.numbers.record(case_uid)
    return in_record({} if record is None else record.to_json(), console)


def tell_sent(pushed: Pushed, console: Console, adapter: Adapter | None = None) -> None:
    """A transfer that the hub has accepted. With the adapter, places are told in words, as what it holds of the case
    has them: not by a service, whose output may be kept, for the words name persons."""
    console.findings(pushed.findings, _in_case(adapter, pushed.case_uid, console))
    console.say(
        "say-sent",
        node=pushed.node,
        receiver=pushed.receiver,
        volumes=len(pushed.volumes),
        pages=pushed.pages,
        uploaded=console.size(pushed.uploaded_bytes),
        **console.speed(pushed.uploaded_bytes, pushed.seconds),
    )
    console.say("say-transfer", transfer_id=pushed.transfer_id)


def tell_item(item: Delivered | Declined, console: Console, adapter: Adapter | None = None) -> None:
    """A transfer that was pulled, or declined; places as in `tell_sent`."""
    if isinstance(item, Declined):
        console.say("say-declined", node=item.node, sender=item.sender, reason=item.reason)
        return
    console.findings(item.findings, _in_case(adapter, item.case_uid, console))
    for reason in item.reasons:
        console.say("say-reason", place=reason["place"], text=printable(reason["text"]))
    console.say(
        "say-delivered",
        node=item.node,
        sender=item.sender,
        pages=item.pages,
        size=console.size(item.bytes),
        folder=item.folder,
        **console.speed(item.bytes, item.seconds),
    )


def tell_failures(haul: Haul, console: Console) -> None:
    """What could not be pulled; machines read it in the result."""
    if not console.as_json:
        for _, problem in haul.failed:
            console.problem(problem)

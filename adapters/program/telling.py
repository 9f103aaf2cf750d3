"""What several commands say of a transfer that was sent or pulled."""

from __future__ import annotations

from adapters.program.console import Console
from adapters.receiving.answering import Declined
from adapters.receiving.delivery import Delivered
from adapters.receiving.pull import Haul
from adapters.sending.push import Pushed
from messages.columns import printable


def tell_sent(pushed: Pushed, console: Console) -> None:
    """A transfer that the hub has accepted."""
    console.findings(pushed.findings)
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


def tell_item(item: Delivered | Declined, console: Console) -> None:
    """A transfer that was pulled, or declined."""
    if isinstance(item, Declined):
        console.say("say-declined", node=item.node, sender=item.sender, reason=item.reason)
        return
    console.findings(item.findings)
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

"""`casehub-adapter alarms`: what contradicts the log or the keys, and what persons have decided about it."""

from __future__ import annotations

from argparse import Namespace

from adapters.adapter import Adapter
from adapters.keys.alarms import Noted
from adapters.program.console import Console
from messages import text
from messages.commandline import DONE, REFUSED, WrongUse


def alarms(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`alarms list | settle`; `list` exits with 1 while an alarm is open."""
    if options.action == "list":
        return _list(adapter, console, whole=options.settled)
    for name, value in (("NUMBER", options.number), ("--by", options.by), ("--because", options.because)):
        if value is None:
            raise WrongUse("commandline.required", names=name, program="casehub-adapter alarms settle")
    found = adapter.settle_alarm(options.number, by=options.by, reason=options.because)
    console.say("say-alarm-settled", number=found.number, about=found.code, place=found.place)
    console.result(found.to_json())
    return DONE


def _list(adapter: Adapter, console: Console, *, whole: bool) -> int:
    every = adapter.alarms()
    still = [each for each in every if each.settled is None]
    for each in every if whole else still:
        _tell(each, console)
    console.say("say-alarms" if still else "say-no-alarms", open=len(still), settled=len(every) - len(still))
    console.result({"alarms": [each.to_json() for each in every], "open": len(still)})
    return REFUSED if still else DONE


def _tell(one: Noted, console: Console) -> None:
    params = {"source": "", "evidence": "", **one.params}
    console.say("say-alarm", number=one.number, at=one.at, about=one.code, place=one.place)
    console.say("say-alarm-text", text=text(one.code, console.lang, **params))
    for name in ("source", "evidence"):
        if params[name]:
            console.say(f"say-alarm-{name}", **{name: params[name]})
    if one.settled is not None:
        console.say("say-alarm-decided", at=one.settled.at, by=one.settled.by, reason=one.settled.reason)

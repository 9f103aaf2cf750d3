"""The part of `casehub status` on the log's witnesses and on alarms that stop signing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from evidence.log.checkpoints import Checkpoint
from hub.log import stored, witnessed
from hub.log.witnessed import Reached, Standing
from hub.runtime import Hub
from hub.store.database import Connection
from messages import message
from messages.commandline import Console
from messages.problems import Problem


@dataclass(frozen=True)
class Witnessing:
    """The state of the witnesses, and the log's alarm, if there is one."""

    standing: Standing
    alarm: Problem | None
    limit: int

    @property
    def alarming(self) -> bool:
        """Whether there is an alarm: the log is not signed, or a witness or the policy lags beyond the limit."""
        return self.alarm is not None or bool(self.standing.late(self.limit))

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        late = self.standing.late(self.limit)
        alarm = None if self.alarm is None else self.alarm.code
        return {**self.standing.to_json(), "witnesses_late": late, "log_alarm": alarm}

    def tell(self, console: Console) -> None:
        """A line for each witness, one for the policy, and the alarms."""
        for each in self.standing.witnesses:
            words = "witness" if each.size else "witness-none"
            console.say(f"cli.hub.status.{words}", witness=each.name, size=each.size, lag=_time(each))
        policy = self.standing.policy
        if policy.size:
            console.say("cli.hub.status.witnessed", size=policy.size, lag=_time(policy))
        elif self.standing.asked:
            console.say("cli.hub.status.unwitnessed")
        if late := self.standing.late(self.limit):
            limit = timedelta(seconds=self.limit)
            console.say("cli.hub.status.witness-alarm", limit=limit, who="、".join(late))
        if self.alarm is not None:
            words = message(self.alarm.code).text(console.lang, self.alarm.params)
            console.say("cli.hub.status.log-alarm", words=words)


def look(hub: Hub) -> Witnessing:
    """The current state. Raises `evidence.bad-policy`."""
    settings = hub.settings
    policy, alarm, kept = hub.witness_desk.policy(), None, None
    try:  # before the database: the running hub may sign in between
        kept = None if hub.log.head is None else hub.log.head.read()
    except Problem as problem:
        alarm = problem
    with hub.database.transaction(write=False) as connection:
        standing = witnessed.standing(connection, policy, settings.witnesses, hub.clock())
        alarm = alarm or _alarm(connection, hub, kept)
    return Witnessing(standing, alarm, settings.witness_lag_seconds)


def _alarm(connection: Connection, hub: Hub, kept: Checkpoint | None) -> Problem | None:
    if hub.log.head is not None:
        try:
            hub.log.head.require_reached(connection, stored.size(connection, hub.settings.log_origin), kept)
        except Problem as problem:
            return problem
    return None


def _time(reached: Reached) -> timedelta:
    return timedelta(seconds=round(reached.lag))

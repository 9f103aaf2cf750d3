"""What one agency may use of the hub at once, so that a neighbour that runs wild does not stop the others.

Three things are bounded for each agency: requests in a minute (a token bucket), parts and their bytes that wait for
their transfer, and bytes of request bodies that are in memory now. The last is bounded for all agencies together too.
The counts are those of this process; parts are counted in the database and remembered for a few seconds.

A refusal has status 429 and names the seconds after which another try is worth while (`Retry-After`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hub.limits import LIMITS
from messages.problems import Problem

PARTS_SECONDS = 5.0
"""How long a count of waiting parts is remembered."""
PARTS_RETRY = 60
BODIES_RETRY = 2
MINUTE = 60.0


@dataclass(frozen=True)
class Allowance:
    """What one agency may use."""

    requests: int
    """In a minute, on average; as many may come at once."""
    parts: int
    """Uploaded and not yet part of a transfer."""
    part_bytes: int
    """Of those parts."""


@dataclass(frozen=True)
class Waiting:
    """Parts of one agency that no transfer claims yet."""

    parts: int
    bytes: int


@dataclass
class _Bucket:
    left: float
    at: float


@dataclass
class _Counted:
    waiting: Waiting
    at: float


class Quotas:
    """The tallies of one process. May be used from several threads; the clock is monotonic.

    `counted` is called with the name of the quota at each refusal.
    """

    def __init__(
        self,
        allowance: Allowance,
        counted: Callable[[str], None] = lambda quota: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.allowance = allowance
        self._counted = counted
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}
        self._parts: dict[str, _Counted] = {}
        self._bodies: dict[str, int] = {}

    def request(self, agency: str) -> None:
        """Count one request. Raises `quota.requests`."""
        rate = self.allowance.requests / MINUTE
        with self._lock:
            now = self._now()
            bucket = self._buckets.setdefault(agency, _Bucket(float(self.allowance.requests), now))
            bucket.left = min(float(self.allowance.requests), bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.left < 1:
                raise self._refused("quota.requests", self.allowance.requests, math.ceil((1 - bucket.left) / rate))
            bucket.left -= 1

    def part(self, agency: str, size: int, count: Callable[[], Waiting]) -> None:
        """Count one part of `size` bytes that will wait; `count` asks the database what waits already.

        Raises `quota.parts` and `quota.part-bytes`.
        """
        with self._lock:
            known = self._parts.get(agency)
        if known is None or self._now() - known.at > PARTS_SECONDS:
            known = _Counted(count(), self._now())
        with self._lock:
            waiting = Waiting(known.waiting.parts + 1, known.waiting.bytes + size)
            if waiting.parts > self.allowance.parts:
                raise self._refused("quota.parts", self.allowance.parts, PARTS_RETRY)
            if waiting.bytes > self.allowance.part_bytes:
                raise self._refused("quota.part-bytes", self.allowance.part_bytes, PARTS_RETRY)
            self._parts[agency] = _Counted(waiting, known.at)

    def hold(self, agency: str, size: int) -> None:
        """Count `size` bytes of a request body that will be in memory until they are let go. Raises `quota.bodies`."""
        with self._lock:
            mine, of_all = self._bodies.get(agency, 0) + size, sum(self._bodies.values()) + size
            if mine > LIMITS.bodies_of_agency or of_all > LIMITS.bodies_of_all:
                raise self._refused("quota.bodies", LIMITS.bodies_of_agency, BODIES_RETRY)
            self._bodies[agency] = mine

    def let_go(self, agency: str, size: int) -> None:
        """The request that held them is over."""
        with self._lock:
            self._bodies[agency] -= size
            if not self._bodies[agency]:
                del self._bodies[agency]

    def _refused(self, code: str, limit: int, retry_after: int) -> Problem:
        self._counted(code.removeprefix("quota."))
        return Problem(code, limit=limit, retry_after=retry_after)

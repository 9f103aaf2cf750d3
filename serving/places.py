"""Who gets a place when connections are limited, and who makes room for whom.

When all places are taken, the address that holds most makes room for one that holds fewer: it loses the connection
that has waited longest without showing a valid signature. An address that holds as many as it may makes room itself,
but only with a connection that has been quiet for some seconds: so those who come again and again cost one accept and
one close. A connection that serves a signed request is never cut off for another.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Iterable

QUIET_SECONDS = 2.0
"""After which a connection without a request makes room for another of the same address."""
NETWORK = 64
"""Of an IPv6 address, the bits that name one customer's network."""


class Place:
    """The place of one connection. Whoever serves it replaces `drop`, and `signed` once requests arrive."""

    def __init__(self, places: Places, peer: str, since: float) -> None:
        self.peer = peer
        self.since = since
        """When it last became quiet: its beginning, or the end of its last answer."""
        self.busy = False
        """Whether a request is being served."""
        self.drop: Callable[[], None] = lambda: None
        """Ends the connection at once."""
        self.signed: Callable[[], bool] = lambda: False
        """Whether the newest request showed a valid signature."""
        self._places = places

    def leave(self) -> None:
        """Give the place back; safe to call twice."""
        self._places.give_back(self)


class Places:
    """The places of one server. Used from its event loop only."""

    def __init__(
        self,
        total: int,
        per_peer: int,
        proxies: Iterable[str] = (),
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.per_peer = total, per_peer
        self._proxies = frozenset(proxies)
        self._now = now
        self._by_peer: dict[str, dict[Place, None]] = {}
        self.taken = 0

    def take(self, address: str) -> Place | None:
        """A place for a connection from `address`; None when nobody makes room. Who makes room is dropped."""
        peer = peer_of(address)
        mine = self._by_peer.get(peer, {})
        bound = self.total if address in self._proxies else self.per_peer
        if (len(mine) >= bound or self.taken >= self.total) and not self._make_room(mine, full=len(mine) < bound):
            return None
        place = Place(self, peer, self._now())
        self._by_peer.setdefault(peer, {})[place] = None
        self.taken += 1
        return place

    def give_back(self, place: Place) -> None:
        """Free a place; one that is free already stays so."""
        mine = self._by_peer.get(place.peer, {})
        if place not in mine:
            return
        del mine[place]
        self.taken -= 1
        if not mine:
            del self._by_peer[place.peer]

    def _make_room(self, mine: dict[Place, None], *, full: bool) -> bool:
        holders, before = mine, self._now() - QUIET_SECONDS
        if full:  # all places are taken, and this address has not all that it may have
            most = max(self._by_peer.values(), key=len)
            if len(most) > len(mine):
                holders, before = most, math.inf
        candidates = [place for place in holders if place.since < before and not (place.busy and place.signed())]
        if not candidates:
            return False
        chosen = min(candidates, key=lambda place: (place.signed(), place.since))
        chosen.drop()
        chosen.leave()
        return True


def peer_of(address: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, NETWORK), strict=False))

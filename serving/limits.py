"""The limits of a connection. Sizes in bytes, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True)
class Limits:
    """What a connection may take at most. Times and rates of head and body follow Apache's `mod_reqtimeout`."""

    connections: int = 4096
    """Open at once; fewer where the process has few file descriptors."""
    connections_per_peer: int = 128
    """Of one address (IPv6: of one /64 network); addresses in `proxies` are not bound by it."""
    proxies: frozenset[str] = frozenset()
    """Addresses of the operator's own reverse proxies, through which many agencies come."""
    handshake_seconds: float = 10.0
    """For the TLS handshake."""
    head_bytes: int = 32 * KIB
    """Request line and header fields together."""
    head_fields: int = 128
    """Header fields of a request."""
    head_seconds: float = 20.0
    """From the connection, or the first byte of a further request, to the end of its head."""
    body_seconds: float = 20.0
    """For the body, to which `body_rate` adds."""
    body_rate: int = 1000
    """Each of these many bytes of a body gives a second more. Time in which the hub itself does not read is not
    counted."""
    chunk_overhead: int = 64 * KIB
    """What chunk sizes, extensions and trailers may take beyond a sixteenth of the body."""
    answer_seconds: float = 30.0
    """How long a peer may take nothing of its answer."""
    idle_seconds: int = 5
    """How long a connection waits for a further request."""
    drain_bytes: int = 16 * KIB * KIB
    """What is still read and thrown away of a body whose request was answered already."""
    drain_seconds: float = 30.0
    drain_pause: float = 0.02
    """Between two reads of it."""
    farewell_seconds: float = 1.0
    """How long a refused connection stays open, so that its peer can read why."""
    pipelined: int = 8
    """Requests that wait behind the first one of a connection."""

"""All limits of the adapter. Sizes in bytes, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How hard the adapter tries and how much it holds at once.

    `uploads` and `downloads` are parts (16 MiB each) in flight at the same time; together with the sealing buffers they
    bound the memory of a process, whatever the dossier's size. `answer_bytes` is the largest answer of a hub that is
    read at all. `promise_wait` is how long a receipt may let its mark wait for the log.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 120.0
    attempts: int = 4
    backoff: float = 0.25
    backoff_max: float = 4.0
    uploads: int = 2
    downloads: int = 2
    inbox_page: int = 100
    poll_wait: int = 25
    record_bytes: int = 64 * 2**20
    answer_bytes: int = 128 * 2**20
    watch_pause: float = 1.0
    away_pause: float = 5.0
    promise_wait: float = 86_400.0


DEFAULT = Limits()

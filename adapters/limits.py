"""All limits of the adapter. Sizes in bytes, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How hard the adapter tries and how much it holds at once.

    `uploads` and `downloads` are parts (16 MiB each) in flight at the same time; together with the sealing buffers they
    bound the memory of a process, whatever the dossier's size. `answer_bytes` is the largest answer of a hub that
    is read at all: a transfer with its record; `part_bytes` that of a part, `list_bytes` that of any other answer,
    `refusal_bytes` that of a refusal; `answer_seconds` is how long one may take to come whole. `answer_values` and
    `answer_depth` bound the JSON of each. `listing_pages` is how many pages of the inbox one listing asks for.
    `relist_polls` is after how many polls a follower lists anew what is pending. `promise_wait` is how long a
    receipt may let its mark wait for the log, `withheld_wait` how long the log of a hub that works may give no
    answer.

    `retry_after` is how long a request waits at most because the hub asks for it.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 120.0
    attempts: int = 4
    backoff: float = 0.25
    backoff_max: float = 4.0
    retry_after: float = 60.0
    uploads: int = 2
    downloads: int = 2
    inbox_page: int = 100
    poll_wait: int = 25
    relist_polls: int = 20
    record_bytes: int = 64 * 2**20
    answer_bytes: int = 128 * 2**20
    list_bytes: int = 32 * 2**20
    part_bytes: int = 17 * 2**20
    refusal_bytes: int = 2**20
    answer_seconds: float = 3_600.0
    answer_values: int = 2_000_000
    answer_depth: int = 64
    listing_pages: int = 10_000
    watch_pause: float = 1.0
    away_pause: float = 5.0
    promise_wait: float = 86_400.0
    withheld_wait: float = 900.0


DEFAULT = Limits()

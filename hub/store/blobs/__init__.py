"""Blobs: ciphertext parts by the SHA-256 of their bytes, in a folder or in an S3 bucket.

Both stores give the same promises. What `commit` returned from is durable and has the digest that it is named by. A
writer that was not committed leaves nothing that can be read. Reading gives the bytes that were committed. A full store
is `Problem("hub.storage-full")`, one that does not answer `hub.storage-away`, and neither leaves anything behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from hub.settings import Settings

READ_CHUNK = 1024 * 1024


class BlobWriter(Protocol):
    """One blob on its way in. Write, then `commit` or `abort`; leaving its `with` block aborts what is not committed.

    A writer belongs to one thread at a time. It hashes every byte once.
    """

    size: int
    """Bytes written so far."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""

    def commit(self) -> None:
        """Make the blob durable under its digest; the same blob twice is one blob.

        Raises `Problem("part.digest")` when the bytes are not those of the digest, and keeps nothing.
        """

    def abort(self) -> None:
        """Forget everything written; safe after `commit` and to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class BlobStore(Protocol):
    """The store of parts. Safe to share between threads. Digests are `sha256:…` in our form, checked by the caller."""

    def writer(self, digest: str) -> BlobWriter:
        """Begin to write the blob named by `digest`."""

    def size(self, digest: str) -> int | None:
        """The blob's size in bytes, None when it is not here."""

    def read(self, digest: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The blob's bytes from `start` on, `length` of them or all that follow, in chunks of at most 1 MiB.

        The blob is opened at once, not at the first chunk. Raises `Problem("part.lost")` when it is not here, or when
        the store can tell that it has fewer bytes than asked for.
        """

    def remove(self, digest: str) -> bool:
        """Delete the blob; False when it was not here."""

    def sweep(self, before: datetime) -> int:
        """Delete what uploads begun before `before` left unfinished; returns how many."""

    def ping(self) -> None:
        """Write a little, durably, and take it away. Raises `Problem` `hub.storage-away` or `hub.storage-full`."""


def open_blob_store(settings: Settings) -> BlobStore:
    """The store that the settings choose. Raises `Problem("hub.settings-invalid")`."""
    if settings.blob_store == "s3":
        from hub.store.blobs.s3 import S3BlobStore  # noqa: PLC0415 - the S3 client is loaded only where it is used

        return S3BlobStore.from_settings(settings)
    from hub.store.blobs.folder import FolderBlobStore  # noqa: PLC0415

    return FolderBlobStore(settings.blobs)

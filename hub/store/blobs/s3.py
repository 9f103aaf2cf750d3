"""Blobs in an S3 bucket, through the `minio` client: objects `parts/<64 hexadecimal digits>`.

A part has at most 16 MiB, so a writer keeps it in memory, checks its digest, and puts it whole: what S3 holds was
verified before it left. S3 answers a PUT once the object is durable by its own promise.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from digests import Hasher
from evidence.canonical import digest_bytes
from hub.limits import LIMITS
from hub.settings import Settings
from hub.store.blobs import READ_CHUNK
from messages.problems import Problem

FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge", "SlowDownWrite"})
GONE = frozenset({"NoSuchKey", "NoSuchObject", "NotFound"})
PROBE = "probe"
"""The object that `ping` writes, always the same."""
CONNECT_SECONDS, READ_SECONDS = 10, 120


class S3BlobStore:
    """Blobs in one bucket, which the operator has made."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def from_settings(cls, settings: Settings) -> S3BlobStore:
        """Connect as the settings say; nothing is sent yet. Raises `Problem("hub.settings-invalid")`."""
        address = urlsplit(settings.s3_endpoint)
        if address.scheme not in ("http", "https") or not address.netloc or address.path.strip("/"):
            raise Problem("hub.settings-invalid", "s3_endpoint", reason="http://host:port or https://host expected")
        access = settings.s3_access_key.get_secret_value() if settings.s3_access_key else None
        pool = urllib3.PoolManager(
            maxsize=32,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
        )
        client = Minio(
            address.netloc,
            access_key=access,
            secret_key=settings.s3_secret,
            secure=address.scheme == "https",
            region=settings.s3_region,
            http_client=pool,
        )
        return cls(client, settings.s3_bucket)

    def writer(self, digest: str) -> S3Writer:
        """Begin to write the blob named by `digest`."""
        return S3Writer(self, digest)

    def put(self, digest: str, data: bytes | bytearray) -> None:
        """Store bytes that are known to have this digest."""
        with _problems():
            self._client.put_object(
                self._bucket, _key(digest), io.BytesIO(data), len(data), content_type="application/octet-stream"
            )

    def size(self, digest: str) -> int | None:
        """The blob's size in bytes, None when it is not here."""
        with _problems():
            try:
                return int(self._client.stat_object(self._bucket, _key(digest)).size or 0)
            except S3Error as error:
                if error.code in GONE:
                    return None
                raise

    def read(self, digest: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """See `BlobStore.read`."""
        if length == 0:
            if self.size(digest) is None:
                raise Problem("part.lost", digest)
            return iter(())
        with _problems():
            try:
                response = self._client.get_object(
                    self._bucket, _key(digest), offset=start, length=0 if length is None else length
                )
            except S3Error as error:
                if error.code in GONE:
                    raise Problem("part.lost", digest) from None
                if error.code == "InvalidRange":
                    return iter(())
                raise
        return _chunks(response)

    def remove(self, digest: str) -> bool:
        """Delete the blob; False when it was not here."""
        if self.size(digest) is None:
            return False
        with _problems():
            self._client.remove_object(self._bucket, _key(digest))
        return True

    def sweep(self, before: datetime) -> int:
        """Nothing to do: an unfinished writer has sent nothing."""
        return 0

    def ping(self) -> None:
        """See `BlobStore.ping`."""
        with _problems():
            if not self._client.bucket_exists(self._bucket):
                raise Problem("hub.storage-away")
            self._client.put_object(self._bucket, PROBE, io.BytesIO(PROBE.encode()), len(PROBE))


class S3Writer:
    """See `BlobWriter`. Holds at most one part in memory."""

    def __init__(self, store: S3BlobStore, digest: str) -> None:
        self.size = 0
        self._store = store
        self._digest = digest
        self._hash = Hasher.like(digest)
        self._data: bytearray | None = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `BlobWriter.write`. Raises `Problem("http.too-large")` beyond the size of a part."""
        assert self._data is not None, "the writer is closed"
        if self.size + len(data) > LIMITS.part_bytes:
            self.abort()
            raise Problem("http.too-large", self._digest, limit=LIMITS.part_bytes)
        self._hash.update(data)
        self._data += data
        self.size += len(data)

    def commit(self) -> None:
        """See `BlobWriter.commit`."""
        assert self._data is not None, "the writer is closed"
        data, self._data = self._data, None
        if str(self._hash.digest()) != self._digest:
            raise Problem("part.digest", self._digest)
        self._store.put(self._digest, data)

    def abort(self) -> None:
        """See `BlobWriter.abort`."""
        self._data = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


def _chunks(response: Any) -> Iterator[bytes]:
    try:
        with _problems():
            yield from response.stream(READ_CHUNK)
    finally:
        response.close()
        response.release_conn()


def _key(digest: str) -> str:
    return f"parts/{digest_bytes(digest).hex()}"


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        raise Problem("hub.storage-full" if error.code in FULL else "hub.storage-away") from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Problem("hub.storage-away") from error

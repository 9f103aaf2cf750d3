"""Counts the pages of files in a process of its own, which `dossier.counting` starts and limits.

`python -m dossier.counter SOCKET` answers each request on the socket of that number until its other end is closed. A
request is a line of JSON, `{"media": …, "limits": {…}, "seconds": …}`, with the open file attached (SCM_RIGHTS); the
answer is a line `{"pages": …, "reason": …, "media": …, "seconds": …}`, the time that it took on the processor. The
process opens no file itself, writes none, and ends when a file takes more time than allowed.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO

from dossier.formats import OFD, PDF, TIFF, ZIP
from dossier.limits import Limits
from dossier.ofd import NotOfdError, ofd_pages
from dossier.pages import PageCount
from dossier.pdf import pdf_pages
from dossier.tiff import tiff_pages

_READERS = {PDF: pdf_pages, TIFF: tiff_pages, ZIP: ofd_pages}


def count_content(file: BinaryIO, media: str, limits: Limits) -> PageCount:
    """Count the pages of a PDF, TIFF or zip file, in this process. Never raises for what is in the file."""
    named = OFD if media == ZIP else media
    try:
        pages = _READERS[media](file, limits)
    except NotOfdError:
        return PageCount(None, "unknown-format", ZIP)
    except PermissionError:
        return PageCount(None, "encrypted", named)
    except MemoryError:
        return PageCount(None, "given-up", named)
    return PageCount(None, "damaged", named) if pages is None else PageCount(pages, "counted", named)


def main(number: int) -> None:
    """Answer requests until the other end is closed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with socket.socket(fileno=number) as connection:
        while received := _receive(connection):
            request, handle = received
            answer = _answer(request, handle)
            connection.sendall(json.dumps(answer).encode() + b"\n")


def _receive(connection: socket.socket) -> tuple[dict[str, Any], int] | None:
    data = b""
    handles: list[int] = []
    while not data.endswith(b"\n"):
        more, passed, _, _ = socket.recv_fds(connection, 65_536, 1)
        if not more:
            return None
        data += more
        handles += passed
    return json.loads(data), handles[0]


def _answer(request: dict[str, Any], handle: int) -> dict[str, Any]:
    """One file within its limits. When the time is over, the kernel ends the process (`ITIMER_PROF`)."""
    limits = Limits(**request["limits"])
    resource.setrlimit(resource.RLIMIT_AS, (limits.count_memory_bytes, resource.RLIM_INFINITY))
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, max(float(request["seconds"]), 0.001))
    os.lseek(handle, 0, os.SEEK_SET)  # where the other process has read to
    with os.fdopen(handle, "rb") as file:
        count = count_content(file, request["media"], limits)
    signal.setitimer(signal.ITIMER_PROF, 0)
    if count.reason == "damaged" and _peak() > limits.count_memory_bytes * 3 // 4:
        count = replace(count, reason="given-up")  # a reader may take the end of its memory for a fault of the file
    return {**asdict(count), "seconds": time.process_time() - began}


def _peak() -> int:
    """The most memory that this process has used, in bytes.

    Where the kernel tells it of the program alone (Linux): `ru_maxrss` begins with what the process had used that
    started this one, however large it was.
    """
    with contextlib.suppress(OSError, ValueError):
        status = Path("/proc/self/status").read_text("ascii", "replace")
        told = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(told.split()[1]) * 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))

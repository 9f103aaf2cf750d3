"""Strangers flood a hub, and what an honest caller notices of it: `python -m bench.flood`.

A hub with 1,024 file descriptors, strangers at 127.0.0.2 to 127.0.0.9 in a process of their own: 1,500 half-open
connections, endless heads, endless chunks; who is cut off comes back at once. The honest caller at 127.0.0.1 asks on a
new connection each time, first in peace and then in the flood; every answer must come, and the 95th percentile in the
flood stands as a ratio to that in peace.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from urllib.request import urlopen

from bench.hubprocess import HubProcess, casehub, free_port
from messages import terminal
from messages.columns import table

STRANGERS = tuple(f"127.0.0.{number}" for number in range(2, 10))
HALF_OPEN, ENDLESS, DESCRIPTORS = 1_500, 8, 1_024
REQUESTS = 400
TOLERATED = 3.0
AGAIN_SECONDS = 0.05
HEAD = b"POST /v1/transfers HTTP/1.1\r\nhost: hub\r\n"
FIELDS = b"x: " + b"y" * 1000 + b"\r\n"
CHUNK = b"4000\r\n" + b"y" * 0x4000 + b"\r\n"


async def _stranger(port: int, source: str, begin: bytes, more: bytes, tried: asyncio.Semaphore) -> None:
    """Connect, send the beginning, then more without end or nothing; come back when cut off."""
    first = True
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
            writer.write(begin)
            if first:
                tried.release()
            first = False
            while more:
                writer.write(more)
                await writer.drain()
            while await reader.read(1 << 16):
                pass
            writer.close()
        except OSError:
            pass
        await asyncio.sleep(AGAIN_SECONDS)


async def _flood(port: int) -> None:
    tried = asyncio.Semaphore(0)
    kinds = [(HEAD + b"x: ", b"")] * HALF_OPEN
    kinds += [(HEAD, FIELDS * 16)] * ENDLESS
    kinds += [(HEAD + b"transfer-encoding: chunked\r\n\r\n", CHUNK * 4)] * ENDLESS
    strangers = [
        asyncio.create_task(_stranger(port, STRANGERS[number % len(STRANGERS)], begin, more, tried))
        for number, (begin, more) in enumerate(kinds)
    ]
    for _ in strangers:
        await tried.acquire()
    print("flooded", flush=True)
    await asyncio.gather(*strangers)


class Flood:
    """Strangers in a process of their own; all have come when the constructor returns."""

    def __init__(self, url: str) -> None:
        port = str(urlsplit(url).port)
        self._process = subprocess.Popen([sys.executable, "-m", "bench.flood", "--at", port], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    @property
    def runs(self) -> bool:
        """Whether they are still at it."""
        return self._process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def asked(url: str, requests: int) -> tuple[float, int]:
    """The 95th percentile in milliseconds of so many requests, each on a new connection, and how many had no answer."""
    took, failed = [], 0
    for _ in range(requests):
        began = time.perf_counter()
        answered = False
        with suppress(OSError), urlopen(f"{url}/v1/hub", timeout=60) as answer:
            answered = answer.status == 200 and bool(answer.read())
        took.append((time.perf_counter() - began) * 1000)
        failed += not answered
    return sorted(took)[int(len(took) * 0.95)], failed


def measure(root: Path) -> dict[str, float]:
    """Milliseconds in peace and in the flood, their ratio, and how many requests had no answer."""
    home, port = root / "hub", free_port()
    casehub("init", "--url", f"http://127.0.0.1:{port}", home=home)
    with HubProcess(home, port, descriptors=DESCRIPTORS) as hub:
        asked(hub.url, REQUESTS // 10)
        peace, _ = asked(hub.url, REQUESTS)
        with Flood(hub.url):
            flood, failed = asked(hub.url, REQUESTS)
    return {"peace_p95_ms": peace, "flood_p95_ms": flood, "ratio": flood / peace, "unanswered": failed}


def main() -> int:
    """Measure and print a table, or one JSON object; 1 when the hub did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.flood", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--at", type=int, metavar="PORT", help="only flood a hub on this machine, until stopped")
    options = parser.parse_args()
    terminal.force_utf8(sys.stdout, sys.stderr)
    if options.at:
        asyncio.run(_flood(options.at))
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(table(["what", "figure"], [(name, f"{value:.1f}") for name, value in found.items()], right=[1]))
    return 0 if found["ratio"] <= TOLERATED and not found["unanswered"] else 1


if __name__ == "__main__":
    sys.exit(main())

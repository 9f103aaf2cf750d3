"""Structured logs: one JSON object a line, English, a request id in each. Never a body, a query or a header.

Of an exception the types and the places in the code are logged, never its message or the variables at hand: both may
hold what a record says. What libraries log through Python's own `logging` is told in the same way: from where, never
what.
"""

from __future__ import annotations

import io
import logging
import sys
import traceback
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import ExcInfo

from messages.logfiles import RotatedFile
from messages.problems import Problem

MAX_CHAIN: Final = 8
"""Exceptions of one chain that are logged."""


class _StandardError(io.TextIOBase):
    """Standard error as it is when a line is written: a program that runs inside another may outlive its own."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(stream: TextIO | RotatedFile | None = None, level: int = logging.INFO) -> None:
    """Send the hub's logs to `stream` (standard error by default) as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # structlog's own rendering shows local variables and messages: records, names, keys.
            structlog.processors.ExceptionRenderer(_exceptions),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", stream or _StandardError())),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _Libraries) for handler in root.handlers):
        root.addHandler(_Libraries(logging.WARNING))


class _Libraries(logging.Handler):
    """What the server, the event loop and other libraries report, without their words."""

    def emit(self, record: logging.LogRecord) -> None:
        place = f"{record.pathname}:{record.lineno} {record.funcName}"
        structlog.get_logger("casehub.hub").log(
            record.levelno, "library", library=record.name, place=place, exc_info=record.exc_info
        )


def _exceptions(exc_info: ExcInfo) -> list[dict[str, Any]]:
    chain: list[dict[str, Any]] = []
    error: BaseException | None = exc_info[1]
    while error is not None and len(chain) < MAX_CHAIN:
        frames = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        told = {"code": error.code} if isinstance(error, Problem) else {}
        chain.append({"type": f"{type(error).__module__}.{type(error).__qualname__}", **told, "frames": frames})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def logger() -> structlog.typing.FilteringBoundLogger:
    """The hub's logger."""
    found: structlog.typing.FilteringBoundLogger = structlog.get_logger("casehub.hub")
    return found

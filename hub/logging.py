"""Structured logs: one JSON object a line, English, a request id in each. Never a body, a query or a header."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send the hub's logs to `stream` (standard error by default) as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without local variables, which structlog shows by default: they hold records, names and keys.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger() -> structlog.typing.FilteringBoundLogger:
    """The hub's logger."""
    found: structlog.typing.FilteringBoundLogger = structlog.get_logger("casehub.hub")
    return found

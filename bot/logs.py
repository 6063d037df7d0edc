"""Logging that cannot leak what people write.

Rasa's and the SDK's messages may hold user text (an action server error echoes the whole conversation), so of other
packages only the place and the type of an error are written; our own messages never contain user text.
"""

from __future__ import annotations

import logging
import sys

import structlog

OURS = ("bot", "hypnic", "actions")


class PlaceFormatter(logging.Formatter):
    """Our own messages in full; of everybody else the logger, the line and the exception's type."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = self.formatTime(record, "%Y-%m-%d %H:%M:%S")
        if record.name.split(".")[0] in OURS:
            return f"{stamp} {record.levelname} {record.name}: {record.getMessage()}"
        error = f" {record.exc_info[0].__name__}" if record.exc_info and record.exc_info[0] else ""
        return f"{stamp} {record.levelname} {record.name}:{record.lineno}{error}"


def configure(level: int = logging.WARNING) -> None:
    """Send everything of at least this level to standard error, through PlaceFormatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlaceFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("rasa", "rasa_sdk", "sanic", "sanic.root", "sanic.error", "sanic.access", "apscheduler"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.ERROR)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.processors.KeyValueRenderer(key_order=["event"])],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=False,
    )

"""structlog: one JSON line per event; only allow-listed fields can get out.

A crisis line's log is read by people who must not know who wrote what. So unknown fields are dropped,
values must look like codes or numbers, exceptions show places and types but never their messages, and
other libraries' records lose their text.
"""

import logging
import re
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# What each field may hold is a word of our own: a code, a route pattern, a number.
ALLOWED = frozenset((
    "event", "level", "timestamp", "method", "route", "status", "ms", "code", "verb", "thing",
    "count", "step", "tries", "channel", "kind", "version", "port", "state", "line", "queue",
    "centre", "frames", "error", "logger", "where", "reason", "setting", "epoch",
    "schema",
))  # fmt: skip
EVENT = re.compile(r"[A-Za-z0-9_.:/{}<>, -]{0,200}")
CODE = re.compile(r"[A-Za-z0-9_.:/{}<>,-]{0,200}")  # no spaces: a sentence is not a code
SMALL = 1_000_000  # a larger number could be somebody's
DIGITS = re.compile(r"\d{6,}")


def only_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop unknown fields; replace values that do not look like a code or a small number."""
    kept: EventDict = {}
    for key, value in event.items():
        if key not in ALLOWED:
            continue
        known = key in ("timestamp", "frames") or _is_small(value)
        kept[key] = value if known or _is_code(value, EVENT if key == "event" else CODE) else "[withheld]"
    return kept


def places_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception as its type and the places it passed: its message may quote what a caller wrote."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["frames"] = [
            f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-12:]
        ]
    return event


def _is_small(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and -SMALL < value < SMALL)


def _is_code(value: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None and DIGITS.search(value) is None


class ForeignRecords(logging.Handler):
    """Records of other libraries: where and how grave, without the text, which may hold anything."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        level = min(max(record.levelno // 10, 1), 5) * 10  # structlog knows the five ordinary levels only
        if record.name in ("aiohttp.server", "asyncio") and isinstance(error, ConnectionError):
            level = logging.INFO  # a line that broke, and nobody was waiting for it any more
        where = f"{record.filename}:{record.lineno}"
        structlog.get_logger().log(level, "library", logger=record.name, where=where, exc_info=error)


def configure(level: str = "info") -> None:
    """Set up once per process: JSON lines on standard error."""
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            places_only,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [ForeignRecords()]
    root.setLevel(max(number, logging.WARNING))

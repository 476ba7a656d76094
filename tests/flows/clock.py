"""The clock that several processes share."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.factories import MovableClock

ZERO = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class StoryClock(MovableClock):
    """Stands still for all processes of a story, until somebody sets it: they map the same eight bytes."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(8))
        self.file = file
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 8)

    def now(self) -> datetime:
        count: int = struct.unpack("q", self._shared[:8])[0]
        return ZERO + count * MICROSECOND

    def set(self, at: datetime) -> None:
        self._shared[:8] = struct.pack("q", (at - ZERO) // MICROSECOND)

"""How often something came from one source lately: in memory, per process, under a key that changes every hour.

What is counted is forgotten with the key, so nobody can be found by it later. Several processes each count for
themselves, which makes the limits more generous, never tighter.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

REMEMBERED = 10_000  # sources at once; beyond it the oldest are forgotten
ROTATES = timedelta(hours=1)


class Sources:
    """Counts up to `most` events of each source within a span."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most, self._within = most, within
        self._key = b""
        self._seen: dict[bytes, tuple[datetime, ...]] = {}
        self._rotate_at: datetime | None = None

    def count(self, source: str, now: datetime) -> int:
        """Count one more; how many came within the span, this one included, at most `most`."""
        if self._rotate_at is None or now >= self._rotate_at:
            self._key, self._rotate_at = secrets.token_bytes(32), now + ROTATES
            self._seen.clear()
        fingerprint = hashlib.blake2b(source.encode(), key=self._key, digest_size=16).digest()
        lately = [at for at in self._seen.pop(fingerprint, ()) if now - at < self._within]
        seen = self._seen[fingerprint] = (*lately, now)[-self._most :]  # last in order of use
        oldest = next(iter(self._seen))
        while len(self._seen) > REMEMBERED or now - self._seen[oldest][-1] >= self._within:
            del self._seen[oldest]
            oldest = next(iter(self._seen))
        return len(seen)

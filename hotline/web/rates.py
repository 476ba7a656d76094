"""How many contacts one network may begin: generous, in memory, per process, and never in the way of danger.

Networks are kept as fingerprints under a key that is forgotten with the process.
"""

import hashlib
import math
import secrets
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from hotline.errors import ManyContacts
from hotline.web.addresses import network_of
from hotline.web.keys import SYSTEM

MOST: Final = 30  # a school or a mobile network behind one address
WITHIN: Final = timedelta(minutes=10)
NETWORKS: Final = 10_000  # remembered at once; beyond it the oldest are forgotten


class Starts:
    """When which network began its last contacts."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._begun: dict[bytes, deque[datetime]] = {}

    def wait(self, network: str, now: datetime) -> int:
        """Count one more; 0, or the seconds until it may begin, in which case it was not counted."""
        fingerprint = hashlib.blake2b(network.encode(), key=self._key).digest()
        begun = self._begun.pop(fingerprint, deque(maxlen=MOST))
        self._begun[fingerprint] = begun  # last in order of use
        if len(begun) == MOST and now - begun[0] < WITHIN:
            return math.ceil((begun[0] + WITHIN - now).total_seconds())
        begun.append(now)
        if len(self._begun) > NETWORKS:
            del self._begun[next(iter(self._begun))]
        return 0


STARTS: web.AppKey[Starts] = web.AppKey("starts", Starts)


def admit(request: web.Request, danger: str | None) -> None:
    """May a contact begin from here? "Yes, now" always may, and so may whose network we do not know. Raises
    ManyContacts."""
    network = network_of(request)
    if danger == "yes" or not network:
        return
    seconds = request.app[STARTS].wait(network, request.app[SYSTEM].clock.now())
    if seconds:
        raise ManyContacts(seconds=seconds)

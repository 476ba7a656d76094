"""Which contact a caller's secret opened a moment ago: their next word is stored without another look."""

from datetime import datetime

from aiohttp import web

from hotline.sources import REMEMBERED


class Known:
    """Of one process, by fingerprint. Only a hint: the journal sees to it that the secret has not died since."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, datetime]] = {}

    def of(self, who: str, now: datetime) -> str | None:
        """The contact, unless it has to be looked up."""
        contact_id, until = self._found.get(who, ("", now))
        return contact_id if now < until else None

    def keep(self, who: str, contact_id: str, until: datetime) -> None:
        """It was found by this secret, which lives so long without another sign."""
        if len(self._found) >= REMEMBERED:
            self._found.clear()
        self._found[who] = contact_id, until

    def forget(self, who: str) -> None:
        """What was known of it is not so any more."""
        self._found.pop(who, None)


KNOWN: web.AppKey[Known] = web.AppKey("known", Known)

"""The session behind a line that stays open: rights change, and it ends by time, whatever the page answers."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from hotline.actions import signing_in
from hotline.errors import NotSignedIn
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.web.keys import SYSTEM
from hotline.web.readings import READINGS
from hotline.web.session import secret_of

ASKED: Final = timedelta(seconds=35)  # more than the half minute in which a console looks anyway


class LineSession:
    """Whoever may no longer see the page, or is not there any more, is signed out of it.

    While the screen is locked the line stays: it is then the feed's part to say only that somebody waits.
    """

    actor: Actor
    revision: int
    locked: bool

    def __init__(self, request: web.Request, verb: str) -> None:
        self._system, self._secret, self._verb = request.app[SYSTEM], secret_of(request), verb
        self._sessions = request.app[READINGS].sessions
        self._asked = self._system.clock.now()

    @classmethod
    async def of(cls, request: web.Request, verb: str) -> "LineSession":
        """The one of the cookie, if it may do that. Raises NotSignedIn."""
        made = cls(request, verb)
        await made.anew()
        return made

    async def anew(self) -> None:
        """Read it and the rights of its person. Raises NotSignedIn."""
        self._asked = self._system.clock.now()
        me = await signing_in.entered(self._system, await self._sessions.get(self._secret))
        if me.confined or not access.may(me.actor, self._verb):
            raise NotSignedIn
        self.actor, self.revision, self.locked = me.actor, me.revision, me.locked

    @property
    def is_old(self) -> bool:
        """Was that a while ago?"""
        return self._system.clock.now() - self._asked >= ASKED

    async def now_and_then(self) -> None:
        """The same, if that was a while ago: so an open page keeps it alive, too. Raises NotSignedIn."""
        if self.is_old:
            await self.anew()

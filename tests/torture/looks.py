"""Where words must be once all is quiet: in the rows, on every page that was open, on one opened anew, on phones."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from hotline.store import views
from hotline.store.views import Entry
from hotline.system import System
from tests.bots.bot_api import BotApi
from tests.flows.people import WebCaller
from tests.flows.talks import Talk
from tests.torture.history import History
from tests.torture.talkers import Chat, answered, until

SHOWN = 15.0  # seconds for the last words to reach every page


class Looks:
    """What all of them found."""

    def __init__(self, system: System, history: History, api: BotApi, settles: float) -> None:
        self._system, self._history, self._api, self._settles = system, history, api, settles
        self.faults: Counter[str] = Counter()
        self.looked = 0  # for an acknowledged message, in one place
        self.sent = 0  # words for phones that Telegram was brought
        self.again = 0  # times that it was brought one of them once more
        self.under_way = 0

    async def at_talk(self, talk: Talk) -> None:
        """The two pages that were open all the time, and one that is opened anew."""
        await self.at_rows(talk.contact)
        last = {pen.acknowledged[-1] for pen in talk.pens if pen.acknowledged}
        await self._at_page("on the caller's page", talk.contact, talk.caller.words, last)
        console = partial(talk.counsellor.words, talk.contact)
        await self._at_page("on the console", talk.contact, console, last)
        self._compares("on a new page", talk.contact, await _anew(talk.caller))

    async def _at_page(
        self, where: str, contact: str, words: Callable[[], list[str]], last: set[str]
    ) -> None:
        await until(lambda: last <= set(words()), SHOWN)
        self._compares(where, contact, words())

    async def at_rows(self, contact: str) -> None:
        said = [each for each in await self._entries(contact) if each.kind == "message"]
        self._compares("in the rows", contact, [each.text or "" for each in said], [each.id for each in said])

    async def at_phone(self, chat: Chat) -> None:
        """What Telegram was brought; what it was not may only be still under way."""
        await self.at_rows(chat.contact)
        said, name = chat.pen.acknowledged, chat.pen.name
        await until(lambda: set(said) <= set(self._api.texts(chat.number)), self._settles)
        brought = [text for text in self._api.texts(chat.number) if text.startswith(f"{name} ")]
        waiting = {
            each.text for each in await self._entries(chat.contact) if each.delivery in ("pending", "sending")
        }
        once = list(dict.fromkeys(brought))
        under_way = [text for text in said if text not in once and text in waiting]
        self.sent += len(once)
        self.again += len(brought) - len(once)
        self.under_way += len(under_way)
        missing = len(set(said) - set(once) - set(under_way))
        disorder = once != [text for text in said if text in once]
        self._adds("on the phone", Counter({"missing": missing, "out of order": int(disorder)}), len(once))

    async def _entries(self, contact: str) -> list[Entry]:
        async with self._system.read() as tx:
            return await views.entries_after(tx, contact, 0, "staff", 1_000_000)

    def _compares(
        self, where: str, contact: str, texts: Sequence[str], ids: Sequence[str] | None = None
    ) -> None:
        self._adds(where, self._history.faults(contact, texts, ids), len(self._history.said[contact]))

    def _adds(self, where: str, faults: Counter[str], count: int) -> None:
        self.looked += count
        for fault, number in (+faults).items():
            self.faults[f"{fault} {where}"] += number


async def _anew(caller: WebCaller) -> list[str]:
    """What the same secret shows from the beginning."""
    path, secret = f"/chat/{caller.line}/contact", {"Authorization": f"Bearer {caller.token}"}
    words: list[str] = []
    cursor, more = 0, True
    while more:
        after = {"after": str(cursor)}
        answer = await answered(partial(caller.ask, "GET", path, params=after, headers=secret))
        if answer is None or answer.status != 200:
            await asyncio.sleep(0.1)
            continue
        frame = answer.json()
        words += [each["text"] for each in frame["entries"] if each["kind"] == "message"]
        cursor, more = frame["cursor"], frame["more"]
    return words

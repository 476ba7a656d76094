"""Who comes with an update: the chat's last contact, what it chose before, the language it reads."""

from dataclasses import replace

from aiogram.types import User

from bots.telegram.choices import Choice, Choices
from hotline.errors import HotlineError
from hotline.rules import contact
from hotline.store import queries
from hotline.store.queries import ContactRow
from hotline.system import System
from hotline.texts import LANGUAGES
from hotline.values import dataclass

DEFAULT_LANGUAGE = "pl"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who comes with which update. `newest` is the chat's last contact, `seen` says this update had its effect."""

    key: str
    chat_id: int
    blind: str
    seen: bool
    newest: ContactRow | None
    choice: Choice
    language: str

    @property
    def open(self) -> ContactRow | None:
        """The chat's contact that words can still go to."""
        live = self.newest is not None and self.newest.state in (contact.WAITING, contact.ACTIVE)
        return self.newest if live else None


class Visits:
    """Looks up who comes."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.choices = Choices()

    async def of(self, key: str, chat_id: int, spoken: str | None, shown: str | None = None) -> Visit:
        """Who comes with the update `key`; `spoken` is the phone's language, `shown` that of a pressed button."""
        async with self._system.read() as tx:
            blind = tx.blind("telegram", str(chat_id))
            began = await queries.contact_by_origin(tx, key)
            sent = await queries.entry_seq(tx, key, blind)
            newest = await queries.contact_by_caller(tx, blind)
            choice = self.choices.of(blind, tx.now)
        seen = sent is not None or (began is not None and began.caller_blind == blind)
        visit = Visit(key, chat_id, blind, seen, newest, choice, DEFAULT_LANGUAGE)
        return replace(visit, language=_language(visit, spoken, shown))

    async def language(self, chat_id: int, spoken: str | None) -> str:
        """The language this chat reads, as far as that can be known now."""
        try:
            return (await self.of("", chat_id, spoken)).language
        except HotlineError:  # the database is away, which may be what is to be told
            choice = self.choices.of(
                self._system.vault.blind("telegram", str(chat_id)), self._system.clock.now()
            )
            return _first_known(choice.language, _phone(spoken))


def spoken_or_default(spoken: str | None) -> str:
    """The phone's language if it is one of ours."""
    return _first_known(_phone(spoken))


def language_of(user: User | None) -> str | None:
    """What the phone speaks, if Telegram tells."""
    return user.language_code if user is not None else None


def _language(visit: Visit, spoken: str | None, shown: str | None) -> str:
    """The contact's; else what was chosen, what the pressed button was in, the last contact's, the phone's."""
    last = visit.newest.language if visit.newest is not None else None
    if visit.open is not None:
        return str(visit.open.language)
    return _first_known(visit.choice.language, shown, last, _phone(spoken))


def _first_known(*wishes: str | None) -> str:
    return next((wish for wish in wishes if wish in LANGUAGES), DEFAULT_LANGUAGE)


def _phone(spoken: str | None) -> str:
    return (spoken or "").lower().partition("-")[0]

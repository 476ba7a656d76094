"""Being called back, asked for in the bot: buttons and one short question; nothing is kept until the last answer.

Half-given answers live in memory under a blind index. After a restart the questions begin again.
"""

from collections import OrderedDict
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from aiogram.methods import SendMessage

from bots.telegram import prompts
from bots.telegram.prompts import Press
from hotline.errors import PhoneWrong, SafeTimeWrong
from hotline.rules import callback
from hotline.rules.callback import SafeTime, Wish
from hotline.rules.civil_time import DAY_MINUTES, local
from hotline.system import System
from hotline.texts import say
from hotline.values import dataclass

SIZE = 5_000
PARTS = ((8, 12), (12, 16), (16, 20))  # hours of the day one may choose from
VOICEMAIL = {"voicemail_yes": True, "voicemail_no": False}


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been answered so far."""

    number: str = ""
    says: str = "nothing"
    voicemail: bool = False
    awaits_number: bool = False


class Questions:
    """The questions in their order."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._drafts: OrderedDict[str, Draft] = OrderedDict()

    def offer(self, chat_id: int, language: str) -> SendMessage:
        """Where nobody answers now: there is a way to be reached later."""
        return _asked(chat_id, language, "telegram.callback_offer", [("callback.ask", "ask")])

    def waits(self, chat_id: int, language: str) -> SendMessage:
        """Said to who writes although they are to be called back later."""
        return _asked(chat_id, language, "telegram.callback_waits", [("callback.wait_here", "wait")])

    def begin(self, blind: str, chat_id: int, language: str) -> SendMessage:
        """The first question."""
        self._drafts.pop(blind, None)
        ways = [("telegram.callback_here", "here"), ("telegram.callback_phone", "phone")]
        return _asked(chat_id, language, "telegram.callback_way", ways)

    def pressed(self, blind: str, chat_id: int, press: Press) -> SendMessage | Wish:
        """The next question; after the last one, the wish. What was answered is kept until it is forgotten.

        Of whom nothing is known any more, or who presses an old button, is asked from the beginning: else who wants to
        be telephoned would be written to.
        """
        language, value = press.language, press.value
        draft = self._drafts.get(blind)
        if press.question == "callback_when" and draft is not None and not draft.awaits_number:
            return _wish(draft, value)
        if value == "phone":
            self._note(blind, awaits_number=True)
            return prompts.send(chat_id, say("telegram.callback_number", language))
        if value in callback.SAYS:
            self._note(blind, says=value)
            answers = [(f"telegram.callback_{each}", each) for each in VOICEMAIL]
            return _asked(chat_id, language, "telegram.callback_voicemail", answers)
        if value in VOICEMAIL:
            self._note(blind, voicemail=VOICEMAIL[value])
            return self._when(chat_id, language)
        if value == "here":
            self._drafts.pop(blind, None)
            self._note(blind)
            return self._when(chat_id, language)
        return self.begin(blind, chat_id, language)

    def said(self, blind: str, chat_id: int, language: str, words: str) -> SendMessage | None:
        """Words that may be the number asked for. None: they are something else, and nothing is asked any more."""
        if not self._drafts.get(blind, Draft()).awaits_number:
            return None
        try:
            number = callback.phone(words)
        except PhoneWrong:
            if not any(each.isdigit() for each in words) or len(words) > 30:
                self._drafts.pop(blind, None)
                return None
            return prompts.send(chat_id, say("error.phone_wrong", language))
        self._note(blind, number=number, awaits_number=False)
        answers = [(f"callback.says_{each}", each) for each in callback.SAYS]
        return _asked(chat_id, language, "callback.says", answers)

    def forget(self, blind: str) -> None:
        self._drafts.pop(blind, None)

    def _note(self, blind: str, **changes: Any) -> None:
        self._drafts[blind] = replace(self._drafts.get(blind, Draft()), **changes)
        self._drafts.move_to_end(blind)
        while len(self._drafts) > SIZE:
            self._drafts.popitem(last=False)

    def _when(self, chat_id: int, language: str) -> SendMessage:
        now = local(self._system.clock.now(), self._system.centre.zone)
        rows = [(say("telegram.callback_any", language), when(now.date(), 0, DAY_MINUTES), language)]
        for day in (now.date(), now.date() + timedelta(days=1)):
            name = say(f"chat.weekday_{day.weekday()}", language)
            rows += [
                (f"{name}, {day:%d.%m}, {start}–{end}", when(day, start * 60, end * 60), language)
                for start, end in PARTS
                if day > now.date() or end * 60 - now.hour * 60 - now.minute >= callback.SHORTEST
            ]
        buttons = [[(label, Press("callback_when", value, language))] for label, value, language in rows]
        return prompts.send(chat_id, say("callback.when", language), prompts.keyboard(buttons))


def _wish(draft: Draft, value: str) -> Wish:
    day, start, end = value.split("-")
    try:
        first = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007  a local day
    except ValueError:  # whoever forges a button may name the 31st of February
        raise SafeTimeWrong from None
    safe = SafeTime(first, int(start), int(end))
    way: callback.Way = "phone" if draft.number else "telegram"
    return Wish(safe, way, draft.number, draft.says, draft.voicemail)


def when(day: date, start: int, end: int) -> str:
    """A safe time as a button carries it."""
    return f"{day:%Y%m%d}-{start}-{end}"


def _asked(chat_id: int, language: str, text: str, answers: list[tuple[str, str]]) -> SendMessage:
    rows = [[(say(key, language), Press("callback", value, language))] for key, value in answers]
    return prompts.send(chat_id, say(text, language), prompts.keyboard(rows))

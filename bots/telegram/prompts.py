"""What the bot says by itself, and its buttons. Nothing here is part of a contact; that goes through the outbox.

A button carries what was asked, the answer and the language, so that pressing it needs no memory of ours.
"""

import re
from collections.abc import Sequence

from aiogram.methods import EditMessageReplyMarkup, SendMessage
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from hotline import texts
from hotline.errors import ChatDisabled, HotlineError, LineClosed, TextTooLong
from hotline.rules import callback, opening, triage
from hotline.rules.centre import Centre, Line
from hotline.rules.civil_time import local
from hotline.rules.duty import ClosedNow, Duty, NotStated, OpenButEmpty
from hotline.system import System
from hotline.texts import LANGUAGES, say, say_count, situations
from hotline.values import dataclass

Keyboard = InlineKeyboardMarkup
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
SKIP = "skip"
CALLBACK = ("ask", "wait", "here", "phone", *callback.SAYS, "voicemail_yes", "voicemail_no")
WHEN = re.compile(r"20\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])-\d{1,4}-\d{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Press:
    """The meaning of a button: question `language`, `danger`, `topic` or `under18`, its value, the language shown."""

    question: str
    value: str
    language: str

    def __str__(self) -> str:
        return f"{self.question}:{self.value}:{self.language}"


def pressed(data: str | None, offered_topics: Sequence[str]) -> Press | None:
    """The button behind this callback data; None if we never made such a one."""
    question, _, rest = (data or "").partition(":")
    value, _, language = rest.partition(":")
    offered: dict[str, Sequence[str]] = {
        "language": LANGUAGES,
        "danger": triage.DANGER,
        "topic": (*offered_topics, SKIP),
        "under18": ("yes",),
        "callback": CALLBACK,
        "callback_when": (value,) if WHEN.fullmatch(value) else (),
    }
    if language not in LANGUAGES or value not in offered.get(question, ()):
        return None
    return Press(question, value, language)


def send(chat_id: int, text: str, keyboard: Keyboard | None = None) -> SendMessage:
    """Plain text: no markup, no previews, not to be forwarded or saved."""
    return SendMessage(
        chat_id=chat_id, text=text, reply_markup=keyboard, parse_mode=None,
        link_preview_options=NO_PREVIEW, protect_content=True,
    )  # fmt: skip


def take_away(chat_id: int, message_id: int, left: Keyboard | None = None) -> EditMessageReplyMarkup:
    """Remove the buttons of an answered question, or leave these."""
    return EditMessageReplyMarkup(chat_id=chat_id, message_id=message_id, reply_markup=left)


def languages(shown: str) -> Keyboard:
    """Three buttons, each in its own language."""
    return keyboard([[(say("language_choice", each), Press("language", each, shown)) for each in LANGUAGES]])


def danger(chat_id: int, language: str) -> SendMessage:
    """The first question."""
    row = [(f"danger_{each}_button", Press("danger", each, language)) for each in triage.DANGER]
    buttons = [(say(key, language), press) for key, press in row]
    return send(chat_id, say("danger_question", language), keyboard([buttons]))


def topic(chat_id: int, language: str, topics: Sequence[str], *, under18: bool) -> SendMessage:
    """The second question, with "I am under 18" unless that is known."""
    return send(chat_id, say("topic_question", language), topic_keyboard(language, topics, under18=under18))


def topic_keyboard(language: str, topics: Sequence[str], *, under18: bool) -> Keyboard:
    """One topic per row: the words are long and phones are narrow."""
    rows = [[(say(f"chat.topic_{each}", language), Press("topic", each, language))] for each in topics]
    rows.append([(say("skip_button", language), Press("topic", SKIP, language))])
    if not under18:
        rows.append([(say("under18_button", language), Press("under18", "yes", language))])
    return keyboard(rows)


TAKE_OVER = "take_over"


def take_over(call_id: str) -> Keyboard:
    """One button under a call to somebody at home; the id is the call's, never the contact's."""
    text = say("staff_bot.take_over_button", "pl")
    button = InlineKeyboardButton(text=text, callback_data=f"{TAKE_OVER}:{call_id}")
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


def taken_over(data: str | None) -> str | None:
    """The call whose button this is; None if it is another button."""
    kind, _, call_id = (data or "").partition(":")
    return call_id if kind == TAKE_OVER and call_id else None


def keyboard(rows: list[list[tuple[str, Press]]]) -> Keyboard:
    """Rows of labels with what pressing them means."""
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=text, callback_data=str(press)) for text, press in row] for row in rows
        ]
    )


def introduction(system: System, line: Line, duty: Duty, chat_id: int, language: str) -> list[SendMessage]:
    """What /start brings. A line that takes nobody now says so instead of welcoming."""
    centre = system.centre
    danger_taken = centre.live_chat_enabled and centre.danger_fallback() is not None
    if not centre.live_chat_enabled or isinstance(duty, ClosedNow | NotStated):
        error: HotlineError = LineClosed(duty.next_open) if isinstance(duty, ClosedNow) else ChatDisabled()
        said = [send(chat_id, refusal(system, line, error, language), languages(language))]
        return [*said, danger(chat_id, language)] if danger_taken else said
    now = local(system.clock.now(), centre.zone)
    known = {**situations.facts(centre, line), "greeting": texts.greeting(now, language)}
    said = [send(chat_id, situations.words("welcome", language, **known), languages(language))]
    said += [send(chat_id, text) for text in notices(system, language)]
    if isinstance(duty, OpenButEmpty):
        said.append(send(chat_id, _nobody(centre, duty, language)))
    else:
        said.append(send(chat_id, say("telegram.start_hint", language)))
    return [*said, danger(chat_id, language)]


def notices(system: System, language: str) -> list[str]:
    """What Telegram keeps and where it is safer; who processes the data. No address is named that is not ours."""
    centre, public = system.centre, system.settings.public_url.rstrip("/")
    page = f"{public}/prywatnosc?lang={language}" if public else centre.web_url
    known = {**situations.facts(centre, None), "web_url": centre.web_url or public, "privacy_url": page}
    told = [situations.words("telegram_notice", language, **known)]
    return [*told, situations.words("privacy", language, **known)] if centre.controller else told


def rights(centre: Centre, language: str) -> list[str]:
    """Whom to ask about data, what one may ask for, and how long what is kept."""
    if not centre.dpo_email:
        return []
    kept = {
        "retention": say_count("notice.years", language, centre.retention.card_years),
        "chat_retention": say_count("notice.days", language, centre.retention.telegram_days),
    }
    return [situations.words("privacy_dpo", language, **situations.facts(centre, None), **kept)]


def help_now(centre: Centre, line: Line, language: str) -> list[str]:
    """Who answers day and night, and what deaf people can do here."""
    return [
        situations.words(each, language, **situations.facts(centre, line))
        for each in ("emergency_list", "deaf")
    ]


def _nobody(centre: Centre, duty: OpenButEmpty, language: str) -> str:
    at = duty.next_at and texts.when(local(duty.next_at, centre.zone), language)
    return situations.words("nobody", language, next_duty=at)


def refusal(system: System, line: Line, error: HotlineError, language: str) -> str:
    """What happened and where help is now, for an error a person can do something about."""
    centre = system.centre
    match error:
        case LineClosed(next_open=next_open):
            return situations.closed(centre, line, system.clock.now(), next_open, language)
        case ChatDisabled():
            unknown = opening.Unknown()
            if centre.live_chat_enabled and opening.opening(centre, line, system.clock.now()) == unknown:
                return situations.words("hours_unknown", language, **situations.facts(centre, line))
            return say("chat_disabled", language)
        case TextTooLong():
            return say("telegram.too_long", language)
        case _:
            return say(f"error.{error.code}", language, **error.params)


def trouble(centre: Centre, line: Line, language: str) -> str:
    """Something of ours is broken: the message may not have arrived."""
    return situations.words("technical_problem", language, **situations.facts(centre, line))

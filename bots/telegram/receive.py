"""aiogram's Update → actions of the hotline, and what the bot answers by itself.

Private chats only. Whatever is neither words nor a button is refused kindly and never downloaded. Every effect
carries the update's own id, so an update that comes again changes nothing, even after its contact has ended.
"""

from typing import Any, Protocol

from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.methods import AnswerCallbackQuery, TelegramMethod
from aiogram.types import CallbackQuery, ChatMemberUpdated, InaccessibleMessage, Message, Update

from bots.telegram import callback, menu, prompts
from bots.telegram.choices import Choice
from bots.telegram.media import Refusals
from bots.telegram.prompts import Press
from bots.telegram.visits import Visit, Visits, language_of
from hotline.actions import arrivals, callbacks, contacts, languages, messages, reach
from hotline.errors import (
    ChatDisabled,
    ConfigInvalid,
    ContactEnded,
    HotlineError,
    LineClosed,
    NoSuchTime,
    SafeTimeWrong,
    TextEmpty,
    TextMalformed,
    TextTooLong,
)
from hotline.rules import abuse, contact, triage
from hotline.rules.access import CHANNEL, Actor
from hotline.rules.callback import Wish
from hotline.rules.centre import Centre, Line
from hotline.rules.duty import OnDuty
from hotline.sources import Sources
from hotline.store import queries, views
from hotline.store.queries import ContactRow
from hotline.system import System
from hotline.texts import say
from hotline.values import dataclass

EXPLAINED = (ChatDisabled, LineClosed, NoSuchTime, SafeTimeWrong, TextEmpty, TextMalformed, TextTooLong)
Answer = TelegramMethod[Any]
Buttons = Message | InaccessibleMessage  # what a pressed button hangs on


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an update: is it stored now, and what is to be answered, in order.

    What is not stored is answered before it is confirmed: then the answer is all that the person gets.
    """

    committed: bool = False
    answers: tuple[Answer, ...] = ()


def line_of(centre: Centre) -> Line:
    """The line whose queue is on Telegram. Raises ConfigInvalid if the centre has none."""
    for queue in centre.queues.values():
        if "telegram" in queue.channels:
            return centre.line(queue.lines[0])
    raise ConfigInvalid("HOTLINE_TELEGRAM_TOKEN", "no queue of the centre is on Telegram")


class Receives(Protocol):
    """What `intake` needs of whoever turns updates into what they mean."""

    @property
    def line(self) -> Line: ...
    def key_of(self, update_id: int) -> str: ...
    async def language(self, chat_id: int, spoken: str | None) -> str: ...
    async def receive(self, update: Update) -> Outcome: ...


class Receiver:
    """Turns one update into what it means. The order of a chat's updates is the business of `intake`."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._topics = triage.topics(self.line.audience)
        self._refusals = Refusals()
        self.visits = Visits(system)
        self._choices = self.visits.choices
        self._callbacks = callback.Questions(system)
        self._starts = Sources(abuse.CHAT_MOST + 1, abuse.WITHIN)

    @property
    def line(self) -> Line:
        """As the centre has it now: its hours may have changed since the bot started."""
        return line_of(self._system.centre)

    @property
    def _calls_back(self) -> bool:
        return self._system.centre.callback_queue(self.line.id) is not None

    def key_of(self, update_id: int) -> str:
        """What every effect of this update carries."""
        return f"tg:{update_id}"

    async def language(self, chat_id: int, spoken: str | None) -> str:
        """What this chat reads, as far as that can be known now."""
        return await self.visits.language(chat_id, spoken)

    async def receive(self, update: Update) -> Outcome:
        """Raises Unavailable when nothing could be stored; any other exception is a mistake of ours."""
        key = self.key_of(update.update_id)
        if update.callback_query is not None:
            return await self._button(key, update.callback_query)
        if update.my_chat_member is not None:
            return await self._let_in_or_out(key, update.my_chat_member)
        message = update.message or update.edited_message
        if message is None or message.chat.type != ChatType.PRIVATE:
            return Outcome()
        visit = await self.visits.of(key, message.chat.id, language_of(message.from_user))
        try:
            if update.edited_message is not None:
                return await self._corrected(visit, message)
            return await self._said(visit, message)
        except EXPLAINED as error:
            return self._refused(visit, error)

    # -- words -----------------------------------------------------------------------------------------

    async def _said(self, visit: Visit, message: Message) -> Outcome:
        command = menu.command(message.text)
        if command is not None:
            return await self._command(visit, command)
        # A caption is somebody's words; only the picture around it is refused.
        words = message.text or message.caption
        outcome = Outcome() if words is None else await self._words(visit, words, message)
        refusal = self._refusals.text_for(message)
        if refusal is None:
            return outcome
        refused = prompts.send(visit.chat_id, say(refusal, visit.language))
        return Outcome(outcome.committed, (refused, *outcome.answers))

    async def _words(self, visit: Visit, words: str, message: Message) -> Outcome:
        if visit.seen:
            return Outcome(committed=True, answers=self._asked_again(visit))
        asked = self._callbacks.said(visit.blind, visit.chat_id, visit.language, words)
        if asked is not None:
            return Outcome(answers=(asked,))
        source = self._source(message)
        if visit.open is not None:
            try:
                await messages.receive(self._system, CHANNEL, visit.open.id, visit.key, words, source)
            except ContactEnded:
                pass  # just now; so these words begin the next one
            else:
                await self._is_back(visit.open)
                return Outcome(committed=True, answers=self._for_later(visit, words))
        started = await self._start(visit, words, visit.choice.danger, source)
        answers = () if started.repeated else self._questions(visit, visit.choice)
        return Outcome(committed=True, answers=answers)

    def _for_later(self, visit: Visit, words: str) -> tuple[Answer, ...]:
        """Who is to be called back later and writes meanwhile is told that nobody reads it yet."""
        due_at = visit.open.due_at if visit.open is not None else None
        if due_at is None or due_at <= self._system.clock.now() or triage.flagged(words):
            return ()
        return (self._callbacks.waits(visit.chat_id, visit.language),)

    async def _is_back(self, row: ContactRow) -> None:
        """Somebody writes who had left in danger, or had blocked the bot."""
        if row.caller_left_at is not None:
            await contacts.caller_seen(self._system, Actor("caller", row.id))
        if row.unreachable_at is not None:
            await reach.back(self._system, CHANNEL, row.id)

    async def _let_in_or_out(self, key: str, change: ChatMemberUpdated) -> Outcome:
        """The bot was blocked or let in again. Where nothing is open, nobody needs to know."""
        if change.chat.type != ChatType.PRIVATE:
            return Outcome()
        visit = await self.visits.of(key, change.chat.id, None)
        if visit.newest is None or visit.newest.state == contact.CLOSED:
            return Outcome()
        out = change.new_chat_member.status in (ChatMemberStatus.KICKED, ChatMemberStatus.LEFT)
        await (reach.lost if out else reach.back)(self._system, CHANNEL, visit.newest.id)
        return Outcome(committed=True)

    async def _start(
        self,
        visit: Visit,
        words: str | None,
        danger: str | None,
        source: str | None = None,
        wish: Wish | None = None,
    ) -> arrivals.Started:
        slow = self._starts.count(visit.blind, self._system.clock.now()) > abuse.CHAT_MOST
        arrival = arrivals.Arrival(
            line=self.line.id, channel="telegram", origin=visit.key, client_id=visit.key, language=visit.language,
            text=words, danger=danger, topic=visit.choice.topic, under18=visit.choice.under18,
            address=str(visit.chat_id), source_blind=source, slow=slow, wish=wish,
        )  # fmt: skip
        started = await arrivals.start(self._system, arrival)
        self._choices.forget(visit.blind)
        return started

    def _source(self, message: Message) -> str:
        """Finds the entry again when this message is corrected, and tells nobody else anything."""
        return self._system.vault.blind("telegram message", f"{message.chat.id}:{message.message_id}")

    async def _corrected(self, visit: Visit, message: Message) -> Outcome:
        """A correction stands beside its message. What is over, or was never words here, it cannot change.

        Telegram also reports edits that changed nothing a person sees: they are no news.
        """
        words = message.text or message.caption
        if visit.seen or words is None or menu.command(message.text) is not None:
            return Outcome(committed=visit.seen)
        async with self._system.read() as tx:
            found = await queries.entry_by_source(tx, self._source(message))
            before = None if found is None else await views.words_now(tx, *found)
        if before == words:
            return Outcome()
        lost = prompts.send(visit.chat_id, say("telegram.edit_lost", visit.language))
        if found is None or visit.open is None or found[0] != visit.open.id:
            return Outcome(answers=(lost,))
        try:
            await messages.correct(self._system, CHANNEL, visit.open.id, visit.key, found[1], words)
        except ContactEnded:
            return Outcome(answers=(lost,))
        await self._is_back(visit.open)
        noted = prompts.send(visit.chat_id, say("telegram.edited_noted", visit.language))
        return Outcome(committed=True, answers=(noted,))

    def _questions(self, visit: Visit, known: Choice) -> tuple[Answer, ...]:
        """The two questions, as far as they are open. In danger nobody is asked for a topic."""
        asked: list[Answer] = []
        if known.danger is None:
            asked.append(prompts.danger(visit.chat_id, visit.language))
        if known.topic is None and known.danger != "yes":
            asked.append(prompts.topic(visit.chat_id, visit.language, self._topics, under18=known.under18))
        return tuple(asked)

    def _asked_again(self, visit: Visit) -> tuple[Answer, ...]:
        """The process may have died between the first word's commit and the questions."""
        row = visit.open
        if row is None or row.origin != visit.key or row.state != contact.WAITING or row.danger is not None:
            return ()
        return self._questions(visit, Choice(danger=row.danger, topic=row.topic, under18=row.under18))

    # -- commands --------------------------------------------------------------------------------------

    async def _command(self, visit: Visit, command: str) -> Outcome:
        if command == "start":
            return await self._welcome(visit)
        if command == "stop":
            return await self._stop(visit)
        if command == "callback":
            arrivals.takes_callbacks(self._system.centre, self.line.id)
            return Outcome(answers=(self._callbacks.begin(visit.blind, visit.chat_id, visit.language),))
        if command == "language":
            text, keyboard = (
                say("telegram.choose_language", visit.language),
                prompts.languages(visit.language),
            )
            return Outcome(answers=(prompts.send(visit.chat_id, text, keyboard),))
        if command == "privacy":
            told = prompts.notices(self._system, visit.language) + prompts.rights(
                self._system.centre, visit.language
            )
        else:
            told = prompts.help_now(self._system.centre, self.line, visit.language)
        return Outcome(answers=tuple(prompts.send(visit.chat_id, text) for text in told))

    async def _welcome(self, visit: Visit) -> Outcome:
        if visit.open is not None:
            text, keyboard = say("already_open", visit.language), prompts.languages(visit.language)
            return Outcome(answers=(prompts.send(visit.chat_id, text, keyboard),))
        return Outcome(answers=await self._introduction(visit, visit.language))

    async def _stop(self, visit: Visit) -> Outcome:
        """At once and without a question: whoever looks over a shoulder may be coming."""
        self._choices.forget(visit.blind)
        self._callbacks.forget(visit.blind)
        if visit.seen:
            return Outcome(committed=True)
        if visit.open is None:
            text, committed = "telegram.stop_nothing", False
        else:
            ended = await contacts.stop(self._system, CHANNEL, visit.open.id, visit.key)
            text, committed = "telegram.stopped" if ended else "telegram.stopped_danger", True
        return Outcome(committed, (prompts.send(visit.chat_id, say(text, visit.language)),))

    async def _introduction(self, visit: Visit, language: str) -> tuple[Answer, ...]:
        async with self._system.read() as tx:
            now = (await tx.board()).answer(self.line.id, tx.now)
        said: list[Answer] = [*prompts.introduction(self._system, self.line, now, visit.chat_id, language)]
        if self._calls_back and not isinstance(now, OnDuty):
            said.append(self._callbacks.offer(visit.chat_id, language))
        return tuple(said)

    # -- buttons ---------------------------------------------------------------------------------------

    async def _button(self, key: str, query: CallbackQuery) -> Outcome:
        done = AnswerCallbackQuery(callback_query_id=query.id)
        press = prompts.pressed(query.data, self._topics)
        message = query.message
        if message is None or message.chat.type != ChatType.PRIVATE:
            return Outcome(answers=(done,))
        gone = prompts.take_away(message.chat.id, message.message_id)
        if press is None:
            return Outcome(answers=(done, gone))
        visit = await self.visits.of(key, message.chat.id, language_of(query.from_user), press.language)
        try:
            if press.question == "language":
                outcome = await self._language(visit, press)
            elif press.question.startswith("callback"):
                outcome = await self._callback(visit, press)
            elif press.value == prompts.SKIP:
                outcome = Outcome()
            elif visit.open is not None and not visit.seen:
                await contacts.answer(self._system, CHANNEL, visit.open.id, press.question, press.value)
                outcome = Outcome(committed=True)
            else:
                outcome = await self._answered_early(visit, press, message)
        except EXPLAINED as error:
            danger = (press.question, press.value) == ("danger", "yes")
            text = prompts.refusal(self._system, self.line, error, visit.language)
            said = say("danger_unstaffed", visit.language) if danger else text
            outcome = Outcome(answers=(prompts.send(visit.chat_id, said),))
        if press.question == "under18":
            left = prompts.topic_keyboard(visit.language, self._topics, under18=True)
            gone = prompts.take_away(message.chat.id, message.message_id, left)
            hello = prompts.send(visit.chat_id, say("youth_welcome", visit.language))
            return Outcome(outcome.committed, (done, gone, hello))
        return Outcome(outcome.committed, (done, gone, *outcome.answers))

    async def _callback(self, visit: Visit, press: Press) -> Outcome:
        if press.value == "wait":
            if visit.open is None:
                return Outcome()
            await callbacks.return_to_queue(self._system, CHANNEL, visit.open.id)
            back = prompts.send(visit.chat_id, say("telegram.callback_back", visit.language))
            return Outcome(committed=True, answers=(back,))
        if visit.seen or (
            visit.open is not None and await callbacks.was_asked(self._system, visit.open.id, visit.key)
        ):
            return Outcome(committed=True)
        following = self._callbacks.pressed(visit.blind, visit.chat_id, press)
        if not isinstance(following, Wish):
            return Outcome(answers=(following,))
        if visit.open is not None and visit.open.state == contact.WAITING:
            await callbacks.ask(self._system, CHANNEL, visit.open.id, following, visit.key)
        elif visit.open is None:
            await self._start(visit, None, None, wish=following)
        self._callbacks.forget(visit.blind)
        return Outcome(committed=True)

    async def _answered_early(self, visit: Visit, press: Press, message: Buttons) -> Outcome:
        """An answer without an open contact. Danger now is a first word; anything else waits for one."""
        if (press.question, press.value) != ("danger", "yes"):
            now = self._system.clock.now()
            value = True if press.question == "under18" else press.value
            self._choices.note(visit.blind, now, **{press.question: value})
            # Raises where "just write" would be untrue.
            arrivals.admit(self._system.centre, self.line.id, "telegram", None, now)
            hint = prompts.send(visit.chat_id, say("telegram.start_hint", visit.language))
            return Outcome(answers=(hint,))
        if visit.seen:
            return Outcome(committed=True)
        if _answered_before(visit.newest, message):
            ended = prompts.send(visit.chat_id, say("ended", visit.language))
            return Outcome(answers=(ended, prompts.danger(visit.chat_id, visit.language)))
        await self._start(visit, None, "yes")
        return Outcome(committed=True)

    async def _language(self, visit: Visit, press: Press) -> Outcome:
        saved = prompts.send(visit.chat_id, say("telegram.language_saved", press.value))
        if visit.open is not None:
            await languages.choose(self._system, CHANNEL, visit.open.id, press.value)
            return Outcome(committed=True, answers=(saved,))
        self._choices.note(visit.blind, self._system.clock.now(), language=press.value)
        if press.value == press.language:
            return Outcome(answers=(saved,))
        return Outcome(answers=await self._introduction(visit, press.value))

    def _refused(self, visit: Visit, error: HotlineError) -> Outcome:
        """Say what is the matter; on a closed line danger can still be told, if the centre takes it."""
        text = prompts.refusal(self._system, self.line, error, visit.language)
        answers: list[Answer] = [prompts.send(visit.chat_id, text)]
        if isinstance(error, LineClosed) and self._system.centre.danger_fallback() is not None:
            answers.append(prompts.danger(visit.chat_id, visit.language))
        if isinstance(error, LineClosed | ChatDisabled) and self._calls_back:
            answers.append(self._callbacks.offer(visit.chat_id, visit.language))
        return Outcome(answers=tuple(answers))


def _answered_before(newest: ContactRow | None, message: Buttons) -> bool:
    """Was this "yes" perhaps pressed in the contact that has ended, and only now confirmed?

    A contact's answers do not carry the update's id; but buttons older than its end may be that answer again.
    """
    if newest is None or newest.danger != "yes":
        return False
    ended_at = newest.ended_at or newest.closed_at or newest.arrived_at
    return not isinstance(message, Message) or bool(message.date < ended_at)

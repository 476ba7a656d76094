"""The staff's bot: a chat is linked by a one-time code and told that its person is needed, who may take over by one
press. It holds no conversation.

Nothing that a caller wrote, and no id of theirs, ever goes this way.
"""

from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery, Message, Update

from bots.telegram import menu, prompts
from bots.telegram.receive import Answer, Outcome, line_of
from bots.telegram.visits import language_of, spoken_or_default
from hotline.actions import ladder, staff_notices
from hotline.errors import LinkGone
from hotline.rules.access import CHANNEL
from hotline.rules.centre import Line
from hotline.system import System
from hotline.texts import say


class StaffReceiver:
    """Turns one update into what it means; for `intake`, like the callers' receiver."""

    def __init__(self, system: System) -> None:
        self._system = system

    @property
    def line(self) -> Line:
        """Where callers who come here by mistake are sent."""
        return line_of(self._system.centre)

    def key_of(self, update_id: int) -> str:
        return f"tgs:{update_id}"

    async def language(self, _chat_id: int, spoken: str | None) -> str:
        return spoken_or_default(spoken)

    async def receive(self, update: Update) -> Outcome:
        """Raises Unavailable when nothing could be stored."""
        change = update.my_chat_member
        if change is not None and change.chat.type == ChatType.PRIVATE:
            if change.new_chat_member.status in (ChatMemberStatus.KICKED, ChatMemberStatus.LEFT):
                await staff_notices.forget_chat(self._system, CHANNEL, change.chat.id)
            return Outcome(committed=True)
        if update.callback_query is not None:
            return await self._button(update.callback_query)
        message = update.message
        if message is None or message.chat.type != ChatType.PRIVATE:
            return Outcome()
        language = spoken_or_default(language_of(message.from_user))
        text = await self._answer(message)
        said = say(f"staff_bot.{text}", language, line=self.line.number)
        return Outcome(answers=(prompts.send(message.chat.id, said),))

    async def _button(self, query: CallbackQuery) -> Outcome:
        """The only button there is: "I take over"."""
        call_id = prompts.taken_over(query.data)
        chat_id = query.from_user.id  # in a private chat the person's id is the chat's
        outcome = "gone" if call_id is None else await ladder.take_up(self._system, CHANNEL, chat_id, call_id)
        said = say(f"staff_bot.call_{outcome}", "pl", url=f"{self._system.settings.origin}/console")
        done: tuple[Answer, ...] = (AnswerCallbackQuery(callback_query_id=query.id),)
        if query.message is not None:
            done += (prompts.take_away(chat_id, query.message.message_id),)
        return Outcome(committed=True, answers=(*done, prompts.send(chat_id, said)))

    async def _answer(self, message: Message) -> str:
        command, _, code = (message.text or "").strip().partition(" ")
        chat_id = message.chat.id
        if command == "/start" and code:
            try:
                await staff_notices.link(self._system, CHANNEL, code, chat_id)
            except LinkGone:
                # Perhaps the same code once more, after a crash between the commit and the answer.
                return "linked" if await staff_notices.is_linked(self._system, chat_id) else "code_gone"
            return "linked"
        if menu.command(message.text) == "stop" and await staff_notices.forget_chat(
            self._system, CHANNEL, chat_id
        ):
            return "unlinked"
        return "help" if await staff_notices.is_linked(self._system, chat_id) else "stranger"

"""People with Telegram: callers, and staff at home."""

from tests.bots.bot_api import BotApi
from tests.flows.people import eventually


class Phone:
    """Somebody with Telegram."""

    def __init__(self, api: BotApi, chat: int) -> None:
        self.api, self.chat = api, chat

    async def writes(self, text: str) -> None:
        await self.api.put(self.api.message(self.chat, text))
        await self.all_taken()

    async def presses(self, data: str) -> None:
        """A button that is really on the screen."""

        async def shown() -> bool:
            return data in self.api.buttons(self.chat)

        await eventually(shown, f"the button {data}")
        await self.api.put(self.api.press(self.chat, data))
        await self.all_taken()

    async def all_taken(self) -> None:
        """Telegram has been told that everything arrived."""

        async def confirmed() -> bool:
            return not self.api.unconfirmed()

        await eventually(confirmed, "the confirmation")

    async def reads(self, text: str) -> str:
        async def shown() -> str | None:
            return next((each for each in self.api.texts(self.chat) if text in each), None)

        return await eventually(shown, f"{text!r} among {self.api.texts(self.chat)}")

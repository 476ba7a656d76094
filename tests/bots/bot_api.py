"""A local Bot API server: JSON over HTTP with Telegram's rules for updates, confirmation and repetition.

Tests put updates in, script failures, and read back every request that came.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

from tests.servers import HOST, free_port

TOKEN = "4242424242:AAh-only_for_these-tests_0123456789abcd"
Json = dict[str, Any]


@dataclass
class Request:
    """One call of the bot: the method and its parameters, JSON ones read."""

    method: str
    params: Json


@dataclass
class Failure:
    """An answer other than ok."""

    status: int
    description: str = "Scripted failure"
    retry_after: int | None = None

    def as_json(self) -> Json:
        body: Json = {"ok": False, "error_code": self.status, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


@dataclass
class BotApi:
    """The server's memory. `now` dates what the bot sends."""

    port: int
    now: Callable[[], datetime]
    requests: list[Request] = field(default_factory=list)
    updates: dict[int, Json] = field(default_factory=dict)
    offsets: list[int] = field(default_factory=list)
    failures: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    delays: dict[str, float] = field(default_factory=dict)
    blocked_by: set[int] = field(default_factory=set)
    hanging: set[int] = field(default_factory=set)  # chats whose messages get no answer until let go
    hung_texts: list[str] = field(default_factory=list)
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)
    webhook: Json = field(default_factory=dict)
    menus: dict[str, list[Json]] = field(default_factory=dict)
    repeats: int = 1
    forget_offsets_below: int | None = None
    _ids: "count[int]" = field(default_factory=lambda: count(700_000_001))
    _message_ids: "count[int]" = field(default_factory=lambda: count(1))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    # -- what people do in their Telegram --------------------------------------------------------------

    def message(self, chat: int, text: str | None = None, /, *, language: str = "pl", **content: Any) -> Json:
        """An update of a private message; `content` is e.g. photo=[…] or chat={…}."""
        said = {"text": text} if text is not None else {}
        body = {**self._message(chat), "from": person(chat, language), **said, **content}
        return {"update_id": next(self._ids), "message": body}

    def update_id(self) -> int:
        return next(self._ids)

    def correction(self, of: Json, text: str | None = None, /, **content: Any) -> Json:
        """The same message as in that update, edited: other words, or other content such as caption="…"."""
        said = {"text": text} if text is not None else {}
        edited = {**of["message"], **said, **content, "edit_date": self._stamp()}
        return {"update_id": next(self._ids), "edited_message": edited}

    def membership(self, chat: int, status: str) -> Json:
        """The person blocked the bot ("kicked") or let it in again ("member")."""
        bot = {"id": 4242424242, "is_bot": True, "first_name": "Rozmowa"}
        roles: Json = {"member": {"user": bot, "status": "member"}}
        roles["kicked"] = {"user": bot, "status": "kicked", "until_date": 0}
        change = {
            "chat": {"id": chat, "type": "private", "first_name": "Sekretna"}, "from": person(chat, "pl"),
            "date": self._stamp(), "old_chat_member": roles["member" if status == "kicked" else "kicked"],
            "new_chat_member": roles[status],
        }  # fmt: skip
        return {"update_id": next(self._ids), "my_chat_member": change}

    def press(self, chat: int, data: str, *, message: Json | None = None, language: str = "pl") -> Json:
        """An update of a pressed button, by default on a message sent now."""
        query = {
            "id": "900719925474099299",
            "from": person(chat, language),
            "chat_instance": "-1",
            "data": data,
            "message": message or self._message(chat),
        }
        return {"update_id": next(self._ids), "callback_query": query}

    async def put(self, *updates: Json) -> None:
        """Let the bot have these: it polls for them, or they are delivered to its webhook later."""
        async with self._changed:
            for update in updates:
                self.updates[update["update_id"]] = update
            self._changed.notify_all()

    async def deliver(self, update: Json, *, secret: str | None = None, raw: bytes | None = None) -> int:
        """One webhook request as Telegram makes it; the status of the answer."""
        headers = {"Content-Type": "application/json"}
        known = self.webhook["secret_token"] if secret is None else secret
        if known:
            headers["X-Telegram-Bot-Api-Secret-Token"] = known
        body = json.dumps(update).encode() if raw is None else raw
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.webhook["url"], data=body, headers=headers) as response,
        ):
            return response.status

    # -- what came from the bot ------------------------------------------------------------------------

    def calls(self, method: str, chat: int | None = None) -> list[Json]:
        """The parameters of all calls of a method, of one chat or all."""
        found = [each.params for each in self.requests if each.method == method]
        return [each for each in found if chat is None or each.get("chat_id") == str(chat)]

    def texts(self, chat: int) -> list[str]:
        """What the person reads, in order; failed sends are not among them."""
        return [each["text"] for each in self.calls("sendMessage", chat) if not each.get("failed")]

    def buttons(self, chat: int) -> list[str]:
        """The callback data of every button the chat was shown."""
        shown = []
        for each in self.calls("sendMessage", chat):
            for row in each.get("reply_markup", {}).get("inline_keyboard", []):
                shown += [button["callback_data"] for button in row]
        return shown

    @property
    def hung(self) -> bool:
        return bool(self.hung_texts)

    def let_go(self) -> None:
        self.hanging.clear()
        self._let_go.set()

    def unconfirmed(self) -> list[int]:
        return sorted(self.updates)

    # -- the server ------------------------------------------------------------------------------------

    async def answer(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            return _failed(Failure(401, "Unauthorized"))
        method = request.match_info["method"]
        try:
            form = await request.post()
        except ConnectionError:  # the bot was killed in the middle of its request
            return _failed(Failure(400, "Bad Request"))
        params = {name: _value(name, str(value)) for name, value in form.items()}
        self.requests.append(Request(method, params))
        await asyncio.sleep(self.delays.get(method, 0))
        if int(params.get("chat_id", 0)) in self.hanging:
            self.hung_texts.append(params.get("text", ""))
            self.requests.pop()
            await self._let_go.wait()
            self.requests.append(Request(method, params))
        failure = self._failure(method, params)
        if failure is not None:
            params["failed"] = failure.status
            return _failed(failure)
        handler = getattr(self, f"_{method}", None)
        if handler is None:
            return _failed(Failure(404, "Not Found: method not found"))
        return web.json_response({"ok": True, "result": await handler(params)})

    def _failure(self, method: str, params: Json) -> Failure | None:
        if self.failures[method]:
            return self.failures[method].pop(0)
        if int(params.get("chat_id", 0)) in self.blocked_by:
            return Failure(403, "Forbidden: bot was blocked by the user")
        if method == "sendMessage" and len(params["text"].encode("utf-16-le")) // 2 > 4096:
            return Failure(400, "Bad Request: message is too long")
        if method == "sendMessage" and not params["text"].strip():
            return Failure(400, "Bad Request: message text is empty")
        if method == "getUpdates" and self.webhook:
            return Failure(409, "Conflict: can't use getUpdates method while webhook is active")
        return None

    async def _getUpdates(self, params: Json) -> list[Json]:  # noqa: N802  named like the method
        offset = int(params.get("offset", 0))
        self.offsets.append(offset)
        if self.forget_offsets_below is not None and offset > self.forget_offsets_below + 10:
            offset = 0  # "from the future": the server starts from what it has
        for update_id in [each for each in self.updates if each < offset]:
            del self.updates[update_id]  # asking for the next ones confirms these
        async with self._changed:
            try:
                async with asyncio.timeout(min(float(params.get("timeout", 0)), 2.0)):
                    await self._changed.wait_for(lambda: bool(self.updates))
            except TimeoutError:
                return []
        return [self.updates[update_id] for update_id in self.unconfirmed()[:100]] * self.repeats

    async def _sendMessage(self, params: Json) -> Json:  # noqa: N802
        params["message_id"] = next(self._message_ids)
        return {**self._message(int(params["chat_id"])), "text": params["text"]}

    async def _answerCallbackQuery(self, _params: Json) -> bool:  # noqa: N802
        return True

    async def _editMessageReplyMarkup(self, _params: Json) -> bool:  # noqa: N802
        return True

    async def _setWebhook(self, params: Json) -> bool:  # noqa: N802
        self.webhook = params
        return True

    async def _deleteWebhook(self, _params: Json) -> bool:  # noqa: N802
        self.webhook = {}
        return True

    async def _getWebhookInfo(self, _params: Json) -> Json:  # noqa: N802
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }

    async def _setMyCommands(self, params: Json) -> bool:  # noqa: N802
        self.menus[params.get("language_code", "")] = params["commands"]
        return True

    async def _getMe(self, _params: Json) -> Json:  # noqa: N802
        return {"id": 4242424242, "is_bot": True, "first_name": "Rozmowa", "username": "rozmowa_bot"}

    def _message(self, chat: int) -> Json:
        return {
            "message_id": next(self._message_ids),
            "date": self._stamp(),
            "chat": {"id": chat, "type": "private", "first_name": "Sekretna"},
        }

    def _stamp(self) -> int:
        return int(self.now().timestamp())


def person(chat: int, language: str) -> Json:
    """In a private chat the person's id is the chat's."""
    return {"id": chat, "is_bot": False, "first_name": "Sekretna", "language_code": language}


def _value(name: str, text: str) -> Any:
    structured = ("reply_markup", "link_preview_options", "allowed_updates", "commands")
    return json.loads(text) if name in structured else text


def _failed(failure: Failure) -> web.Response:
    return web.json_response(failure.as_json(), status=failure.status)


@asynccontextmanager
async def bot_api(now: Callable[[], datetime]) -> AsyncIterator[BotApi]:
    """The server, listening."""
    api = BotApi(free_port(), now)
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HOST, api.port).start()
    try:
        yield api
    finally:
        await runner.cleanup()

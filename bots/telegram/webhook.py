"""The webhook listener: 200 only after the commit; anything else makes Telegram send the update again."""

import asyncio
import hmac
import re

import structlog
from aiogram import Bot
from aiogram.methods import SetWebhook
from aiohttp import web

from bots.telegram import watch
from bots.telegram.api import ALLOWED_UPDATES, Away, call, pauses
from bots.telegram.intake import Intake, NotYet, read
from bots.telegram.watch import Watch
from hotline.channels import Later, Refused
from hotline.config import Settings
from hotline.errors import ConfigInvalid, HotlineError

log = structlog.get_logger()
PATH = "/telegram/webhook"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
BODY_LIMIT = 1024 * 1024
PATIENCE = 40.0  # seconds for one request, waiting for its turn included; Telegram itself waits a minute
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
LETTERS = 8  # different ones that a secret has at least


class Webhook:
    """Listens, and tells Telegram where. Runs until cancelled."""

    def __init__(self, bot: Bot, intake: Intake, watch: Watch, settings: Settings) -> None:
        secret = settings.telegram_secret
        if not SECRET.fullmatch(secret):
            raise ConfigInvalid("HOTLINE_TELEGRAM_SECRET", "must be 16 to 256 letters, digits, _ and -")
        if len(set(secret)) < LETTERS or secret in settings.telegram_token:
            raise ConfigInvalid("HOTLINE_TELEGRAM_SECRET", "is too weak")
        self._bot, self._intake, self._watch, self._settings = bot, intake, watch, settings

    async def run(self) -> None:
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_post(PATH, self.receive)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._settings.host, self._settings.telegram_port).start()
            log.info("listening", port=self._settings.telegram_port, channel="telegram")
            await self._announce()
            await self._keep()
        finally:
            await runner.cleanup()

    async def receive(self, request: web.Request) -> web.Response:
        """POST /telegram/webhook → 200, 400 for what is no update, 401 for strangers, 503 for "again, please"."""
        if not self._knows(request.headers.get(HEADER, "")):
            return web.Response(status=401)
        try:
            incoming = read(await request.json())
        except ValueError:
            incoming = None
        if incoming is None:
            return web.Response(status=400)
        try:
            async with asyncio.timeout(PATIENCE), self._intake.turn(incoming):
                await self._intake.take(incoming)
        except (NotYet, TimeoutError):
            return web.Response(status=503, headers={"Retry-After": "1"})
        return web.Response()

    def _knows(self, given: str) -> bool:
        # As bytes: compare_digest refuses text beyond ASCII, which would be a 500 for everybody to provoke.
        sent = given.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(sent, self._settings.telegram_secret.encode())

    async def _keep(self) -> None:
        """Look every hour whether Telegram still brings the updates here; if not, have it do so again."""
        while True:
            await asyncio.sleep(watch.EVERY)
            try:
                if not await self._watch.is_ours():
                    await self._announce()
            except (Away, Later, Refused, HotlineError) as error:
                log.warning("webhook not compared", code=getattr(error, "code", type(error).__name__))

    async def _announce(self) -> None:
        own = f"http://{self._settings.host}:{self._settings.telegram_port}"
        url = (self._settings.public_url or own).rstrip("/") + PATH
        self._watch.own_url = url
        secret = self._settings.telegram_secret
        method = SetWebhook(
            url=url, secret_token=secret, allowed_updates=ALLOWED_UPDATES, drop_pending_updates=False
        )
        for pause in pauses():
            try:
                await call(self._bot, method)
            except (Away, Later, Refused) as error:
                log.warning("telegram is away", code=getattr(error, "code", type(error).__name__))
                await asyncio.sleep(max(pause, getattr(error, "seconds", 0.0)))
            else:
                return

"""Tells linked staff that they are needed: looks every few seconds, and sends each notice at least once."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bots.telegram import prompts
from bots.telegram.api import Away
from bots.telegram.speaker import Speaker
from hotline.actions import staff_notices
from hotline.channels import Later, Refused
from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.bus import Bell
from hotline.rules.access import CHANNEL
from hotline.rules.centre import Centre
from hotline.rules.civil_time import local
from hotline.rules.staff_notices import CALLED
from hotline.store import claims, reachable
from hotline.system import System
from hotline.texts import say

log = structlog.get_logger()
TICK_SECONDS = 5.0
AT_ONCE = 8
SENDING_FOR, PAUSE = timedelta(seconds=30), timedelta(seconds=5)


class Notices:
    """Until the system closes."""

    def __init__(self, system: System, speaker: Speaker) -> None:
        self._system, self._speaker = system, speaker
        self._bell = Bell(system.bus, lambda topic: topic == topics.alarms())

    async def run(self) -> None:
        while not self._system.closing.is_set():
            try:
                await self.step()
            except HotlineError as error:
                log.warning("notices wait", code=error.code)
            except Exception:  # an edge: the loop must live on
                log.exception("notices failed")
            await self._bell.rest(TICK_SECONDS)

    async def step(self) -> int:
        """One look, and everything sent that is due; how many were tried."""
        await staff_notices.gather(self._system, CHANNEL)
        tried = 0
        while rows := await self._claim():
            async with asyncio.TaskGroup() as tasks:
                for row in rows:
                    tasks.create_task(self._deliver(row))
            tried += len(rows)
        return tried

    async def _claim(self) -> list[claims.Claimed]:
        rows: list[claims.Claimed] = []
        async with self._system.transaction(CHANNEL) as tx:
            while len(rows) < AT_ONCE and (row := await claims.claim_notice(tx, tx.now + SENDING_FOR)):
                rows.append(row)
        return rows

    async def _deliver(self, row: claims.Claimed) -> None:
        chat_id = await self._chat_of(row.staff_id)
        state, pause = "sent", timedelta(0)
        try:
            if chat_id is None:
                raise Refused
            button = prompts.take_over(row.id) if row.kind == CALLED else None
            await self._speaker.say(prompts.send(chat_id, self._text(row), button))
        except Refused as refused:
            state = "failed"
            if refused.blocked and chat_id is not None:
                await staff_notices.forget_chat(self._system, CHANNEL, chat_id)
        except (Later, Away) as error:
            state, pause = "pending", max(PAUSE, timedelta(seconds=getattr(error, "seconds", 0.0)))
        async with self._system.transaction(CHANNEL) as tx:
            await claims.settle_notice(tx, row.id, state, tx.now + pause)

    async def _chat_of(self, staff_id: str) -> int | None:
        async with self._system.read() as tx:
            row = await reachable.chat_of(tx, staff_id)
            if row is None:
                return None
            return int(await tx.unseal(staff_id, "staff_chats", staff_id, row.address_sealed))

    def _text(self, row: claims.Claimed) -> str:
        centre, coded = self._system.centre, row.coded or {}
        url = f"{self._system.settings.origin}/sign-in"
        line = _name(centre, coded["line"]) if "line" in coded else ""
        gaps = _gaps(centre, coded) if "gaps" in coded else ""
        return say(f"staff_bot.notice_{row.kind}", "pl", url=url, line=line, gaps=gaps)


def _gaps(centre: Centre, coded: Mapping[str, Any]) -> str:
    """One line of text per gap."""
    rows = [_gap(centre, each) for each in coded["gaps"]]
    more = [say("staff_bot.more_gaps", "pl", number=coded["more"])] if coded["more"] else []
    return "\n".join((*rows, *more))


def _gap(centre: Centre, gap: Mapping[str, str]) -> str:
    start, end = _at(centre, gap["start"], "long_since"), _at(centre, gap["end"], "no_end")
    kind, step = say(f"staff_bot.gap_{gap['kind'].lower()}", "pl"), say(f"staff_bot.step_{gap['step']}", "pl")
    return say(
        "staff_bot.gap", "pl", line=_name(centre, gap["line"]), kind=kind, start=start, end=end, step=step
    )


def _name(centre: Centre, line_id: str) -> str:
    """As staff know it; a line that is no more keeps its id."""
    return centre.lines[line_id].name_pl if line_id in centre.lines else line_id


def _at(centre: Centre, instant: str, unknown: str) -> str:
    if not instant:
        return say(f"staff_bot.gap_{unknown}", "pl")
    return f"{local(datetime.fromisoformat(instant), centre.zone):%d.%m %H:%M}"

"""One's own notices by Telegram: whether they are on, a one-time code for the staff bot, and switching them off."""

from aiohttp import web

from hotline.actions import staff_notices
from hotline.store import views
from hotline.web import render, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.session import signed_in


async def page(request: web.Request) -> web.StreamResponse:
    """GET /account/telegram"""
    return await _page(request)


async def code(request: web.Request) -> web.StreamResponse:
    """POST /account/telegram: the page with a fresh code, which is shown this once"""
    me = await signed_in(request)
    await read_form(request)
    system = request.app[SYSTEM]
    if not system.settings.staff_telegram_token:
        return await _page(request)
    return await _page(request, await staff_notices.issue_code(system, me.actor, me.actor.id))


async def off(request: web.Request) -> web.StreamResponse:
    """POST /account/telegram/off"""
    me = await signed_in(request)
    await read_form(request)
    await staff_notices.unlink(request.app[SYSTEM], me.actor, me.actor.id)
    return staff_page.see_other("/account/telegram")


async def _page(request: web.Request, fresh: str = "") -> web.Response:
    me, system = await signed_in(request), request.app[SYSTEM]
    async with system.read() as tx:
        linked = await views.is_told_by_telegram(tx, me.actor.id)
    shown = {**staff_page.context(request, me.actor), "linked": linked, "code": fresh}
    shown["has_bot"] = bool(system.settings.staff_telegram_token)
    return render.render(request, "account_telegram.html", **shown)

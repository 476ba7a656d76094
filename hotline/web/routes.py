"""The whole URL table, with who may ask on each line.

`everyone` needs nothing, `caller` the token of a contact, anything else is a verb of `rules.access`
that the signed-in person must be allowed; the action behind it asks again with the thing itself.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from hotline.rules import access
from hotline.values import dataclass
from hotline.web import (
    abilities,
    account,
    account_telegram,
    assets,
    audit,
    board,
    callback,
    callback_desk,
    caller_held,
    callers,
    cases,
    centre,
    chat,
    conflicts,
    console,
    continuing,
    drafts,
    embed,
    health,
    papers,
    public,
    replies,
    roster,
    roster_edit,
    roster_ends,
    roster_mine,
    roster_plan,
    roster_versions,
    screens,
    shift_check,
    sign_in,
    sockets,
    staff,
    transfers,
)
from hotline.web.session import actor_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
EVERYONE, CALLER = "everyone", "caller"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table."""

    method: str
    path: str
    handler: Handler
    who: str


LINE = "/chat/{line:[a-z0-9_]{1,64}}"
OFFER = "/console/offers/{offer:[0-9a-f-]{36}}"
TRANSFER = "/console/transfers/{transfer:[0-9a-f-]{36}}"
CONTACT = "/console/contacts/{contact:[0-9a-f-]{36}}"
DECISION = "/board/contacts/{contact:[0-9a-f-]{36}}"
CENTRE_LINE = "/centre/lines/{line:[a-z0-9_]{1,64}}"
CASE = "/cases/{case:[0-9a-f-]{36}}"
INVITATION = "/invitation/{secret:[A-Za-z0-9_-]{43}}"
PERSON = "/staff/{person:[0-9a-f-]{36}}"
ROW = "{id:[0-9a-f-]{36}}"
ABSENCE = "/roster/absences/{absence:[0-9a-f-]{36}}"
DRAFT = "/roster/drafts/{roster:[0-9a-f-]{36}}"
SESSION = "sessions/{session:[0-9a-f-]{36}}"

ROUTES = (
    # callers
    Route("GET", "/", public.front, EVERYONE),
    Route("GET", "/healthz", health.alive, EVERYONE),
    Route("GET", "/readyz", health.ready, EVERYONE),
    Route("GET", "/prywatnosc", papers.privacy, EVERYONE),
    Route("GET", "/prywatnosc/{version:[0-9a-f]{16}}", papers.privacy_version, EVERYONE),
    Route("GET", "/deklaracja-dostepnosci", papers.accessibility, EVERYONE),
    Route("GET", "/static/{version:[0-9a-f]{12}}/{path:.+}", assets.file, EVERYONE),
    Route("GET", "/embed.js", embed.loader, EVERYONE),
    Route("GET", "/embed/{line:[a-z0-9_]{1,64}}", embed.status, EVERYONE),
    Route("GET", LINE, chat.page, EVERYONE),
    Route("POST", f"{LINE}/contacts", chat.start, EVERYONE),
    Route("GET", f"{LINE}/contact", chat.resume, CALLER),
    Route("GET", f"{LINE}/news", caller_held.news, CALLER),
    Route("POST", f"{LINE}/messages", chat.message, CALLER),
    Route("POST", f"{LINE}/corrections", chat.correct, CALLER),
    Route("POST", f"{LINE}/answers", chat.answer, CALLER),
    Route("POST", f"{LINE}/language", chat.language, CALLER),
    Route("POST", f"{LINE}/end", chat.end, CALLER),
    Route("POST", f"{LINE}/leave", chat.leave, CALLER),
    Route("GET", f"{LINE}/socket", sockets.caller, CALLER),
    Route("POST", f"{LINE}/wait", chat.wait, CALLER),
    Route("GET", f"{LINE}/callback", callback.page, EVERYONE),
    Route("POST", f"{LINE}/callback", callback.submit, EVERYONE),
    Route("POST", f"{LINE}/aside", continuing.aside, CALLER),
    Route("POST", f"{LINE}/code", continuing.code, CALLER),
    Route("POST", f"{LINE}/continue", continuing.go_on, EVERYONE),
    Route("POST", f"{LINE}/plain", chat.plain, EVERYONE),
    # signing in
    Route("GET", "/sign-in", sign_in.page, EVERYONE),
    Route("POST", "/sign-in", sign_in.enter, EVERYONE),
    Route("GET", "/sign-in/once/{secret:[A-Za-z0-9_-]{43}}", sign_in.once, EVERYONE),
    Route("POST", "/sign-in/once/{secret:[A-Za-z0-9_-]{43}}", sign_in.enter_once, EVERYONE),
    Route("POST", "/sign-in/code", sign_in.enter_code, EVERYONE),
    Route("GET", INVITATION, sign_in.invitation, EVERYONE),
    Route("POST", INVITATION, sign_in.accept, EVERYONE),
    Route("POST", "/sign-out", sign_in.leave, "presence.seen"),
    # a locked screen
    Route("GET", "/screen", screens.state, "account.see"),
    Route("POST", "/screen/lock", screens.lock, "account.see"),
    Route("POST", "/screen/unlock", screens.unlock, "account.see"),
    # the console
    Route("GET", "/console", console.page, "console.see"),
    Route("GET", "/console/state", console.state, "console.see"),
    Route("GET", "/console/socket", sockets.console, "console.see"),
    Route("POST", "/console/availability", console.availability, "presence.set_intent"),
    Route("POST", "/console/wrap-up", console.wrap_up, "presence.set_intent"),
    Route("POST", f"{OFFER}/accept", console.accept, "offers.accept"),
    Route("POST", f"{OFFER}/decline", console.decline, "offers.decline"),
    Route("POST", "/console/contacts", console.enter, "contacts.enter"),
    Route("POST", f"{CONTACT}/pick-up", console.pick_up, "assignments.pick_up"),
    Route("GET", f"{CONTACT}/entries", console.entries, "console.see"),
    Route("POST", f"{CONTACT}/messages", console.message, "console.see"),
    Route("POST", f"{CONTACT}/notes", console.note, "console.see"),
    Route("POST", f"{CONTACT}/end", console.end, "console.see"),
    Route("POST", f"{CONTACT}/priority", console.priority, "console.see"),
    Route("GET", f"{CONTACT}/drafts", drafts.words, "console.see"),
    Route("POST", f"{CONTACT}/drafts", drafts.save, "console.see"),
    Route("GET", f"{CONTACT}/replies", replies.index, "console.see"),
    Route("GET", f"{CONTACT}/transfer", transfers.window, "console.see"),
    Route("POST", f"{CONTACT}/transfer", transfers.pass_on, "console.see"),
    Route("POST", f"{CONTACT}/consent", transfers.ask_consent, "console.see"),
    Route("POST", f"{TRANSFER}/withdraw", transfers.withdraw, "transfers.answer"),
    Route("POST", f"{TRANSFER}/join", transfers.join, "transfers.answer"),
    Route("POST", f"{TRANSFER}/accept", transfers.accept, "transfers.answer"),
    Route("POST", f"{TRANSFER}/decline", transfers.decline, "transfers.answer"),
    Route("POST", f"{CONTACT}/conflict", conflicts.declare, "console.see"),
    Route("GET", f"{CONTACT}/caller", callers.known, "console.see"),
    Route("POST", f"{CONTACT}/pseudonym", callers.name, "console.see"),
    Route("POST", f"{CONTACT}/handling", callers.write, "console.see"),
    Route("POST", f"{CONTACT}/handling-renew", callers.renew, "console.see"),
    Route("POST", f"{CONTACT}/handling-remove", callers.remove, "console.see"),
    Route("GET", f"{CONTACT}/card", console.card, "console.see"),
    Route("GET", f"{CONTACT}/callback", callback_desk.card, "console.see"),
    Route("POST", f"{CONTACT}/callback", callback_desk.settle, "console.see"),
    Route("POST", f"{CONTACT}/quarantine", callback_desk.quarantine, "console.see"),
    Route("POST", f"{CONTACT}/follow-up", callback_desk.agree, "console.see"),
    Route("POST", f"{CONTACT}/summary", console.save_summary, "console.see"),
    Route("GET", f"{CONTACT}/case", console.case_form, "console.see"),
    Route("POST", f"{CONTACT}/case", console.open_case, "console.see"),
    Route("GET", "/shift-check", shift_check.page, "console.see"),
    Route("POST", "/shift-check", shift_check.save, "shift_checks.save"),
    # the board
    Route("GET", "/board", board.page, "board.see"),
    Route("GET", "/board/now", board.now, "board.see"),
    Route("GET", "/board/socket", sockets.board, "board.see"),
    Route("POST", "/board/alarms/{alarm:[0-9a-f-]{36}}/see", board.see_alarm, "alarms.see"),
    Route("GET", DECISION, board.contact, "board.see"),
    Route("POST", f"{DECISION}/look", board.look, "board.see"),
    Route("POST", f"{DECISION}/pick-up", board.pick_up, "assignments.pick_up"),
    Route("POST", f"{DECISION}/offer", board.offer, "offers.make"),
    Route("POST", f"{DECISION}/hand-over", board.hand_over, "assignments.hand_over"),
    Route("POST", f"{DECISION}/take-over", board.take_over, "assignments.take_over"),
    Route("POST", f"{DECISION}/move", board.move, "assignments.move"),
    Route("POST", f"{DECISION}/conflicts", board.mark_conflict, "conflicts.mark"),
    Route("GET", "/callbacks", callback_desk.index, "callbacks.see"),
    Route("POST", f"/callbacks/quarantines/{ROW}", callback_desk.review, "abuse.review"),
    # the centre
    Route("GET", "/centre", centre.index, "centre.see"),
    Route("GET", "/centre/go-live", centre.going_live, "centre.see"),
    Route("GET", CENTRE_LINE, centre.line, "centre.see"),
    Route("POST", CENTRE_LINE, centre.set_hours, "centre.change"),
    Route("POST", "/centre/lines", centre.add_line, "centre.answer_for"),
    Route("POST", "/centre/closures", centre.close, "centre.change"),
    Route("POST", "/centre/openings", centre.open_extra, "centre.change"),
    Route("POST", "/centre/facts/{key:[a-z0-9_.]{1,80}}", centre.decide, "centre.change"),
    Route("POST", "/centre/documents", centre.set_documents, "centre.answer_for"),
    Route("POST", "/centre/changes/{change:[0-9a-f-]{36}}/withdraw", centre.withdraw, "centre.change"),
    Route("POST", "/centre/blockers/{blocker:[a-z0-9_]{1,80}}", centre.lift, "centre.change"),
    Route("POST", "/centre/live-chat", centre.switch_chat, "centre.change"),
    # the roster
    Route("GET", "/roster", roster.page, "roster.see"),
    Route("GET", "/roster/seat", roster_edit.seat, "roster.see"),
    Route("GET", "/roster/new", roster_edit.new, "roster.change"),
    Route("GET", "/roster/change", roster_edit.weigh, "roster.change"),
    Route("POST", "/roster/change", roster_edit.save, "roster.change"),
    Route("GET", "/roster/mine", roster_mine.mine, "roster.see"),
    Route("POST", "/roster/mine/absences", roster_mine.ask, "roster.see"),
    Route("GET", "/roster/absences", roster_mine.index, "roster.change"),
    Route("POST", "/roster/absences", roster_mine.note, "roster.change"),
    Route("GET", f"{ABSENCE}/approve", roster_mine.approval, "roster.change"),
    Route("POST", f"{ABSENCE}/approve", roster_mine.approve, "roster.change"),
    Route("GET", f"{ABSENCE}/withdraw", roster_mine.withdrawal, "roster.see"),
    Route("POST", f"{ABSENCE}/withdraw", roster_mine.withdraw, "roster.see"),
    Route("GET", "/roster/plan", roster_plan.page, "roster.change"),
    Route("POST", "/roster/plan/demands", roster_plan.add_demand, "roster.change"),
    Route("GET", f"/roster/plan/demands/{ROW}/end", roster_ends.demand, "roster.change"),
    Route("POST", f"/roster/plan/demands/{ROW}/end", roster_ends.end_demand, "roster.change"),
    Route("POST", "/roster/plan/patterns", roster_plan.add_pattern, "roster.change"),
    Route("GET", f"/roster/plan/patterns/{ROW}/end", roster_ends.pattern, "roster.change"),
    Route("POST", f"/roster/plan/patterns/{ROW}/end", roster_ends.end_pattern, "roster.change"),
    Route("POST", "/roster/drafts", roster_versions.draft, "roster.change"),
    Route("POST", f"{DRAFT}/propose", roster_versions.propose, "roster.change"),
    Route("POST", f"{DRAFT}/discard", roster_versions.discard, "roster.change"),
    Route("GET", f"{DRAFT}/publish", roster_versions.publication, "roster.change"),
    Route("POST", f"{DRAFT}/publish", roster_versions.publish, "roster.change"),
    # cases
    Route("GET", "/cases", cases.index, "cases.see"),
    Route("GET", CASE, cases.page, "cases.see"),
    Route("POST", f"{CASE}/look", cases.look, "cases.see"),
    Route("POST", f"{CASE}/notes", cases.note, "cases.see"),
    Route("POST", f"{CASE}/conflicts", conflicts.mark_case, "cases.see"),
    # one's own account
    Route("GET", "/account", account.page, "account.see"),
    Route("POST", "/account/name", account.rename, "account.see"),
    Route("POST", "/account/password", account.set_password, "account.see"),
    Route("POST", "/account/signals", account.set_signals, "account.see"),
    Route("POST", f"/account/{SESSION}/end", account.end_session, "account.see"),
    Route("POST", "/account/sessions/end", account.end_sessions, "account.see"),
    Route("GET", "/account/telegram", account_telegram.page, "account.see"),
    Route("POST", "/account/telegram", account_telegram.code, "account.see"),
    Route("POST", "/account/telegram/off", account_telegram.off, "account.see"),
    Route("GET", "/account/second-step", account.code_page, "account.see"),
    Route("POST", "/account/second-step", account.prove_code, "account.see"),
    Route("POST", "/account/second-step/begin", account.begin_code, "account.see"),
    Route("POST", "/account/second-step/off", account.end_code, "account.see"),
    Route("GET", "/account/second-step/qr.svg", account.qr, "account.see"),
    # the staff
    Route("GET", "/staff", staff.index, "staff.see"),
    Route("GET", "/staff/new", staff.invitation, "staff.change"),
    Route("POST", "/staff/new", staff.invite, "staff.change"),
    Route("POST", "/staff/owed/{contact:[0-9a-f-]{36}}", staff.adopt, "staff.see"),
    Route("GET", PERSON, staff.page, "staff.see"),
    Route("POST", PERSON, staff.change, "staff.change"),
    Route("POST", f"{PERSON}/invitation", staff.invite_again, "staff.change"),
    Route("POST", f"{PERSON}/recovery", staff.ask_recovery, "staff.see"),
    Route("POST", f"{PERSON}/recovery/confirm", staff.confirm_recovery, "staff.see"),
    Route("POST", f"{PERSON}/{SESSION}/end", staff.end_session, "staff.change"),
    Route("POST", f"{PERSON}/sessions/end", staff.end_sessions, "staff.change"),
    Route("POST", f"{PERSON}/conflicts/{{conflict:[0-9a-f-]{{36}}}}/end", conflicts.end, "conflicts.end"),
    Route("POST", f"{PERSON}/skills", abilities.set_skill, "roster.change"),
    Route("POST", f"{PERSON}/skills/remove", abilities.remove_skill, "roster.change"),
    Route("POST", f"{PERSON}/limits", abilities.set_limits, "roster.change"),
    Route("GET", f"{PERSON}/leave", staff.leaving_page, "staff.change"),
    Route("POST", f"{PERSON}/leave", staff.leave, "staff.change"),
    # the record of who did what
    Route("GET", "/audit", audit.page, "audit.see"),
)


def add_to(app: web.Application) -> None:
    """Put the table into the application."""
    for route in ROUTES:
        handler = route.handler if route.who in (EVERYONE, CALLER) else _guarded(route)
        app.router.add_route(route.method, route.path, handler)


def _guarded(route: Route) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        access.require(await actor_of(request), route.who)
        return await route.handler(request)

    return handler

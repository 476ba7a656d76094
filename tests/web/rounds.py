"""A round of the house in which every route that changes anything is asked, as its page asks it, for something real.

What shall hold of each of them (that it answers, that cutting it short leaves no half) is looked at on this round.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from pyotp import TOTP

from hotline import centres
from hotline.actions import alarms, callbacks, conflicts, invitations, planning, roster, second_step, staff
from hotline.actions import staff_notices as notices
from hotline.config import Settings
from hotline.ids import new_secret
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.rules.alarms import OFFERS_MISSED
from hotline.rules.callback import SafeTime, Wish
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import Pattern, Rotation
from hotline.rules.duty.demand import Demand
from hotline.web.routes import ROUTES
from hotline.web.session import SESSION_COOKIE
from tests.factories import TRUST, Caller, card, settings_in
from tests.web.doors import CASE, Answer, Doors, bearer, client_id, first_words
from tests.web.scenes import follow_up

PASSWORD = "zielony parasol nad rzeką"
PAGE = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
ROW = "[0-9a-f-]{36}"
BLOCKER = "districts"  # what stands before the chat of the centre that is gone round
WEEK: dict[str, str] = dict.fromkeys(WEEKDAYS[:5], "8-16")


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """What the address of each changing route looks like, by its path as aiohttp writes it."""
    router = web.UrlDispatcher()
    found = {}
    for route in ROUTES:
        if route.method == "POST":
            info = router.add_resource(route.path).get_info()
            name = info.get("formatter") or info["path"]
            found[name] = info.get("pattern") or re.compile(re.escape(name))
    return found


@dataclass
class Round:
    """Who goes round, and where they have been."""

    doors: Doors
    been: set[str] = field(default_factory=set)  # routes

    async def send(self, who: str | Caller | None, path: str, body: object = None, **form: str) -> Answer:
        """Ask as this person; a body is JSON, else it is a form. Whatever is no yes is an error here."""
        headers = bearer(who) if isinstance(who, Caller) else self.doors.as_staff(who) if who else {}
        if body is None:
            raw = urlencode(form).encode()
            answer = await self.doors.ask("POST", path, raw=raw, headers={**headers, **PAGE})
        else:
            answer = await self.doors.ask("POST", path, body=body, headers=headers)
        assert answer.status in (200, 201, 303), (path, answer.status, answer.text[-2000:])
        self.been |= {name for name, pattern in patterns().items() if pattern.fullmatch(path)}
        return answer

    async def finds(self, who: str, page: str, pattern: str) -> str:
        """What a page of this person's says there: the group of the pattern, or all of it."""
        headers = {**self.doors.as_staff(who), "Accept": "text/html"}
        shown = await self.doors.ask("GET", page, headers=headers)
        return _found(pattern, shown.text)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, (pattern, text[:2000])
    return match[match.lastindex or 0]


async def going_live(it: Round) -> None:
    """What stands before the chat is settled, and it is switched on."""
    await it.send("Igor", f"/centre/blockers/{BLOCKER}", why="Zarządzenie 4")
    await it.send("Igor", "/centre/live-chat", on="yes")


async def the_chat(it: Round) -> None:
    """A caller's page: all its buttons."""
    at = f"/chat/{TRUST}"
    await it.send(None, f"{at}/contacts", first_words())
    started = await it.doors.caller()
    said = await it.send(started, f"{at}/messages", {"id": client_id(), "text": "Dzień dobry."})
    correction = {"id": client_id(), "text": "Dobry wieczór.", "ref": said.json["seq"]}
    await it.send(started, f"{at}/corrections", correction)
    await it.send(started, f"{at}/answers", {"question": "danger", "value": "unsure"})
    await it.send(started, f"{at}/language", {"language": "uk"})
    await it.send(started, f"{at}/aside", {"id": client_id(), "hidden": True})
    letters = await it.send(started, f"{at}/code", {})
    code = _found(r"[A-Z0-9]{4}-[A-Z0-9]{4}", letters.json["sentence"])
    await it.send(None, f"{at}/continue", {"code": code, "token": new_secret()})
    await it.send(await it.doors.caller(), f"{at}/leave", {"quick": True})
    await it.send(await it.doors.caller(), f"{at}/end", {"id": client_id()})
    await it.send(None, f"{at}/plain", token=new_secret(), id=client_id(), text="Bez skryptu.")


async def call_backs(it: Round) -> None:
    """Asked for on a page, put back into the queue, called, agreed at the desk."""
    system = it.doors.running.system
    wish = {"number": "600100200", "day": "", "from": "0", "to": "1440", "says": "nothing"}
    await it.send(None, f"/chat/{TRUST}/callback", token=new_secret(), id=client_id(), **wish)
    today = system.clock.now().date()
    waiting = await it.doors.caller()
    safe = Wish(SafeTime(today, 0, 1440), way="phone", number="600100200", says="nothing", voicemail=False)
    await callbacks.ask(system, waiting.actor, waiting.contact_id, safe)
    await it.send(waiting, f"/chat/{TRUST}/wait", {})
    called = await it.doors.caller()
    await callbacks.ask(system, called.actor, called.contact_id, safe)
    await it.send("Filip", f"/console/contacts/{called.contact_id}/pick-up", {})
    await it.send("Filip", f"/console/contacts/{called.contact_id}/callback", {"outcome": "reached"})
    await it.doors.employ("Ola", "counsellor")
    talking = await it.doors.talk("Ola")
    await it.send("Ola", f"/console/contacts/{talking.contact_id}/end", {"reason": "completed"})
    await it.send("Ola", f"/console/contacts/{talking.contact_id}/follow-up", follow_up())


async def the_console(it: Round) -> None:
    """A talk from the ring to the case, with everything that is written beside it."""
    offer = await it.doors.offer("Anna")
    await it.send("Anna", f"/console/offers/{offer.id}/decline", {"token": offer.token})
    await it.send("Anna", "/console/availability", {"intent": "break", "minutes": 10, "kind": "rest"})
    await it.send("Anna", "/console/availability", {"intent": "available"})
    offer = await it.doors.offer("Beata")
    await it.send("Beata", f"/console/offers/{offer.id}/accept", {"token": offer.token})
    at = f"/console/contacts/{offer.contact_id}"
    await it.send("Beata", f"{at}/messages", {"id": client_id(), "text": "Jestem."})
    await it.send("Beata", f"{at}/notes", {"id": client_id(), "text": "Płacze."})
    await it.send("Beata", f"{at}/priority", {"priority": "P2", "reason": "Tak trzeba."})
    draft = {"kind": "note", "base": None, "id": client_id(), "text": "Dzień d"}
    await it.send("Beata", f"{at}/drafts", draft)
    await it.send("Beata", f"{at}/pseudonym", {"pseudonym": "Jaskółka"})
    await it.send("Beata", f"{at}/handling", {"text": "Spokojnie.", "days": 90})
    note = await it.finds("Beata", f"{at}/caller", rf'data-note="({ROW})"')
    await it.send("Beata", f"{at}/handling-renew", {"note": note, "days": 180})
    await it.send("Beata", f"{at}/handling-remove", {"note": note})
    await it.send("Beata", f"{at}/end", {"reason": "completed"})
    await it.send("Beata", "/console/wrap-up", {})
    await it.send("Beata", f"{at}/summary", card(it.doors.running.system))
    await it.send("Beata", f"{at}/case", {**CASE, "worker": it.doors.people["Halina"].id})
    entered = {
        "line": TRUST,
        "mode": "phone",
        "started": "2026-11-23T09:00",
        "priority": "P3",
        "language": "pl",
    }
    await it.send("Anna", "/console/contacts", entered)
    known = await it.doors.talk()
    await it.send("Anna", f"/console/contacts/{known.contact_id}/conflict", {"reason": "Znam tę osobę."})


async def passing_on(it: Round) -> None:
    """A talk is passed on to a colleague: refused, withdrawn, read along, taken."""
    await it.doors.employ("Celina", "counsellor")
    talking = await it.doors.talk()
    at, celina = f"/console/contacts/{talking.contact_id}", it.doors.people["Celina"].id
    await it.send("Anna", f"{at}/consent", {"staff": celina})

    async def asked() -> str:
        way = {"to": f"staff:{celina}", "way": "consult", "consent": "consented"}
        await it.send("Anna", f"{at}/transfer", way)
        state = await it.doors.ask("GET", "/console/state", headers=it.doors.as_staff("Celina"))
        return f"/console/transfers/{state.json['asked']['id']}"

    await it.send("Celina", f"{await asked()}/decline", {})
    await it.send("Anna", f"{await asked()}/withdraw", {})
    again = await asked()
    await it.send("Celina", f"{again}/join", {})
    await it.send("Celina", f"{again}/accept", {})


async def the_board(it: Round) -> None:
    """What a supervisor decides from the board."""
    system = it.doors.running.system
    async with system.transaction(OPERATOR) as tx:
        await alarms.raised(tx, OFFERS_MISSED, "staff", it.doors.people["Anna"].id, TRUST)
    await it.send("Filip", await it.finds("Filip", "/board", rf"/board/alarms/{ROW}/see"))
    await it.doors.employ("Daria", "counsellor")
    daria, filip = it.doors.people["Daria"].id, it.doors.people["Filip"].id
    offered = await it.doors.caller()
    await it.send("Filip", f"/board/contacts/{offered.contact_id}/offer", staff=daria)
    talking = await it.doors.talk()
    at = f"/board/contacts/{talking.contact_id}"
    await it.send("Filip", f"{at}/look", reason="Skarga.")
    anna = it.doors.people["Anna"].id
    await it.send("Filip", f"{at}/take-over", holder=anna, reason="Anna zasłabła.")
    await it.send("Filip", f"{at}/hand-over", holder=filip, staff=anna, reason="Już dobrze.", overrule="yes")
    picked = await it.doors.caller()
    await it.send("Filip", f"/board/contacts/{picked.contact_id}/pick-up")
    moved = await it.doors.caller()
    queues = system.centre.queues.values()
    queue = next(each.id for each in queues if TRUST not in each.lines and "web" in each.channels)
    await it.send("Filip", f"/board/contacts/{moved.contact_id}/move", queue=queue, reason="Inna sprawa.")
    apart = {"staff": daria, "reach": "contact", "reason": "Sąsiadka."}
    await it.send("Filip", f"/board/contacts/{moved.contact_id}/conflicts", **apart)
    held = await it.doors.talk()
    await it.send("Anna", f"/console/contacts/{held.contact_id}/quarantine", {"reason": "insults"})
    found = await it.finds("Filip", "/callbacks", rf"/callbacks/quarantines/{ROW}")
    await it.send("Filip", found, decision="confirmed", days="7")


async def cases(it: Round) -> None:
    """A case: looked into by who does not lead it, noted in, kept from somebody."""
    _caller, case = await it.doors.case()
    await it.send("Filip", f"/cases/{case}/look", reason="Kontrola.")
    await it.send("Halina", f"/cases/{case}/notes", {"id": client_id(), "text": "Była u lekarza."})
    beata = it.doors.people["Beata"].id
    await it.send("Filip", f"/cases/{case}/conflicts", staff=beata, reason="Rodzina.")


async def the_centre(it: Round) -> None:
    """Hours, exceptions, suggestions, documents."""
    line = "line.family_trust"
    hours = {"kind": "hours", "policy": "closed", "from_day": "2026-11-24"}
    await it.send("Filip", "/centre/lines/family_trust", **hours, **WEEK)
    await it.send("Igor", "/centre/lines", number="+48 41 000 00 00", name="Telefon Ośrodka")
    await it.send("Filip", "/centre/closures", first="2027-06-07", reason="remont", **{line: "on"})
    extra = {"day": "2027-06-12", "span": "9-13", "reason": "sobota pracująca", line: "on"}
    await it.send("Filip", "/centre/openings", **extra)
    await it.send("Igor", await it.finds("Igor", "/centre", rf"/centre/changes/{ROW}/withdraw"))
    await it.send("Filip", "/centre/facts/line.19525", decision="confirmed")
    await it.send("Igor", "/centre/documents", **{"centre.controller": "MOPR Kielce"})


async def the_roster(it: Round) -> None:
    """Needs, patterns, versions, absences, a change by hand."""
    system, anna = it.doors.running.system, it.doors.people["Anna"].id
    people = {"line": TRUST, "people": "1", "backups": "0", "count1": "1", "count2": "1"}
    days = {"from": "08:00", "to": "16:00", "days": "mon"}
    await it.send("Filip", "/roster/plan/demands", **people, **days, first="2027-02-01")
    pattern = {"tier": "1", "holidays": "as_weekday", "advance": "per_occurrence", "every_weeks": "1"}
    await it.send(
        "Filip", "/roster/plan/patterns", **pattern, **days, line=TRUST, first="2027-02-01", a1=anna
    )
    first, last = date(2027, 3, 1), date(2027, 3, 28)
    night = Pattern("", TRUST, frozenset(WEEKDAYS), 1320, 1800, Rotation(((anna,),)), first)
    ends = await planning.add_pattern(system, OPERATOR, night)
    need = await planning.add_demand(system, OPERATOR, Demand("", TRUST, 0, backups=1, first=first))
    await it.send("Filip", f"/roster/plan/patterns/{ends}/end", line=TRUST, last="2027-03-20")
    await it.send("Filip", f"/roster/plan/demands/{need}/end", line=TRUST, last="2027-03-20", confirmed="yes")
    drafted = {"line": TRUST, "first": first.isoformat(), "last": last.isoformat()}
    await it.send("Filip", "/roster/drafts", **drafted)
    given_up = await planning.draft(system, OPERATOR, TRUST, date(2027, 4, 5), date(2027, 4, 11))
    await it.send("Filip", f"/roster/drafts/{given_up}/discard")
    version = await planning.draft(system, OPERATOR, TRUST, date(2027, 4, 12), date(2027, 4, 18))
    await it.send("Filip", f"/roster/drafts/{version}/propose")
    await it.send("Filip", f"/roster/drafts/{version}/publish", confirmed="yes")
    added = {
        "kind": "ADD",
        "line": TRUST,
        "person": anna,
        "day": "2027-05-03",
        "from": "08:00",
        "to": "16:00",
    }
    await it.send("Filip", "/roster/change", **added, tier="1", reason="need", confirmed="yes")
    away = {"first": "2027-05-10", "last": "2027-05-11", "kind": "leave"}
    await it.send("Anna", "/roster/mine/absences", **away)
    noted = await it.send("Filip", "/roster/absences", **{**away, "person": it.doors.people["Beata"].id})
    absence = noted.headers["Location"].removesuffix("/approve")
    await it.send("Filip", f"{absence}/approve", confirmed="yes")
    await it.send("Filip", f"{absence}/withdraw", confirmed="yes")


async def the_shift(it: Round) -> None:
    """A shift that has just begun is checked."""
    await it.doors.employ("Ula", "counsellor", rostered=False)
    system, ula = it.doors.running.system, it.doors.people["Ula"]
    now = system.clock.now()
    await roster.add_shift(system, OPERATOR, TRUST, ula.id, now, now + timedelta(hours=8))
    await it.send("Ula", "/shift-check", phase="start", **{"item.phone_test": "ok"})


async def the_account(it: Round) -> None:
    """What everybody does for themselves: name, password, sounds, second step, notices, sessions, the lock."""
    await it.doors.employ("Gosia", "counsellor")
    await it.send("Gosia", "/account/password", password=PASSWORD, again=PASSWORD)
    system, gosia = it.doors.running.system, it.doors.people["Gosia"]
    await it.send("Gosia", "/account/name", name="Gosia Nowa", signature="Gosia")
    await it.send("Gosia", "/account/signals", volume="high", offers="on")
    await it.send("Gosia", "/screen/lock", {"how": "hand"})
    await it.send("Gosia", "/screen/unlock", {"password": PASSWORD})
    await it.send("Gosia", "/account/second-step/begin", password=PASSWORD)
    pending = await second_step.setting_up(system, gosia.actor)
    assert pending is not None
    app = TOTP(pending.secret)
    await it.send("Gosia", "/account/second-step", code=app.at(system.clock.now()))
    login = {"login": "gosia", "password": PASSWORD}
    step = await it.send(None, "/sign-in", **login)
    found = _found(r'name="step" value="([^"]+)"', step.text)
    it.doors.running.clock.advance(seconds=31)  # a code works once
    await it.send(None, "/sign-in/code", step=found, code=app.at(system.clock.now()))
    await it.send("Gosia", "/account/second-step/off", password=PASSWORD)
    await it.send("Gosia", await it.finds("Gosia", "/account", rf"/account/sessions/{ROW}/end"))
    await it.send(None, "/sign-in", **login)
    await it.send("Gosia", "/account/sessions/end")
    await it.send("Gosia", "/account/telegram")
    code = await notices.issue_code(system, gosia.actor, gosia.id)
    await notices.link(system, CHANNEL, code, 4711)
    await it.send("Gosia", "/account/telegram/off")
    link = await staff.issue_link(system, OPERATOR, gosia.id)
    once = await it.send(None, f"/sign-in/once/{link}")
    it.doors.secrets["Gosia"] = _found(rf"{SESSION_COOKIE}=([^;]+)", once.headers["Set-Cookie"])
    await it.send("Gosia", "/sign-out")


async def the_staff(it: Round) -> None:
    """Somebody comes, changes, is given skills and limits, is helped back in, and leaves."""
    system = it.doors.running.system
    person = {"name": "Jola Testowa", "signature": "Jola", "roles": "counsellor", "lines": TRUST}
    person |= {"languages": "pl", "text_limit": "2"}
    await it.send("Igor", "/staff/new", login="jola", **person)
    newcomer = staff.Newcomer("kasia", "Kasia Testowa", "Kasia", ("counsellor",), (TRUST,), text_limit=9)
    kasia, link = await invitations.invite(system, OPERATOR, newcomer)
    await it.send("Igor", f"/staff/{kasia}/invitation")
    link = await invitations.invite_again(system, OPERATOR, kasia)
    await it.send(None, f"/invitation/{link}", password=PASSWORD, again=PASSWORD)
    await it.send("Igor", f"/staff/{kasia}", **{**person, "name": "Kasia Testowa", "signature": "Kasia"})
    await it.send("Filip", f"/staff/{kasia}/skills", name="interwencja", valid_until="2027-06-30")
    await it.send("Filip", f"/staff/{kasia}/skills/remove", name="interwencja")
    await it.send("Filip", f"/staff/{kasia}/limits", rest="8,5", month="120")
    await it.send("Filip", f"/staff/{kasia}/recovery")
    await it.send("Igor", f"/staff/{kasia}/recovery/confirm")
    login = {"login": "gosia", "password": PASSWORD}
    gosia = it.doors.people["Gosia"].id
    await it.send(None, "/sign-in", **login)
    await it.send("Igor", await it.finds("Igor", f"/staff/{gosia}", rf"/staff/{gosia}/sessions/{ROW}/end"))
    await it.send(None, "/sign-in", **login)
    await it.send("Igor", f"/staff/{gosia}/sessions/end")
    await it.doors.employ("Lena", "counsellor")
    lena = it.doors.people["Lena"]
    owed, kept = await it.doors.talk("Lena"), await it.doors.caller()
    await it.doors.talk("Lena")  # whom she leaves with somebody else
    await conflicts.mark(
        system, it.doors.people["Filip"].actor, "contact", kept.contact_id, lena.id, "Sąsiadka."
    )
    apart = await it.finds("Filip", f"/staff/{lena.id}", rf"/staff/{lena.id}/conflicts/{ROW}/end")
    await it.send("Filip", apart)
    await it.send("Lena", f"/console/contacts/{owed.contact_id}/end", {"reason": "completed"})
    await it.send("Igor", f"/staff/{lena.id}/leave")
    await it.send("Filip", f"/staff/owed/{owed.contact_id}")


SCENES: tuple[Callable[[Round], Awaitable[None]], ...] = (
    going_live,
    the_chat,
    call_backs,
    the_console,
    passing_on,
    the_board,
    cases,
    the_roster,
    the_shift,
    the_account,
    the_staff,
    the_centre,
)


def settings_for(folder: Path, **more: str | int) -> Settings:
    """Of a house that has all that is asked for: a bot for the staff, and something before its chat."""
    overlay, demo = folder / "overlay.toml", centres.DEMO.read_text()
    blocked = demo.replace("go_live_blockers = []", f'go_live_blockers = ["{BLOCKER}"]')
    overlay.write_text(blocked.replace("live_chat_enabled = true", "live_chat_enabled = false"))
    given = settings_in(folder, staff_telegram_token="4711:invented", **more)
    return replace(given, centre_overlay=str(overlay))


async def go_round(doors: Doors) -> set[str]:
    """Through every scene; the routes that were asked."""
    it = Round(doors)
    for scene in SCENES:
        await scene(it)
    return it.been

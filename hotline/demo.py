"""`hotline demo`: Kielce with invented staff, a roster that covers now, and a few simulated callers.

The callers are ordinary ones: they speak HTTP to this very server, write, wait and answer.
"""

import asyncio
import random
import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from aiohttp import ClientError, ClientSession

from hotline import app, centres
from hotline.actions import absences, planning, roster, staff
from hotline.config import Settings
from hotline.rules.access import OPERATOR
from hotline.rules.centre import Centre
from hotline.rules.civil_time import local, resolve
from hotline.rules.duty import Pattern, Rotation
from hotline.store import plans
from hotline.store import roster as shift_rows
from hotline.store.views import people
from hotline.system import System
from hotline.values import dataclass
from hotline.vault import make_master_key

log = structlog.get_logger()
DAYS = 14
POLL_SECONDS = 1.0
ROLE_NAMES = {
    "counsellor": "counsellor",
    "supervisor": "supervisor",
    "caseworker": "caseworker",
    "administrator": "administrator",
}


@dataclass(frozen=True, slots=True)
class Script:
    """One simulated caller: where, when, what is answered before the wait, and what is said."""

    line: str
    after: float  # seconds after the start
    language: str
    words: tuple[str, ...]
    danger: str | None = None
    topic: str | None = None


SCRIPTS = (
    Script(
        "city_trust_19513",
        1,
        "pl",
        (
            "Dzień dobry. Od trzech tygodni prawie nie śpię. Serce mi wali i boję się, że coś mi się stanie.",
            "Mieszkam sam. Lekarz mówił, że serce jest zdrowe.",
            "Najgorzej jest około trzeciej w nocy.",
            "Chyba pomaga, że można o tym napisać. Dziękuję.",
        ),
        danger="no",
        topic="other",
    ),
    Script(
        "sow_victims_24h",
        4,
        "pl",
        (
            "Mąż znowu wyzywa mnie od rana. Nie bije, ale boję się wracać do pokoju.",
            "Dzieci są u babci do wieczora.",
            "Nie widzi ekranu, jestem w łazience.",
            "Mogłabym przyjść na rozmowę, tylko nie w środę.",
        ),
        danger="unsure",
        topic="violence",
    ),
    Script(
        "city_trust_19513",
        25,
        "uk",
        (
            "Доброго дня. Ми з дітьми в Кельцях другий місяць, і я не знаю, куди звернутися.",
            "Дітям 6 і 11 років.",
            "Дякую, це мені дуже допомогло.",
        ),
        danger="no",
        topic="family",
    ),
    Script(
        "city_trust_19513",
        60,
        "pl",
        (
            "Chciałam zapytać, kiedy można umówić się do prawnika w sprawie alimentów.",
            "Mieszkam na Ślichowicach.",
            "Dziękuję, to mi wystarczy.",
        ),
        topic="legal",
    ),
    Script(
        "city_trust_19513",
        100,
        "pl",
        (
            "Trzy tygodnie temu umarł mój mąż. Wczoraj na cmentarzu coś we mnie pękło.",
            "Córka przyjeżdża w soboty.",
            "Nie, nie chcę do niego dołączyć. Po prostu jest bardzo cicho w domu.",
        ),
        danger="no",
        topic="bereavement",
    ),
)


def settings_for(settings: Settings) -> Settings:
    """The demo's own settings: Kielce under the demo overlay, on loopback, everything in one folder."""
    return replace(
        settings, centre="kielce", centre_overlay=str(centres.DEMO), host="127.0.0.1", public_url="",
        database_url="", keys_url="", redis_url="", telegram_token="",
    )  # fmt: skip


async def run(settings: Settings) -> None:
    """Serve the demo until interrupted."""
    settings = settings_for(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.master_key.exists():
        make_master_key(settings.master_key)
    async with app.house(settings) as house:
        await prepare(house.system)
        await _print_links(house.system, settings.data)
        callers = [house.tasks.create_task(_live(settings.origin, script)) for script in SCRIPTS]
        try:
            await asyncio.Event().wait()
        finally:
            for caller in callers:
                caller.cancel()


async def prepare(system: System) -> None:
    """Staff once, everybody in this shift and the next, and a roster of a fortnight."""
    async with system.read() as tx:
        known = {person.login: person.id for person in await people(tx)}
    for entry in system.centre.staff:
        if entry.id not in known:
            newcomer = staff.Newcomer(
                entry.id, entry.name, entry.signature, entry.roles, entry.lines, entry.languages
            )
            known[entry.id] = await staff.add(system, OPERATOR, newcomer)
    spans = _spans(system, system.clock.now())[:2]
    async with system.transaction(OPERATOR) as tx:
        await shift_rows.clear_shifts_from(tx, spans[0][0])
    serving: dict[str, list[str]] = {}
    for entry in system.centre.staff:
        for line in entry.lines if "counsellor" in entry.roles else ():
            serving.setdefault(line, []).append(known[entry.id])
    for line, staff_ids in serving.items():
        for staff_id in staff_ids:
            for start, end in spans:
                await roster.add_shift(system, OPERATOR, line, staff_id, start, end)
    await _plan(system, serving)


async def _plan(system: System, serving: dict[str, list[str]]) -> None:
    """A fortnight by rotations, line by line; once, somebody will be away for a day, which leaves a gap."""
    today = local(system.clock.now(), system.centre.zone).date()
    async with system.read() as tx:
        fresh = not await plans.patterns_of(tx)
    for line, staff_ids in serving.items():
        for pattern in _patterns(system.centre, line, staff_ids, today) if fresh else ():
            await planning.add_pattern(system, OPERATOR, pattern)
        version = await planning.draft(system, OPERATOR, line, today, today + timedelta(days=DAYS - 1))
        await planning.publish(system, OPERATOR, version, confirmed=True)
    if fresh and serving:
        away = max(serving.values(), key=len)[-1]
        start, end = (
            resolve(today + timedelta(days=days), 0, system.centre.zone, "start") for days in (3, 5)
        )
        await absences.note_absence(
            system, OPERATOR, away, "leave", start, end, approved=True, confirmed=True
        )


def _patterns(centre: Centre, line: str, staff_ids: list[str], first: date) -> list[Pattern]:
    """One after the other through the shifts of each day; somebody alone on a line comes in the morning only."""
    count = len(staff_ids)
    shifts = centre.shift_patterns[: 1 if count == 1 else None]
    return [
        Pattern(
            id="",
            line=line,
            days=frozenset(each.days),
            start=each.start,
            end=each.end,
            rotation=Rotation(
                tuple((staff_ids[(len(shifts) * day + place) % count],) for day in range(count))
            ),
            first=first,
            exclusive=False,  # a person answers several lines at once
        )
        for place, each in enumerate(shifts)
    ]


def _spans(system: System, now: datetime) -> list[tuple[datetime, datetime]]:
    """The centre's next shifts as instants, from the one that covers now."""
    zone = system.centre.zone
    today = local(now, zone).date()
    found = []
    for offset in range(-1, 2):
        day = today + timedelta(days=offset)
        for pattern in system.centre.shift_patterns:
            start = resolve(day, pattern.start, zone, "start")
            end = resolve(day, pattern.end, zone, "end")
            if end > now:
                found.append((start, end))
    return sorted(found)


async def _print_links(system: System, data: Path) -> None:
    origin = system.settings.origin
    print(f"\nHotline demo: {system.centre.name_pl}. Everything is in {data}; nothing leaves this machine.\n")
    print(f"  For callers   {origin}/")
    print(f"                {origin}/chat/city_trust_19513\n")
    print("  One-time sign-in links:")
    async with system.read() as tx:
        everybody = await people(tx)
    for person in everybody:
        secret = await staff.issue_link(system, OPERATOR, person.id)
        roles = ", ".join(ROLE_NAMES[role] for role in person.roles)
        print(f"  {person.signature:8} {roles:14} {origin}/sign-in/once/{secret}")
    print(
        "\n  Open the first link, press the button, and somebody is waiting. Stop with Ctrl+C.\n", flush=True
    )


async def _live(origin: str, script: Script) -> None:
    """One caller's evening; a server that goes away ends it quietly."""
    await asyncio.sleep(script.after)
    try:
        async with ClientSession(origin, headers={"Origin": origin}) as session:
            await _converse(session, script)
    except (ClientError, TimeoutError):
        log.info("demo caller left")


async def _converse(session: ClientSession, script: Script) -> None:
    token = secrets.token_urlsafe(32)
    headers = {"Authorization": f"Bearer {token}"}
    first = {
        "token": token,
        "id": secrets.token_urlsafe(12),
        "text": script.words[0],
        "language": script.language,
    }
    first |= {key: value for key, value in (("danger", script.danger), ("topic", script.topic)) if value}
    async with session.post(f"/chat/{script.line}/contacts", json=first) as response:
        if response.status != 201:
            return
        seen = (await response.json())["seq"]
    for words in script.words[1:]:
        seen = await _await_reply(session, script, headers, seen)
        if seen == 0:
            return
        await asyncio.sleep(random.uniform(3, 7))  # noqa: S311  people take time to write
        message = {"id": secrets.token_urlsafe(12), "text": words}
        async with session.post(f"/chat/{script.line}/messages", json=message, headers=headers) as response:
            if response.status != 200:
                return
    while seen:  # a page stays open until the counsellor ends the conversation
        seen = await _await_reply(session, script, headers, seen)


async def _await_reply(session: ClientSession, script: Script, headers: dict[str, str], seen: int) -> int:
    """The number of the counsellor's next message; 0 once the conversation is over."""
    while True:
        await asyncio.sleep(POLL_SECONDS)
        async with session.get(
            f"/chat/{script.line}/contact", params={"after": seen}, headers=headers
        ) as response:
            if response.status != 200:
                return 0
            answer = await response.json()
        if not answer["state"]["open"]:
            return 0
        for entry in answer["entries"]:
            seen = entry["seq"]
            if entry["who"] == "counsellor":
                return int(seen)

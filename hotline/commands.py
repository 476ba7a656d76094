"""What the shell commands do: set up, check, and the few things a centre runs before it has pages for them."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from hotline import app, centres
from hotline.actions import centre as centre_actions
from hotline.actions import invitations, staff_notices
from hotline.actions import staff as people
from hotline.config import Settings
from hotline.errors import ConfigInvalid, HotlineError, StaffUnknown
from hotline.live.redis_bus import RedisBus
from hotline.rules.access import ADMINISTRATOR, OPERATOR
from hotline.rules.centre import Centre, Line
from hotline.rules.centre_changes import overlay
from hotline.rules.civil_time import local
from hotline.rules.opening import Closed, Open, opening
from hotline.rules.toml_text import written
from hotline.store import migrating, schema, views
from hotline.store.db import Database
from hotline.system import MachineClock, System
from hotline.vault import make_master_key, read_master_key

ENTIRELY = "no end in sight"
UNSTATED = "UNKNOWN (hours not stated)"
T = TypeVar("T")


def instant(centre: Centre, at: datetime | None) -> datetime | None:
    """A local time given on the command line as an instant; one with an offset is taken as it is."""
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=centre.zone)


def when(centre: Centre, at: datetime | None) -> str:
    """An instant as the centre's clocks show it."""
    return ENTIRELY if at is None else local(at, centre.zone).strftime("%Y-%m-%d %H:%M")


# -- centre ----------------------------------------------------------------------------------------


async def centre(settings: Settings, chosen: argparse.Namespace) -> int:
    """Show the installation's centre, export what staff changed, list it, or take a change back."""
    if chosen.what == "show" and chosen.centre:
        loaded = centres.load(chosen.centre, chosen.overlay)
        print(centre_rows(loaded, instant(loaded, chosen.at) or MachineClock().now()))
        return 0
    async with app.open_system(settings, with_changes=chosen.what != "withdraw") as system:
        if chosen.what == "withdraw":
            await centre_actions.withdraw(system, OPERATOR, given(chosen.change, "--change"))
            return 0
        if chosen.what == "show":
            print(centre_rows(system.centre, instant(system.centre, chosen.at) or system.clock.now()))
            return 0
        async with system.read() as tx:
            history = await views.centre_history(tx)
    if chosen.what == "export":
        made = [each.change for each in history if each.withdrawn_at is None]
        print(written(overlay(system.layers, made)), end="")
        return 0
    for each in history:
        change, state = each.change, "withdrawn" if each.withdrawn_at else "in force"
        from_day = f" from {change.from_day}" if change.from_day else ""
        said = f"{change.kind} {change.target}{from_day} ({state})"
        print(f"{change.id}  {when(system.centre, change.at)}  {each.by or 'shell':20}  {said}")
    return 0


def centre_rows(centre: Centre, at: datetime) -> str:
    """A row per line: OPEN until, CLOSED until, or UNKNOWN. Without lines: what callers are told instead."""
    rows = [f"{line.id:26} {line.number:17} {_state(centre, line, at)}" for line in centre.lines.values()]
    return "\n".join((f"{centre.name_pl}, {when(centre, at)}", *(rows or _information(centre))))


def _information(centre: Centre) -> list[str]:
    units = centre.units.values()
    return [
        "No line has a number: callers see the address and the national numbers (information mode).",
        *(f"{unit.id:26} {unit.address or 'no address stated':42} {UNSTATED}" for unit in units),
        f"Facts verified on: {centre.verified_on or 'never'}. Blockers: {', '.join(centre.blockers)}.",
    ]


def _state(centre: Centre, line: Line, at: datetime) -> str:
    answer = opening(centre, line, at)
    if isinstance(answer, Open):
        text = f"OPEN until {when(centre, answer.until)}"
    elif isinstance(answer, Closed):
        text = f"CLOSED until {when(centre, answer.next_open)}"
    else:
        return UNSTATED
    return f"{text} (assumed)" if answer.assumed else text


# -- init and check ----------------------------------------------------------------------------------


async def init(settings: Settings, login: str, name: str) -> int:
    """Data folder, master key, both schemas, first administrator. What exists is kept."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.master_key.exists():
        read_master_key(settings.master_key)
    else:
        make_master_key(settings.master_key)
        print(
            f"Master key: {settings.master_key}. Keep a copy apart from every backup: without it nothing opens."
        )
    await _migrate(settings.main_url, "main")
    await _migrate(settings.wrapped_keys_url, "keys")
    async with app.open_system(settings) as system:
        async with system.read() as tx:
            known = {person.login: person for person in await views.people(tx)}
        if login in known:
            staff_id = known[login].id
        elif any(ADMINISTRATOR in person.roles for person in known.values()):
            print("There is an administrator already; no other was made.")
            return 0
        else:
            newcomer = people.Newcomer(login, name, name, [ADMINISTRATOR])
            staff_id = await people.add(system, OPERATOR, newcomer)
        await _print_link(system, staff_id, name)
    return 0


async def migrate(settings: Settings) -> int:
    """Both databases to the newest schema. On SQLite the data folder must be there: `init` makes it."""
    if not settings.database_url:
        read_master_key(settings.master_key)
    await _migrate(settings.main_url, "main")
    await _migrate(settings.wrapped_keys_url, "keys")
    print("Both databases have the newest schema this program knows.")
    return 0


async def _migrate(url: str, which: schema.Which) -> None:
    db = Database(url)
    try:
        if await schema.fit(db, which) == "behind":
            await migrating.upgrade(db, which)
    finally:
        await db.close()


async def _print_link(system: System, staff_id: str, name: str) -> None:
    secret = await people.issue_link(system, OPERATOR, staff_id)
    print(f"One-time sign-in link for {name}: {system.settings.origin}/sign-in/once/{secret}")


Attempt = Callable[[], Awaitable[str]]


async def check(settings: Settings, *doors: tuple[str, Attempt]) -> int:
    """Print the settings with secrets masked and try each part and door; 1 if one fails."""
    for name, value in settings.masked().items():
        print(f"{name:26} {value}")
    print()
    parts: list[tuple[str, Attempt]] = [
        ("centre", lambda: _check_centre(settings)),
        ("master key", lambda: _check_key(settings)),
        ("database", lambda: _check_database(settings.main_url, "main", "HOTLINE_DATABASE_URL")),
        ("wrapped keys", lambda: _check_database(settings.wrapped_keys_url, "keys", "HOTLINE_KEYS_URL")),
    ]
    if settings.redis_url:
        parts.append(("redis", lambda: _check_redis(settings.redis_url)))
    failed = 0
    for name, attempt in (*parts, *doors):
        try:
            verdict = "ok: " + await attempt()
        except HotlineError as error:
            verdict, failed = f"FAILED: {error.code} {' '.join(map(str, error.args))}", failed + 1
        except Exception as error:  # noqa: BLE001  a report names every kind of failure and goes on
            verdict, failed = f"FAILED: {type(error).__name__}", failed + 1
        print(f"{name:14} {verdict}")
    return 1 if failed else 0


async def _check_centre(settings: Settings) -> str:
    centre = app.load_centre(settings)
    chat = "on" if centre.live_chat_enabled else "off, blockers " + ", ".join(centre.blockers)
    return f"{centre.id}, {len(centre.lines)} lines, live chat {chat}"


async def _check_key(settings: Settings) -> str:
    read_master_key(settings.master_key)
    return "readable"


async def _check_database(url: str, which: schema.Which, setting: str) -> str:
    db = Database(url)
    try:
        await app.check_durable(db, setting)
        found = await schema.fit(db, which)
    finally:
        await db.close()
    if found == "behind":
        raise ConfigInvalid(setting, "the schema is not the newest; run 'hotline migrate'")
    if found == "beyond":
        raise ConfigInvalid(setting, app.BEYOND)
    newest = "newest schema" if found == "current" else "schema of a newer release that only added to it"
    return f"reachable, {newest}, keeps what it commits"


async def _check_redis(url: str) -> str:
    bus = RedisBus(url)
    try:
        await bus.ping()
    finally:
        await bus.close()
    return "answers"


# -- staff -----------------------------------------------------------------------------------------------


async def staff(settings: Settings, chosen: argparse.Namespace) -> int:
    """invite somebody, add somebody, give a sign-in link or a code for the staff bot, list."""
    async with app.open_system(settings) as system:
        if chosen.what == "list":
            async with system.read() as tx:
                for person in await views.people(tx):
                    print(
                        f"{person.login:16} {person.name:28} {','.join(person.roles):24} {','.join(person.lines)}"
                    )
            return 0
        login = given(chosen.login, "--login")
        if chosen.what == "invite":
            name = given(chosen.name, "--name")
            guest = people.Newcomer(
                login, name, chosen.signature or name, chosen.role, chosen.line, flags=chosen.flag
            )
            _, secret = await invitations.invite(system, OPERATOR, guest)
            print(
                f"One-time invitation for {name}, good for a day: {system.settings.origin}/invitation/{secret}"
            )
            return 0
        if chosen.what == "add":
            password = chosen.password_file.read_text().strip() if chosen.password_file else None
            name = given(chosen.name, "--name")
            newcomer = people.Newcomer(
                login,
                name,
                chosen.signature or name,
                chosen.role,
                chosen.line,
                flags=chosen.flag,
                password=password,
            )
            await people.add(system, OPERATOR, newcomer)
        person = await person_of(system, login)
        if chosen.what == "telegram":
            code = await staff_notices.issue_code(system, OPERATOR, person.id)
            print(f"{person.name} sends this to the staff bot within half an hour: /start {code}")
        else:
            await _print_link(system, person.id, person.name)
    return 0


async def person_of(system: System, login: str) -> views.StaffRow:
    """The person with this login. Raises StaffUnknown."""
    async with system.read() as tx:
        for person in await views.people(tx):
            if person.login == login:
                return person
    raise StaffUnknown


def given(value: T | None, option: str) -> T:
    """What an option holds; without it the command ends."""
    if value is None:
        print(f"hotline: {option} is needed here", file=sys.stderr)
        raise SystemExit(2)
    return value

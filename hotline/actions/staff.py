"""People: who is on the staff, with which roles, flags and lines; what changes, changes at once."""

from collections.abc import Collection

from hotline.actions import leaving, passwords, sessions
from hotline.actions.signing_in import digest
from hotline.errors import AlreadyExists, Malformed, StaffUnknown, WallBreach
from hotline.ids import new_id, new_secret
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import ADMINISTRATOR, Actor, Thing
from hotline.rules.centre import Centre
from hotline.rules.presence import LINK_LIFE
from hotline.rules.words import checked
from hotline.store import claims, plans, queries, roster, sign_ins, staffing
from hotline.system import System, Transaction
from hotline.values import dataclass

LANGUAGES = ("pl", "uk", "en")
LOGIN_LIMIT, NAME_LIMIT, SIGNATURE_LIMIT, TEXT_LIMIT = 64, 120, 60, 1000


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person to be put on the staff."""

    login: str
    name: str
    signature: str
    roles: Collection[str]
    lines: Collection[str] = ()
    languages: Collection[str] = ("pl",)
    flags: Collection[str] = ()
    text_limit: int = 2
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """All that may be changed of a person who is on the staff."""

    name: str
    signature: str
    roles: Collection[str]
    lines: Collection[str]
    languages: Collection[str]
    flags: Collection[str]
    text_limit: int


async def add(system: System, actor: Actor, newcomer: Newcomer) -> str:
    """Put somebody on the staff; the id. Raises AlreadyExists, Malformed, LineUnknown, WallBreach, PasswordWeak."""
    access.require(actor, "staff.change")
    check(system.centre, newcomer)
    kept = None
    if newcomer.password is not None:
        kept = await passwords.hashed(newcomer.password, newcomer.login)
    async with system.transaction(actor) as tx:
        return await insert(tx, newcomer, kept)


async def insert(tx: Transaction, newcomer: Newcomer, password_hash: str | None) -> str:
    """The row of a person who was checked; the id. Raises AlreadyExists."""
    staff_id = new_id()
    values = {
        "id": staff_id,
        "login": newcomer.login,
        "password_hash": password_hash,
        **_columns(newcomer),
        "active": True,
        "intent": "available",
        "created_at": tx.now,
    }
    if not await staffing.add(tx, values):
        raise AlreadyExists
    await claims.edit_lines(tx, [plans.PEOPLE])  # a board that did not know them would not know their wall
    tx.record("staff.add", "staff", staff_id, roles=sorted(newcomer.roles))
    return staff_id


async def change(system: System, actor: Actor, staff_id: str, changes: Changes) -> None:
    """Roles, flags, lines and the rest, with effect on what is open now.

    Shifts of a line the person no longer serves are vacant. Raises StaffUnknown, LastAdministrator, Malformed,
    LineUnknown, WallBreach.
    """
    access.require(actor, "staff.change")
    check(system.centre, changes)
    async with system.transaction(actor) as tx:
        await claims.one_staff_change_at_a_time(tx)
        row, held = await leaving.locked_with_contacts(tx, staff_id)
        if row is None or not row.active:
            raise StaffUnknown
        if ADMINISTRATOR not in changes.roles:
            await leaving.keep_an_administrator(tx, staff_id)
        if not {access.COUNSELLOR, access.SUPERVISOR} & set(changes.roles):
            await leaving.hand_back(tx, held)
        await staffing.change(tx, staff_id, **_columns(changes))
        await sessions.look_again(tx, staff_id)
        keep = changes.lines if access.COUNSELLOR in changes.roles else ()
        vacant = await roster.vacate_shifts(tx, staff_id, tx.centre.lines, keep)
        tx.record(
            "staff.change", "staff", staff_id, (topics.roster(),),
            before=_rights(row), after=_rights(changes), vacant=vacant,
        )  # fmt: skip


async def rename(system: System, actor: Actor, name: str, signature: str) -> None:
    """One's own name, and what callers see of it. Raises TextEmpty, TextTooLong."""
    access.require(actor, "account.change", Thing(actor.id))
    values = {"name": checked(name, NAME_LIMIT), "signature": checked(signature, SIGNATURE_LIMIT)}
    async with system.transaction(actor) as tx:
        await staffing.change(tx, actor.id, **values)
        await sessions.look_again(tx, actor.id)
        tx.record("staff.rename", "staff", actor.id)


async def issue_link(system: System, actor: Actor, staff_id: str) -> str:
    """A one-time sign-in secret for a person, good for half a day; the shell's alone. Raises StaffUnknown."""
    access.require(actor, "staff.issue_link")
    secret = new_secret()
    async with system.transaction(actor) as tx:
        if await queries.staff_row(tx, staff_id) is None:
            raise StaffUnknown
        await sign_ins.add_link(tx, digest(secret), staff_id, "sign_in", tx.now + LINK_LIFE)
        tx.record("staff.issue_link", "staff", staff_id)
    return secret


def check(centre: Centre, person: Newcomer | Changes) -> None:
    """Could somebody be on the staff like this? Raises Malformed, LineUnknown, WallBreach, TextTooLong."""
    login = person.login if isinstance(person, Newcomer) else "known"
    for text, limit in (
        (login, LOGIN_LIMIT),
        (person.name, NAME_LIMIT),
        (person.signature, SIGNATURE_LIMIT),
    ):
        checked(text, limit)
    known = {"roles": access.ROLES, "flags": access.FLAGS, "languages": LANGUAGES}
    for field, values in known.items():
        if not set(getattr(person, field)) <= set(values):
            raise Malformed(field=field)
    if not 1 <= person.text_limit <= TEXT_LIMIT or any(each.isspace() for each in login):
        raise Malformed(field="staff")
    for line in person.lines:
        centre.line(line)
        if set(person.lines) & centre.lines_behind_wall(line) and not centre.both_sides_allowed:
            raise WallBreach


def _columns(person: Newcomer | Changes) -> dict[str, object]:
    return {
        "name": person.name,
        "signature": person.signature,
        "roles": sorted(person.roles),
        "flags": sorted(person.flags),
        "lines": sorted(person.lines),
        "languages": sorted(person.languages),
        "text_limit": person.text_limit,
    }


def _rights(person: object) -> dict[str, list[str]]:
    return {what: sorted(getattr(person, what)) for what in ("roles", "flags", "lines")}

"""Rows of signing in: links, sessions, tries and the places where somebody has signed in before."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from hotline.ids import new_id
from hotline.rules.throttle import FORGET, REMEMBER_BROWSER
from hotline.store.db import Tx
from hotline.store.tables import recoveries, sessions, sign_in_links, sign_in_places, sign_in_tries, staff


async def add_link(tx: Tx, secret_hash: str, staff_id: str, purpose: str, expires_at: datetime) -> None:
    values = {"secret_hash": secret_hash, "staff_id": staff_id, "purpose": purpose, "expires_at": expires_at}
    await tx.connection.execute(insert(sign_in_links).values(**values))


async def link(tx: Tx, secret_hash: str, *purposes: str) -> Row[Any] | None:
    """A link of one of these purposes that still works, with its person; looking does not use it."""
    query = (
        select(sign_in_links.c.purpose, staff)
        .join(staff, staff.c.id == sign_in_links.c.staff_id)
        .where(
            sign_in_links.c.secret_hash == secret_hash,
            sign_in_links.c.purpose.in_(purposes),
            sign_in_links.c.used_at.is_(None),
            sign_in_links.c.expires_at > tx.now,
            staff.c.active,
        )
    )
    return (await tx.connection.execute(query)).one_or_none()


async def void_links(tx: Tx, staff_id: str) -> None:
    """A person's unused links work no longer."""
    unused = (sign_in_links.c.staff_id == staff_id, sign_in_links.c.used_at.is_(None))
    await tx.connection.execute(update(sign_in_links).where(*unused).values(used_at=tx.now))


async def add_session(tx: Tx, secret_hash: str, staff_id: str, how: str, device: str) -> None:
    values = {"secret_hash": secret_hash, "staff_id": staff_id, "created_at": tx.now, "seen_at": tx.now}
    await tx.connection.execute(insert(sessions).values(id=new_id(), how=how, device=device, **values))


async def touch_sessions(tx: Tx, secret_hashes: Collection[str]) -> None:
    """They are in use, but for those that are being changed just now: who changes one knows that."""
    free = select(sessions.c.secret_hash).where(tx.among(sessions.c.secret_hash, secret_hashes))
    free = free.with_for_update(skip_locked=True)
    await tx.connection.execute(
        update(sessions).where(sessions.c.secret_hash.in_(free)).values(seen_at=tx.now)
    )


async def lock_session(tx: Tx, session_id: str) -> bool:
    """Nothing is shown in it from now on; was it open until now?"""
    opened = (sessions.c.id == session_id, sessions.c.locked_at.is_(None), sessions.c.revoked_at.is_(None))
    return (
        await tx.connection.execute(update(sessions).where(*opened).values(locked_at=tx.now))
    ).rowcount == 1


async def unlock_session(tx: Tx, session_id: str) -> bool:
    """It goes on; False if it has ended or was not locked."""
    locked = (sessions.c.id == session_id, sessions.c.locked_at.is_not(None), sessions.c.revoked_at.is_(None))
    values = {"locked_at": None, "seen_at": tx.now}
    return (await tx.connection.execute(update(sessions).where(*locked).values(values))).rowcount == 1


async def end_session(tx: Tx, secret_hash: str) -> None:
    mine = (sessions.c.secret_hash == secret_hash, sessions.c.revoked_at.is_(None))
    await tx.connection.execute(update(sessions).where(*mine).values(revoked_at=tx.now))


async def end_sessions(tx: Tx, staff_id: str, *, only: str | None = None, keep: str | None = None) -> int:
    """End a person's sessions: all, the one with this id, or all but the one with this id; how many ended."""
    statement = update(sessions).where(sessions.c.staff_id == staff_id, sessions.c.revoked_at.is_(None))
    if only is not None:
        statement = statement.where(sessions.c.id == only)
    if keep is not None:
        statement = statement.where(or_(sessions.c.id.is_(None), sessions.c.id != keep))
    return (await tx.connection.execute(statement.values(revoked_at=tx.now))).rowcount


async def known_place(tx: Tx, staff_id: str, blinds: Collection[str]) -> set[str]:
    """The kinds of place, of these, where the person has signed in before and which are not forgotten yet."""
    query = select(sign_in_places.c.kind).where(
        sign_in_places.c.staff_id == staff_id, sign_in_places.c.blind.in_(blinds), ~_forgotten(tx)
    )
    return set((await tx.connection.execute(query)).scalars())


async def remember_place(tx: Tx, staff_id: str, blind: str, kind: str) -> None:
    statement = tx.upsert(sign_in_places).values(staff_id=staff_id, blind=blind, kind=kind, seen_at=tx.now)
    keys = [sign_in_places.c.staff_id, sign_in_places.c.blind]
    await tx.connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={"seen_at": tx.now})
    )


async def forget_places_of(tx: Tx, staff_id: str) -> None:
    """No place counts as known any longer."""
    await tx.connection.execute(delete(sign_in_places).where(sign_in_places.c.staff_id == staff_id))


async def forgive(tx: Tx, key: str) -> None:
    """All tries under this key are forgotten."""
    await tx.connection.execute(delete(sign_in_tries).where(sign_in_tries.c.key == key))


async def take_back(tx: Tx, key: str, tries: int) -> None:
    """So many tries of many turned out well: they do not count."""
    values = {"tries": sign_in_tries.c.tries - tries, "until": tx.now}
    await tx.connection.execute(update(sign_in_tries).where(sign_in_tries.c.key == key).values(values))


async def forget(tx: Tx) -> int:
    """Delete what is a day old: tries, networks, used or expired links; how many rows."""
    gone = 0
    for table, old in (
        (sign_in_tries, sign_in_tries.c.last_at < tx.now - FORGET),
        (sign_in_places, _forgotten(tx)),
        (sign_in_links, sign_in_links.c.expires_at < tx.now - FORGET),
    ):
        gone += (await tx.connection.execute(delete(table).where(old))).rowcount
    return gone


async def end_stale_recovery(tx: Tx, staff_id: str, since: datetime) -> None:
    """A request nobody confirmed in time makes room for another."""
    stale = (
        recoveries.c.staff_id == staff_id,
        recoveries.c.ended_at.is_(None),
        recoveries.c.asked_at <= since,
    )
    await tx.connection.execute(update(recoveries).where(*stale).values(ended_at=tx.now))


def _forgotten(tx: Tx) -> Any:
    kind, seen_at = sign_in_places.c.kind, sign_in_places.c.seen_at
    network = (kind == "network") & (seen_at < tx.now - FORGET)
    return network | (seen_at < tx.now - REMEMBER_BROWSER)

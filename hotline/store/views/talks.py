"""A contact as pages show it: its head, its entries, its place in the queue, its summary."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import BigInteger, Integer, Row, Select, String, bindparam, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from hotline.rules.presence import CALLER_PING, LEAVING_GRACE
from hotline.store import lines, queries
from hotline.store.db import Tx, only
from hotline.store.recent import Rows
from hotline.store.tables import callbacks, case_contacts, contacts, entries, staff, summaries, threads
from hotline.values import dataclass

Audience = Literal["caller", "staff"]
FOR_CALLER = ("message", "edit", "system", "state", "receipt")


@dataclass(frozen=True, slots=True)
class ContactHead:
    """A contact without its content."""

    id: str
    ref: str
    line: str
    queue: str | None
    channel: str
    state: str
    end_reason: str | None
    priority: str
    priority_initial: str
    danger: str | None
    topic: str | None
    under18: bool
    flags: list[str]
    language: str
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    closed_at: datetime | None
    holder_id: str | None
    holder_name: str | None
    holder_signature: str | None
    caller_blind: str | None
    caller_seen_at: datetime | None
    caller_left_at: datetime | None
    due_at: datetime | None
    unreachable_at: datetime | None
    last_seq: int
    has_summary: bool
    calls_back: bool
    case_id: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, opened. `data` is coded: catalogue key of a system text, an answer, a change of state.

    `ref_seq` is the number of the message that an edit corrects or a delivery tells of, or up to which a receipt goes.
    """

    seq: int
    id: str
    kind: str
    author: str
    author_id: str | None
    author_name: str | None
    at: datetime
    text: str | None
    data: dict[str, Any]
    delivery: str
    ref_seq: int | None
    delivery_reason: str | None


_SUMMARIES = select(func.count()).where(summaries.c.contact_id == contacts.c.id).scalar_subquery()
_CALLS_BACK = exists().where(callbacks.c.contact_id == contacts.c.id, callbacks.c.outcome.is_(None))
_HEAD = (
    select(
        contacts,
        threads.c.last_seq,
        staff.c.name.label("holder_name"),
        staff.c.signature.label("holder_signature"),
        case_contacts.c.case_id,
        _SUMMARIES.label("summaries"),
        _CALLS_BACK.label("calls_back"),
    )
    .join(threads, threads.c.contact_id == contacts.c.id)
    .outerjoin(staff, staff.c.id == contacts.c.holder_id)
    .outerjoin(case_contacts, case_contacts.c.contact_id == contacts.c.id)
)
# Whoever waits asks this four times a minute, and whenever the queue moves: the statements are made once.
_HEADS = only(_HEAD, contacts.c.id, "contacts")
_OF_HEAD = [name for name in ContactHead.__slots__ if name != "has_summary"]


async def contact_head(tx: Tx, contact_id: str) -> ContactHead | None:
    """The contact without its content, or None."""
    return (await contact_heads(tx, [contact_id])).get(contact_id)


async def contact_heads(tx: Tx, contact_ids: Collection[str]) -> dict[str, ContactHead]:
    """Of those that there are."""
    rows = await tx.connection.execute(tx.made(_HEADS), {"contacts": list(contact_ids)})
    return {
        row.id: ContactHead(**{name: getattr(row, name) for name in _OF_HEAD}, has_summary=row.summaries > 0)
        for row in rows
    }


async def entries_after(
    tx: Tx, contact_id: str, after: int, audience: Audience, limit: int = 200
) -> list[Entry]:
    """Entries with a number greater than `after`, in order, opened. Notes are never for the caller."""
    rows = await rows_after(tx, contact_id, after, audience, limit)
    return [await _opened(tx, row, audience) for row in rows]


async def rows_after(
    tx: Tx, contact_id: str, after: int, audience: Audience = "staff", limit: int = 200
) -> Rows:
    """The same as they are stored, with the names of who wrote them."""
    query = _stored().where(entries.c.contact_id == contact_id, entries.c.seq > after)
    if audience == "caller":
        query = query.where(entries.c.kind.in_(FOR_CALLER))
    # Rows of a query each keep what their query was like, and these are kept for long.
    return [lines.Row._make(each) for each in await tx.connection.execute(query.limit(limit))]


async def rows_after_each(
    tx: Tx, places: Collection[tuple[str, int]], limit: int
) -> dict[tuple[str, int], Rows]:
    """For contacts, each with its own number: as many of its entries after it, as they are stored.

    What has none is left out. On PostgreSQL it is one statement.
    """
    if tx.connection.dialect.name == "sqlite":
        return {place: rows for place in places if (rows := await rows_after(tx, *place, limit=limit))}
    ids, seqs = zip(*places, strict=True)
    asked = {"ids": list(ids), "seqs": list(seqs), "most": limit}
    found: dict[tuple[str, int], list[lines.Row]] = {}
    for after, *row in await tx.connection.execute(_AFTER_EACH, asked):
        found.setdefault((row[0], after), []).append(lines.Row._make(row))
    return dict(found)


def _stored() -> Select[Any]:
    """Entries with who wrote them, as `Row` has them, in order."""
    columns = (*(entries.c[name] for name in lines.COLUMNS), staff.c.name, staff.c.signature)
    return (
        select(*columns, entries.c.delivery_reason)
        .outerjoin(staff, staff.c.id == entries.c.author_id)
        .order_by(entries.c.seq)
    )


def _after_each() -> Select[Any]:
    """`ids` and `seqs`: contacts and their numbers; `most`: entries of each."""
    asked = func.unnest(bindparam("ids", type_=ARRAY(String)), bindparam("seqs", type_=ARRAY(BigInteger)))
    place = asked.table_valued("contact_id", "after", name="place").render_derived()
    later = _stored().where(entries.c.contact_id == place.c.contact_id, entries.c.seq > place.c.after)
    each = later.limit(bindparam("most", type_=Integer)).lateral("each")
    query = select(place.c.after, each).select_from(place.join(each, true()))
    return query.order_by(each.c.contact_id, each.c.seq)


_AFTER_EACH = _after_each()  # made once: making it costs more than running it


class Keys(Protocol):
    """Keys that are at hand: the vault."""

    def unseal(self, owner_id: str, table: str, row_id: str, sealed: bytes) -> str:
        """The text behind `sealed`. Raises SealBroken."""


def opened(keys: Keys, row: lines.Row, audience: Audience) -> Entry:
    """A stored entry as this audience sees it, where its key is at hand."""
    sealed = row.body_sealed
    text = keys.unseal(row.contact_id, "entries", row.id, sealed) if sealed is not None else None
    return _entry(row, text, audience)


async def _opened(tx: Tx, row: lines.Row, audience: Audience) -> Entry:
    sealed = row.body_sealed
    text = await tx.unseal(row.contact_id, "entries", row.id, sealed) if sealed is not None else None
    return _entry(row, text, audience)


def _entry(row: lines.Row, text: str | None, audience: Audience) -> Entry:
    name = row.signature if audience == "caller" else row.author_name
    return Entry(
        row.seq, row.id, row.kind, row.author, row.author_id, name, row.at, text, dict(row.data), row.delivery,
        row.ref_seq, row.delivery_reason,
    )  # fmt: skip


async def words_now(tx: Tx, contact_id: str, seq: int) -> str | None:
    """What a message says after its corrections so far."""
    query = (
        select(entries.c.id, entries.c.body_sealed)
        .where(entries.c.contact_id == contact_id, or_(entries.c.seq == seq, entries.c.ref_seq == seq))
        .order_by(entries.c.seq.desc())
        .limit(1)
    )
    row = (await tx.connection.execute(query)).one()
    return await tx.unseal(contact_id, "entries", row.id, row.body_sealed) if row.body_sealed else None


async def address(tx: Tx, contact_id: str) -> str:
    """Where this contact is answered outside the web: its chat id; "" if it has none."""
    row = await queries.contact(tx, contact_id)
    if row is None or row.address_sealed is None:
        return ""
    return await tx.unseal(contact_id, "contacts", contact_id, row.address_sealed)


_ANSWERS = only(
    select(entries.c.contact_id, entries.c.seq, entries.c.data)
    .where(entries.c.kind == "answer")
    .order_by(entries.c.seq),
    entries.c.contact_id,
    "contacts",
)


async def tongues(tx: Tx, contact_ids: Collection[str]) -> dict[str, dict[int, tuple[str, str]]]:
    """Where in these conversations their language was changed: number of the entry -> (before, from then on)."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for row in await tx.connection.execute(tx.made(_ANSWERS), {"contacts": list(contact_ids)}):
        if (change := tongue(row.data)) is not None:
            found.setdefault(row.contact_id, {})[row.seq] = change
    return found


def tongue(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """The change of language that an answer is; None for any other answer."""
    return (data["before"], data["value"]) if data.get("question") == "language" else None


async def summary(tx: Tx, contact_id: str) -> dict[str, Any] | None:
    """The newest version of the card: field -> value, with `version`, `saved_at`, `staff_id`; or None."""
    query = (
        select(summaries)
        .where(summaries.c.contact_id == contact_id)
        .order_by(summaries.c.version.desc())
        .limit(1)
    )
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        return None
    free = json.loads(await tx.unseal(contact_id, "summaries", row.id, row.free_sealed))
    return {**row.coded, **free, "version": row.version, "saved_at": row.saved_at, "staff_id": row.staff_id}


def caller_away(row: Row[Any] | ContactHead, now: datetime) -> bool:
    """Has the caller's page been closed, or its network been gone for a while?

    Telegram has no presence; but one may say /stop in danger, when the contact stays open, or block the bot.
    """
    if row.channel != "web":
        return row.caller_left_at is not None or row.unreachable_at is not None
    left = row.caller_left_at is not None and now - row.caller_left_at > LEAVING_GRACE
    return left or row.caller_seen_at is None or now - row.caller_seen_at > 3 * CALLER_PING

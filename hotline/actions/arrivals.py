"""A contact begins: somebody writes for the first time, or staff enter a call or visit by hand."""

import math
from datetime import datetime, timedelta
from typing import Any, Literal

from hotline.actions import callbacks
from hotline.actions.contacts import held_back_until, in_danger, next_ref
from hotline.errors import ChatDisabled, LineClosed, Malformed, TextEmpty, WallBreach
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, contact, opening, triage
from hotline.rules.abuse import SLOWED
from hotline.rules.access import CHANNEL, Actor
from hotline.rules.callback import Wish
from hotline.rules.centre import Centre, Queue
from hotline.rules.words import checked
from hotline.store import centre as centre_rows
from hotline.store import claims, queries
from hotline.store.attended import attended
from hotline.store.journal import Line as EntryLine
from hotline.system import System, Transaction
from hotline.texts.situations import fill
from hotline.values import dataclass

MODES = ("phone", "in_centre", "outreach", "third_party")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a channel knows of a first word. `origin` is the approach's own key: a repeat finds the same contact."""

    line: str
    channel: Literal["web", "telegram"]
    origin: str
    client_id: str
    language: str
    text: str | None = None
    danger: str | None = None
    topic: str | None = None
    under18: bool = False
    token: str | None = None
    address: str | None = None
    source_blind: str | None = None
    privacy_version: str = ""
    slow: bool = False  # more came from there lately than from anywhere: it waits a little before the queue
    wish: Wish | None = None  # to be called back instead of being answered here


@dataclass(frozen=True, slots=True)
class Started:
    """The contact, the last number of its thread so far, and whether it had been there before."""

    contact_id: str
    seq: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class ByHand:
    """A phone call, walk-in, outreach or third-party report that staff enter afterwards or meanwhile."""

    line: str
    mode: str
    started_at: datetime
    ended_at: datetime | None
    priority: str
    language: str


async def start(system: System, arrival: Arrival) -> Started:
    """Take a first word into the queue of its line. The caller is told what happens next in the same commit.

    Raises LineUnknown, ChatDisabled, LineClosed (unless there is danger now), TextEmpty, TextTooLong,
    TextMalformed, Malformed. A repeat of the same approach returns the contact that exists.
    """
    access.require(CHANNEL, "contacts.start")
    text = checked(arrival.text) if arrival.text is not None else None
    if text is None and arrival.danger != "yes" and arrival.wish is None:
        raise TextEmpty
    _check_answers(system.centre, arrival)
    blind = _blind(system, arrival)
    async with system.read() as tx:
        known = await _known(tx, arrival, blind)
    if known is not None:
        return known
    queue = _queue(system, arrival)
    contact_id = new_id()
    await system.make_key(contact_id)
    async with system.transaction(CHANNEL) as tx:
        values = await _values(tx, arrival, contact_id, queue, blind, text or "")
        if not await claims.add_contact(tx, values):
            raced = await _known(tx, arrival, blind)
            if raced is None:
                raise Malformed(field="id")
            return raced
        if arrival.wish is not None:
            await _keep(tx, contact_id, arrival.wish)
        lines = await _first_lines(tx, arrival, values["due_at"], contact_id, queue, text, values["priority"])
        receipts = await claims.append_to(tx, *lines)
        changed = (topics.queue(queue.id), topics.contact(contact_id), topics.outbox())
        tx.record(
            "contacts.start", "contact", contact_id, changed,
            line=arrival.line, channel=arrival.channel, priority=values["priority"],
        )  # fmt: skip
    return Started(contact_id, receipts[-1].seq, repeated=False)


async def enter(system: System, actor: Actor, by_hand: ByHand) -> str:
    """Enter a call or visit; it is in wrap-up and owes its summary. Raises LineUnknown, Malformed, WallBreach."""
    access.require(actor, "contacts.enter")
    line = system.centre.line(by_hand.line)
    if by_hand.mode not in MODES or by_hand.priority not in contact.PRIORITIES:
        raise Malformed(field="mode" if by_hand.mode not in MODES else "priority")
    ended_at = by_hand.ended_at or system.clock.now()
    if not by_hand.started_at <= ended_at <= system.clock.now():
        raise Malformed(field="started_at")
    if actor.lines & system.centre.lines_behind_wall(line.id):
        raise WallBreach
    contact_id = new_id()
    await system.make_key(contact_id)
    async with system.transaction(actor) as tx:
        key_class, key_at = contact.queue_key(by_hand.priority, by_hand.started_at)
        values: dict[str, Any] = {
            "id": contact_id,
            "ref": await next_ref(tx),
            "origin": f"hand:{contact_id}",
            "line": line.id,
            "queue": None,
            "channel": by_hand.mode,
            "state": contact.WRAP_UP,
            "priority": by_hand.priority,
            "priority_initial": by_hand.priority,
            "queue_class": key_class,
            "queue_at": key_at,
            "under18": False,
            "flags": [],
            "language": by_hand.language,
            "arrived_at": by_hand.started_at,
            "answered_at": by_hand.started_at,
            "ended_at": ended_at,
            "holder_id": actor.id,
            "privacy_version": "",
        }
        await claims.add_contact(tx, values)
        await claims.assign(tx, contact_id, actor.id, "by_hand", by_hand.started_at, ended_at)
        entered = EntryLine(contact_id, new_id(), "state", "staff", actor.id, data={"to": contact.WRAP_UP})
        await claims.append_to(tx, entered)
        tx.record(
            "contacts.enter",
            "contact",
            contact_id,
            (topics.staff(actor.id),),
            line=line.id,
            mode=by_hand.mode,
        )
    return contact_id


def _queue(system: System, arrival: Arrival) -> Queue:
    if arrival.wish is not None:
        return takes_callbacks(system.centre, arrival.line)
    return admit(system.centre, arrival.line, arrival.channel, arrival.danger, system.clock.now())


def takes_callbacks(centre: Centre, line_id: str) -> Queue:
    """The queue that calls back for this line, open or not. Raises LineUnknown, ChatDisabled."""
    queue = centre.callback_queue(line_id)
    if queue is None:
        raise ChatDisabled
    return queue


async def _keep(tx: Transaction, contact_id: str, wish: Wish) -> None:
    row = await claims.lock_contact(tx, contact_id)
    assert row is not None  # noqa: S101  inserted in this transaction
    kept = await callbacks.keep(tx, row, wish)
    await claims.change(tx, contact_id, due_at=kept.due_at)
    await callbacks.tell(tx, row, kept)


def admit(centre: Centre, line_id: str, channel: str, danger: str | None, now: datetime) -> Queue:
    """The queue that takes this contact now. Raises LineUnknown, ChatDisabled, LineClosed.

    Danger now is never sent away by opening hours: it goes to the queue the centre names for it.
    """
    line = centre.line(line_id)
    queue = centre.queue_of(line_id)
    if not centre.live_chat_enabled or queue is None or channel not in queue.channels:
        raise ChatDisabled
    answer = opening.opening(centre, line, now)
    if isinstance(answer, opening.Open):
        return queue
    fallback = centre.danger_fallback()
    if danger == "yes" and fallback is not None:
        return fallback
    if isinstance(answer, opening.Closed):
        raise LineClosed(answer.next_open)
    raise ChatDisabled


def _check_answers(centre: Centre, arrival: Arrival) -> None:
    if arrival.language not in ("pl", "uk", "en"):
        raise Malformed(field="language")
    if arrival.danger is not None and arrival.danger not in triage.DANGER:
        raise Malformed(field="danger")
    offered = triage.topics(centre.line(arrival.line).audience)
    if arrival.topic is not None and arrival.topic not in offered:
        raise Malformed(field="topic")


def _blind(system: System, arrival: Arrival) -> str:
    secret = arrival.token if arrival.channel == "web" else arrival.address
    if not secret:
        raise Malformed(field="token")
    return system.vault.blind(arrival.channel, secret)


async def _known(tx: Transaction, arrival: Arrival, blind: str) -> Started | None:
    """The contact this approach started before. A web token starts one contact; an update id likewise."""
    row = await queries.contact_by_origin(tx, arrival.origin)
    if row is None and arrival.channel == "telegram":
        sent = await queries.entry_seq(tx, arrival.client_id, blind)
        return None if sent is None else Started(*sent, repeated=True)
    if row is None:
        return None
    if row.caller_blind not in (blind, None):
        raise Malformed(field="id")
    return Started(row.id, await queries.last_seq(tx, row.id), repeated=True)


async def _values(
    tx: Transaction, arrival: Arrival, contact_id: str, queue: Queue, blind: str, text: str
) -> dict[str, Any]:
    priority = triage.first_priority(arrival.danger, arrival.topic, text)
    flags = ["phrase"] if text and triage.flagged(text) else []
    if "using_violence" in tx.centre.line(arrival.line).audience:
        flags.append("violence_using")
    key_class, key_at = contact.queue_key(priority, tx.now)
    held = await held_back_until(tx, blind, priority)
    if held is None and arrival.slow and priority != contact.P1:
        held = tx.now + SLOWED
    address = None
    if arrival.address is not None:
        address = await tx.seal(contact_id, "contacts", contact_id, arrival.address)
    return {
        "id": contact_id,
        "ref": await next_ref(tx),
        "origin": arrival.origin,
        "line": arrival.line,
        "queue": queue.id,
        "channel": arrival.channel,
        "state": contact.WAITING,
        "priority": priority,
        "priority_initial": priority,
        "queue_class": key_class,
        "queue_at": key_at,
        "danger": arrival.danger,
        "topic": arrival.topic,
        "under18": arrival.under18,
        "flags": flags,
        "language": arrival.language,
        "arrived_at": tx.now,
        "due_at": held,
        "caller_blind": blind,
        "address_sealed": address,
        "caller_seen_at": tx.now,
        "privacy_version": await _given_notice(tx, arrival.privacy_version),
    }


async def _given_notice(tx: Transaction, shown: str) -> str:
    """The notice the caller's page was made with; the newest one where a channel does not say or guesses."""
    known = shown and await centre_rows.notice(tx, shown) is not None
    return shown if known else tx.notice.version


async def _first_lines(
    tx: Transaction,
    arrival: Arrival,
    due_at: datetime | None,
    contact_id: str,
    queue: Queue,
    text: str | None,
    priority: str,
) -> list[EntryLine]:
    lines = []
    if text is not None:
        body = await tx.seal(contact_id, "entries", arrival.client_id, text)
        first = EntryLine(
            contact_id, arrival.client_id, "message", "caller", source_blind=arrival.source_blind
        )
        lines.append(first.with_body(body))
    for question, value in (("danger", arrival.danger), ("topic", arrival.topic)):
        if value is not None:
            data = {"question": question, "value": value}
            lines.append(
                EntryLine(contact_id, f"{arrival.client_id}.{question}", "answer", "caller", data=data)
            )
    said = []
    if due_at is not None:
        said = [held_back(arrival, due_at - tx.now)]
    elif arrival.wish is None:
        said = await what_to_say(tx, arrival, queue, contact_id, priority)
    for data in said:
        outgoing = arrival.channel == "telegram"
        lines.append(EntryLine(contact_id, new_id(), "system", "system", data=data, outgoing=outgoing))
    if not lines:
        lines.append(EntryLine(contact_id, new_id(), "state", "system", data={"to": contact.WAITING}))
    return lines


def held_back(arrival: Arrival, wait: timedelta) -> dict[str, Any]:
    """The system text of who does not join the queue at once: a little later, or not before somebody has looked."""
    if arrival.slow and wait <= SLOWED:
        return fill("slow_lane", {"minutes": math.ceil(wait / timedelta(minutes=1))}).data
    return fill("quarantined", {}).data


async def what_to_say(
    tx: Transaction, arrival: Arrival, queue: Queue, contact_id: str, priority: str
) -> list[dict[str, Any]]:
    """The system texts after a first word: the truth about who is there, where no live sentence says it.

    Somebody behind the wall is not there for this caller.
    """
    barred = tx.centre.barred_lines(arrival.line, queue.id)
    now = await attended(tx, queue.lines, barred)
    if priority == contact.P1:
        return [fill(in_danger(now), {}).data]
    if not now.on_duty:
        return [fill("nobody", {"next_duty": now.next_at and now.next_at.isoformat()}).data]
    foreign = [] if now.speaks(arrival.language) else [fill("translation_note", {}).data]
    if arrival.channel == "telegram":
        row = await queries.contact(tx, contact_id)
        place = 1 if row is None else await queries.place(tx, row)
        usual = await tx.system.waits.minutes(tx, queue.id, tx.now)
        queued = "queued" if now.there else "queued_unseen"
        return [fill(queued, {"position": place, "usual": usual}).data, *foreign]
    return foreign

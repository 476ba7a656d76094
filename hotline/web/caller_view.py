"""What a caller may know, as JSON and as sentences: the same for first page, socket, polling and no script.

Every sentence is true at the instant of the transaction: nobody is promised who is not on duty.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from hotline.errors import NotFound
from hotline.rules.centre import Centre, Line
from hotline.rules.contact import ACTIVE, P1, WAITING
from hotline.rules.duty import ClosedNow, NotStated, OnDuty, OpenButEmpty
from hotline.store import views
from hotline.store.views import Attended, ContactHead, Entry
from hotline.system import Transaction
from hotline.texts import clock, say, shown
from hotline.texts.situations import words
from hotline.values import dataclass
from hotline.web import render

Mode = Literal["live", "closed", "unknown", "off"]

LIMIT: Final = 200  # entries in one frame
DANGER_TEXTS: Final = frozenset({"danger_staffed", "danger_unseen", "danger_unstaffed"})
NEVER: Final[Mapping[int, tuple[str, str]]] = {}  # one for all who have kept to their language


@dataclass(frozen=True, slots=True)
class Tongues:
    """In which language what was said: each person's words in that of the time, the program's in that of the page."""

    page: str
    now: str
    changes: Mapping[int, tuple[str, str]]

    def at(self, seq: int) -> str:
        """The language of the words with this number."""
        later = [place for place in self.changes if place > seq]
        return self.changes[min(later)][0] if later else self.now


@dataclass(frozen=True, slots=True)
class Scene:
    """What a line can offer now. `next_at`: the next opening, or the next shift where nobody is on duty.

    `there`: of those on duty somebody is at a console, so that words can be promised a reader.
    """

    mode: Mode
    on_duty: bool = False
    there: bool = False
    next_at: datetime | None = None


async def scene(tx: Transaction, line: Line) -> Scene:
    """Whether one can write to this line now, and whether somebody is there."""
    match (await tx.board()).answer(line.id, tx.now):
        case NotStated():
            return Scene("unknown")
        case _ if not _has_chat(tx.centre, line):
            return Scene("off")
        case ClosedNow(next_open=next_open):
            return Scene("closed", next_at=next_open)
        case OpenButEmpty(next_at=next_at):
            return Scene("live", next_at=next_at)
        case OnDuty():
            return _live(await views.attended(tx, (line.id,)))


def _live(now: Attended) -> Scene:
    return Scene("live", now.on_duty, now.there, now.next_at)


@dataclass(frozen=True, slots=True)
class CallerSees:
    """What a caller may know of a contact, as it was at one instant; `changes`: of its language.

    Of one who waits: the `place` in turn, and the `usual` minutes, where these can be told.
    """

    head: ContactHead
    changes: Mapping[int, tuple[str, str]]
    now: Scene
    place: int | None
    usual: int | None
    centre: Centre
    at: datetime

    def tongues(self, page: str) -> Tongues:
        """On a page in that language."""
        return Tongues(page, self.head.language, self.changes)


async def seen(tx: Transaction, contact_ids: Collection[str]) -> dict[str, CallerSees]:
    """Of those contacts that there are: many are read in hardly more statements than one."""
    heads = await views.contact_heads(tx, contact_ids)
    changes = await views.tongues(tx, contact_ids)
    waiting = [head for head in heads.values() if head.state == WAITING]
    scenes = await _waiting_scenes(tx, waiting)
    queues = {head.queue for head in waiting if head.queue is not None}
    places = await views.places(tx, [head.id for head in waiting], queues) if queues else {}
    found = {}
    for head in heads.values():
        now, place, usual = Scene("live", on_duty=head.state == ACTIVE), None, None
        if head.state == WAITING:
            now, place = scenes[head.line, head.queue], places.get(head.id)
            usual = await tx.system.waits.minutes(tx, head.queue or "", head.arrived_at)
        found[head.id] = CallerSees(head, changes.get(head.id, NEVER), now, place, usual, tx.centre, tx.now)
    return found


async def _waiting_scenes(
    tx: Transaction, heads: Collection[ContactHead]
) -> dict[tuple[str, str | None], Scene]:
    """By line and queue: whether somebody who may answer it is on duty for its queue; danger may wait in another
    than its line's."""
    found: dict[tuple[str, str | None], Scene] = {}
    for line, name in {(head.line, head.queue) for head in heads}:
        queue = tx.centre.queues.get(name or "")
        lines = queue.lines if queue is not None else (line,)
        found[line, name] = _live(await views.attended(tx, lines, tx.centre.barred_lines(line, name)))
    return found


def _has_chat(centre: Centre, line: Line) -> bool:
    queue = centre.queue_of(line.id)
    return centre.live_chat_enabled and queue is not None and "web" in queue.channels


async def frame(tx: Transaction, contact_id: str, after: int, language: str) -> dict[str, Any]:
    """{"state": CallerState, "entries": [CallerEntry], "cursor", "more"}: what follows. Raises NotFound."""
    entries = await views.entries_after(tx, contact_id, after, "caller", LIMIT)
    sees = (await seen(tx, [contact_id])).get(contact_id)
    if sees is None:
        raise NotFound
    return {
        "state": state_json(sees, language),
        "entries": entries_json(tx.centre, entries, sees.tongues(language)),
        "cursor": entries[-1].seq if entries else after,
        "more": len(entries) == LIMIT,
    }


def entries_json(centre: Centre, entries: Sequence[Entry], spoken: Tongues) -> list[dict[str, Any]]:
    """[CallerEntry]; each says what it says after the corrections among them.

    A receipt says with its `ref` up to where one's own words stand on the screen of who answers; nobody says "read".
    """
    shown = [entry_json(centre, each, spoken) for each in entries if each.kind != "state"]
    corrected = {each["ref"]: each["text"] for each in shown if each["kind"] == "edit"}
    for each in shown:
        each["text"] = corrected.get(each["seq"], each["text"])
    return shown


def state_json(sees: CallerSees, language: str) -> dict[str, Any]:
    """CallerState: `open` tells whether one can write, `duty` whether somebody is on duty, `typing` whether
    the other side hears that one writes."""
    head, place = sees.head, sees.place
    danger = head.priority == P1
    held = head.state == WAITING and head.due_at is not None and head.due_at > sees.at
    later = held and head.calls_back
    return {
        "later": later,
        "state": head.state,
        "sentence": _later(sees.centre, head.due_at, language)
        if later and head.due_at
        else say("chat.state_held", language)
        if held
        else sentence(sees.centre, head, sees.now, place, sees.usual, language),
        "position": None if danger or held else place,
        "counsellor": head.holder_signature or None,
        "priority_danger": danger,
        "open": head.state in (WAITING, ACTIVE),
        "typing": head.state
        == ACTIVE,  # is it told, and heard? A server of the release before would take it for noise
        "duty": sees.now.on_duty,
    }


def sentence(
    centre: Centre, head: ContactHead, now: Scene, place: int | None, usual: int | None, language: str
) -> str:
    """Where the conversation stands, in one or two sentences; `usual`: minutes that it took of late."""
    if head.state == ACTIVE:
        if head.holder_signature:
            return say("chat.state_active", language, signature=head.holder_signature)
        return say("chat.state_active_unsigned", language)
    if head.state != WAITING:
        return say("chat.state_ended", language)
    if not now.on_duty:
        return _nobody(centre, now, language, "state_away")
    unseen = "" if now.there else "_unseen"
    if head.priority == P1:
        return say(f"chat.state_danger{unseen}", language)
    return words(f"state_waiting{unseen}", language, position=place or 1, usual=usual)


def _later(centre: Centre, due_at: datetime, language: str) -> str:
    return say("chat.state_callback", language, next=render.moment(due_at, centre.zone, language))


def away(centre: Centre, now: Scene, language: str) -> str:
    """That nobody is on duty, who is there instead, and when somebody will be, if the roster knows."""
    return _nobody(centre, now, language, "state_nobody")


def _nobody(centre: Centre, now: Scene, language: str, situation: str) -> str:
    return words(situation, language, next=now.next_at and render.moment(now.next_at, centre.zone, language))


def entry_json(centre: Centre, entry: Entry, spoken: Tongues) -> dict[str, Any]:
    """CallerEntry. `id` is the caller's own id for a message of theirs."""
    mine = entry.author == "caller"
    text, language = entry.text or "", spoken.at(entry.seq)
    if entry.kind == "system":
        language = spoken.page
        text = shown(entry.data, language, centre.zone)
    return {
        "seq": entry.seq,
        "id": entry.id,
        "kind": entry.kind,
        "ref": entry.ref_seq,
        "who": "system" if entry.kind == "system" else "me" if mine else "counsellor",
        "name": "" if mine or entry.kind == "system" else entry.author_name or "",
        "text": text,
        "lang": language,
        "time": clock(entry.at, spoken.page, centre.zone),
        "at": entry.at.isoformat(),
        "danger": entry.kind == "system" and entry.data.get("text") in DANGER_TEXTS,
    }

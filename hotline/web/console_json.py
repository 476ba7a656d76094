"""What the console's page is told: views as JSON, with the words a person reads already chosen.

Times go out as ISO instants for reckoning and as local clock times for reading.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from hotline.rules import shift_checks
from hotline.rules.board import LONG_WAIT, waits_long
from hotline.rules.centre import Centre
from hotline.rules.civil_time import local
from hotline.rules.contact import ACTIVE
from hotline.store.views import (
    CheckNow,
    ConsoleView,
    ContactHead,
    Entry,
    Me,
    Mine,
    OfferView,
    PassedOn,
    WaitingRow,
    caller_away,
)
from hotline.texts import clock, say, told
from hotline.web.transfer_json import asked_json, transfer_text

Json = dict[str, Any]


def console_json(view: ConsoleView, centre: Centre, language: str) -> Json:
    """The whole left pane: me, the offer that rings, the queue, my conversations."""
    return {
        **talks_json(view, centre, language),
        "me": _me(view.me, view.now, centre, language),
        "offer": _offer(view.offer, view.now, centre, language) if view.offer else None,
        "queue": [_waiting(row, view.me.staff_id, view.now, centre, language) for row in view.queue.rows],
        "queue_total": view.queue.total,
        "asked": asked_json(view.asked, centre, language) if view.asked else None,
        "passed_on": [_passed_on(row, view.now, centre, language) for row in view.passed_on],
    }


def talks_json(view: ConsoleView, centre: Centre, language: str) -> Json:
    """What words change of it: my conversations, in the order in which they need me, and what I have begun to write."""
    return {
        "now": view.now.isoformat(),
        "now_local": local(view.now, centre.zone).strftime("%Y-%m-%dT%H:%M"),
        "mine": [_mine(row, view.now, centre, language) for row in view.mine],
        "drafts": view.drafts,
    }


def head_json(head: ContactHead, actor_id: str, now: datetime, centre: Centre, language: str) -> Json:
    """A contact without its content."""
    waited = (head.answered_at or head.ended_at or now) - head.arrived_at
    return {
        "id": head.id,
        **_what(head.ref, head.line, head.channel, head.priority, head.language, centre, language),
        "state": head.state,
        "state_label": say(f"state.{head.state}", language),
        "end_reason": head.end_reason,
        "end_label": say(f"end.{head.end_reason}", language) if head.end_reason else None,
        "priority_initial": head.priority_initial,
        "danger": head.danger,
        "danger_label": say(f"danger.{head.danger or 'none'}", language),
        "topic_label": say(f"topic.{head.topic or 'none'}", language),
        "under18": head.under18,
        "flagged": "phrase" in head.flags,
        "arrived_at": head.arrived_at.isoformat(),
        "arrived": when(head.arrived_at, now, centre, language),
        "answered": when(head.answered_at, now, centre, language),
        "ended": when(head.ended_at, now, centre, language),
        "waited": duration(int(waited.total_seconds()), language),
        "holder_name": head.holder_name,
        "own": head.holder_id == actor_id,
        "caller_away": caller_away(head, now),
        "unreachable": head.unreachable_at is not None,
        "calls_back": head.calls_back,
        "has_summary": head.has_summary,
        "case_id": head.case_id,
        "last_seq": head.last_seq,
    }


def entry_json(entry: Entry, actor_id: str, centre: Centre, language: str) -> Json:
    """One entry of a conversation. `who` is me, staff, caller or system; text is never markup.

    What became of a message on its way is told by a later entry, too, whose `ref` it is.
    """
    delivery, reason = entry.delivery, entry.delivery_reason
    if entry.kind == "delivery":
        delivery, reason = entry.data["state"], entry.data["reason"]
    who = "me" if entry.author == "staff" and entry.author_id == actor_id else entry.author
    return {
        "seq": entry.seq,
        "id": entry.id,
        "kind": entry.kind,
        "who": who,
        "name": entry.author_name,
        "text": entry_text(entry, centre, language),
        "at": entry.at.isoformat(),
        "time": clock(entry.at, language, centre.zone),
        "delivery": delivery,
        "delivery_reason": reason,
        "ref": entry.ref_seq,
    }


def entry_text(entry: Entry, centre: Centre, language: str) -> str:
    """What was said, or a sentence for what happened. Coded data this release does not know is left blank."""
    data = entry.data
    try:
        if entry.kind == "system":
            return told(data, language, centre.zone)
        if entry.kind == "look":
            return say("staff.entry.look", language, name=entry.author_name or "–")
        if entry.kind == "transfer":
            return transfer_text(data, entry.author_name or "–", language)
        if entry.kind == "state" and "how" in data:
            return say(f"staff.entry.{data['how']}", language, name=entry.author_name or "–")
        if entry.kind == "state":
            reason = data.get("reason")
            if reason:
                how = say(f"end.{reason}", language)
                return say(f"staff.entry.{data['to']}_how", language, how=how[0].lower() + how[1:])
            return say(f"staff.entry.{data['to']}", language)
        if entry.kind == "answer":
            return _answer(str(data["question"]), str(data["value"]), language)
    except KeyError:
        return ""
    return entry.text or ""


def duration(seconds: int, language: str) -> str:
    """A human length of time: "chwilę", "4 min", "1 godz. 5 min"."""
    minutes = max(seconds, 0) // 60
    if minutes < 1:
        return say("staff.desk.moment", language)
    if minutes < 60:
        return say("staff.desk.minutes", language, minutes=minutes)
    return say("staff.desk.hours", language, hours=minutes // 60, minutes=minutes % 60)


def when(at: datetime | None, now: datetime, centre: Centre, language: str) -> str | None:
    """14:05 for today, 28.12 14:05 for another day."""
    if at is None:
        return None
    time, there = clock(at, language, centre.zone), local(at, centre.zone)
    return time if there.date() == local(now, centre.zone).date() else f"{there:%d.%m} {time}"


def line_name(line: str, centre: Centre) -> str:
    """What staff call a line; its id if the centre file no longer has it."""
    return centre.lines[line].name_pl if line in centre.lines else line


def _what(
    ref: str | None, line: str, channel: str, priority: str, spoken: str, centre: Centre, language: str
) -> Json:
    return {
        "ref": ref,
        "line": line,
        "line_name": line_name(line, centre),
        "channel": channel,
        "channel_label": say(f"channel.{channel}", language),
        "channel_short": say(f"channel.{channel}.short", language),
        "priority": priority,
        "priority_label": say(f"priority.{priority}", language),
        "language": spoken,
        "language_label": say(f"language.{spoken}", language),
    }


def _me(me: Me, now: datetime, centre: Centre, language: str) -> Json:
    return {
        "staff_id": me.staff_id,
        "name": me.name,
        "on_duty": bool(me.duties),
        "duty_sentence": _duty_sentence(me, now, centre, language),
        "lines": [line_name(duty.line, centre) for duty in me.duties],
        "intent": me.intent,
        "intent_words": _intent_words(me, now, centre, language),
        "held": me.held,
        "wrap_until": when(me.wrap_until, now, centre, language),
        "capacity": me.capacity,
        "active": me.active,
        "check": _check(me.check, centre, language),
        "signals": asdict(me.signals),
    }


def _check(check: CheckNow | None, centre: Centre, language: str) -> Json | None:
    """What reminds of a check until it is done; nothing where there is nothing to check."""
    if check is None or check.state == "done" or not shift_checks.items(centre, check.due, bot=True):
        return None
    words = say(f"check.state.{check.state}", language)
    return {
        "state": check.state,
        "title": say(f"check.title_{check.due.phase}", language),
        "words": words[0].lower() + words[1:],
    }


def _intent_words(me: Me, now: datetime, centre: Centre, language: str) -> str:
    """What I said, and until when, if that is known."""
    if me.intent in ("available", "off"):
        return say(f"staff.desk.{me.intent}", language)
    what = say(f"staff.desk.intent.{me.intent_kind or me.intent}", language)
    if me.intent_until is None:
        return what
    return say("staff.desk.until", language, what=what, until=when(me.intent_until, now, centre, language))


def _duty_sentence(me: Me, now: datetime, centre: Centre, language: str) -> str:
    if me.duties:
        until = max(duty.until for duty in me.duties)
        return say("staff.desk.on_duty", language, until=when(until, now, centre, language))
    if me.next_duty_at:
        return say("staff.desk.next_duty", language, at=when(me.next_duty_at, now, centre, language))
    return say("staff.desk.off_duty", language)


def _offer(offer: OfferView, now: datetime, centre: Centre, language: str) -> Json:
    left = (offer.deadline_at - now).total_seconds()
    return {
        "id": offer.id,
        "token": offer.token,
        "contact_id": offer.contact_id,
        **_what(None, offer.line, offer.channel, offer.priority, offer.language, centre, language),
        "arrived_at": offer.arrived_at.isoformat(),
        "waiting": duration(int((now - offer.arrived_at).total_seconds()), language),
        "seconds_left": max(round(left, 1), 0),
        "seconds_total": (offer.deadline_at - offer.made_at).total_seconds(),
        "danger_label": say(f"danger.{offer.danger or 'none'}", language),
        "topic_label": say(f"topic.{offer.topic or 'none'}", language),
        "flagged": offer.flagged,
        "under18": offer.under18,
        "note_waits": offer.note_waits,
    }


def _waiting(row: WaitingRow, me: str, now: datetime, centre: Centre, language: str) -> Json:
    seconds = int((now - row.arrived_at).total_seconds())
    return {
        "contact_id": row.contact_id,
        **_what(None, row.line, row.channel, row.priority, row.language, centre, language),
        "arrived_at": row.arrived_at.isoformat(),
        "waiting": duration(seconds, language),
        "long_after": int(LONG_WAIT[row.priority].total_seconds()),
        "long": waits_long(row.priority, row.arrived_at, now),
        "offered": bool(row.offered_to),
        "offered_to_me": me in row.offered_to,
    }


def _mine(row: Mine, now: datetime, centre: Centre, language: str) -> Json:
    return {
        "contact_id": row.contact_id,
        **_what(row.ref, row.line, row.channel, row.priority, "pl", centre, language),
        "number": row.ref.rsplit("/", 1)[-1].lstrip("0"),
        "state": row.state,
        "last_seq": row.last_seq,
        "caller_seq": row.caller_seq,
        "caller_away": row.caller_away,
        "draining": row.draining,
        "since": when(row.answered_at or row.arrived_at, now, centre, language),
        "waits": row.state == ACTIVE and row.unanswered_since is not None,
        "unanswered": _unanswered(row, now, language),
    }


def _unanswered(row: Mine, now: datetime, language: str) -> str | None:
    """For how long a word has waited for an answer, once that is too long."""
    if not row.late or row.unanswered_since is None:
        return None
    wait = duration(int((now - row.unanswered_since).total_seconds()), language)
    return say("staff.desk.unanswered", language, wait=wait)


def _passed_on(row: PassedOn, now: datetime, centre: Centre, language: str) -> str:
    number, at = row.ref.rsplit("/", 1)[-1].lstrip("0"), when(row.at, now, centre, language)
    if row.name is None:
        return say("staff.desk.went_back", language, number=number, at=at)
    return say("staff.board.passed_on", language, number=number, name=row.name, at=at)


def _answer(question: str, value: str, language: str) -> str:
    if question == "under18":
        return say("staff.entry.under18", language)
    if question == "hidden":
        return say(f"staff.entry.hidden_{value}", language)
    return say(f"staff.entry.{question}", language, answer=say(f"{question}.{value}", language))

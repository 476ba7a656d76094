"""Whose turn it is in a conversation, and what follows when it lasts. Pure; any word turns it round."""

from datetime import datetime, timedelta
from typing import Final, Literal

from hotline.rules.centre_talks import TalkRules
from hotline.rules.contact import P1
from hotline.values import dataclass

Step = Literal["ask", "warn", "close"]
ASKED: Final = "silence_ask"  # names of texts, by which it is known later what was said
WARNED: Final = "inactivity"


@dataclass(frozen=True, slots=True)
class Turn:
    """One conversation: unanswered since then, or else silent since the counsellor's last word."""

    contact_id: str
    priority: str
    line: str
    unanswered_since: datetime | None
    silent_since: datetime | None = None
    asked_at: datetime | None = None
    warned_at: datetime | None = None


def late(turn: Turn, now: datetime, rules: TalkRules) -> Literal["counsellor", "supervisor"] | None:
    """Who must be told by now that the caller waits for an answer."""
    if turn.unanswered_since is None:
        return None
    danger, waits = turn.priority == P1, now - turn.unanswered_since
    if waits >= timedelta(seconds=rules.reply_alarm_p1 if danger else rules.reply_alarm):
        return "supervisor"
    return "counsellor" if waits >= timedelta(seconds=rules.reply_p1 if danger else rules.reply) else None


def due(turn: Turn, now: datetime, rules: TalkRules) -> Step | None:
    """What a silent caller is told next. Somebody in danger is asked, and nothing is closed over them."""
    if turn.silent_since is None:
        return None
    if turn.asked_at is None:
        return "ask" if now - turn.silent_since >= timedelta(seconds=rules.silence_ask) else None
    if turn.priority == P1:
        return None
    if turn.warned_at is None:
        return "warn" if now - turn.asked_at >= timedelta(seconds=rules.silence_warn) else None
    return "close" if now - turn.warned_at >= timedelta(seconds=rules.silence_close) else None

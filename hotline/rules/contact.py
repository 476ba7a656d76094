"""A contact's states and moves, its priorities, and the fixed key that orders a queue."""

from datetime import datetime, timedelta
from typing import Final

WAITING, ACTIVE, WRAP_UP, CLOSED = "waiting", "active", "wrap_up", "closed"
STATES: Final = (WAITING, ACTIVE, WRAP_UP, CLOSED)
# Kinds of entries that leave all else as it was.
ONLY_WORDS: Final = frozenset({"message", "edit", "note", "receipt", "delivery"})
MOVES: Final = {
    WAITING: frozenset({ACTIVE, CLOSED}),
    ACTIVE: frozenset({WRAP_UP, WAITING}),  # back to waiting when its counsellor is lost to it
    WRAP_UP: frozenset({CLOSED}),
    CLOSED: frozenset(),
}

VOICE: Final = frozenset({"phone"})  # channels that leave room for nothing else

P1, P2, P3, P4 = "P1", "P2", "P3", "P4"
PRIORITIES: Final = (P1, P2, P3, P4)
BOOST: Final = {P2: timedelta(minutes=30), P3: timedelta(minutes=15), P4: timedelta(0)}

END_REASONS: Final = (
    "completed",
    "abandoned",
    "transferred",
    "emergency_handover",
    "redirected",
    "out_of_hours_informed",
    "abusive_closed",
    "technical_failure",
    "caller_left",
    "unreachable",
    "line_lost",
    "callback_expired",
    "silent",
    "wrong_number",
    "test",
)
# What the person who answered may choose; the others are found out by the program.
CHOSEN_END_REASONS: Final = (
    "completed",
    "emergency_handover",
    "redirected",
    "transferred",
    "caller_left",
    "silent",
    "abusive_closed",
    "wrong_number",
    "technical_failure",
    "test",
)


def may_move(state: str, to: str) -> bool:
    """Is this one of the moves waiting → active → wrap_up → closed (or back to waiting, or ended while waiting)?"""
    return to in MOVES[state]


def queue_key(priority: str, arrived_at: datetime) -> tuple[int, datetime]:
    """(class, instant): danger first by arrival, then by arrival less the boost of the priority.

    The key never changes with waiting, so nobody is overtaken by more than the difference of two boosts.
    """
    if priority == P1:
        return 0, arrived_at
    return 1, arrived_at - BOOST[priority]

"""Whose turn it is, and what follows when it lasts."""

from datetime import datetime, timedelta

import pytest

from hotline.rules.centre_talks import TalkRules
from hotline.rules.reply_watch import Turn, due, late
from tests.factories import MONDAY as NOW

PACE = TalkRules()


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("priority", "waits", "told"),
    [
        ("P3", 119, None),
        ("P3", 120, "counsellor"),
        ("P3", 299, "counsellor"),
        ("P3", 300, "supervisor"),
        ("P1", 59, None),
        ("P1", 60, "counsellor"),
        ("P1", 120, "supervisor"),
    ],
)
def test_an_unanswered_word_is_seen_first_by_the_counsellor_then_by_the_supervisor(
    priority: str, waits: int, told: str | None
) -> None:
    turn = Turn("c", priority, "line", ago(waits))
    assert late(turn, NOW, PACE) == told
    assert due(turn, NOW, PACE) is None


@pytest.mark.parametrize(
    ("silent", "asked", "warned", "step", "in_danger"),
    [
        (599, None, None, None, None),
        (600, None, None, "ask", "ask"),
        (9999, 599, None, None, None),  # asked late, they still have all their time
        (9999, 600, None, "warn", None),
        (9999, 9999, 599, None, None),
        (9999, 9999, 600, "close", None),
    ],
)
def test_silence_is_asked_about_then_warned_and_only_then_closed_and_never_over_danger(
    silent: int, asked: int | None, warned: int | None, step: str | None, in_danger: str | None
) -> None:
    told = [None if each is None else ago(each) for each in (asked, warned)]
    for priority, follows in (("P3", step), ("P1", in_danger)):
        turn = Turn("c", priority, "line", None, ago(silent), *told)
        assert due(turn, NOW, PACE) == follows
        assert late(turn, NOW, PACE) is None

"""An instant of the past: who really was there, beside what was planned as it was known then."""

from dataclasses import replace
from datetime import date

from hotline.rules.duty import ClosedNow, DutyFact, Plan, Roster
from hotline.rules.duty.explain import recall
from tests.rules.duty.small import CENTRE, at, away, board, change, shift

DAY = ("2026-12-04 08:00", "2026-12-04 16:00")
NOON = at("2026-12-04 12:00")


def test_the_past_is_answered_from_facts_and_from_the_version_then_in_force() -> None:
    month = date(2026, 12, 1), date(2026, 12, 31)
    old = Roster("old", "night", *month, 1, "superseded", at("2026-11-20 12:00"), at("2026-12-04 13:00"))
    new = Roster("new", "night", *month, 2, "published", at("2026-12-04 13:00"))
    rows = [shift("a", *DAY, roster_id="old"), shift("b", *DAY, roster_id="new")]
    late = replace(change(1, "REMOVE", "a", *DAY), made_at=at("2026-12-04 12:30"))
    noted_later = replace(away("a", *DAY), noted_at=at("2026-12-04 15:00"))
    plan = Plan.of(rows, [late], [noted_later])
    facts = [
        DutyFact("c", "night", at("2026-12-04 08:02"), "in"),
        DutyFact("a", "night", at("2026-12-04 08:00"), "in"),
        DutyFact("a", "night", at("2026-12-04 11:00"), "out"),
        DutyFact("z", "late", at("2026-12-04 08:00"), "in"),
        DutyFact("b", "night", at("2026-12-04 12:01"), "in"),
    ]
    then = recall(CENTRE, plan, [old, new], facts, "night", NOON)
    assert [each.staff_id for each in then.planned.seats] == ["a"]
    assert (set(then.people), set(then.missing), set(then.unplanned)) == ({"c"}, {"a"}, {"c"})
    after = recall(CENTRE, plan, [old, new], facts, "night", at("2026-12-04 13:30"))
    assert [each.staff_id for each in after.planned.seats] == ["b"]
    assert after.people == {"b", "c"}


def test_a_draft_is_nobodys_duty() -> None:
    draft = Roster("draft", "night", date(2026, 12, 1), date(2026, 12, 31), 1)
    plan = Plan.of([shift("a", *DAY, roster_id="draft")])
    assert recall(CENTRE, plan, [draft], [], "night", NOON).planned.seats == ()


def test_a_closed_line_names_one_that_is_always_open_and_on_its_side_of_the_wall() -> None:
    saturday = at("2026-12-05 12:00")
    closed = board([]).answer("day", saturday)
    assert isinstance(closed, ClosedNow)
    assert closed.redirect == "night"
    other = board([]).answer("late", saturday)
    assert isinstance(other, ClosedNow)
    assert other.redirect is None

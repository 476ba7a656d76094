"""The ladder: when rungs open, who is called, what is told, and that a waiting contact always has something next."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hotline.rules.assignment import Pending
from hotline.rules.centre_duty import LadderPace
from hotline.rules.contact import P1
from hotline.rules.ladder import COMING, END, UNSENT, Call, Move, Standing, Step, in_use, move, next_event

T0 = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
SHIFT, HOME, LEAD, OTHER = "tier:1", "tier:2", "tier:3", "line:other"
TEXT, DANGER = LadderPace().text, LadderPace().danger
EVERYBODY = frozenset({SHIFT, HOME, LEAD})


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def standing(steps: Mapping[str, float] | None = None, priority: str = "P3", **more: object) -> Standing:
    """A contact since T0 with these rungs open, by second."""
    given: dict[str, object] = {
        "pace": DANGER if priority == P1 else TEXT, "rungs": (SHIFT, HOME, LEAD), "planned": EVERYBODY,
        "there": frozenset({SHIFT}), "reached": frozenset({HOME, LEAD}), **more,
    }  # fmt: skip
    opened = {name: Step(name, after(at)) for name, at in (steps or {}).items()}
    return Standing("c", priority, T0, again=False, steps=opened, **given)  # type: ignore[arg-type]


def climbs(priority: str = "P3", **more: object) -> list[tuple[int, str]]:
    """(second, rung) of everything that opens while nobody takes the contact."""
    steps: dict[str, float] = {}
    found = []
    for second in range(1200):
        for name in move(standing(steps, priority, **more), after(second)).opens:
            steps[name] = second
            found.append((second, name))
    return found


def test_rungs_open_by_their_time() -> None:
    assert climbs() == [(120, HOME), (300, LEAD), (600, END)]
    assert climbs(P1) == [(60, HOME), (120, LEAD), (180, END)]
    longer = (SHIFT, HOME, LEAD, OTHER)
    there = frozenset({SHIFT, OTHER})
    assert climbs(rungs=longer, there=there) == [(120, HOME), (300, LEAD), (600, OTHER), (900, END)]


def test_a_rung_where_nobody_is_is_skipped_at_once() -> None:
    nobody: frozenset[str] = frozenset()
    assert climbs(there=nobody) == [(0, HOME), (180, LEAD), (480, END)]
    assert climbs(reached=frozenset({LEAD})) == [(120, HOME), (120, LEAD), (420, END)]
    assert climbs(there=nobody, reached=nobody) == [(0, HOME), (0, LEAD), (60, END)], "perhaps a lapse"
    assert climbs(there=nobody, reached=nobody, planned=nobody) == [(0, HOME), (0, LEAD), (0, END)]
    assert climbs(P1, there=nobody, reached=nobody) == [(0, HOME), (0, LEAD), (0, END)]
    left = standing(there=nobody)  # the one who was there has just gone
    assert move(left, after(30)).opens == (HOME,)


def test_a_contact_that_becomes_danger_climbs_at_the_pace_of_danger() -> None:
    due = move(standing(priority=P1), after(100))
    assert (due.opens, due.next_at) == ((HOME,), after(160))


def test_one_who_waits_again_climbs_from_the_foot() -> None:
    again = Standing(
        "c", "P3", after(500), again=True, pace=TEXT, rungs=(SHIFT, HOME), there=frozenset({SHIFT})
    )
    assert move(again, after(500)) == Move((SHIFT,), next_at=after(620))


def test_whoever_says_they_take_over_has_time_to_come_but_not_from_danger() -> None:
    for priority, opens in (("P3", ()), (P1, (LEAD,))):
        came = Step(HOME, after(120), "beata", after(250))
        one = standing(priority=priority)
        one = Standing(**{name: getattr(one, name) for name in one.__slots__} | {"steps": {HOME: came}})
        assert move(one, after(300)).opens == opens
        assert move(one, after(250) + COMING).opens[:1] == (LEAD,)


def test_who_is_called_and_whose_silence_rings() -> None:
    home = {HOME: frozenset({"beata"})}
    assert move(standing(callable=home), after(119)) == Move(next_at=after(120))
    due = move(standing(callable=home), after(120))
    assert (due.opens, due.silent, due.calls) == ((HOME,), (), home)
    assert move(standing({HOME: 120}), after(300)).silent == (HOME,)
    assert not move(standing({HOME: 120}, there=frozenset({SHIFT, HOME})), after(300)).silent, "she is there"
    newcomer = standing({HOME: 120}, callable=home)
    assert not move(newcomer, after(200)).calls, "somebody attends"
    nobody = standing({HOME: 120, LEAD: 130}, callable=home, there=frozenset())
    assert move(nobody, after(200)).calls == home, "her duty has just begun, and nobody else is there"


def test_the_rung_in_use_is_the_highest_that_is_open() -> None:
    steps = {name: Step(name, T0) for name in (SHIFT, LEAD, HOME, "update:300", OTHER, END)}
    seen = []
    for gone in (END, OTHER, LEAD, HOME, "update:300"):
        seen.append(in_use(steps))
        del steps[gone]
    assert (seen, in_use(steps)) == ([END, OTHER, LEAD, HOME, None], None)


def test_a_call_that_does_not_go_out_reaches_nobody() -> None:
    def failed(delivery: str, tries: int, seconds: float = 0) -> bool:
        return Call("beata", T0, delivery, tries).failed(after(seconds))

    assert not failed("pending", 0)
    assert not failed("sending", 1)
    assert not failed("sent", 3, 300)
    assert failed("failed", 1)
    assert failed("pending", 1), "Telegram is away; it goes on trying, and the ladder does not wait for it"
    assert failed("pending", 0, UNSENT.total_seconds() + 1), "no bot is running"


def test_callers_hear_that_they_wait_while_somebody_is_there_and_each_time_once() -> None:
    told = {HOME: 120.0, LEAD: 300.0}
    waits = standing(told, updates=(300, 500))
    assert move(waits, after(299)).update is None
    assert move(waits, after(301)).update == "update:300"
    assert move(waits, after(599)).update == "update:500", "one that was missed is not made up for"
    assert move(standing({**told, "update:300": 300}, updates=(300, 500)), after(301)).update is None
    assert move(standing(told, updates=(300,), there=frozenset()), after(301)).update is None
    assert move(standing({**told, END: 600}, updates=(300,)), after(700)).update is None


rungs = st.sets(st.sampled_from([SHIFT, HOME, LEAD, OTHER])).map(frozenset)
opened = st.dictionaries(st.sampled_from([HOME, LEAD, OTHER, END]), st.integers(0, 4000))


@given(rungs, rungs, opened, st.integers(4000, 9000), st.sampled_from(["P1", "P3"]))
def test_a_waiting_contact_always_has_something_next_and_nothing_twice(
    there: frozenset[str], reached: frozenset[str], steps: dict[str, float], now: int, priority: str
) -> None:
    one = standing(steps, priority, rungs=(SHIFT, HOME, LEAD, OTHER), there=there, reached=reached)
    due = move(one, after(now))
    event = next_event(one, None, able=False, now=after(now))
    assert event.kind == ("rung" if due.opens or due.next_at else "alarm")
    assert event.at <= after(now) or event.at == due.next_at
    done = {**steps, **dict.fromkeys(due.opens, float(now))}
    again = standing(done, priority, rungs=(SHIFT, HOME, LEAD, OTHER), there=there, reached=reached)
    assert not move(again, after(now)).opens
    offer = Pending("o", "anna", priority, after(now + 30))
    assert next_event(one, offer, able=False, now=after(now)).at == offer.deadline_at
    assert next_event(one, None, able=True, now=after(now)).due(after(now))

"""Properties 18 to 20, every kind of gap once by hand, what an edit opens and closes, and when a gap is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.rules.duty import Absence, Ask, Board, Person, Shift, Skill
from hotline.rules.duty.demand import Demand, DemandWindow, Need, one_person_each, with_the_usual
from hotline.rules.duty.gaps import Gap, GapKind, find, phase, uncovered
from hotline.rules.duty.matching import covers
from hotline.rules.duty.notices import due
from hotline.rules.duty.preview import preview
from hotline.rules.duty.spans import length, minus, union
from tests.rules.duty import differences
from tests.rules.duty.oracle import NAMES, Oracle, minute_of
from tests.rules.duty.small import CENTRE, EVERY, at, away, board, change, shift
from tests.rules.duty.worlds import CHANNELS, LINES, PEOPLE, SKILLS, World, expanded, pattern, rolls, world

few = settings(max_examples=20, deadline=None)
MONDAY, FRIDAY = "2026-12-07", "2026-12-04"
DAY = (f"{FRIDAY} 08:00", f"{FRIDAY} 18:00", "day")
ONE = [Demand("d", "day")]


def gaps(it: Board, *demands: Demand, kind: GapKind | None = None) -> list[Gap]:
    return [gap for gap in find(it, demands, it.start, it.end) if kind in (None, gap.kind)]


def friday(*shifts: Shift, people: Sequence[Person] = ()) -> Board:
    """A board of that one day."""
    return board(shifts, start=f"{FRIDAY} 00:00", days=1, people=people)


def hours(found: list[Gap]) -> float:
    return length(gap.span for gap in found) / timedelta(hours=1)


# -- each kind -------------------------------------------------------------------------------------


def test_an_empty_roster_is_one_whole_gap_and_closed_or_unknown_hours_are_none() -> None:
    it = board([])
    night = gaps(it, *one_person_each(CENTRE))
    by_line = {line: [gap for gap in night if gap.line == line] for line in LINES}
    (whole,) = by_line["night"]
    assert (whole.kind, whole.span, whole.since_before) == ("EMPTY", (it.start, it.end), True)
    assert hours(by_line["day"]) == 10 * 10, "ten working days of ten hours"
    assert by_line["dark"] == []
    assert gaps(it, Demand("d", "dark")) == []
    assert gaps(it) == [], "who asks for nobody misses nobody"


def test_holes_are_measured_on_the_union_and_parallel_shifts_hide_none() -> None:
    twice = [shift(who, f"{FRIDAY} 08:00", f"{FRIDAY} 13:00", "day") for who in "ab"]
    found = gaps(friday(*twice), *ONE)
    assert [(gap.kind, gap.span) for gap in found] == [
        ("EMPTY", (at(f"{FRIDAY} 13:00"), at(f"{FRIDAY} 18:00")))
    ]


def test_fewer_than_needed_is_thin() -> None:
    it = friday(shift("a", *DAY))
    (thin,) = gaps(it, Demand("d", "day", people=2))
    assert (thin.kind, thin.need, hours([thin])) == ("THIN", "2", 10)


def test_two_skills_need_two_people_and_one_with_both_is_not_two() -> None:
    both = Person("a", skills=tuple(Skill(name) for name in SKILLS))
    need = Demand("d", "day", needs=tuple(Need(skill=name) for name in SKILLS))
    it = friday(shift("a", *DAY), shift("b", *DAY), people=[both])
    assert [gap.kind for gap in gaps(it, need)] == ["SKILL"]
    helped = replace(it.plan, people={"a": both, "b": Person("b", skills=(Skill("children"),))})
    assert gaps(it.edited(helped, ["day"]), need) == []


def test_a_certificate_that_lapses_is_named_beside_the_skill_it_takes() -> None:
    lapses = Person("a", skills=(Skill("children", at(f"{FRIDAY} 12:00")),))
    it = board(
        [shift("a", *DAY)],
        start=f"{FRIDAY} 00:00",
        days=1,
        people=[lapses],
    )
    found = gaps(it, Demand("d", "day", needs=(Need(skill="children"),)))
    assert sorted((gap.kind, hours([gap])) for gap in found) == [("EXPIRED", 6), ("SKILL", 6)]


def test_a_channel_nobody_is_on() -> None:
    voice = Person("a", channels=frozenset({"voice"}))
    it = board(
        [shift("a", *DAY)],
        start=f"{FRIDAY} 00:00",
        days=1,
        people=[voice],
    )
    (gap,) = gaps(it, Demand("d", "day", needs=tuple(Need(channel=name) for name in CHANNELS)))
    assert (gap.kind, gap.need) == ("CHANNEL", "text 1")


def test_a_backup_at_home_is_missed_and_does_not_fill_a_seat() -> None:
    need = Demand("d", "day", backups=1)
    alone = friday(shift("a", *DAY))
    assert [gap.kind for gap in gaps(alone, need)] == ["TIER2"]
    at_home = friday(shift("a", *DAY, tier=2))
    assert [gap.kind for gap in gaps(at_home, need)] == ["EMPTY"]


def test_what_hangs_on_a_proposal_is_unconfirmed() -> None:
    it = friday(shift("a", *DAY, confirmed=False))
    (gap,) = gaps(it, *ONE)
    assert (gap.kind, gap.need) == ("UNCONFIRMED", "EMPTY ")
    safe = friday(shift("a", *DAY, confirmed=False), shift("b", *DAY))
    assert gaps(safe, *ONE) == []


def test_a_hand_over_of_one_to_one_without_an_overlap() -> None:
    first = shift("a", f"{FRIDAY} 08:00", f"{FRIDAY} 13:00", "day")
    second = shift("b", f"{FRIDAY} 13:00", f"{FRIDAY} 18:00", "day")
    (gap,) = gaps(friday(first, second), *ONE)
    assert (gap.kind, gap.span, gap.people) == (
        "SINGLE_HANDOVER",
        (at(f"{FRIDAY} 13:00"),) * 2,
        frozenset("ab"),
    )
    overlapping = replace(second, starts_at=at(f"{FRIDAY} 12:45"))
    assert gaps(friday(first, overlapping), *ONE) == []


def test_one_person_on_two_lines_that_share_no_queue() -> None:
    rows = [
        shift("a", f"{FRIDAY} 22:00", f"{FRIDAY} 23:30"),
        shift("a", f"{FRIDAY} 23:00", f"{FRIDAY} 23:45", "late"),
    ]
    (gap,) = gaps(board(rows), kind="DOUBLE")
    assert (gap.span, gap.people) == ((at(f"{FRIDAY} 23:00"), at(f"{FRIDAY} 23:30")), frozenset("a"))
    same_queue = [rows[0], replace(rows[1], line="day")]
    assert gaps(board(same_queue), kind="DOUBLE") == []
    shared = [rows[0], replace(rows[1], exclusive=False)]
    assert gaps(board(shared), kind="DOUBLE") == []


def test_duty_while_the_whole_queue_is_closed_is_free() -> None:
    late = shift("a", f"{FRIDAY} 20:00", "2026-12-05 08:00", "late")
    found = gaps(board([late]), kind="FREE_DUTY")
    assert [gap.span for gap in found] == [
        (at(f"{FRIDAY} 20:00"), at(f"{FRIDAY} 22:00")),
        (at("2026-12-05 06:00"), at("2026-12-05 08:00")),
    ]
    covered = shift("a", f"{FRIDAY} 20:00", "2026-12-05 08:00", "day")
    assert gaps(board([covered]), kind="FREE_DUTY") == [], "the other line of its queue is open"
    unknown = shift("a", f"{FRIDAY} 20:00", "2026-12-05 08:00", "dark")
    assert gaps(board([unknown]), kind="FREE_DUTY") == [], "unknown hours say nothing"


def test_too_little_rest_is_a_gap_of_the_person() -> None:
    rows = [
        shift("a", f"{FRIDAY} 14:00", f"{FRIDAY} 22:00"),
        shift("a", "2026-12-05 06:00", "2026-12-05 14:00"),
    ]
    (gap,) = gaps(board(rows), kind="REST")
    assert (gap.need, gap.line, hours([gap])) == ("rest a", "night", 8)


def test_on_days_of_which_nothing_was_stated_one_person_is_needed() -> None:
    def stated(first: int | None, last: int | None) -> Demand:
        days = [None if each is None else date(2026, 12, each) for each in (first, last)]
        return Demand(f"{first}-{last}", "day", 2, first=days[0], last=days[1])

    def usual(*demands: Demand) -> list[tuple[int | None, int | None]]:
        found = [each for each in with_the_usual(CENTRE, demands) if each.line == "day" and each.people == 1]
        return [
            (each.first.day if each.first else None, each.last.day if each.last else None) for each in found
        ]

    assert usual() == [(None, None)]
    assert usual(stated(None, None)) == []
    assert usual(stated(5, 10), stated(20, None)) == [(None, 4), (11, 19)]
    assert usual(stated(8, 12), stated(None, 10), stated(11, 11)) == [(13, None)]
    assert usual(stated(10, 5)) == [(None, None)]  # ended before it began


def test_demand_in_windows_by_the_wall_clock_and_effective_dated() -> None:
    evening = DemandWindow(EVERY, 1200, 1560)
    need = Demand(
        "d",
        "night",
        windows=(evening,),
        first=at("2026-12-03 12:00").date(),
        last=at("2026-12-04 12:00").date(),
    )
    assert [gap.span for gap in gaps(board([]), need)] == [
        (at(f"2026-12-0{day} 20:00"), at(f"2026-12-0{day + 1} 02:00")) for day in (3, 4)
    ]


# -- against sampling, and what may never happen ---------------------------------------------------


def demand(rng: Random, line: str) -> Demand:
    needs = [Need(rng.choice(SKILLS), rng.choice((None, *CHANNELS))), Need(channel=rng.choice(CHANNELS))]
    spans = (DemandWindow(EVERY, 360, 1200),) if rng.random() < 0.4 else ()
    return Demand(
        line, line, rng.randint(1, 2), tuple(rng.sample(needs, rng.randint(0, 2))), rng.randint(0, 1), spans
    )


def short(it: World, oracle: Oracle, need: Demand, minute: int) -> set[str]:
    """What is short at one minute, from the definition and by trying every assignment."""
    day, wall = oracle.walls.day(minute), oracle.walls.wall[minute] % 1440
    if need.windows and not (NAMES[day.weekday()] in EVERY and 360 <= wall < 1200):
        return set()
    if oracle.is_open(need.line, minute) != "open":
        return set()
    _, people = oracle.answer(need.line, minute, Ask())
    primary = [who for who, tier in people if tier == 1]
    found = {"TIER2"} if sum(tier == 2 for _, tier in people) < need.backups else set()
    if not primary:
        return found | {"EMPTY"}
    if len(primary) < need.people:
        found.add("THIN")
    on = {who: it.plan.people.get(who, Person(who)).channels for who in primary}
    slots = [each for each in need.needs if each.skill]
    if not any(
        all(
            slot.skill in oracle.skills(who, minute) and (slot.channel is None or slot.channel in on[who])
            for slot, who in zip(slots, chosen, strict=True)
        )
        for chosen in permutations(primary, len(slots))
    ):
        found.add("SKILL")
    if any(each.skill is None and not any(each.channel in on[who] for who in primary) for each in need.needs):
        found.add("CHANNEL")
    return found


@few
@given(rolls)
def test_a_gap_is_where_the_demand_is_not_met_and_nowhere_else(rng: Random) -> None:
    it = world(rng)
    made, oracle = it.board(), it.oracle()
    line = rng.choice(LINES)
    need = demand(rng, line)
    found = [gap for gap in gaps(made, need) if gap.kind in ("EMPTY", "THIN", "SKILL", "CHANNEL", "TIER2")]
    for when in differences.instants(rng, it, made, line, 40):
        told = {gap.kind for gap in found if gap.start <= when < gap.end}
        assert told == short(it, oracle, need, minute_of(when)), when


@few
@given(rolls)
def test_with_nobody_the_gap_is_the_whole_demand(rng: Random) -> None:
    it = world(rng)
    it = replace(it, plan=replace(it.plan, shifts={}, overrides={}))
    made, oracle = it.board(), it.oracle()
    need = replace(demand(rng, "late"), windows=(), backups=0)
    empty = [gap for gap in gaps(made, need) if gap.kind == "EMPTY"]
    assert empty == gaps(made, need)
    opened = sum(
        oracle.is_open("late", minute) == "open"
        for minute in range(minute_of(made.start), minute_of(made.end))
    )
    assert length(gap.span for gap in empty) == timedelta(minutes=opened)


def spans(found: list[Gap], *kinds: str) -> list[tuple[datetime, datetime]]:
    return union(gap.span for gap in found if gap.kind in kinds)


@few
@given(rolls)
def test_more_people_never_open_a_gap_and_an_absence_never_closes_one(rng: Random) -> None:
    it = world(rng)
    line = rng.choice(LINES[:4])
    need = Demand("d", line, people=rng.randint(1, 3))
    was = gaps(it.board(), need)
    rows = list(it.plan.shifts.get(line, ()))
    twice = [replace(each, id=f"{each.id} again") for each in rows]
    doubled = gaps(replace(it, plan=it.plan.with_line(line, [*rows, *twice])).board(), need)
    assert spans(doubled, "EMPTY", "THIN") == spans(was, "EMPTY", "THIN"), (
        "the same person again is nobody more"
    )
    new = expanded([replace(pattern(rng, "new", it.first), line=line)], it.zone, it.start, it.end)
    more = gaps(replace(it, plan=it.plan.with_line(line, [*rows, *new])).board(), need)
    sick = Absence("new", rng.choice(PEOPLE), it.start, it.end, "sick")
    fewer = gaps(replace(it, plan=replace(it.plan, absences=(*it.plan.absences, sick))).board(), need)
    for kinds in (("EMPTY",), ("EMPTY", "THIN")):
        if not it.plan.overrides:  # a REPLACE may name a newcomer
            assert minus(spans(more, *kinds), spans(was, *kinds)) == []
        assert minus(spans(was, *kinds), spans(fewer, *kinds)) == []


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), max_size=6))
def test_the_matching_finds_what_trying_everything_finds(fits: list[list[bool]]) -> None:
    brute = any(
        all(fits[slot][person] for slot, person in enumerate(chosen))
        for chosen in permutations(range(5), len(fits))
    )
    assert covers(fits) == brute


# -- preview, phases, notices ----------------------------------------------------------------------

NOW = at("2026-12-03 12:00")
WORKING = (3, 4, 7, 8, 9, 10, 11, 14)
SHIFTS = [
    shift("a", f"2026-12-{day:02} 08:00", f"2026-12-{day:02} 18:00", "day")
    for day in (3, 4, 7, 8, 9, 10, 11, 14)
]


def test_an_edit_says_what_it_opens_and_closes_and_asks_again_within_three_days() -> None:
    it = board(SHIFTS)
    soon = change(1, "REMOVE", "a", f"{FRIDAY} 10:00", f"{FRIDAY} 12:00", line="day")
    later = change(2, "REMOVE", "a", f"{MONDAY} 10:00", f"{MONDAY} 12:00", line="day")
    plan = it.plan.with_line("day", overrides=[soon, later])
    seen = preview(it, it.edited(plan, ["day"]), ONE, NOW)
    assert [(gap.kind, gap.span) for gap in seen.opened] == [
        ("EMPTY", (soon.starts_at, soon.ends_at)),
        ("EMPTY", (later.starts_at, later.ends_at)),
    ]
    assert [gap.span for gap in seen.asks_again] == [(soon.starts_at, soon.ends_at)]
    assert seen.closed == ()
    back = preview(it.edited(plan, ["day"]), it, ONE, NOW)
    assert [gap.span for gap in back.closed] == [gap.span for gap in seen.opened]
    assert (back.opened, back.asks_again) == ((), ())


def test_a_gap_made_longer_opens_only_what_is_new() -> None:
    it = friday(shift("a", f"{FRIDAY} 08:00", f"{FRIDAY} 12:00", "day"))
    plan = it.plan.with_line(
        "day", overrides=[change(1, "REMOVE", "a", f"{FRIDAY} 10:00", f"{FRIDAY} 18:00", line="day")]
    )
    (opened,) = preview(it, it.edited(plan, ["day"]), ONE, NOW).opened
    assert opened.span == (at(f"{FRIDAY} 10:00"), at(f"{FRIDAY} 12:00"))


def test_an_edit_shows_the_rest_it_breaks_and_not_those_broken_before() -> None:
    evening = shift("b", f"{FRIDAY} 14:00", f"{FRIDAY} 22:00")
    it = board([evening])
    morning = shift("b", "2026-12-05 06:00", "2026-12-05 14:00")
    plan = it.plan.with_line("night", [evening, morning])
    seen = preview(it, it.edited(plan, ["night"]), (), NOW)
    assert [(each.code, each.have) for each in seen.breached] == [("rest", 8)]
    third = it.plan.with_line("night", [evening, morning, shift("c", f"{MONDAY} 06:00", f"{MONDAY} 14:00")])
    assert preview(it.edited(plan, ["night"]), it.edited(third, ["night"]), (), NOW).breached == ()


def test_an_absence_opens_a_gap() -> None:
    it = board(SHIFTS)
    plan = replace(it.plan, absences=(away("a", f"{FRIDAY} 00:00", "2026-12-05 00:00"),))
    seen = preview(it, it.edited(plan, plan.lines_of("a")), ONE, NOW)
    assert [(gap.kind, hours([gap])) for gap in seen.asks_again] == [("EMPTY", 10)]


def test_past_running_and_ahead() -> None:
    gap = Gap("day", "EMPTY", at(f"{FRIDAY} 08:00"), at(f"{FRIDAY} 10:00"))
    when = {"ahead": "07:59", "running": "08:00", "past": "10:00"}
    assert [phase(gap, at(f"{FRIDAY} {minute}")) for minute in when.values()] == list(when)


def test_how_long_nobody_is_there_and_the_longest_of_it() -> None:
    it = board(SHIFTS, start="2026-11-30 00:00", days=14)
    found = find(it, ONE, it.start, it.end)
    total, longest = uncovered(found, "day", at("2026-11-30 00:00"), at("2026-12-02 12:00"))
    assert (total, longest) == (timedelta(hours=24), timedelta(hours=10))


def test_each_gap_is_told_once_per_step() -> None:
    gap = Gap("day", "EMPTY", at(f"{FRIDAY} 08:00"), at(f"{FRIDAY} 10:00"))
    told: set[tuple[tuple[str, str, datetime | None, str], str]] = set()
    said: list[str] = []
    now = gap.start - timedelta(days=40)
    while now < gap.end + timedelta(days=1):
        for notice in due([gap], told, now):  # type: ignore[arg-type]
            said.append(f"{notice.step} at {(gap.start - now) / timedelta(hours=1):g} h")
            told |= notice.settles
        now += timedelta(minutes=30)
    assert said == ["28d at 672 h", "14d at 336 h", "7d at 168 h", "3d at 72 h", "24h at 24 h", "2h at 2 h"]


def test_a_gap_opened_by_an_edit_is_told_at_once_and_the_steps_it_missed_never() -> None:
    gap = Gap("day", "EMPTY", at(f"{FRIDAY} 08:00"), at(f"{FRIDAY} 10:00"))
    now = gap.start - timedelta(days=10)
    (notice,) = due([gap], (), now, [gap.identity])
    assert notice.step == "at_once"
    assert due([gap], notice.settles, now + timedelta(minutes=1), [gap.identity]) == ()
    (following,) = due([gap], notice.settles, gap.start - timedelta(days=7))
    assert following.step == "7d"
    assert due([gap], (), gap.end) == (), "what is over is history"
    quiet = replace(gap, kind="SINGLE_HANDOVER")
    assert due([quiet], (), now, [quiet.identity]) == ()


def test_a_gap_as_old_as_the_horizon_keeps_its_name_when_the_horizon_rolls_on() -> None:
    (one,), (other,) = (
        gaps(board([], start=start), Demand("d", "night"))
        for start in ("2026-12-01 00:00", "2026-12-02 00:00")
    )
    assert one.identity == other.identity
    (notice,) = due([one], (), NOW)
    assert due([other], notice.settles, NOW + timedelta(days=1)) == ()

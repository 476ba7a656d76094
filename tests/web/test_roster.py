"""The roster's pages: who sees what, what a change would open before it is saved, drafts, absences, skills."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hotline.actions import abilities, planning, roster
from hotline.rules.access import OPERATOR
from hotline.rules.civil_time import WEEKDAYS, resolve
from hotline.rules.duty import OnDuty, Pattern, Rotation, Shift
from hotline.rules.duty.demand import Demand, Need
from hotline.store import views
from hotline.web.roster_words import stamp
from tests.factories import TRUST, VICTIMS, instant, settings_in
from tests.web.conftest import opened
from tests.web.doors import Answer, Doors

EVENING = (instant("2026-11-24T22:00"), instant("2026-11-25T06:00"))  # tomorrow, within 72 hours
FORM = "application/x-www-form-urlencoded"


async def page(doors: Doors, path: str, who: str = "Filip", **query: str) -> Answer:
    where = f"{path}?{urlencode(query)}" if query else path
    return await doors.ask("GET", where, headers={**doors.as_staff(who), "Accept": "text/html"})


async def send(doors: Doors, path: str, who: str = "Filip", **form: str) -> Answer:
    headers = {**doors.as_staff(who), "Accept": "text/html", "Content-Type": FORM}
    return await doors.ask("POST", path, raw=urlencode(form).encode(), headers=headers)


async def on_duty(doors: Doors, at: str) -> set[str]:
    """Who answers at that time, by name."""
    async with doors.running.system.read() as tx:
        answer = (await tx.board()).answer(TRUST, instant(at))
    ids = {each.staff_id for each in answer.people} if isinstance(answer, OnDuty) else set()
    return {name for name, person in doors.people.items() if person.id in ids}


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """A house for each test: every one of them moves the same people."""
    async with opened(settings_in(tmp_path)) as doors:
        yield doors


@pytest.fixture
async def evening(doors: Doors) -> dict[str, str]:
    """Anna sits alone tomorrow night; the form that would take her out."""
    anna = doors.people["Anna"].id
    await roster.add_shift(doors.running.system, OPERATOR, TRUST, anna, *EVENING)
    return {
        "kind": "REMOVE", "line": TRUST, "person": anna, "at": stamp(EVENING[0]), "until": stamp(EVENING[1]),
        "from": "22:00", "to": "06:00", "reason": "absence",
    }  # fmt: skip


async def test_looking_saves_nothing_and_an_empty_night_is_asked_about_twice(
    doors: Doors, evening: dict[str, str]
) -> None:
    dialog = await page(doors, "/roster/change", **evening)
    assert dialog.status == 200
    assert "wt. 24.11, 22:00–6:00 zostaje bez dyżuru" in dialog.text
    assert await on_duty(doors, "2026-11-25T01:00") == {"Anna"}
    once = await send(doors, "/roster/change", **evening)
    assert once.status == 409
    assert 'name="confirmed"' in once.text
    assert await on_duty(doors, "2026-11-25T01:00") == {"Anna"}
    twice = await send(doors, "/roster/change", **evening, confirmed="yes")
    assert twice.status == 303
    assert await on_duty(doors, "2026-11-25T01:00") == set()


async def test_a_part_of_a_shift_is_replaced_and_the_night_crosses_midnight(
    doors: Doors, evening: dict[str, str]
) -> None:
    beata = doors.people["Beata"].id
    part = {**evening, "kind": "REPLACE", "by": beata, "from": "02:00", "to": "06:00", "reason": "swap"}
    assert (await send(doors, "/roster/change", **part)).status == 303
    assert await on_duty(doors, "2026-11-25T01:00") == {"Anna"}
    assert await on_duty(doors, "2026-11-25T03:00") == {"Beata"}
    seat = await page(
        doors, "/roster/seat", line=TRUST, person=beata, at=stamp(EVENING[1] - timedelta(hours=1))
    )
    assert "Beata Testowa zamiast: Anna Testowa (zamiana), zapisuje: Filip Testowa." in seat.text


async def test_the_week_names_its_gaps_and_a_counsellor_sees_own_lines_without_ways_to_change(
    doors: Doors, evening: dict[str, str]
) -> None:
    leader = await page(doors, "/roster", line=TRUST)
    assert "Dodaj dyżur" in leader.text
    assert re.search(r"nikt</strong>", leader.text)
    counsellor = await page(doors, "/roster", "Anna")
    assert "22–6" in counsellor.text
    assert "/roster/new" not in counsellor.text
    assert (await page(doors, "/roster", "Anna", line=VICTIMS)).status == 404
    assert (await send(doors, "/roster/change", "Anna", **evening, confirmed="yes")).status == 403


async def test_a_roster_with_nobody_is_one_gap(doors: Doors) -> None:
    empty = await page(doors, "/roster", line=VICTIMS)
    assert empty.status == 200
    assert "1 brak" in empty.text
    assert "cały pokazany czas" in empty.text
    assert empty.text.count("need-short") > 7


async def test_whoever_answers_no_line_is_led_to_a_page_of_their_own(doors: Doors) -> None:
    answer = await page(doors, "/roster", "Halina")
    assert (answer.status, answer.headers["Location"]) == (303, "/roster/mine")
    assert (await page(doors, "/roster/mine", "Halina")).status == 200


async def test_a_month_is_drafted_mended_and_published(doors: Doors) -> None:
    anna, beata, system = doors.people["Anna"].id, doors.people["Beata"].id, doors.running.system
    pattern = {
        "line": TRUST, "from": "08:00", "to": "16:00", "first": "2027-01-01", "every_weeks": "1", "tier": "1",
        "holidays": "as_weekday", "advance": "per_occurrence", "a1": anna, "a2": "empty",
    }  # fmt: skip
    days = "&".join(f"days={day}" for day in WEEKDAYS)
    headers = {**doors.as_staff("Filip"), "Accept": "text/html", "Content-Type": FORM}
    raw = f"{urlencode(pattern)}&{days}".encode()
    assert (await doors.ask("POST", "/roster/plan/patterns", raw=raw, headers=headers)).status == 303
    made = await send(doors, "/roster/drafts", line=TRUST, first="2027-01-01", last="2027-01-31")
    where = made.headers["Location"]
    draft = re.search(r"draft=([0-9a-f-]{36})", where)
    assert draft is not None
    assert "Obowiązuje dopiero po opublikowaniu" in (await page(doors, where)).text
    more = {
        "kind": "ADD",
        "line": TRUST,
        "person": beata,
        "day": "2027-01-02",
        "from": "08:00",
        "to": "16:00",
    }
    more |= {"draft": draft[1], "reason": "need"}
    assert "Brak zostanie zamknięty" in (await page(doors, "/roster/change", **more)).text
    assert (await send(doors, "/roster/change", **more)).status == 303
    assert await on_duty(doors, "2027-01-02T10:00") == set()  # a draft is not in force
    assert (await page(doors, f"/roster/drafts/{draft[1]}/publish")).status == 200
    assert (await send(doors, f"/roster/drafts/{draft[1]}/publish")).status == 303
    assert await on_duty(doors, "2027-01-01T10:00") == {"Anna"}
    assert await on_duty(doors, "2027-01-02T10:00") == {"Beata"}
    async with system.read() as tx:
        assert [each.status for each in await views.roster.rosters(tx, TRUST)] == ["published"]


async def test_an_absence_is_asked_for_weighed_and_approved(doors: Doors, evening: dict[str, str]) -> None:
    asked = {"first": "2026-11-24", "last": "2026-11-25", "kind": "leave"}
    assert (await send(doors, "/roster/mine/absences", "Anna", **asked)).status == 303
    assert "czeka na decyzję" in (await page(doors, "/roster/mine", "Anna")).text
    waiting = re.search(
        r"/roster/absences/[0-9a-f-]{36}/approve", (await page(doors, "/roster/absences")).text
    )
    assert waiting is not None
    assert "zostaje bez dyżuru" in (await page(doors, waiting[0])).text
    assert (await send(doors, waiting[0])).status == 409
    assert (await send(doors, waiting[0], confirmed="yes")).status == 303
    assert await on_duty(doors, "2026-11-25T01:00") == set()
    mine = (await page(doors, "/roster/mine", "Anna")).text
    assert "zatwierdzona" in mine
    back = re.search(r"/roster/absences/[0-9a-f-]{36}/withdraw", mine)
    assert back is not None
    assert (await page(doors, back[0], "Beata")).status == 404
    dialog = await page(doors, back[0], "Anna")
    assert "Brak zostanie zamknięty" in dialog.text
    assert "wt. 24.11, 22:00–6:00" in dialog.text
    assert (await send(doors, back[0], "Anna")).headers["Location"] == "/roster/mine"
    assert await on_duty(doors, "2026-11-25T01:00") == {"Anna"}


async def test_what_ends_is_looked_at_before_it_is_saved(doors: Doors) -> None:
    system, anna = doors.running.system, doors.people["Anna"].id
    first, last = date(2026, 12, 7), date(2026, 12, 13)
    night = Pattern("", TRUST, frozenset(WEEKDAYS), 1320, 1800, Rotation(((anna,),)), first)
    pattern = await planning.add_pattern(system, OPERATOR, night)
    await planning.publish(system, OPERATOR, await planning.draft(system, OPERATOR, TRUST, first, last))
    need = await planning.add_demand(system, OPERATOR, Demand("", VICTIMS, 0, backups=1))
    ends = {"line": TRUST, "last": "2026-12-10"}
    dialog = await page(doors, f"/roster/plan/patterns/{pattern}/end", **ends)
    assert "Po tym dniu zostają 3 dyżury z tego wzoru." in dialog.text
    assert (await send(doors, f"/roster/plan/patterns/{pattern}/end", **ends)).status == 303
    again = await send(doors, f"/roster/plan/patterns/{pattern}/end", **ends)
    assert (again.status, 'role="alert"' in again.text) == (404, True)
    where, ends = f"/roster/plan/demands/{need}/end", {"line": VICTIMS, "last": "2026-11-23"}
    assert (
        "wt. 24.11 0:00 – wt. 28.12.2027 0:00 zostaje bez dyżuru" in (await page(doors, where, **ends)).text
    )
    assert (await send(doors, where, **ends)).status == 409
    assert (await send(doors, where, **ends, confirmed="yes")).status == 303
    async with system.read() as tx:
        assert [each.last for each in await views.roster.patterns(tx)] == [date(2026, 12, 10)]
        ended = {each.id: each.last for each in await views.roster.demands(tx, tx.centre)}
    assert ended[need] == date(2026, 11, 23)


async def test_a_draft_is_given_up_on_its_own_page(doors: Doors) -> None:
    made = await planning.draft(doors.running.system, OPERATOR, TRUST, date(2026, 12, 1), date(2026, 12, 31))
    shown = await page(doors, "/roster", line=TRUST, draft=made)
    action = f"/roster/drafts/{made}/discard"
    assert f'action="{action}"' in shown.text
    assert "Obowiązujący grafik się nie zmieni." in shown.text
    gone = await send(doors, action)
    assert "Wersja usunięta" in (await page(doors, gone.headers["Location"])).text
    assert (await page(doors, "/roster", line=TRUST, draft=made)).status == 404


async def test_lapsed_papers_stand_where_the_version_would_be_published(doors: Doors) -> None:
    system, anna = doors.running.system, doors.people["Anna"].id
    await planning.add_demand(system, OPERATOR, Demand("", TRUST, needs=(Need("dzieci"),)))
    await abilities.set_skill(system, OPERATOR, anna, "dzieci", instant("2026-12-05T00:00"))
    made = await planning.draft(system, OPERATOR, TRUST, date(2026, 12, 5), date(2026, 12, 5))
    start = instant("2026-12-05T08:00")
    await planning.plan_shift(system, OPERATOR, made, Shift("", "", anna, start, start + timedelta(hours=8)))
    dialog = await page(doors, f"/roster/drafts/{made}/publish")
    assert "wygasłe uprawnienie: dzieci" in dialog.text
    assert "Nie można opublikować" in dialog.text
    assert 'method="post"' not in dialog.text.partition("<main")[2].partition("</main>")[0]
    assert (await send(doors, f"/roster/drafts/{made}/publish", confirmed="yes")).status == 409


async def test_own_limits_hold_where_something_is_written_and_the_centres_where_nothing_is(
    doors: Doors,
) -> None:
    anna, system = doors.people["Anna"].id, doors.running.system
    assert "ośrodek: 11" in (await page(doors, f"/staff/{anna}")).text
    for form, rest, month in (({"rest": "8,5", "month": "120"}, 8.5, 120), ({}, 11, None)):
        assert (await send(doors, f"/staff/{anna}/limits", **form)).status == 303
        async with system.read() as tx:
            limits = (await tx.board()).plan.people[anna].limits
        assert (limits.rest, limits.week_rest, limits.month) == (rest, 35, month)
        assert ('value="8.5"' in (await page(doors, f"/staff/{anna}")).text) == (rest == 8.5)
    for wrong in ({"rest": "-1"}, {"rest": "25"}, {"nights_in_row": "1.5"}, {"month": "x"}, {"week": "0"}):
        assert (await send(doors, f"/staff/{anna}/limits", **wrong)).status == 400


async def test_the_night_of_the_clock_change_says_how_long_it_is(doors: Doors) -> None:
    zone, anna = doors.running.system.centre.zone, doors.people["Anna"].id
    first = date(2027, 3, 22)
    night = Pattern("", TRUST, frozenset(WEEKDAYS), 1320, 1800, Rotation(((anna,),)), first)
    await planning.add_pattern(doors.running.system, OPERATOR, night)
    draft = await planning.draft(doors.running.system, OPERATOR, TRUST, first, first + timedelta(days=6))
    await planning.publish(doors.running.system, OPERATOR, draft)
    week = await page(doors, "/roster", line=TRUST, **{"from": "2027-03-28"})
    assert "22:00–6:00 (7 h)" in week.text
    assert "zmiana czasu, doba ma 23 h" in week.text
    assert "Niedziela Wielkanocna" in week.text
    at = resolve(first + timedelta(days=5), 1320, zone, "start")
    seat = await page(doors, "/roster/seat", line=TRUST, person=anna, at=stamp(at))
    assert "(7 h)" in seat.text
    assert "kolej 1 z 1" in seat.text


async def test_skills_are_noted_on_the_persons_page(doors: Doors) -> None:
    anna = doors.people["Anna"].id
    form = {"name": "interwencja", "valid_until": "2027-06-30"}
    assert (await send(doors, f"/staff/{anna}/skills", **form)).status == 303
    assert "ważne do 01.07.2027" not in (shown := (await page(doors, f"/staff/{anna}")).text)
    assert "ważne do 30.06.2027" in shown
    assert (await send(doors, f"/staff/{anna}/skills/remove", name="interwencja")).status == 303
    assert "interwencja" not in (await page(doors, f"/staff/{anna}")).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("from", "25:00"),
        ("from", ""),
        ("at", "now"),
        ("until", "x"),
        ("kind", "SWAP"),
        ("tier", "9"),
        ("reason", "x"),
    ],
)
async def test_a_change_that_cannot_be_read_is_explained(
    doors: Doors, evening: dict[str, str], field: str, value: str
) -> None:
    for answer in (
        await page(doors, "/roster/change", **{**evening, field: value}),
        await send(doors, "/roster/change", **{**evening, field: value}, confirmed="yes"),
    ):
        assert answer.status in (400, 422)
        assert 'role="alert"' in answer.text
    assert await on_duty(doors, "2026-11-25T01:00") == {"Anna"}

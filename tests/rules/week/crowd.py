"""What people do, and what befalls them: callers come and give up; staff sign in, click, decline, miss, take breaks,
lose their consoles, write cards, come from home or do not; the engine stands still. All of it by chance, from a seed.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hotline.rules import routing
from hotline.rules.presence import STALE_AFTER
from tests.rules.week import house as houses
from tests.rules.week.house import BREAK, BREAKS, DAY, HOUR, MINUTE, SECOND, TICK, Caller, Member
from tests.rules.week.town import Town

CALM = SECOND * 3  # in a house of equals everybody answers so fast


@dataclass(frozen=True)
class Luck:
    """How often something goes wrong: shares of offers; means of time between; how many at home come."""

    miss: float = 0.025
    decline: float = 0.03
    late: float = 0.3  # of those missed: clicked when it is over
    console: int = 4 * HOUR
    engine: int = 4 * HOUR
    home: float = 0.25
    lead: float = 0.05
    once: bool = True  # a shift, whoever comes from home


BAD_LUCK = Luck(miss=0.15, decline=0.15, console=HOUR // 2, engine=HOUR, home=0.7, lead=0.5, once=False)


class Crowd:
    """Makes a week happen to a town."""

    def __init__(self, town: Town) -> None:
        self.town, self.rng, self.equal = town, town.rng, town.house.equal
        self.luck = BAD_LUCK if town.house.rough else Luck()
        self._talked: deque[str] = deque(maxlen=100)
        self._came_from_home: set[tuple[str, int]] = set()
        self._callers = houses.callers(town.house)
        town.on_offer, town.on_talk, town.on_call = self._offered, self._talks, self._called
        for member in town.members:
            self._roster(member)
        self._next_caller()
        self._engine_stops()

    # -- callers -----------------------------------------------------------------------------------------------

    def _next_caller(self) -> None:
        caller = next(self._callers, None)
        if caller is not None:
            self.town.later(caller.at - self.town.at, lambda: self._calls(caller))

    def _calls(self, caller: Caller) -> None:
        last_by = self.rng.choice(self._talked) if caller.before and self._talked else None
        self.town.arrives(caller, last_by)
        if caller.gives_up is not None:
            self.town.later(caller.gives_up, lambda: self.town.leaves(caller.id))
        self._next_caller()

    # -- shifts --------------------------------------------------------------------------------------------------

    def _roster(self, member: Member) -> None:
        before: Mapping[str, int] = {}
        for at in range(self.town.house.begins, self.town.house.ends, HOUR // 2):
            lines = houses.duty(member, at)
            if lines != before:
                starts = bool(lines) and not before
                self._at(at, lambda lines=lines, starts=starts: self._duty(member, lines, starts))  # type: ignore[misc]
                if starts and member.tier == 1 and not self.equal:
                    for into in BREAKS:
                        self._at(
                            at + into + self.town.members.index(member) % 5 * BREAK,
                            lambda: self._break(member.id, on=True),
                        )
                    self._at(at + self._after(self.luck.console), lambda: self._loses_console(member.id))
            before = lines

    def _at(self, at: int, act: Callable[[], None]) -> None:
        self.town.later(at - self.town.at, act)

    def _after(self, mean: int) -> int:
        return int(self.rng.expovariate(1 / mean))

    def _duty(self, member: Member, lines: Mapping[str, int], starts: bool) -> None:
        self.town.duty(member.id, lines)
        if starts and member.tier == 1:
            late = 0 if self.equal else self.rng.randint(0, 2 * MINUTE)
            self.town.later(late, lambda: self.town.signs_in(member.id))
        if not lines:
            self._goes(member.id)

    def _goes(self, staff: str) -> None:
        """Home, when the last talk is over and its card written."""
        desk, fact = self.town.desks[staff], self.town.witness.people[staff]
        if desk.duty and desk.member.tier == 1:
            return
        if fact.talks or fact.cards:
            self.town.later(MINUTE, lambda: self._goes(staff))
        elif desk.connected:
            self.town.console(staff, there=False)

    def _break(self, staff: str, *, on: bool) -> None:
        if on and not self.town.desks[staff].duty:
            return
        self.town.takes_break(staff, on=on)
        if on:
            self.town.later(BREAK, lambda: self._break(staff, on=False))

    def _loses_console(self, staff: str) -> None:
        desk = self.town.desks[staff]
        if not desk.duty or not desk.connected:
            return
        low, high = self.rng.choices(((3, 20), (30, 100), (130, 360)), (4, 4, 2))[0]
        self.town.console(staff, there=False)
        self.town.later(STALE_AFTER // TICK + 1, self.town.stirs)
        self.town.later(self.rng.randint(low * SECOND, high * SECOND), lambda: self._finds_console(staff))

    def _finds_console(self, staff: str) -> None:
        self.town.console(staff, there=True)
        if not self.town.desks[staff].duty:
            self._goes(staff)
        self.town.later(self._after(self.luck.console), lambda: self._loses_console(staff))

    # -- from home -------------------------------------------------------------------------------------------------

    def _called(self, contact: str, rung: str, staff: str) -> None:
        once = staff, self.town.at // (DAY // 2)
        willing = self.luck.home if rung == "tier:2" else self.luck.lead
        if (self.luck.once and once in self._came_from_home) or self.rng.random() > willing:
            return
        self._came_from_home.add(once)
        self.town.later(self.rng.randint(20, 120) * SECOND, lambda: self._takes_over(contact, rung, staff))

    def _takes_over(self, contact: str, rung: str, staff: str) -> None:
        self.town.takes_over(contact, rung, staff)
        self.town.later(self.rng.randint(60, 240) * SECOND, lambda: self._comes(staff))

    def _comes(self, staff: str) -> None:
        if self.town.desks[staff].duty:
            self.town.signs_in(staff)
            self.town.later(30 * MINUTE, lambda: self._goes(staff))

    # -- offers and talks ----------------------------------------------------------------------------------------

    def _offered(self, offer: str, staff: str) -> None:
        made = self.town.offers[offer]
        accept = routing.Accepted(staff, made.token)
        if self.equal:
            self.town.later(CALM, lambda: self.town.clicks(offer, accept))
            return
        left = (made.deadline_at - self.town.now) // TICK
        chance = self.rng.random()
        if chance < self.luck.miss:
            if self.rng.random() < self.luck.late:
                self.town.later(
                    left + self.rng.randint(0, 2 * SECOND), lambda: self.town.clicks(offer, accept)
                )
            self.town.later(left + self.rng.randint(30, 180) * SECOND, lambda: self.town.gives_sign(staff))
        elif chance < self.luck.miss + self.luck.decline:
            decline = routing.Declined(staff, made.token)
            self.town.later(
                self.rng.randint(2 * SECOND, 8 * SECOND), lambda: self.town.clicks(offer, decline)
            )
        else:
            self.town.later(self.rng.randint(2 * SECOND, 9 * SECOND), lambda: self.town.clicks(offer, accept))

    def _talks(self, contact: str, staff: str) -> None:
        ticket = self.town.tickets[contact]
        self._talked.append(staff)
        since = ticket.held_since
        self.town.later(ticket.left, lambda: self._ends(contact, staff, since))

    def _ends(self, contact: str, staff: str, since: datetime | None) -> None:
        ticket = self.town.tickets.get(contact)
        if ticket is None or not ticket.held_by(staff) or ticket.held_since != since:
            return
        if not self.town.desks[staff].connected:
            self.town.later(10 * SECOND, lambda: self._ends(contact, staff, since))
        elif self.town.step(contact, routing.Ended()):
            mean = self.town.house.card
            card = mean if self.equal else max(self._after(mean), 20 * SECOND)
            self.town.later(card, lambda: self.town.writes_card(contact))

    # -- the engine ------------------------------------------------------------------------------------------------

    def _engine_stops(self) -> None:
        def stops() -> None:
            long = not self.equal and self.rng.random() < 0.02
            self.town.engine_stops(
                self.rng.randint(200, 300) * SECOND if long else self.rng.randint(5, 40) * SECOND
            )
            self.town.later(self._after(self.luck.engine), stops)

        self.town.later(self._after(self.luck.engine), stops)

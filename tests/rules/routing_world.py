"""Every state that two contacts, two counsellors and two engines can get into, through the real core of routing.

Engines plan by `decide` and commit later; a click travels as a message; shifts end, consoles fall silent, offers
are missed or declined, as often as `mischief` says, at any moment. What must hold is written here a second time,
in its own words, so that the core is not asked about itself.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from hotline.rules import dispatch, routing
from hotline.rules.assignment import Pending, Person, Waiting
from hotline.rules.contact import P1, queue_key
from hotline.rules.routing import Closed, Effect, Event, Made, Offer, State, Taken

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LINE, OTHER_SIDE = "city_trust", "using_violence"
TO_COME, WAITING, ACTIVE, OVER = "to come", "waiting", "active", "wrap_up"
WELL, OFF, SILENT, HELD = "well", "off duty", "silent", "held"
STAFF = ("anna", "beata")  # on the first tier, and backup


class Talk(NamedTuple):
    phase: str = WAITING
    holder: str | None = None
    asked: tuple[int, int] = (0, 0)


class Live(NamedTuple):
    """An offer that is pending, or that a click or a plan still speaks of; its number is its token."""

    token: int
    contact: int
    person: str
    state: str = routing.PENDING
    overdue: bool = False


class Core(NamedTuple):
    """What the database holds."""

    talks: tuple[Talk, Talk]
    people: tuple[str, str]
    offers: tuple[Live, ...] = ()


class Plan(NamedTuple):
    contact: int
    person: str
    withdraw: int | None


class World(NamedTuple):
    core: Core
    plans: tuple[Plan | None, Plan | None] = (None, None)
    clicks: frozenset[tuple[int, int, str]] = frozenset()  # token, contact and person of accepts on their way
    mischief: int = 0


class Broken(Exception):
    """A rule that must hold does not; the message says which."""


def demand(rule: str, holds: object) -> None:
    if not holds:
        raise Broken(rule)


@dataclass(frozen=True)
class House:
    """What does not change during one search."""

    priorities: tuple[str, str] = ("P3", P1)
    walled: bool = False  # the second contact is from the other side of Beata's callers


class Search:
    """All states from the first one on, breadth first, so that what is found is shortest."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.planned = cache(self._planned)
        self.stepped = cache(self._stepped)
        self.checked = cache(self._checked)

    def run(self, mischief: int) -> int:
        """How many states there are. Raises Broken, or for a state from which a contact reaches no good end."""
        first = World(Core((Talk(), Talk(TO_COME)), (WELL, WELL)), mischief=mischief)
        known, back, queue, good = {first: 0}, [[]], deque([first]), []  # type: ignore[var-annotated]
        while queue:
            world = queue.popleft()
            here = known[world]
            self.checked(world.core)
            if all(talk.phase == OVER for talk in world.core.talks):
                good.append(here)
            for following in self.following(world):
                there = known.get(following)
                if there is None:
                    there = known[following] = len(back)
                    back.append([])
                    queue.append(following)
                back[there].append(here)
        demand("stuck: somebody never reaches a good end", _reached(good, back) == len(back))
        return len(back)

    # -- what can happen -----------------------------------------------------------------------------------

    def following(self, world: World) -> Iterator[World]:
        core = world.core
        for number in (0, 1):
            yield from self._engine(world, number)
        for token, contact, person in world.clicks:
            clicks = world.clicks - {(token, contact, person)}
            yield self._after(
                world._replace(clicks=clicks), contact, routing.Accepted(person, str(token)), token
            )
        for live in core.offers:
            if live.state == routing.PENDING:
                yield from self._offer(world, live)
        for index, talk in enumerate(core.talks):
            if talk.phase == TO_COME:
                yield world._replace(core=_talk(core, index, talk._replace(phase=WAITING)))
            if talk.phase == ACTIVE:
                yield self._after(world, index, routing.Ended())
                if talk.holder and core.people[STAFF.index(talk.holder)] == SILENT:
                    yield self._after(world, index, routing.Lost())
        for index, condition in enumerate(core.people):
            if condition != WELL:
                yield world._replace(core=_condition(core, index, WELL))
            elif world.mischief:
                for worse in (OFF, SILENT):
                    yield world._replace(core=_condition(core, index, worse), mischief=world.mischief - 1)

    def _engine(self, world: World, number: int) -> Iterator[World]:
        plan = world.plans[number]
        if plan is None:
            for found in self.planned(world.core):
                yield world._replace(plans=_plans(world.plans, number, found))
            return
        idle = world._replace(plans=_plans(world.plans, number, None))
        yield _tidy(idle)  # killed, or the lease is lost
        withdraw = None if plan.withdraw is None else str(plan.withdraw)
        yield self._after(idle, plan.contact, routing.Offered(plan.person, withdraw))

    def _offer(self, world: World, live: Live) -> Iterator[World]:
        click = (live.token, live.contact, live.person)
        if click not in world.clicks and len(world.clicks) < 2:
            yield world._replace(clicks=world.clicks | {click})
        yield self._after(world, live.contact, routing.Watched(), live.token)
        if world.mischief:
            worse = world._replace(mischief=world.mischief - 1)
            yield self._after(worse, live.contact, routing.Declined(live.person, str(live.token)), live.token)
            if not live.overdue:
                late = [each._replace(overdue=True) if each == live else each for each in world.core.offers]
                yield worse._replace(core=world.core._replace(offers=tuple(late)))

    def _after(self, world: World, contact: int, event: Event, token: int | None = None) -> World:
        used = {each.token for each in world.core.offers} | {token for token, *_ in world.clicks}
        used |= {plan.withdraw for plan in world.plans if plan and plan.withdraw is not None}
        fresh = next(number for number in range(99) if number not in used)
        return _tidy(world._replace(core=self.stepped(world.core, contact, event, token, fresh)))

    # -- through the core ------------------------------------------------------------------------------------

    def people(self, core: Core) -> dict[str, Person]:
        found = {}
        for index, name in enumerate(STAFF):
            condition = core.people[index]
            offer = next(
                (each for each in core.offers if each.person == name and each.state == "pending"), None
            )
            lines = {LINE, OTHER_SIDE} if self.house.walled and name == "beata" else {LINE}
            found[name] = Person(
                id=name,
                duty_lines=frozenset({LINE} if condition != OFF else ()),
                lines=frozenset(lines),
                intent="available",
                seen_at=None if condition == SILENT else NOW,
                load=sum(talk.holder == name and talk.phase == ACTIVE for talk in core.talks),
                limit=1,
                owes_summary=any(talk.holder == name and talk.phase == OVER for talk in core.talks),
                freed_at=None,
                offer=self._pending(offer) if offer else None,
                tiers={LINE: index + 1},
                held=condition == HELD,
            )
        return found

    def contact(self, core: Core, index: int) -> Waiting:
        offers = [each for each in core.offers if each.contact == index and each.state == routing.PENDING]
        priority = self.house.priorities[index]
        return Waiting(
            id=str(index),
            priority=priority,
            key=queue_key(priority, NOW - timedelta(minutes=5 - index)),
            lines=frozenset({LINE}),
            barred_lines=frozenset({OTHER_SIDE} if self.house.walled and index == 1 else ()),
            asked=dict(zip(STAFF, core.talks[index].asked, strict=True)),
            offers=tuple(map(self._pending, offers)),
        )

    def _pending(self, live: Live) -> Pending:
        return Pending(str(live.token), live.person, self.house.priorities[live.contact], _deadline(live))

    def _planned(self, core: Core) -> tuple[Plan, ...]:
        waiting = [self.contact(core, index) for index in (0, 1) if core.talks[index].phase == WAITING]
        found = dispatch.decide(waiting, list(self.people(core).values()), NOW)
        return tuple(
            Plan(int(each.contact_id), each.staff_id, None if each.withdraw is None else int(each.withdraw))
            for each in found
        )

    def _stepped(self, core: Core, index: int, event: Event, token: int | None, fresh: int) -> Core:
        live = next((each for each in core.offers if each.token == token), None)
        urgent = [
            self.contact(core, each)
            for each in (0, 1)
            if core.talks[each].phase == WAITING and self.house.priorities[each] == P1
        ]
        before = State(
            contact=self.contact(core, index),
            phase=core.talks[index].phase,
            people=self.people(core),
            holder=core.talks[index].holder,
            offer=live and Offer(str(live.token), live.person, str(live.token), _deadline(live), live.state),
            urgent=tuple(urgent),
        )
        after, effects = routing.step(before, event, NOW)
        demand("S8: the key of a contact changed", after.contact.key == before.contact.key)
        self._effects_hold(core, index, live, effects)
        return self._written(core, index, after, effects, fresh)

    def _written(self, core: Core, index: int, after: State, effects: tuple[Effect, ...], fresh: int) -> Core:
        closed = {int(each.offer_id): each.how for each in effects if isinstance(each, Closed)}
        offers = [each._replace(state=closed.get(each.token, each.state)) for each in core.offers]
        offers += [Live(fresh, index, each.staff_id) for each in effects if isinstance(each, Made)]
        asked = tuple(min(after.contact.asked.get(name, 0), 2) for name in STAFF)
        talk = Talk(after.phase, after.holder, (asked[0], asked[1]))
        core = _talk(core._replace(offers=tuple(sorted(offers))), index, talk)
        for each, name in enumerate(STAFF):
            held = after.people[name].held
            if held or core.people[each] == HELD:
                core = _condition(core, each, HELD if held else WELL)
        return core

    # -- what must hold ----------------------------------------------------------------------------------------

    def free(self, core: Core, name: str) -> bool:
        """There, with room, and no console that rings."""
        rings = any(each.person == name and each.state == routing.PENDING for each in core.offers)
        return core.people[STAFF.index(name)] == WELL and not rings and self.load(core, name) == 0

    def load(self, core: Core, name: str) -> int:
        return sum(talk.phase == ACTIVE and talk.holder == name for talk in core.talks)

    def fits(self, core: Core, index: int, name: str) -> bool:
        """On the right side of the wall, and on a rung that is open: the backup's, when the first has nobody."""
        if self.house.walled and index == 1 and name == "beata":
            return False
        return name == "anna" or core.people[0] != WELL

    def rings(self, core: Core, index: int) -> bool:
        return any(each.contact == index and each.state == routing.PENDING for each in core.offers)

    def _effects_hold(self, core: Core, index: int, live: Live | None, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Made):
                self._offer_holds(core, index, effect, effects)
            if isinstance(effect, Taken):
                demand("S2: held by two", core.talks[index].phase == WAITING)
                alive = live is not None and live.state == routing.PENDING and not live.overdue
                demand("S6: accepted without a live token", alive)
                demand("S3: taken off duty", core.people[STAFF.index(effect.staff_id)] != OFF)
                others = [each for each in core.offers if each.contact == index and each.state == "pending"]
                ended = {each.offer_id for each in effects if isinstance(each, Closed)}
                demand("S6: a token of the set is left", all(str(each.token) in ended for each in others))
                alone = self.load(core, effect.staff_id) == 0
                demand("S4: more than the limit", alone or self.house.priorities[index] == P1)

    def _offer_holds(self, core: Core, index: int, made: Made, effects: tuple[Effect, ...]) -> None:
        ended = {int(each.offer_id) for each in effects if isinstance(each, Closed)}
        core = core._replace(offers=tuple(each for each in core.offers if each.token not in ended))
        name = made.staff_id
        demand("S3: offered to who is not there", core.people[STAFF.index(name)] == WELL)
        demand("S4: offered over capacity", self.load(core, name) == 0)
        demand("S3: two offers to one person", self.free(core, name))
        demand("S7: offered over the wall or a rung too high", self.fits(core, index, name))
        demand("S1: offered, and it does not wait", core.talks[index].phase == WAITING)
        urgent = self.house.priorities[index] == P1
        demand("S6: two offers of one contact", urgent or not self.rings(core, index))
        for other, talk in enumerate(core.talks):
            if not urgent and self.house.priorities[other] == P1 and talk.phase == WAITING:
                asks = self.fits(core, other, name) and talk.asked[STAFF.index(name)] == 0
                demand("S5: ordinary before urgent", self.rings(core, other) or not asks)

    def _checked(self, core: Core) -> None:
        for talk in core.talks:
            demand("S1: held and not in a talk", (talk.phase in (ACTIVE, OVER)) == (talk.holder is not None))
        for live in core.offers:
            if live.state == routing.PENDING:
                after = self.stepped(core, live.contact, routing.Watched(), live.token, 99)
                stays = any(each.token == live.token and each.state == "pending" for each in after.offers)
                demand("L3: an offer outlives its deadline", not (stays and live.overdue))
                well = core.people[STAFF.index(live.person)] == WELL
                demand("S3: an offer stands with who is not there", well or not stays)
        plans = self.planned(core)
        for index, talk in enumerate(core.talks):
            if talk.phase == WAITING and not self.rings(core, index):
                self._has_a_next_event(core, index, plans)

    def _has_a_next_event(self, core: Core, index: int, plans: tuple[Plan, ...]) -> None:
        """Whoever could take it is asked now, or for another who comes first."""
        asked = dict(zip(STAFF, core.talks[index].asked, strict=True))
        able = [name for name in STAFF if self.free(core, name) and self.fits(core, index, name)]
        if not able or any(plan.contact == index for plan in plans):
            return
        there = [
            name for name in STAFF if core.people[STAFF.index(name)] == WELL and self.load(core, name) == 0
        ]
        least = min(asked[name] for name in there if self.fits(core, index, name))
        idle = [name for name in able if asked[name] == least and name not in {plan.person for plan in plans}]
        demand("L1: somebody waits, and nothing will happen", not idle)


def _deadline(live: Live) -> datetime:
    return NOW if live.overdue else NOW + timedelta(seconds=30)


def _talk(core: Core, index: int, talk: Talk) -> Core:
    first, second = core.talks
    return core._replace(talks=(talk, second) if index == 0 else (first, talk))


def _condition(core: Core, index: int, condition: str) -> Core:
    first, second = core.people
    return core._replace(people=(condition, second) if index == 0 else (first, condition))


def _plans(
    plans: tuple[Plan | None, Plan | None], number: int, plan: Plan | None
) -> tuple[Plan | None, Plan | None]:
    """The engines are alike: only which plans there are matters, not whose."""
    other = plans[1 - number]
    first, second = sorted((plan, other), key=lambda each: (each is not None, str(each)))
    return first, second


def _tidy(world: World) -> World:
    """An offer that is over and of which nothing on its way speaks is forgotten, and its number used again."""
    spoken = {token for token, *_ in world.clicks}
    spoken |= {plan.withdraw for plan in world.plans if plan and plan.withdraw is not None}
    kept = [each for each in world.core.offers if each.state == routing.PENDING or each.token in spoken]
    if len(kept) == len(world.core.offers):
        return world
    return world._replace(core=world.core._replace(offers=tuple(kept)))


def _reached(good: list[int], back: list[list[int]]) -> int:
    """From how many states one of the good ones can be reached."""
    seen, queue = set(good), deque(good)
    while queue:
        for before in back[queue.popleft()]:
            if before not in seen:
                seen.add(before)
                queue.append(before)
    return len(seen)

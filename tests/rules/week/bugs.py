"""Mistakes that somebody could make in the rules, each planted into the real ones, and the demand that must miss it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from hotline.rules import assignment, contact, dispatch, ladder, presence, routing, turns
from hotline.rules.assignment import Person, Proposal, Waiting
from hotline.rules.ladder import Standing
from hotline.rules.routing import Closed, Effect, Event, Missed, State
from tests.rules.week import desk
from tests.rules.week.town import Town

Patch = Callable[[object, str, object], None]
Bug = Callable[[Patch], None]


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    with ExitStack() as stack:

        def patch(where: object, name: str, instead: object) -> None:
            stack.enter_context(mock.patch.object(where, name, instead))

        bug(patch)
        yield


# -- the key ---------------------------------------------------------------------------------------------


def key_set_anew_on_requeue(patch: Patch) -> None:
    def step(state: State, event: Event, now: datetime) -> tuple[State, tuple[Effect, ...]]:
        after, effects = real(state, event, now)
        if isinstance(event, routing.Lost):
            key = contact.queue_key(after.contact.priority, now)
            after = replace(after, contact=replace(after.contact, key=key))
        return after, effects

    real = routing.step
    patch(routing, "step", step)


def keyed(of: Callable[[str, datetime], tuple[int, datetime]]) -> Bug:
    return lambda patch: patch(desk, "queue_key", of)


def boost_backwards(priority: str, arrived: datetime) -> tuple[int, datetime]:
    return (0, arrived) if priority == "P1" else (1, arrived + contact.BOOST[priority])


def no_boost(priority: str, arrived: datetime) -> tuple[int, datetime]:
    return int(priority != "P1"), arrived


def by_id(priority: str, arrived: datetime) -> tuple[int, datetime]:
    return int(priority != "P1"), assignment.NEVER


def strict_classes(priority: str, arrived: datetime) -> tuple[int, datetime]:
    return int(priority[1]) - 1, arrived


# -- danger ------------------------------------------------------------------------------------------------


def danger_comes_last(patch: Patch) -> None:
    """Ordinary contacts take whom they can; danger gets who is left."""
    plan = dispatch.decide

    def decide(waiting: Collection[Waiting], people: Collection[Person], now: datetime) -> list[Proposal]:
        found = plan([each for each in waiting if each.priority != "P1"], people, now)
        asked = {each.staff_id for each in found}
        danger = [each for each in waiting if each.priority == "P1"]
        return found + plan(danger, [each for each in people if each.id not in asked], now)

    patch(dispatch, "decide", decide)


def danger_rings_one(patch: Patch) -> None:
    patch(dispatch._Desk, "all", lambda *_: [])


def danger_makes_no_way(patch: Patch) -> None:
    patch(dispatch._Desk, "_ordinary", lambda *_: False)


def danger_waits_for_cards(patch: Patch) -> None:
    blind_to_nothing = _with_gate(lambda person, _, now: assignment.wraps_up(person, now), assignment.WRAP_UP)
    patch(assignment, "obstacles", blind_to_nothing)
    patch(routing, "obstacles", blind_to_nothing)


def danger_not_asked_at_commit(patch: Patch) -> None:
    patch(routing, "comes_after", lambda *_: False)


# -- the gates -----------------------------------------------------------------------------------------------


def blind_to(*gates: str) -> Bug:
    """Neither the plan nor the commit asks these."""
    real = assignment.obstacles

    def obstacles(*given: Any) -> tuple[str, ...]:
        return tuple(each for each in real(*given) if each not in gates)

    def bug(patch: Patch) -> None:
        for where in (assignment, routing, turns):
            patch(where, "obstacles", obstacles)

    return bug


def _with_gate(
    closed: Callable[[Person, Waiting, datetime], bool], name: str
) -> Callable[..., tuple[str, ...]]:
    real = assignment.obstacles

    def obstacles(person: Person, waiting: Waiting, now: datetime) -> tuple[str, ...]:
        despite = real(person, waiting, now)
        return (*despite, name) if closed(person, waiting, now) and name not in despite else despite

    return obstacles


def shift_end_ignored(patch: Patch) -> None:
    patch(routing, "fallen", lambda *_: None)
    patch(routing, "_unfit", lambda *_: None)


def two_offers_to_one_person(patch: Patch) -> None:
    """What a plan that does not see live offers, and a commit that does not ask, would do."""
    plan, commit = dispatch.decide, routing._way_made

    def decide(waiting: Collection[Waiting], people: Collection[Person], now: datetime) -> list[Proposal]:
        return plan(waiting, [replace(each, offer=None) for each in people], now)

    patch(dispatch, "decide", decide)
    patch(routing, "_way_made", lambda each, person, named: commit(each, replace(person, offer=None), named))


def held_forgotten(patch: Patch) -> None:
    def step(state: State, event: Event, now: datetime) -> tuple[State, tuple[Effect, ...]]:
        after, effects = real(state, event, now)
        return after, tuple(each for each in effects if not isinstance(each, Missed))

    real = routing.step
    patch(routing, "step", step)


def hold_never_released(patch: Patch) -> None:
    def gives_sign(town: Town, staff: str) -> None:
        town.witness.signs(staff)

    patch(Town, "gives_sign", gives_sign)


def misses_not_counted(patch: Patch) -> None:
    patch(routing, "IN_A_ROW", 99)


# -- offers --------------------------------------------------------------------------------------------------


def exclusion_forgotten(patch: Patch) -> None:
    def turn(waiting: Waiting, people: Collection[Person], now: datetime) -> list[Person]:
        return [each for each in people if assignment.offerable(each, waiting, now)]

    patch(dispatch, "turn", turn)
    patch(routing, "turn", turn)


def excluded_for_ever(patch: Patch) -> None:
    def turn(waiting: Waiting, people: Collection[Person], now: datetime) -> list[Person]:
        return [each for each in real(waiting, people, now) if not waiting.asked.get(each.id)]

    real = assignment.turn
    patch(dispatch, "turn", turn)
    patch(routing, "turn", turn)


def deadline_never_ends(patch: Patch) -> None:
    patch(routing, "overdue", lambda *_: False)


def late_click_counts(patch: Patch) -> None:
    patch(routing, "stands", lambda *_: True)


def requeue_on_timeout_dropped(patch: Patch) -> None:
    """The contact is done with when nobody has answered."""

    def step(state: State, event: Event, now: datetime) -> tuple[State, tuple[Effect, ...]]:
        after, effects = real(state, event, now)
        expired = any(isinstance(each, Closed) and each.how == routing.EXPIRED for each in effects)
        return (replace(after, phase=contact.CLOSED) if expired else after), effects

    real = routing.step
    patch(routing, "step", step)


def others_go_on_ringing(patch: Patch) -> None:
    def step(state: State, event: Event, now: datetime) -> tuple[State, tuple[Effect, ...]]:
        after, effects = real(state, event, now)
        return after, tuple(
            each for each in effects if not isinstance(each, Closed) or each.reason != "taken"
        )

    real = routing.step
    patch(routing, "step", step)


def lost_talk_ends(patch: Patch) -> None:
    """A conversation whose console is gone counts as over."""

    def step(state: State, event: Event, now: datetime) -> tuple[State, tuple[Effect, ...]]:
        return real(state, routing.Ended() if isinstance(event, routing.Lost) else event, now)

    real = routing.step
    patch(routing, "step", step)


# -- the order of people ---------------------------------------------------------------------------------------


def ranked(place: int, instead: Callable[[Any], Any]) -> Bug:
    """One place of the order is another."""

    def bug(patch: Patch) -> None:
        real = turns.rank

        def rank(person: Person, waiting: Waiting, by: Mapping[str, int]) -> Any:
            found = list(real(person, waiting, by))
            found[place] = instead(found[place])
            return tuple(found)

        patch(turns, "rank", rank)

    return bug


def without(rule: str) -> Bug:
    return ranked(turns.RULES.index(rule), lambda _: 0)


# -- the ladder --------------------------------------------------------------------------------------------------


def rung_never_opens(patch: Patch) -> None:
    real = ladder.move
    patch(ladder, "move", lambda *given: replace(real(*given), opens=(), calls={}, next_at=None))


def empty_rung_waited_out(patch: Patch) -> None:
    """Where nobody is, it takes as long as where somebody is."""
    real = ladder._due

    def due(standing: Standing, *given: Any) -> datetime:
        return real(replace(standing, there=frozenset(standing.rungs)), *given)

    patch(ladder, "_due", due)


def coming_for_ever(patch: Patch) -> None:
    patch(ladder, "COMING", 100 * ladder.COMING)


def anybody_attends(patch: Patch) -> None:
    patch(ladder, "takes", lambda *_: True)


def never_given_back(patch: Patch) -> None:
    patch(presence, "given_back_at", lambda _, since: since + timedelta(days=1))


def silence_unnoticed(patch: Patch) -> None:
    patch(presence, "STALE_AFTER", 4 * presence.STALE_AFTER)
    patch(presence, "GONE_AFTER", 4 * presence.GONE_AFTER)


@dataclass(frozen=True)
class Planted:
    bug: Bug
    missed_by: str | tuple[str, ...]  # how what is broken begins


BUGS: dict[str, Planted] = {
    "the key is set anew on requeue": Planted(key_set_anew_on_requeue, "S8"),
    "the boost has the wrong sign": Planted(keyed(boost_backwards), "F1"),
    "no boost": Planted(keyed(no_boost), "F1"),
    "first come by id": Planted(keyed(by_id), "F1"),
    "classes are strict": Planted(keyed(strict_classes), "F1"),
    "P1 is not first": Planted(danger_comes_last, "P1 first"),
    "P1 rings one console": Planted(danger_rings_one, "danger rings for all"),
    "P1 waits for ordinary offers": Planted(danger_makes_no_way, "danger takes the place"),
    "P1 waits for cards": Planted(danger_waits_for_cards, "danger rings for all"),
    "P1 is not looked for at commit": Planted(danger_not_asked_at_commit, "S5"),
    "load is ignored": Planted(blind_to(assignment.FULL), "asked out of turn"),
    "the wall is ignored": Planted(blind_to(assignment.WALL), "asked out of turn"),
    "a conflict is ignored": Planted(blind_to(assignment.CONFLICT), "asked out of turn"),
    "breaks are ignored": Planted(blind_to(presence.BREAK), "asked out of turn"),
    "duty is ignored": Planted(blind_to(assignment.OFF_DUTY), "asked out of turn"),
    "the shift's end is ignored": Planted(shift_end_ignored, "S3: an offer stands"),
    "a dead console counts for minutes": Planted(silence_unnoticed, ("S3", "asked out of turn")),
    "two offers to one person": Planted(two_offers_to_one_person, "S3: two offers"),
    "a miss holds nothing back": Planted(held_forgotten, "asked out of turn"),
    "the hold is never released": Planted(hold_never_released, ("L2", "order of people", "danger rings")),
    "the second miss is not told": Planted(misses_not_counted, "the coordinator hears"),
    "exclusion is forgotten after a decline": Planted(exclusion_forgotten, "asked out of turn"),
    "exclusion is for ever": Planted(excluded_for_ever, ("L2", "danger rings")),
    "the deadline never ends": Planted(deadline_never_ends, "L3"),
    "a late click counts": Planted(late_click_counts, "S6"),
    "requeue on timeout is dropped": Planted(requeue_on_timeout_dropped, "S1: conservation"),
    "a lost talk is over": Planted(lost_talk_ends, "a talk whose console is gone"),
    "a talk stays with a dead console": Planted(never_given_back, "nobody sits"),
    "others go on ringing": Planted(others_go_on_ringing, "S6: a token"),
    "longest idle is reversed": Planted(
        ranked(turns.RULES.index("rest"), lambda at: -at.timestamp()), "order of people: ['F3"
    ),
    "rest is ignored": Planted(without("rest"), "order of people: ['F3"),
    "the heavy guard is absent": Planted(without("heavy"), "order of people: ['a pause"),
    "a summary that is owed is ignored": Planted(without("summary"), "order of people: ['a summary"),
    "scarce skills are spent": Planted(without("scarce"), "order of people: ['scarce"),
    "who talked with them last is forgotten": Planted(without("continuity"), "order of people: ['who talked"),
    "load does not order": Planted(without("load"), "order of people: ['who carries less"),
    "no rung opens": Planted(rung_never_opens, "L1"),
    "an empty rung is waited out": Planted(empty_rung_waited_out, "a rung where nobody is"),
    "who is coming is waited for for ever": Planted(coming_for_ever, "L1"),
    "anybody attends": Planted(anybody_attends, ("'we are here'", "a rung where nobody is")),
}

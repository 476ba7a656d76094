"""Random days of a centre on the real store, beside a model that remembers what it has been told.

`python -m tests.torture.routing`: a state machine of Hypothesis on PostgreSQL. Callers come, write
and leave; the clock moves; the engine makes a round, dies, is another one; counsellors accept, decline, accept too
late and with old tokens, pick up, take a break, lose their console, end talks; a supervisor hands over and takes
over. After every step what the database holds is read whole and compared. Ends with figures, or with the shortest
day that went wrong.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from hotline import app
from hotline.actions import assignments, contacts, offers, presence
from hotline.engine import Engine
from hotline.errors import HotlineError
from hotline.logs import configure
from hotline.rules import assignment
from hotline.store import queries
from hotline.store import tables as t
from tests import factories, servers
from tests.conftest import HouseTemplate
from tests.factories import PERPETRATORS, TRUST, VICTIMS, Caller, MovableClock, Offer, Person
from tests.torture.goals import Goal, judged, seldom

T = TypeVar("T")
SHORT, THOUSANDS, LONG = 150, 2000, 50_000  # steps
WHY = "Zmiana dyżuru."
SIDES = {PERPETRATORS: {VICTIMS}, VICTIMS: {PERPETRATORS}}  # who serves one never meets callers of the other
number = st.integers(min_value=0, max_value=999)


@dataclass
class Books:
    """What was counted over all days."""

    known: int = 0  # rules that there are
    rules: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def steps(self) -> int:
        return self.rules.total()


def machine(template: HouseTemplate, runner: asyncio.Runner, books: Books) -> type[RuleBasedStateMachine]:
    """A machine on databases of this template; all its days run in this runner's loop.

    What is drawn hangs on the drawing alone, never on what the store has made of it: ids differ from day to day, and
    Hypothesis gives up when the same draws do not come again. A rule that finds nothing to act on is not counted.
    """

    class Days(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            books.known = len(self.rules)
            self.stack = AsyncExitStack()
            self.callers: list[Caller] = []
            self.keys: dict[str, tuple[int, datetime]] = {}
            self.old: list[Offer] = []
            self.closed: set[str] = set()
            self.ringing = 0

        def go(self, doing: Awaitable[T]) -> T:
            async def awaited() -> T:
                return await doing

            return runner.run(awaited())

        def tries(self, name: str, doing: Awaitable[object]) -> bool:
            """An action may be refused with a fact; nothing else may come of it."""
            try:
                self.go(doing)
            except HotlineError as error:
                books.answers[f"{name}: {error.code}"] += 1
                return False
            books.answers[f"{name}: done"] += 1
            return True

        @initialize()
        def opens(self) -> None:
            self.go(self._opens())

        async def _opens(self) -> None:
            main, keys = await template.emptied()
            folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
            given = factories.settings_in(folder, database_url=main, keys_url=keys)
            self.clock = MovableClock(frozen=True)
            self.system = await self.stack.enter_async_context(app.open_system(given, self.clock))
            await self.stack.enter_async_context(factories.journal_running(self.system))
            self.engine = Engine(self.system)
            self.people = [
                await factories.add_person(self.system, name, lines, hours=hours)
                for name, lines, hours in (
                    ("Anna", (TRUST,), 8),
                    ("Beata", (TRUST, VICTIMS), 2),
                    ("Celina", (VICTIMS,), 8),
                    ("Dariusz", (PERPETRATORS,), 4),
                )
            ]
            self.lead = await factories.add_person(self.system, "Filip", (), ("supervisor",), hours=None)

        def teardown(self) -> None:
            self.go(self.stack.aclose())

        def step(self, name: str) -> None:
            books.rules[name] += 1
            self.go(self._holds())

        def person(self, pick: int) -> Person:
            return self.people[pick % len(self.people)]

        # -- what happens ---------------------------------------------------------------------------------

        @precondition(lambda self: len(self.callers) < 12)
        @rule(
            line=st.sampled_from((TRUST, VICTIMS, PERPETRATORS)),
            then=st.sampled_from(("accepted", "accepted", "declined", "rings")),
        )
        def an_ordinary_evening(self, line: str, then: str) -> None:
            """All are there, one writes, the engine looks, somebody answers."""
            for person in self.people:
                self.go(presence.seen(self.system, person.actor))
                self.go(presence.set_intent(self.system, person.actor, "available"))
            self.callers.append(self.go(factories.add_caller(self.system, line=line)))
            self.rings()
            self.step("somebody is rung for")
            if then == "accepted" and self.ringing:
                self.an_offer_is_accepted(0)
            if then == "declined" and self.ringing:
                self.an_offer_is_declined(0)

        @precondition(lambda self: len(self.callers) < 12)
        @rule(
            line=st.sampled_from((TRUST, VICTIMS, PERPETRATORS)), danger=st.sampled_from(("no", "yes", None))
        )
        def somebody_writes(self, line: str, danger: str | None) -> None:
            caller = self.go(factories.add_caller(self.system, line=line, danger=danger))
            self.callers.append(caller)
            self.step("somebody writes")

        @rule()
        def the_engine_looks(self) -> None:
            self.rings()
            self.step("the engine looks")

        def rings(self) -> None:
            """A round of the engine; whoever is offered something by it may have it."""
            before = {each.id for each in self.go(factories.pending(self.system))}
            self.go(self.engine.step())
            made = [each for each in self.go(factories.pending(self.system)) if each.id not in before]
            self.old += made
            self.go(self._offerable(made))

        @rule(really=st.sampled_from((True, False, False)))
        def another_engine_comes(self, really: bool) -> None:
            if not really:
                return
            self.clock.advance(seconds=10)  # the lease of the one before has run out
            self.engine = Engine(self.system)
            self.go(self.engine.step())
            self.step("another engine comes")

        @rule(seconds=st.sampled_from((1, 5, 20, 31, 61, 300)))
        def time_goes_by(self, seconds: int) -> None:
            self.clock.advance(seconds=seconds)
            self.step("time goes by")

        @rule(missing=st.sampled_from((None, None, 0, 1, 2, 3)))
        def consoles_live(self, missing: int | None) -> None:
            """All of them, or all but one."""
            for place, person in enumerate(self.people):
                if place != missing:
                    self.go(presence.seen(self.system, person.actor))
            self.step("consoles live")

        @precondition(lambda self: self.callers)
        @rule(pick=number, intent=st.sampled_from(("available", "available", "break", "off")))
        def somebody_says(self, pick: int, intent: str) -> None:
            self.tries("intent", presence.set_intent(self.system, self.person(pick).actor, intent))
            self.step("somebody says")

        @rule(pick=number)
        def an_offer_is_accepted(self, pick: int) -> None:
            found = self.go(factories.pending(self.system))
            if found:
                offer = found[pick % len(found)]
                actor = next(each.actor for each in self.people if each.id == offer.staff_id)
                due = self.go(self._due(offer))
                took = self.tries("accept", offers.accept(self.system, actor, offer.id, offer.token))
                assert took or not due, "a live offer to somebody who can take it was refused"
                self.step("an offer is accepted")

        @rule(pick=number, who=number)
        def an_old_offer_is_accepted(self, pick: int, who: int) -> None:
            """Late, twice, or by somebody else."""
            if not self.old:
                return
            offer, person = self.old[pick % len(self.old)], self.person(who)
            before = self.go(self._holder(offer.contact_id))
            took = self.tries("accept late", offers.accept(self.system, person.actor, offer.id, offer.token))
            if took:
                assert offer.staff_id == person.id
                assert before in (None, person.id)
            self.step("an old offer is accepted")

        @rule(pick=number)
        def an_offer_is_declined(self, pick: int) -> None:
            found = self.go(factories.pending(self.system))
            if found:
                offer = found[pick % len(found)]
                actor = next(each.actor for each in self.people if each.id == offer.staff_id)
                self.tries("decline", offers.decline(self.system, actor, offer.id, offer.token))
                self.step("an offer is declined")

        @precondition(lambda self: self.callers)
        @rule(pick=number, who=number)
        def somebody_picks_up(self, pick: int, who: int) -> None:
            contact_id = self.callers[pick % len(self.callers)].contact_id
            self.tries("pick up", assignments.pick_up(self.system, self.person(who).actor, contact_id))
            self.step("somebody picks up")

        @precondition(lambda self: self.callers)
        @rule(pick=number, who=number, overrule=st.booleans())
        def somebody_is_handed(self, pick: int, who: int, overrule: bool) -> None:
            contact_id = self.callers[pick % len(self.callers)].contact_id
            before = self.go(self._holder(contact_id)) or self.people[0].id
            doing = assignments.hand_over(
                self.system, self.lead.actor, contact_id, before, self.person(who).id, WHY, overrule=overrule
            )
            self.tries("hand over", doing)
            self.step("somebody is handed")

        @precondition(lambda self: self.callers)
        @rule(pick=number)
        def the_lead_takes_over(self, pick: int) -> None:
            contact_id = self.callers[pick % len(self.callers)].contact_id
            before = self.go(self._holder(contact_id)) or self.people[0].id
            self.tries(
                "take over", assignments.take_over(self.system, self.lead.actor, contact_id, before, WHY)
            )
            self.step("the lead takes over")

        @precondition(lambda self: self.callers)
        @rule(pick=number)
        def a_talk_ends(self, pick: int) -> None:
            held = self.go(self._held())
            contact_id, holder = held[pick % len(held)] if held else ("", "")
            person = next((each for each in (*self.people, self.lead) if each.id == holder), None)
            if person is not None and self.tries("end", factories.finish(self.system, person, contact_id)):
                self.closed.add(contact_id)
            self.step("a talk ends")

        @precondition(lambda self: self.callers)
        @rule(pick=number)
        def a_caller_leaves(self, pick: int) -> None:
            caller = self.callers[pick % len(self.callers)]
            self.tries("leave", contacts.leave(self.system, caller.actor, caller.contact_id, quick=True))
            self.step("a caller leaves")

        # -- what must hold -------------------------------------------------------------------------------

        async def _rows(self, query: Any) -> list[Any]:
            async with self.system.read() as tx:
                return list(await tx.connection.execute(query))

        async def _holder(self, contact_id: str) -> str | None:
            (row,) = await self._rows(select(t.contacts.c.holder_id).where(t.contacts.c.id == contact_id))
            holder: str | None = row.holder_id
            return holder

        async def _held(self) -> list[tuple[str, str]]:
            """(contact, holder) of the talks that go on."""
            columns = select(t.contacts.c.id, t.contacts.c.holder_id)
            return [
                (row.id, row.holder_id)
                for row in await self._rows(columns.where(t.contacts.c.state == "active"))
            ]

        async def _due(self, offer: Offer) -> bool:
            """May this offer be accepted, by every rule?"""
            async with self.system.read() as tx:
                row = await queries.offer(tx, offer.id)
                waiting = await queries.waiting(tx, offer.contact_id)
                people = await queries.people(tx, offer.staff_id)
                assert row is not None
                if not waiting or not people or row.deadline_at <= tx.now:
                    return False
                return assignment.offerable(people[0], waiting[0], tx.now)

        async def _offerable(self, made: list[Offer]) -> None:
            for offer in made:
                assert await self._due(offer), "an offer to somebody who may not have it"

        async def _holds(self) -> None:
            """Conservation, one holder, room, the wall, the key; read from the tables alone."""
            held = await self._rows(select(t.contacts))
            assert {row.id for row in held} == {each.contact_id for each in self.callers}, "somebody is lost"
            live = await self._rows(select(t.assignments).where(t.assignments.c.until_at.is_(None)))
            holders = {row.contact_id: row.staff_id for row in live}
            assert len(holders) == len(live), "two hold one contact"
            pending = await self._rows(select(t.offers).where(t.offers.c.state == "pending"))
            waiting = {row.id for row in held if row.state == "waiting"}
            lines = {person.id: set(person.lines) for person in self.people}
            for row in held:
                assert (row.state == "active") <= (holders.get(row.id) == row.holder_id is not None), (
                    row.state
                )
                assert (row.state == "waiting") <= (row.holder_id is None and row.queue is not None)
                assert (row.state == "closed") == (row.closed_at is not None)
                assert row.state == "waiting" or row.id not in {each.contact_id for each in pending}
                key = (row.queue_class, row.queue_at)
                assert self.keys.setdefault(row.id, key) == key, "a place in the queue moved"
                if row.holder_id in lines:
                    assert not lines[row.holder_id] & SIDES.get(row.line, set()), "over the wall"
            assert {row.id for row in held if row.state == "closed"} >= self.closed
            assert {each.contact_id for each in pending} <= waiting
            self.ringing = len(pending)
            rang: Counter[str] = Counter(each.staff_id for each in pending)
            assert not rang or max(rang.values()) == 1, "two offers ring for one person"
            accepted = await self._rows(select(t.offers.c.contact_id).where(t.offers.c.state == "accepted"))
            taken = await self._rows(
                select(t.assignments.c.contact_id).where(t.assignments.c.how == "accept")
            )
            assert Counter(accepted) == Counter(taken), "accepted and taken are not the same"
            for row in await self._rows(select(t.work)):
                assert row.talks <= row.ceiling

    return Days


def run(server: servers.PostgresServer, steps: int, a_day: int = 50) -> Books:
    """So many steps at least, in days of so many; raises with the shortest day that went wrong."""
    books = Books()
    chosen = settings(
        max_examples=max(1, 2 * steps // a_day),  # half of what is drawn finds something to act on, or more
        stateful_step_count=a_day,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink) if steps > 1000 else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner() as runner:
        run_state_machine_as_test(machine(HouseTemplate(server), runner, books), settings=chosen)
    return books


def figures(books: Books) -> list[str]:
    rows = [f"{count:8} {name}" for name, count in sorted(books.answers.items())]
    rules = [f"{100 * count / books.steps:6.1f} % {name}" for name, count in books.rules.most_common()]
    return [*rows, *rules, f"violations: {seldom(0, books.steps, 'steps')}"]


def goals(books: Books, steps: int) -> list[Goal]:
    """In thousands of steps each rule is followed in one of a hundred at least; in hundreds, half of them at all."""
    thousands = steps >= THOUSANDS
    return [
        Goal("steps", books.steps, least=steps / 2),
        Goal("rules followed", len(books.rules), least=books.known if thousands else books.known // 2),
        Goal(
            "times that the rarest was followed",
            min(books.rules.values()),
            least=books.steps / 100 if thousands else 1,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="50,000 steps")
    parser.add_argument("--steps", type=int, help="about so many")
    chosen = parser.parse_args()
    configure("error")
    steps = chosen.steps or (LONG if chosen.long else SHORT)
    with servers.postgres_server() as server:
        books = run(server, steps, a_day=50 if steps >= THOUSANDS else 20)  # of few steps, more days
    return judged(figures(books), goals(books, steps))


if __name__ == "__main__":
    sys.exit(main())

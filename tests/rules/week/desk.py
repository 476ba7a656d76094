"""What the database of the simulated house holds of a person and of a contact, and as the rules are given it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hotline.rules import ladder
from hotline.rules.assignment import Pending, Person, Waiting
from hotline.rules.centre_duty import DutyRules
from hotline.rules.contact import ACTIVE, P1, WAITING, queue_key
from hotline.rules.ladder import Call, Standing, Step
from tests.rules.week.house import CRISIS, LADDERS, USING, Caller, Member

RULES = DutyRules()


@dataclass
class Desk:
    member: Member
    limit: int
    duty: Mapping[str, int] = field(default_factory=dict)
    lost_at: datetime | None = None
    connected: bool = False
    on_break: bool = False
    held: bool = False
    missed: int = 0
    freed_at: datetime | None = None
    wrap_until: datetime | None = None
    on_since: datetime | None = None
    hard: int = 0  # since the last pause on this duty

    @property
    def id(self) -> str:
        return self.member.id

    def person(self, now: datetime, talks: Sequence["Ticket"], owes: bool, offer: Pending | None) -> Person:
        return Person(
            id=self.id,
            duty_lines=frozenset(self.duty),
            lines=self.member.lines,
            intent="break" if self.on_break else "available",
            seen_at=now if self.connected else self.lost_at,
            load=len(talks),
            limit=self.limit,
            owes_summary=owes,
            freed_at=self.freed_at,
            offer=offer,
            tiers=self.duty,
            alone=any(each.call or each.caller.priority == P1 for each in talks),
            wrap_until=self.wrap_until,
            held=self.held,
            missed=self.missed,
            heavy=self.hard >= RULES.heavy_in_a_row,
            on_since=self.on_since if self.duty else None,
            languages=self.member.languages,
        )


@dataclass
class Ticket:
    caller: Caller
    key: tuple[int, datetime]
    last_by: str | None
    left: int  # of the talk, in hundredths of a second
    phase: str = WAITING
    holder: str | None = None
    held_since: datetime | None = None
    asked: dict[str, int] = field(default_factory=dict)
    again: bool = False
    steps: dict[str, Step] = field(default_factory=dict)
    calls: dict[str, list[Call]] = field(default_factory=dict)  # step -> who was called for it

    @classmethod
    def of(cls, caller: Caller, last_by: str | None) -> "Ticket":
        return cls(caller, queue_key(caller.priority, caller.arrived), last_by, caller.talk)

    @property
    def id(self) -> str:
        return self.caller.id

    @property
    def call(self) -> bool:
        return self.caller.channel == "phone"

    @property
    def barred(self) -> frozenset[str]:
        return frozenset() if self.caller.neutral else frozenset({USING})

    def held_by(self, staff: str) -> bool:
        return self.phase == ACTIVE and self.holder == staff

    def waiting(self, offers: tuple[Pending, ...]) -> Waiting:
        tiers = [ladder.tier_of(name) or 1 for name in self.steps]
        crisis = {CRISIS} if f"line:{CRISIS}" in self.steps else set()
        return Waiting(
            id=self.id,
            priority=self.caller.priority,
            key=self.key,
            lines=frozenset({self.caller.line, *crisis}),
            barred_lines=self.barred,
            asked=self.asked,
            offers=offers,
            conflicted=frozenset({self.caller.apart} if self.caller.apart else ()),
            tier=max(tiers, default=1),
            call=self.call,
            language=self.caller.language,
            last_by=self.last_by,
        )


def standing(ticket: Ticket, desks: Iterable[Desk], people: Mapping[str, Person], now: datetime) -> Standing:
    """A contact on its ladder, as `store.ladder` reads it. Everybody at home has Telegram."""
    rungs = LADDERS[ticket.caller.line]
    who = {name: _on_rung(ticket, name, desks, people) for name in rungs}
    there = {name for name, on in who.items() if any(ladder.takes(people[each], now) for each in on)}
    reached, callable_ = set(), {}
    for name in rungs:
        if (ladder.tier_of(name) or 0) < 2:
            continue
        called = ticket.calls.get(ticket.steps[name].id, []) if name in ticket.steps else []
        if who[name] - {each.staff_id for each in called if each.failed(now)}:
            reached.add(name)
        fresh = who[name] - {each.staff_id for each in called}
        callable_[name] = frozenset(each for each in fresh if not ladder.takes(people[each], now))
    first = ticket.steps.get(rungs[0])
    danger = ticket.caller.priority == P1
    pace = RULES.pace.danger if danger else RULES.pace.call if ticket.call else RULES.pace.text
    return Standing(
        contact_id=ticket.id,
        priority=ticket.caller.priority,
        since=ticket.caller.arrived if not ticket.again else first.at if first else now,
        again=ticket.again,
        pace=pace,
        rungs=rungs,
        updates=() if danger else RULES.updates,
        steps=ticket.steps,
        planned=frozenset(name for name, on in who.items() if on),
        there=frozenset(there),
        reached=frozenset(reached),
        callable=callable_,
    )


def _on_rung(
    ticket: Ticket, name: str, desks: Iterable[Desk], people: Mapping[str, Person]
) -> frozenset[str]:
    line = name.partition(":")[2] if name.startswith("line:") else ticket.caller.line
    tier = ladder.tier_of(name) or 1
    on = (desk.id for desk in desks if desk.duty.get(line) == tier)
    return frozenset(
        each for each in on if each != ticket.caller.apart and not people[each].lines & ticket.barred
    )

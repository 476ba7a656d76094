"""What has happened, kept apart from what the rules wrote: who is there, who was asked, who rests since when.

Who could be asked, whose turn it is and who comes before whom is said here a second time, from these facts alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.rules.week.house import LADDERS, USING, Caller, Member, clock

HEARD = timedelta(seconds=25)  # no longer silent than that
CARD_TIME = {
    True: timedelta(minutes=10),
    False: timedelta(minutes=5),
}  # alone with the card after danger, or not
AHEAD = {"P2": timedelta(minutes=30), "P3": timedelta(minutes=15), "P4": timedelta(0)}
MANY_HARD = 3
LONG_AGO = clock(-(10**9))


Rule = Callable[["Fact"], float]


class Broken(Exception):
    """Something that must hold does not; the message says what, and after the dash how."""


def demand(what: str, holds: object, how: str = "") -> None:
    if not holds:
        raise Broken(f"{what} - {how}" if how else what)


@dataclass
class Fact:
    """A person."""

    member: Member
    limit: int
    duty: Mapping[str, int] = field(default_factory=dict)
    lost_at: datetime | None = LONG_AGO  # the console; None while it is there
    away: bool = False
    silent: bool = False  # left an offer unanswered and gave no sign since
    misses: int = 0
    talks: dict[str, "Case"] = field(default_factory=dict)
    cards: set[str] = field(default_factory=set)
    card_until: datetime = LONG_AGO
    rings: dict[str, "Case"] = field(default_factory=dict)  # offer -> contact
    ended: datetime = LONG_AGO
    took_up: datetime = LONG_AGO
    hard: int = 0
    taken: int = 0

    @property
    def id(self) -> str:
        return self.member.id

    @property
    def rests_since(self) -> datetime:
        return max(self.ended, self.took_up)

    def heard(self, now: datetime) -> bool:
        return self.lost_at is None or now - self.lost_at <= HEARD

    def takes(self, now: datetime) -> bool:
        return self.heard(now) and not self.away and not self.silent


@dataclass
class Case:
    """A contact."""

    caller: Caller
    key: object
    phase: str = "waiting"
    holder: str | None = None
    accepted_by: str | None = None
    last_by: str | None = None
    asked: Counter[str] = field(default_factory=Counter)
    rings: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # offer -> person, deadline
    since: datetime = LONG_AGO  # it waits, this time
    rungs: dict[str, datetime] = field(default_factory=dict)
    coming: int = 0  # people at home who said that they come, this time
    told: list[str] = field(default_factory=list)  # at the end of the ladder, this time
    taken_at: datetime | None = None  # the first time
    unrung: datetime | None = None  # in danger, and the consoles ring for others in danger

    @property
    def id(self) -> str:
        return self.caller.id

    @property
    def danger(self) -> bool:
        return self.caller.priority == "P1"

    @property
    def call(self) -> bool:
        return self.caller.channel == "phone"

    @property
    def lines(self) -> frozenset[str]:
        """Its own, and another that its ladder has come to."""
        more = (name.partition(":")[2] for name in self.rungs if name.startswith("line:"))
        return frozenset({self.caller.line, *more})

    @property
    def rung(self) -> int:
        tiers = [int(name[-1]) for name in self.rungs if name.startswith("tier:")]
        return max(tiers, default=1)

    def comes_before(self, other: "Case") -> bool:
        """Bounded overtaking: danger by arrival; else who came so much earlier that no boost makes up for it."""
        if self.danger or other.danger:
            earlier = self.caller.at < other.caller.at
            return self.danger and (not other.danger or earlier)
        ahead = AHEAD[other.caller.priority] - AHEAD[self.caller.priority]
        return other.caller.arrived - self.caller.arrived > ahead


class World:
    """Everybody, and every contact that is not over."""

    def __init__(self, members: Iterable[Member], limit: int) -> None:
        self.people = {member.id: Fact(member, limit) for member in members}
        self.cases: dict[str, Case] = {}
        self.over: list[Case] = []
        self.now = clock(0)
        self._able: dict[object, list[Fact]] = {}  # for contacts with the same need, while nothing changes

    def tier(self, who: Fact, case: Case) -> int | None:
        return min((tier for line, tier in who.duty.items() if line in case.lines), default=None)

    def kept_apart(self, who: Fact, case: Case) -> bool:
        behind = not case.caller.neutral and USING in who.member.lines and case.caller.line != USING
        return behind or who.id == case.caller.apart

    def there(self, who: Fact, case: Case) -> int | None:
        """On which rung the person is there for this contact, be it busy with another."""
        if not who.takes(self.now) or self.kept_apart(who, case):
            return None
        return self.tier(who, case)

    def reach(self, case: Case) -> int:
        """Up to which rung people are asked: as far as it has climbed, and to the first one where anybody is."""
        tiers = [tier for who in self.people.values() if (tier := self.there(who, case)) is not None]
        return max(case.rung, min(tiers, default=1))

    def has_room(self, who: Fact, case: Case) -> bool:
        if any(held.danger or held.call for held in who.talks.values()):
            return False
        return len(who.talks) < (1 if case.call else who.limit)

    def could(self, who: Fact, case: Case, reach: int) -> bool:
        """Might be asked for it now, whatever rings at their console."""
        tier = self.there(who, case)
        if tier is None or tier > reach or not self.has_room(who, case):
            return False
        return case.danger or self.now >= who.card_until

    def forget(self) -> None:
        """Something has changed: who is able is looked up anew."""
        self._able = {}

    def able(self, case: Case) -> list[Fact]:
        reach = self.reach(case)
        return [who for who in self.people.values() if self.could(who, case, reach)]

    def up(self, case: Case) -> list[Fact]:
        """Whose turn it is: who declined, missed or gave back this contact after those who did so less often."""
        caller = case.caller
        need = (case.lines, caller.neutral, caller.apart, case.rung, case.call, case.danger)
        if need not in self._able:
            self._able[need] = self.able(case)
        able = self._able[need]
        if not case.asked:
            return able
        least = min((case.asked[who.id] for who in able), default=0)
        return [who for who in able if case.asked[who.id] == least]

    def waiting(self) -> list[Case]:
        return [case for case in self.cases.values() if case.phase == "waiting"]

    def attended(self, case: Case, rungs: Iterable[str]) -> bool:
        """Does anybody on these rungs take contacts?"""
        return any(
            self.on_rung(who, case, name) and who.takes(self.now)
            for name in rungs
            for who in self.people.values()
        )

    def on_rung(self, who: Fact, case: Case, name: str) -> bool:
        kind, _, target = name.partition(":")
        if self.kept_apart(who, case):
            return False
        if kind == "line":
            return who.duty.get(target) == 1
        return kind == "tier" and who.duty.get(case.caller.line) == int(target)

    def ladder(self, case: Case) -> tuple[str, ...]:
        return (*LADDERS[case.caller.line], "end")

    def rather(self, one: Fact, other: Fact, case: Case) -> str | None:
        """The rule by which `other` should have been asked before `one`; None if none does."""
        served = self._served()
        for rule, of in self._order(case, served).items():
            mine, theirs = of(one), of(other)
            if theirs != mine:
                return rule if theirs < mine else None
        return None

    def _order(self, case: Case, served: Counter[str]) -> dict[str, Rule]:
        def unneeded(who: Fact) -> int:
            many = max((served[line] for line in who.duty if line in case.lines), default=0)
            extra = (set(who.duty) | who.member.languages) - case.lines - {case.caller.language}
            return len([skill for skill in extra if served[skill] < many])

        return {
            "a summary is owed": lambda who: bool(who.cards),
            "a pause is due": lambda who: who.hard >= MANY_HARD,
            "the lower rung": lambda who: self.tier(who, case) or 0,
            "who talked with them last": lambda who: who.id != case.last_by,
            "scarce skills are spared": unneeded,
            "who carries less": lambda who: len(who.talks) / who.limit,
            "F3: who has rested longer": lambda who: who.rests_since.timestamp(),
        }

    def _served(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for who in self.people.values():
            if who.duty:
                found.update(set(who.duty) | who.member.languages)
        return found

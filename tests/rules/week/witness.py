"""What must hold while the week goes by; each demand raises Broken the moment it does not.

F1: a person is asked for a contact only if no other contact waits without an offer that the same person could be asked
for at that instant and that came before it: in danger before all others and by arrival; else earlier by more than
the boosts differ. What somebody else could be asked for overtakes nobody.
F2: people who are alike (lines, languages, limit, tier, always there), talks that last equally long from the accept
on, accepts equally long after the offer, no danger (there people choose, not the picker): at every instant, what they
took differs by at most one. The clock must tell any two accepts apart; a round commits its offers one by one, and
so it does.
F3: of those who could be asked, and to whom no earlier rule of order gives preference, who has rested longest is asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hotline.rules.assignment import Proposal
from tests.rules.week.facts import CARD_TIME, LONG_AGO, Case, Fact, World, demand
from tests.rules.week.house import Caller, Member

PACES = {"danger": (0, 60, 120), "call": (0, 30, 90, 180), "text": (0, 120, 300, 600)}
COMES_IN = timedelta(minutes=5)
ROUND = timedelta(seconds=0.5)
SITS = timedelta(minutes=2)
PATIENT = timedelta(seconds=1)  # two may suit each other so long without an offer


class Witness(World):
    """Told of everything as it happens."""

    def __init__(self, members: Sequence[Member], limit: int, *, equal: bool) -> None:
        super().__init__(members, limit)
        self.equal = equal
        self.came = 0
        self.paused: list[tuple[datetime, datetime]] = []  # the engine stood still
        self.behind_a_ring: list[timedelta] = []  # so long somebody in danger waited for the ring of another
        self._suits: dict[str, datetime] = {}  # contact -> since when somebody could be asked, and nobody is

    # -- callers -------------------------------------------------------------------------------------------

    def arrived(self, caller: Caller, last_by: str | None, key: object) -> None:
        self.came += 1
        self.cases[caller.id] = Case(caller, key, last_by=last_by, since=self.now)

    def comes(self, contact: str) -> None:
        """Somebody at home said so."""
        self.cases[contact].coming += 1

    def left(self, contact: str) -> None:
        case = self.cases[contact]
        case.phase = "left"
        for offer in list(case.rings):
            self._stop(case, offer)
        self._over(case)

    # -- offers ----------------------------------------------------------------------------------------------

    def planned(self, proposals: Sequence[Proposal]) -> None:
        """Who is to be asked for what, in this order."""
        self.forget()
        asked: dict[str, Case] = {}
        found: dict[str, list[str]] = {}
        for proposal in proposals:
            who, case = self.people[proposal.staff_id], self.cases[proposal.contact_id]
            way_made = case.danger and proposal.withdraw in who.rings
            demand("S3: two offers to one person", who.id not in asked and (way_made or not who.rings))
            up = self.up(case)
            demand("asked out of turn", who in up, f"{who.id} for {case.id}")
            self._nobody_overtaken(who, case, found)
            if not who.rings and case.id not in found:
                others = [each for each in up if not each.rings and each.id not in asked and each is not who]
                better = [rule for each in others if (rule := self.rather(who, each, case))]
                demand(f"order of people: {better[:1]}", not better)
            asked[who.id] = case
            found.setdefault(case.id, []).append(who.id)
        self._nobody_forgotten(asked, found)

    def _nobody_overtaken(self, who: Fact, case: Case, found: dict[str, list[str]]) -> None:
        for other in self.waiting():
            if other.rings or other.id in found or not other.comes_before(case) or other is case:
                continue
            rule = "P1 first" if other.danger else "F1: overtaken by more than the boosts differ"
            demand(rule, who not in self.up(other), f"{other.id} by {case.id}")

    def _nobody_forgotten(self, asked: dict[str, Case], found: dict[str, list[str]]) -> None:
        """Whoever is free is asked for what waits; danger rings for all, and makes way for itself."""
        free = {who.id for who in self.people.values() if not who.rings} - asked.keys()
        suits: dict[str, datetime] = {}
        for case in self.waiting():
            if case.danger:
                up = self.up(case)
                demand("danger rings for all of its rung", not any(who.id in free for who in up), case.id)
                self._danger_alone(case, up, asked, found)
            elif free and not case.rings and case.id not in found:
                demand("L2: nobody is asked", not any(who.id in free for who in self.up(case)), case.id)
            if case.id in found and not case.rings:
                suits[case.id] = self._suits.get(case.id, self.now)
                lasted = self.now - suits[case.id] - self._stood_still(suits[case.id])
                demand("L2: planned again and again, and never asked", lasted <= PATIENT, case.id)
        self._suits = suits

    def _danger_alone(
        self, case: Case, up: Sequence[Fact], asked: dict[str, Case], found: dict[str, list[str]]
    ) -> None:
        if case.rings or case.id in found:
            if case.unrung is not None:
                self.behind_a_ring.append(self.now - case.unrung)
                case.unrung = None
            return
        for who in up:
            looks_at = [*who.rings.values(), *([asked[who.id]] if who.id in asked else [])]
            demand("danger takes the place of an ordinary offer", all(each.danger for each in looks_at))
        if up and case.unrung is None:
            case.unrung = self.now
        if not up:
            case.unrung = None

    def made(self, offer: str, contact: str, staff: str, deadline: datetime) -> None:
        self.forget()
        who, case = self.people[staff], self.cases[contact]
        demand("S1: offered, and it does not wait", case.phase == "waiting")
        demand("S7: offered to who is kept apart from them", not self.kept_apart(who, case))
        demand("S3: offered to who is not there", self.there(who, case) is not None, staff)
        demand("S4: offered over capacity", self.has_room(who, case), staff)
        demand("S3: offered on a rung too high", self.could(who, case, self.reach(case)), staff)
        demand("S3: two offers to one person", not who.rings, staff)
        demand("S6: two offers of one contact", case.danger or not case.rings)
        urgent = [] if case.danger else [each for each in self.waiting() if each.danger and not each.rings]
        demand("S5: ordinary before urgent", not any(who in self.up(each) for each in urgent), staff)
        who.rings[offer] = case
        case.rings[offer] = staff, deadline

    def closed(self, offer: str, contact: str, how: str) -> None:
        case = self.cases[contact]
        demand("S6: an offer ends once", offer in case.rings, how)
        staff, deadline = case.rings[offer]
        who = self.people[staff]
        self._stop(case, offer)
        if how in ("declined", "expired"):
            case.asked[staff] += 1
        if how == "expired":
            demand("L3: ended before its time", deadline <= self.now)
            who.silent, who.misses = True, who.misses + 1
        if how == "accepted":
            demand("S6: accepted when its time was over", self.now < deadline, staff)
            case.accepted_by = staff
        if how in ("declined", "accepted"):
            who.silent, who.misses = False, 0

    def missed(self, contact: str, staff: str, *, told: bool) -> None:
        """The coordinator is told of two in a row, and when it was the last one there."""
        case = self.cases[contact]
        others = [each for each in self.people.values() if each.id != staff]
        alone = not any(self.there(each, case) is not None for each in others)
        demand("the coordinator hears of it", told == (alone or self.people[staff].misses >= 2), staff)

    def taken(self, contact: str, staff: str) -> None:
        who, case = self.people[staff], self.cases[contact]
        demand("S2: held by two", case.phase == "waiting" and case.holder is None)
        demand("S6: taken without an offer", case.accepted_by == staff, staff)
        demand("S6: a token of the set is left", not case.rings)
        demand("S3: taken off duty", self.tier(who, case) is not None, staff)
        demand("S7: taken by who is kept apart from them", not self.kept_apart(who, case))
        demand("S4: more than the limit", case.danger or self.has_room(who, case), staff)
        case.phase, case.holder = "active", staff
        case.taken_at = case.taken_at or self.now
        case.since = self.now
        who.talks[contact] = case
        who.taken += 1
        counts = [each.taken for each in self.people.values()]
        demand("F2: equal people, unequal shares", not self.equal or max(counts) - min(counts) <= 1)

    # -- talks -----------------------------------------------------------------------------------------------

    def ended(self, contact: str) -> None:
        case, who = self._let_go(contact)
        demand("a talk whose console is gone waits again", who.lost_at is None, who.id)
        case.phase = "wrap_up"
        who.cards.add(contact)
        who.card_until = max(who.card_until, self.now + CARD_TIME[case.danger])

    def gave_back(self, contact: str) -> None:
        case, who = self._let_go(contact)
        case.phase, case.holder = "waiting", None
        case.asked[who.id] += 1
        case.since, case.rungs, case.told, case.coming = self.now, {}, [], 0
        case.accepted_by = None

    def card_written(self, contact: str) -> None:
        case = self.cases[contact]
        who = self.people[case.holder or ""]
        who.cards.discard(contact)
        if not who.cards:
            who.card_until = LONG_AGO
        case.phase = "over"
        self._over(case)

    def signs(self, staff: str) -> None:
        self.people[staff].silent = False

    # -- the ladder --------------------------------------------------------------------------------------------

    def opened(self, contact: str, rung: str) -> None:
        case = self.cases[contact]
        demand("a rung opens once", rung not in case.rungs, rung)
        case.rungs[rung] = self.now

    def told_end(self, contact: str, *, attended: bool) -> None:
        case = self.cases[contact]
        case.told.append("attended" if attended else "nobody")
        truth = self.attended(case, self.ladder(case))
        demand("the end of the ladder is told truly", attended == truth, contact)

    def told_update(self, contact: str) -> None:
        case = self.cases[contact]
        truth = self.attended(case, {*case.rungs, "tier:1"})
        demand("'we are here' is told while somebody is", truth and not case.told, contact)

    # -- after each round ---------------------------------------------------------------------------------------

    def looked(self) -> None:
        """The engine has ended what it must and opened what is due."""
        for case in self.cases.values():
            for staff, deadline in case.rings.values():
                demand("L3: an offer outlives its deadline", self.now < deadline, staff)
                who = self.people[staff]
                stays = self.there(who, case) is not None and self.has_room(who, case)
                demand("S3: an offer stands with who is not there", stays, staff)
            if case.phase == "waiting":
                self._has_an_overflow(case)
        for who in self.people.values():
            for talk in who.talks.values() if who.lost_at else ():
                start = max(talk.since, who.lost_at or self.now)
                silent = self.now - start
                if silent > SITS:
                    demand(
                        "nobody sits with a dead console", silent - self._stood_still(start) <= SITS, who.id
                    )

    def _has_an_overflow(self, case: Case) -> None:
        demand("the end of the ladder is told once", len(case.told) == ("end" in case.rungs), case.id)
        if "end" in case.rungs:
            return
        skipped = "tier:2" in case.rungs or self.attended(case, ("tier:1",))
        demand("a rung where nobody is is skipped at once", skipped, case.id)
        pace = PACES["danger" if case.danger else "call" if case.call else "text"]
        waited = self.now - case.since - COMES_IN * case.coming
        last = len(pace) - 1
        for place, rung in enumerate(self.ladder(case)):
            by = pace[min(place, last)] + max(0, place - last) * (pace[last] - pace[last - 1])
            if place and rung not in case.rungs and waited > timedelta(seconds=by) + ROUND * (2 * place + 2):
                late = waited - self._stood_still(case.since) - timedelta(seconds=by)
                demand("L1: it waits, and no rung opens", late <= ROUND * (2 * place + 2), rung)

    def _stood_still(self, since: datetime) -> timedelta:
        """How long of the time since then the engine did nothing."""
        gone = timedelta(0)
        for start, end in reversed(self.paused):
            if end <= since:
                break
            gone += min(end, self.now) - max(start, since)
        return max(gone, timedelta(0))

    def key_is_the_same(self, contact: str, key: object) -> None:
        demand("S8: the key of a contact changed", key == self.cases[contact].key)

    def stored(self, contact: str, phase: str, holder: str | None) -> None:
        """What was written is what has happened."""
        case = self.cases[contact]
        demand("S1: conservation", (case.phase, case.holder) == (phase, holder), f"{case.phase} is {phase}")

    def counted(self) -> None:
        """Nobody is lost, and nobody is in two places."""
        demand("S1: conservation", self.came == len(self.cases) + len(self.over))
        for who in self.people.values():
            held = {
                name for name, case in self.cases.items() if case.phase == "active" and case.holder == who.id
            }
            demand("S2: held in one place", held == set(who.talks), who.id)

    def _stop(self, case: Case, offer: str) -> None:
        staff, _ = case.rings.pop(offer)
        del self.people[staff].rings[offer]

    def _let_go(self, contact: str) -> tuple[Case, Fact]:
        case = self.cases[contact]
        demand("S1: ended, and it was no talk", case.phase == "active")
        who = self.people[case.holder or ""]
        del who.talks[contact]
        who.ended = self.now
        who.hard += case.danger
        return case, who

    def _over(self, case: Case) -> None:
        self.over.append(self.cases.pop(case.id))

"""One house for every page: at first nobody has come, then a hard day, at the end the evening. Its clock stands still.

What is in it is invented; nobody's words are used.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from hotline.actions import (
    absences,
    assignments,
    callbacks,
    callers,
    cases,
    conflicts,
    contacts,
    handling,
    invitations,
    leases,
    messages,
    offers,
    planning,
    presence,
    signing_in,
    staff,
    transfers,
)
from hotline.actions import roster as shifts
from hotline.ids import new_id
from hotline.rules import access
from hotline.rules.access import OPERATOR
from hotline.rules.assignment import Proposal
from hotline.rules.callback import SafeTime, Wish
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import Pattern, Rotation
from hotline.rules.duty.demand import Demand
from hotline.store import staffing, views
from hotline.system import System
from hotline.web.roster_words import stamp
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    Caller,
    MovableClock,
    Person,
    Running,
    add_caller,
    add_person,
    running_house,
    settings_in,
)
from tests.web.doors import CASE

FAMILY = "family_trust"
TALK = (
    (
        "caller",
        "Dzień dobry. Od trzech tygodni prawie nie śpię. Serce mi wali i boję się, że coś mi się stanie.",
    ),
    ("staff", "Dzień dobry, tu Anna. Dobrze, że Pani pisze. Czy jest Pani teraz w bezpiecznym miejscu?"),
    ("caller", "Tak, jestem sama w domu. Lekarz mówił, że serce jest zdrowe."),
    ("note", "Siostra mieszka piętro niżej i może przyjść wieczorem."),
    ("staff", "To dużo jak na trzy tygodnie. Kiedy jest najtrudniej?"),
    ("caller", "Najgorzej jest około trzeciej w nocy. Wtedy chodzę po kuchni i liczę kafelki."),
    ("caller", "Wczoraj pierwszy raz powiedziałam o tym siostrze."),
)
HERS = (
    ("staff", "Dzień dobry, tu Beata. Czy mąż widzi teraz ten ekran?"),
    ("caller", "Nie, jestem w łazience. Dzieci są u babci do wieczora."),
    ("note", "Babcia mieszka na Ślichowicach, ma klucze."),
    ("staff", "Dobrze. Jeżeli zrobi się niebezpiecznie, proszę dzwonić pod 112. Czy może Pani wyjść z domu?"),
    ("caller", "Mogłabym przyjść na rozmowę, tylko nie w środę."),
)
HOW_TO_TALK = (
    "Mówić powoli, jedno pytanie naraz. O mężu tylko wtedy, gdy sama zacznie. "
    "Ustalone: jedna rozmowa wieczorem, potem herbata i sen."
)
WAITING = (
    ("Mąż znowu wyzywa mnie od rana, boję się wracać do pokoju.", "violence"),
    ("Syn nie odbiera telefonu od dwóch dni.", "missing_person"),
    ("Chciałabym zapytać o prawnika w sprawie alimentów.", "legal"),
    ("Trzy tygodnie temu umarł mój mąż.", "bereavement"),
    ("Nie wiem, od czego zacząć.", "other"),
    ("Straciłem pracę i mieszkanie, śpię u kolegi.", "work"),
)
NAMES = {
    "anna": "Anna Wiśniewska-Kaczmarczyk",
    "beata": "Beata Grzegorzewska",
    "celina": "Celina Aleksandra Wójcik-Dobrowolska",
    "dorota": "Dorota Szczepańska-Brzęczyszczykiewicz",
    "ewa": "Ewa Lis",
    "maria": "Maria Konarzewska",
    "igor": "Igor Wiśniewski",
    "halina": "Halina Święcicka-Głowacz",
}


@dataclass
class Scene:
    """The house, who works in it with their cookies, and what the addresses of its pages are filled with."""

    running: Running
    people: dict[str, Person] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    open_pages: list[str] = field(default_factory=list)  # contacts whose callers are there

    @property
    def system(self) -> System:
        return self.running.system

    # -- nobody has come yet ---------------------------------------------------------------------------

    async def opens(self) -> None:
        """Somebody leads and somebody administers; nobody is on duty."""
        for login, role in (("maria", "supervisor"), ("igor", "administrator"), ("halina", "caseworker")):
            await self._employ(login, (), role)
        await self._employ("celina", (FAMILY,), hours=None)
        async with self.system.transaction(OPERATOR) as tx:
            await staffing.change(tx, self.people["igor"].id, flags=[access.IS_DPO])
        self.parts["person"] = self.people["celina"].id
        await leases.take(self.system, "the tests")

    # -- a hard day ------------------------------------------------------------------------------------

    async def fills(self) -> None:
        """Four at work, ten talks of one of them, twelve waiting, a case, call-backs, a roster with gaps."""
        system = self.system
        await self._employ("anna", (TRUST,))
        await self._employ("beata", (TRUST, VICTIMS))
        await self._employ("dorota", (PERPETRATORS,))
        await self._employ("ewa", (TRUST,))
        now = system.clock.now()
        self.parts["shift"] = stamp(now - timedelta(hours=1))
        await shifts.add_shift(
            system, OPERATOR, FAMILY, self.people["celina"].id, now, now + timedelta(hours=8)
        )
        await self._talks()
        for number in range(12):
            text, topic = WAITING[number % len(WAITING)]
            danger = "yes" if number == 3 else "unsure" if number in (5, 8) else None
            self.callers["waiting"] = await add_caller(system, text, topic=topic, danger=danger)
            self.open_pages.append(self.callers["waiting"].contact_id)
            await self._passes(minutes=2)
        await self._owed()
        await self._call_backs()
        await self._planned()
        await self._staffed()
        await leases.take(system, "the tests")
        for login in ("anna", "beata", "celina", "dorota", "ewa"):
            await presence.seen(system, self.people[login].actor)

    async def _talks(self) -> None:
        """Anna's ten: the first is told in full, the others wait for an answer."""
        for number in range(10):
            text, topic = WAITING[number % len(WAITING)]
            caller = await self.taken("anna", TALK[0][1] if not number else text, topic=topic)
            self.callers.setdefault("active", caller)
            self.callers["last"] = caller
            await self._passes(minutes=1)
        await self._says("anna", self.callers["active"], TALK[1:])
        await self._known("anna", self.callers["active"], self.callers["last"])
        self.callers["hers"] = await self.taken("beata", WAITING[0][0], VICTIMS, topic="violence")
        await self._says("beata", self.callers["hers"], HERS)
        active = self.callers["active"].contact_id
        self.parts |= {"contact": active, "notice": self.system.notice.version}
        self.callers["ended"] = await self.taken("dorota", "Dziękuję, to wszystko.", line=PERPETRATORS)

    async def _known(self, login: str, *contacts_of_one: Caller) -> None:
        """The same pseudonym in several contacts, and how to talk with whoever that is."""
        actor = self.people[login].actor
        for each in contacts_of_one:
            await callers.name(self.system, actor, each.contact_id, "Pani Jaskółka")
        await handling.write(self.system, actor, contacts_of_one[0].contact_id, HOW_TO_TALK, 90)

    async def taken(self, login: str, text: str, line: str = TRUST, **more: object) -> Caller:
        """A caller whose talk this person has."""
        caller = await add_caller(self.system, text, line, **more)
        self.open_pages.append(caller.contact_id)
        await assignments.pick_up(self.system, self.people[login].actor, caller.contact_id)
        return caller

    async def _says(self, login: str, caller: Caller, said: tuple[tuple[str, str], ...]) -> None:
        actor, contact = self.people[login].actor, caller.contact_id
        for who, text in said:
            await self._passes(seconds=40)
            if who == "caller":
                await messages.receive(self.system, caller.actor, contact, new_id(), text)
            else:
                speak = messages.note if who == "note" else messages.reply
                await speak(self.system, actor, contact, new_id(), text)

    async def _owed(self) -> None:
        """A case that Halina leads; somebody who left in danger; a colleague who is asked."""
        anna, active = self.people["anna"].actor, self.callers["active"].contact_id
        values = {**CASE, "worker": self.people["halina"].id, "subject": "Pani Jaskółka"}
        case = await cases.open_case(self.system, anna, active, values)
        await cases.note(self.system, self.people["halina"].actor, case, new_id(), "Potwierdzono wizytę.")
        self.parts["case"] = case
        left = await add_caller(self.system, "On tu jest.", danger="yes")
        await contacts.leave(self.system, left.actor, left.contact_id, quick=True)

    async def _call_backs(self) -> None:
        day = date(2026, 11, 23)
        for start, says in ((8, "first_name"), (18, "nothing")):
            caller = await add_caller(self.system, "Nie mogę teraz pisać.", VICTIMS)
            wish = Wish(SafeTime(day, start * 60, start * 60 + 120), number="600100200", says=says)
            await callbacks.ask(self.system, caller.actor, caller.contact_id, wish)
            self.callers["callback"] = caller

    async def _planned(self) -> None:
        """A published week with nights that nobody takes, a draft of the next, absences."""
        system, anna = self.system, self.people["anna"].id
        monday = date(2026, 11, 30)
        day = Pattern(
            "", TRUST, frozenset(WEEKDAYS), 480, 960, Rotation(((anna,), (self.people["beata"].id,))), monday
        )
        pattern = await planning.add_pattern(system, OPERATOR, day)
        week = await planning.draft(system, OPERATOR, TRUST, monday, monday + timedelta(days=6))
        await planning.publish(system, OPERATOR, week, confirmed=True)
        draft = await planning.draft(system, OPERATOR, TRUST, date(2026, 12, 7), date(2026, 12, 13))
        demand = await planning.add_demand(system, OPERATOR, Demand("", TRUST, 2))
        actor, start = self.people["anna"].actor, system.clock.now() + timedelta(days=20)
        asked = [
            await absences.note_absence(system, actor, anna, "leave", start, start + timedelta(days=2 + many))
            for many in range(2)
        ]
        self.parts |= {
            "pattern": pattern, "draft": draft, "demand": demand, "absence": asked[0],
            "second": asked[1], "anna": anna,
        }  # fmt: skip

    async def _staffed(self) -> None:
        """Somebody invited, and somebody kept apart from a caller."""
        newcomer = staff.Newcomer(
            "oksana", "Oksana Szewczenko", "Oksana", ("counsellor",), (TRUST,), ("uk", "pl")
        )
        _, secret = await invitations.invite(self.system, self.people["igor"].actor, newcomer)
        self.parts["secret"] = secret
        waiting = self.callers["waiting"].contact_id
        await conflicts.mark(
            self.system,
            self.people["maria"].actor,
            "contact",
            waiting,
            self.people["anna"].id,
            "Sąsiadka z klatki.",
        )
        self.parts["waiting"] = waiting

    # -- what happens while a page is looked at ---------------------------------------------------------

    async def rings(self, *, danger: bool) -> None:
        """An offer: danger for Beata, anything else for Celina."""
        login, line, danger_now = ("beata", VICTIMS, "yes") if danger else ("celina", FAMILY, "no")
        text, topic = ("On stoi za drzwiami.", "violence") if danger else WAITING[3]
        caller = await add_caller(self.system, text, line, topic=topic, danger=danger_now, under18=danger)
        proposal = Proposal(caller.contact_id, self.people[login].id)
        assert await offers.make(self.system, self.people["maria"].actor, proposal) is not None

    async def ends(self) -> None:
        """Dorota ends her talk; what is left of it is its card."""
        contact = self.callers["ended"].contact_id
        async with self.system.read() as tx:
            head = await views.contact_head(tx, contact)
        if head is not None and head.state == "active":
            await contacts.end(self.system, self.people["dorota"].actor, contact, "completed")

    async def asks(self) -> None:
        """Anna asks Ewa, at her own console, to read along."""
        anna, ewa = self.people["anna"], self.people["ewa"]
        contact = self.callers["active"].contact_id
        await transfers.ask(
            self.system, anna.actor, contact, ewa.id, "consult", "consented", "Proszę o radę."
        )

    async def in_the_evening(self) -> None:
        """Lines that are for the day have closed."""
        self.running.clock.advance(hours=10)

    async def _passes(self, **delta: float) -> None:
        """Time; the pages of those who wait or talk stay open meanwhile."""
        self.running.clock.advance(**delta)
        await contacts.callers_seen(self.system, self.open_pages)

    # -- people ------------------------------------------------------------------------------------------

    async def cookie(self, login: str) -> str:
        """The session of this person."""
        if login not in self.cookies:
            link = await staff.issue_link(self.system, OPERATOR, self.people[login].id)
            self.cookies[login] = await signing_in.sign_in_with_link(self.system, link)
        return self.cookies[login]

    async def _employ(
        self, login: str, lines: tuple[str, ...], role: str = "counsellor", hours: float | None = 8
    ) -> None:
        """Somebody with a long name, at work where they have hours."""
        here = hours is not None and bool(lines)
        person = await add_person(
            self.system,
            login.capitalize(),
            lines,
            (role,),
            hours=hours if lines else None,
            present=here,
            text_limit=10,
        )
        async with self.system.transaction(OPERATOR) as tx:
            await staffing.change(tx, person.id, name=NAMES[login])
        self.people[login] = person


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[Scene]:
    """The house before anybody has come. Nothing in it happens by itself: who leads is the tests."""
    clock = MovableClock(frozen=True)
    async with running_house(settings_in(folder), clock, engine=False) as running:
        scene = Scene(running)
        await scene.opens()
        yield scene

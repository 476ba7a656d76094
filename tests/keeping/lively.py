"""An installation in full swing: contacts in every state, a case, notes, offers, sessions, audit, an erasure."""

import asyncio
from datetime import timedelta

from pyotp import TOTP

from hotline.actions import (
    arrivals,
    callbacks,
    callers,
    cases,
    conflicts,
    contacts,
    drafts,
    erasure,
    handling,
    messages,
    offers,
    parking,
    roster,
    second_step,
    shift_checks,
    signing_in,
    staff,
    staff_notices,
)
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.rules.callback import SafeTime, Wish
from hotline.store import views
from hotline.system import System
from tests import factories
from tests.factories import TRUST
from tests.web.doors import CASE

NUMBER = "600100200"
ZERO_WIDTH = "Zażółć gęślą jaźń 🕯️ – «\u200bмовчання»"


async def fill(system: System) -> str:
    """The town; the id of its contact that was erased. Every table has rows, every sealed column a value."""
    anna = await factories.add_person(system, "Anna", text_limit=1000)
    halina = await factories.add_person(system, "Halina", lines=(), roles=("caseworker",))
    beata = await factories.add_person(system, "Beata")
    secret = await staff.issue_link(system, OPERATOR, anna.id)
    await signing_in.sign_in_with_link(system, secret)
    await staff.issue_link(system, OPERATOR, beata.id)
    for person in (anna, beata):  # one has proved the code of the app, the other not yet
        await second_step.begin(system, person.actor, None)
    shown = await second_step.setting_up(system, anna.actor)
    assert shown is not None
    await second_step.prove(system, anna.actor, TOTP(shown.secret).at(system.clock.now()))
    to_end = []
    for number in range(9):
        talk = await factories.talk(system, anna, text=f"{ZERO_WIDTH} {number}")
        await messages.receive(
            system, talk.actor, talk.contact_id, "message-0001", ZERO_WIDTH * number or "tak"
        )
        await messages.note(system, anna.actor, talk.contact_id, "note-0001", "Notatka.")
        if number % 3 == 0:
            await factories.finish(system, anna, talk.contact_id)
        elif number % 3 == 1:
            to_end.append(talk.contact_id)
    erased = await _erased(system, anna)
    active = await factories.talk(system, anna)
    said = (f"message-{number:04}" for number in range(100))  # more words than the samples take
    await asyncio.gather(
        *(messages.receive(system, active.actor, active.contact_id, each, "Tak.") for each in said)
    )
    await drafts.save(system, anna.actor, active.contact_id, "message", None, "draft-0001", ZERO_WIDTH)
    await contacts.set_priority(system, anna.actor, active.contact_id, "P2", "Powód.")
    case_id = await cases.open_case(system, anna.actor, active.contact_id, {**CASE, "worker": halina.id})
    await cases.note(system, halina.actor, case_id, "note-0001", "Wizyta ustalona.")
    waiting = await factories.add_caller(system)
    declined = await factories.offer_to(system, waiting.contact_id, beata.id)
    assert declined is not None
    await offers.decline(system, beata.actor, declined.id, declined.token)
    ringing = await factories.add_caller(system)
    assert await factories.offer_to(system, ringing.contact_id, beata.id)
    gone = await factories.add_caller(system, danger="yes")
    await contacts.leave(system, gone.actor, gone.contact_id, quick=True)
    telegram = arrivals.Arrival(
        line=TRUST, channel="telegram", origin="telegram:1", client_id="update-0001", language="uk", text="Добрий день",
        address="4503599627370497",
    )  # fmt: skip
    await arrivals.start(system, telegram)
    await staff_notices.link(
        system, CHANNEL, await staff_notices.issue_code(system, anna.actor, anna.id), 4711
    )
    assert await parking.park(system, CHANNEL, "telegram:7", "KeyError", '{"message": "Nieczytelne."}')
    await write_what_is_rare(system, ZERO_WIDTH)
    for contact_id in to_end:  # last, because whoever owes cards is left alone with them
        await contacts.end(system, anna.actor, contact_id, "completed")
    return erased


async def write_what_is_rare(system: System, words: str) -> None:
    """A call-back with its number, a conflict with its reason, a remark of a shift's check, a caller known again."""
    filip = await factories.add_person(system, "Filip", (), ("supervisor",), hours=None)
    celina = await factories.add_person(system, "Celina", hours=None)
    start = system.clock.now() + timedelta(minutes=15)
    await roster.add_shift(system, OPERATOR, TRUST, celina.id, start, start + timedelta(hours=8))
    await shift_checks.save(system, celina.actor, "start", {"phone_on": "bad"}, words)
    caller = await factories.add_caller(system)
    safe = SafeTime(start.date() + timedelta(days=1), 18 * 60, 20 * 60)
    await callbacks.ask(system, caller.actor, caller.contact_id, Wish(safe, number=NUMBER))
    await conflicts.mark(system, filip.actor, "contact", caller.contact_id, celina.id, words)
    danuta = await factories.add_person(system, "Danuta")
    now = system.clock.now()
    call = arrivals.ByHand(TRUST, "phone", now - timedelta(minutes=20), now, "P3", "pl")
    known = await arrivals.enter(system, danuta.actor, call)
    await callers.name(system, danuta.actor, known, words)
    await handling.write(system, danuta.actor, known, words, 90)


async def _erased(system: System, anna: factories.Person) -> str:
    caller = await factories.talk(system, anna, text="Proszę to usunąć.")
    await factories.finish(system, anna, caller.contact_id)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
    assert head is not None
    await erasure.destroy(system, OPERATOR, "contact", head.ref, "request")
    return caller.contact_id

"""An installation in full swing: contacts in every state, a case, notes, offers, sessions, audit, an erasure."""

import asyncio

from pyotp import TOTP

from hotline.actions import (
    arrivals,
    cases,
    contacts,
    erasure,
    messages,
    offers,
    parking,
    second_step,
    signing_in,
    staff,
    staff_notices,
)
from hotline.channels import CHANNEL
from hotline.rules.access import OPERATOR
from hotline.store import views
from hotline.system import System
from tests import factories
from tests.factories import TRUST
from tests.web.doors import CASE

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
    for number in range(9):
        talk = await factories.talk(system, anna, text=f"{ZERO_WIDTH} {number}")
        await messages.receive(
            system, talk.actor, talk.contact_id, "message-0001", ZERO_WIDTH * number or "tak"
        )
        await messages.note(system, anna.actor, talk.contact_id, "note-0001", "Notatka.")
        if number % 3 == 0:
            await factories.finish(system, anna, talk.contact_id)
        elif number % 3 == 1:
            await contacts.end(system, anna.actor, talk.contact_id, "completed")
    active = await factories.talk(system, anna)
    said = (f"message-{number:04}" for number in range(100))  # more words than the samples take
    await asyncio.gather(
        *(messages.receive(system, active.actor, active.contact_id, each, "Tak.") for each in said)
    )
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
    return await _erased(system, anna)


async def _erased(system: System, anna: factories.Person) -> str:
    caller = await factories.talk(system, anna, text="Proszę to usunąć.")
    await factories.finish(system, anna, caller.contact_id)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
    assert head is not None
    await erasure.destroy(system, OPERATOR, "contact", head.ref, "request")
    return caller.contact_id

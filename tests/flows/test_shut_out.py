"""Sessions end, roles change and people leave while their consoles are open in several processes, Redis or not."""

import time
from collections.abc import Awaitable

import pytest

from hotline.actions import leaving, sessions, staff
from hotline.rules.access import OPERATOR
from tests import servers
from tests.factories import VICTIMS, Person
from tests.flows.processes import Process, Street, figures
from tests.flows.staff import Counsellor

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]
SHUT = 5.0  # seconds from the commit until the last open console is closed
NOT_SIGNED_IN = 4401


async def at_both(street: Street, person: Person, here: Process, there: Process) -> list[Counsellor]:
    """The same person at two computers, each at another process."""
    return [await street.at_console(person, "Anna", web) for web in (here, there)]


async def shut(what: Awaitable[object], consoles: list[Counsellor]) -> float:
    """Do it; seconds until every one of these consoles is closed, as one whose session is over."""
    await what
    began = time.monotonic()
    codes = [await each.gone() for each in consoles]
    took = time.monotonic() - began
    assert codes == [NOT_SIGNED_IN] * len(consoles)
    for each in consoles:
        assert (await each.ask("GET", "/console/state")).status in (401, 403)
    return took


async def test_open_consoles_close_within_seconds_in_every_process(
    street: Street, redis: servers.RedisServer
) -> None:
    here, there, engine, _ = await street.opens()
    anna, beata = await street.hires("Anna"), await street.hires("Beata")
    bystander = await street.at_console(beata, "Beata", there)
    poked = await shut(
        sessions.end_all(street.system, OPERATOR, anna.id), await at_both(street, anna, here, there)
    )
    assert bystander.live

    redis.process.terminate()
    redis.process.wait(10)
    for process in (here, there, engine):
        await process.says("redis away")
    polled = await shut(
        sessions.end_all(street.system, OPERATOR, anna.id), await at_both(street, anna, here, there)
    )
    less = staff.Changes("Anna", "Anna", ("caseworker",), (VICTIMS,), ("pl",), (), 2)
    changed = await shut(
        staff.change(street.system, OPERATOR, anna.id, less), await at_both(street, anna, here, there)
    )

    zofia = street.caller(here)
    await zofia.writes_first("Dzień dobry, czy ktoś jest?")
    await bystander.answers_next()
    await zofia.sees(state="active")
    left = await shut(leaving.leave(street.system, OPERATOR, beata.id), [bystander])
    await zofia.reads("nie może jej dalej prowadzić")
    await zofia.sees(state="waiting")
    figures(
        f"closed after: session ended {poked:.2f} s; without Redis: session {polled:.2f} s, "
        f"role {changed:.2f} s, leaving {left:.2f} s"
    )
    assert max(poked, polled, changed, left) < SHUT

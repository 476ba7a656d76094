"""The engine is killed or frozen: the one that stands by takes over, and accepted is accepted."""

import signal
import time

import pytest

from tests.flows.processes import Street, figures

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]
REPLACED = 5.0  # seconds from the death of the engine to the next offer


async def test_the_engine_dies_between_offer_and_accept_and_another_takes_over(street: Street) -> None:
    _, there, engine, standby = await street.opens()
    anna = await street.counsellor("Anna", there)
    first, second = street.caller(there), street.caller(there)
    await first.writes_first("Pierwsza.")
    await second.writes_first("Druga.")
    offer = await anna.rings()
    killed = time.monotonic()
    assert await engine.ends(signal.SIGKILL) == -signal.SIGKILL
    contact = await anna.accepts(offer)
    await first.sees(state="active")
    await anna.replies(contact, "Jestem.")
    await first.reads("Jestem.")
    other = await street.contact_of(second)
    await street.offered(other)
    took = time.monotonic() - killed
    figures(f"engine killed; the next offer after {took:.2f} s")
    assert took < REPLACED
    assert '"epoch": 2' in standby.log()
    assert await anna.answers_next() == other


async def test_an_engine_that_was_paused_comes_back_as_a_standby(street: Street) -> None:
    _, there, engine, standby = await street.opens()
    engine.tell(signal.SIGSTOP)
    paused = await standby.says("engine leads", REPLACED + 5)
    anna = await street.counsellor("Anna", there)
    caller = street.caller(there)
    await caller.writes_first("Halo?")
    contact = await anna.answers_next()
    engine.tell(signal.SIGCONT)
    await engine.says("engine stands by")
    assert await standby.ends(signal.SIGTERM) == 0
    stopped = time.monotonic()
    await engine.says('"epoch": 3')
    figures(f"engine paused: replaced after {paused:.2f} s; stopped: {time.monotonic() - stopped:.2f} s")
    assert time.monotonic() - stopped < REPLACED
    assert "lease not given up" not in standby.log()
    assert await engine.ends(signal.SIGTERM) == 0
    await anna.replies(contact, "Jestem, choć nikt już nie przydziela.")
    await caller.reads("Jestem, choć nikt już nie przydziela.")

"""A web process is killed, or all are replaced one by one, while people wait and write."""

import asyncio
import signal

import pytest
from aiohttp import ClientError

from hotline.store import views
from tests.flows.people import WebCaller, new_id
from tests.flows.processes import Process, Street, figures
from tests.flows.talks import in_seconds, talks_of

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


async def test_a_web_process_dies_while_its_callers_wait(street: Street) -> None:
    here, there, _, _ = await street.opens()
    first, second = street.caller(here), street.caller(here)
    await first.writes_first("Byłam pierwsza.")
    await second.writes_first("Ja po niej.")
    await second.sees(position=2)
    contact = await street.contact_of(first)
    assert await here.ends(signal.SIGKILL) == -signal.SIGKILL
    assert await first.gone() == 1006
    again, other = street.caller(there, before=first), street.caller(there, before=second)
    await again.resumes()
    await other.resumes()
    await again.sees(state="waiting", position=1)
    await other.sees(state="waiting", position=2)
    await again.writes("Jestem dalej.")
    anna = await street.counsellor("Anna", there, talks=1)
    assert await anna.answers_next() == contact
    await anna.reads(contact, "Jestem dalej.")
    await other.sees(position=1)
    again.saw_each_entry_once_in_order()
    assert again.words() == anna.words(contact) == ["Byłam pierwsza.", "Jestem dalej."]
    assert await there.ends(signal.SIGTERM) == 0


KILLS = 3
AT_ONCE = 110  # ten more than a caller has connections: one commit cannot acknowledge all of them


async def test_a_web_process_dies_with_messages_on_their_way(street: Street) -> None:
    here, there, _, _ = await street.opens()
    figured = []
    for _ in range(KILLS):
        caller = street.caller(here)
        await caller.writes_first("Zaraz będzie dużo naraz.")
        contact = await street.contact_of(caller)
        sent = {new_id(): f"Wiersz {number}." for number in range(AT_ONCE)}
        acknowledged = await _sends_all(caller, sent, here)
        lost = sent.keys() - acknowledged
        assert 0 < len(acknowledged) < AT_ONCE, "it died too early or too late to tell anything"
        async with street.system.read() as tx:
            stored = {entry.text for entry in await views.entries_after(tx, contact, 0, "staff", 1000)}
        assert {sent[each] for each in acknowledged} <= stored
        unheard = sum(sent[each] in stored for each in lost)
        figured.append((len(acknowledged), unheard, len(lost) - unheard))

        again = street.caller(there, before=caller)
        await again.resumes()
        for message, text in sent.items():  # all of them again: no page can know what became of the answer
            (await again.send(text, message)).ok()
        for text in sent.values():
            await again.reads(text)
        assert sorted(again.words()[1:]) == sorted(sent.values())
        again.saw_each_entry_once_in_order()
        here = await _another(street, here)
    figures(f"web killed {KILLS} times: (acknowledged, stored unheard, not stored) {figured}; all there once")


async def _sends_all(caller: WebCaller, sent: dict[str, str], web: Process) -> set[str]:
    """Everything at once; the process is killed at the fifth acknowledgement. The ids that were acknowledged."""
    acknowledged: set[str] = set()

    async def send(message: str) -> None:
        try:
            (await caller.send(sent[message], message)).ok()
        except ClientError:
            return
        acknowledged.add(message)
        if len(acknowledged) == 5:
            web.tell(signal.SIGKILL)

    await asyncio.gather(*map(send, sent))
    assert await web.ends(signal.SIGKILL) == -signal.SIGKILL
    return acknowledged


async def _another(street: Street, before: Process) -> Process:
    """In the place of one that ended: on its port."""
    web = await street.start("web", port=before.settings.port)
    await web.says("Listening on")
    return web


async def test_web_processes_are_replaced_one_after_the_other_in_the_middle_of_talks(street: Street) -> None:
    here, there, _, _ = await street.opens()
    talks = await talks_of(street, 3, here, there)
    async with talks.going_on():
        for web in (here, there):
            await talks.more(3)
            assert await web.ends(signal.SIGTERM) == 0
            await talks.trouble()
            await talks.more(3)
            await _another(street, web)
        await talks.more(3)
    figures(
        f"both web processes replaced: {talks.acknowledged} messages, {talks.unanswered} tries unanswered, "
        f"{talks.refused.total()} refused; acknowledged {in_seconds(talks.took)}"
    )


async def test_a_web_process_is_killed_in_the_middle_of_talks(street: Street) -> None:
    here, there, _, _ = await street.opens()
    talks = await talks_of(street, 3, here, there)
    async with talks.going_on():
        await talks.more(3)
        assert await here.ends(signal.SIGKILL) == -signal.SIGKILL
        await talks.trouble()
        await talks.more(5)
    figures(f"web killed: {talks.acknowledged} messages, {talks.unanswered} tries unanswered; all there once")

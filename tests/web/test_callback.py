"""Asking to be called back on the caller's pages: from the queue and where nobody can be written to, without script."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from sqlalchemy import select

from hotline.actions import contacts
from hotline.rules.access import Actor
from hotline.store import queries
from hotline.store.tables import callbacks
from tests.factories import PERPETRATORS, TRUST
from tests.web.doors import Answer, Doors, bearer

FORM = {"number": "600 100 200", "day": "2026-11-23", "from": "1080", "to": "1200", "says": "centre"}


async def sent(doors: Doors, line: str, **fields: str) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    return await doors.ask("POST", f"/chat/{line}/callback", raw=urlencode(fields).encode(), headers=headers)


async def test_from_the_queue_and_back_into_it(doors: Doors) -> None:
    caller = await doors.caller()
    empty = await sent(doors, TRUST, token=caller.token)
    assert 'name="number"' in empty.text
    assert "Miejsce w kolejce zostaje" in empty.text
    wrong = await sent(doors, TRUST, token=caller.token, **{**FORM, "number": "112"})
    assert "Tego numeru nie da się wybrać" in wrong.text
    done = await sent(doors, TRUST, token=caller.token, **FORM)
    assert "poniedziałek 23.11.2026, godz. 18:00" in done.text
    state = (await doors.ask("GET", f"/chat/{TRUST}/contact", headers=bearer(caller))).json["state"]
    assert (state["later"], state["position"]) == (True, None)
    assert "godz. 18:00" in state["sentence"]
    await doors.ask("POST", f"/chat/{TRUST}/wait", body={}, headers=bearer(caller))
    state = (await doors.ask("GET", f"/chat/{TRUST}/contact", headers=bearer(caller))).json["state"]
    assert (state["later"], state["position"]) == (False, 1)


async def test_a_closed_line_offers_it_and_takes_it_once(doors: Doors) -> None:
    doors.running.clock.set(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    page = await doors.ask("GET", f"/chat/{PERPETRATORS}", headers={"Accept": "text/html"})
    assert f"/chat/{PERPETRATORS}/callback" in page.text
    fields = {**FORM, "token": "t" * 43, "id": "i" * 43}
    for _ in range(2):
        assert "Zapisane" in (await sent(doors, PERPETRATORS, **fields)).text
    system = doors.running.system
    actor = await contacts.caller_of(system, "t" * 43)
    assert isinstance(actor, Actor)
    async with system.read() as tx:
        row = await queries.contact(tx, actor.id)
        query = select(callbacks.c.says, callbacks.c.number_sealed)
        query = query.where(callbacks.c.contact_id == actor.id, callbacks.c.outcome.is_(None))
        kept = (await tx.connection.execute(query)).one()
    assert row is not None
    assert row.due_at > system.clock.now()
    assert (kept.says, b"600100200" in kept.number_sealed) == ("centre", False)

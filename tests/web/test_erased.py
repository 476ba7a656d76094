"""Pages of what was erased: a calm sentence, never a failure."""

import asyncio

from hotline.actions import cases, contacts, erasure
from hotline.live import topics
from hotline.rules.access import OPERATOR
from hotline.store import views
from hotline.texts import say
from tests import factories
from tests.web.doors import Doors

GONE = say("error.key_destroyed", "pl")


async def test_erased_content_says_so(doors: Doors) -> None:
    system = doors.running.system
    caller, case_id = await doors.case()
    await factories.finish(system, doors.people["Anna"], caller.contact_id)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
        case = await views.case(tx, case_id)
    assert head is not None
    assert case is not None
    filip = doors.people["Filip"].actor
    await contacts.look(system, filip, caller.contact_id, "Skarga.")
    await cases.look(system, filip, case_id, "Skarga.")
    await erasure.destroy(system, OPERATOR, "contact", head.ref, "request")
    await erasure.destroy(system, OPERATOR, "case", case.row.ref, "request")
    contact = f"/console/contacts/{caller.contact_id}"
    asked = [("Anna", contact), ("Halina", f"/cases/{case_id}")]
    for name, path in asked:
        for path_asked in (f"{path}/entries", f"{path}/card") if path == contact else (path,):
            answer = await doors.ask(
                "GET", path_asked, headers={**doors.as_staff(name), "Accept-Language": "pl"}
            )
            assert (answer.status, answer.code) == (410, "key_destroyed"), (
                name,
                path_asked,
                answer.text[:200],
            )
            assert answer.json["error"]["sentence"] == GONE
    wanted = {**doors.as_staff("Halina"), "Accept": "text/html", "Accept-Language": "pl"}
    page = await doors.ask("GET", f"/cases/{case_id}", headers=wanted)
    assert (page.status, GONE in page.text) == (410, True)
    listed = await doors.ask("GET", "/cases", headers=wanted)
    assert (listed.status, case.row.ref in listed.text) == (200, True)  # a list holds no content


async def test_a_console_that_watches_it_lives_on(doors: Doors) -> None:
    """Its socket would otherwise end, come back and end again for as long as the page is open."""
    system = doors.running.system
    caller = await doors.talk("Beata")
    await factories.finish(system, doors.people["Beata"], caller.contact_id)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
    assert head is not None
    await erasure.destroy(system, OPERATOR, "contact", head.ref, "request")
    headers = {**doors.as_staff("Beata"), "Origin": doors.ours}
    async with (
        asyncio.timeout(60),
        doors.http.ws_connect(f"{doors.ours}/console/socket", headers=headers) as page,
    ):
        await page.send_json({"watch": caller.contact_id, "after": 0})
        for _ in range(4):
            while (frame := await page.receive_json()) == {"alive": True}:
                pass
            assert "console" in frame
            system.bus.publish({topics.contact(caller.contact_id)})

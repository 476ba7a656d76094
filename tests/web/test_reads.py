"""A census of reading: every route that opens a contact or a case, every role, and what the audit says then.

Whoever it does not concern learns nothing, not even that it is there. Whoever leads says why, and that stays.
"""

import json
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from hotline.actions import cases, contacts, summaries
from hotline.ids import new_id
from hotline.store.tables import audit
from hotline.web.routes import ROUTES
from tests.factories import PERPETRATORS, VICTIMS, add_caller, talk
from tests.web.doors import CASE, Answer, Doors, filled
from tests.web.test_routes import card, told

WORDS = "Powiedziane w zaufaniu."
WHY = "Skarga rozmówcy z wczoraj."
READS = [route.path for route in ROUTES if route.method == "GET" and "{contact:" in route.path]
ENTRIES, CARD, CALLBACK, KNOWN = (
    next(path for path in READS if path.endswith(end))
    for end in ("/entries", "/card", "/callback", "/caller")
)
CONTENT = (ENTRIES, CARD, CALLBACK, KNOWN)
# what a supervisor may see of a contact without opening it: no content and no identity
BARE = ("/board/contacts/{contact:[0-9a-f-]{36}}", "/console/contacts/{contact:[0-9a-f-]{36}}/case")
# for the holder alone, whatever anybody else has opened
HOLDERS = {
    "/console/contacts/{contact:[0-9a-f-]{36}}/transfer": "Beata Testowa",  # who could take it
    "/console/contacts/{contact:[0-9a-f-]{36}}/replies": "Tu Anna",  # ready sentences, filled in
}
# for whoever is writing it
WRITERS = ("/console/contacts/{contact:[0-9a-f-]{36}}/drafts",)
PAGE = {"Accept": "text/html"}
FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Row:
    """A line of the audit."""

    who: str
    verb: str
    thing: str
    why: str | None


async def record(doors: Doors, thing_id: str) -> list[Row]:
    """Who looked at this, in order; the reasons opened."""
    query = (
        select(audit).where(audit.c.thing_id == thing_id, audit.c.verb.like("%.look")).order_by(audit.c.id)
    )
    async with doors.running.system.read() as tx:
        rows = (await tx.connection.execute(query)).all()
        return [
            Row(
                row.actor_id,
                row.verb,
                row.thing_id,
                await tx.unseal(thing_id, "audit", row.id, row.reason_sealed) if row.reason_sealed else None,
            )
            for row in rows
        ]


async def ask(doors: Doors, who: str, path: str, thing_id: str) -> Answer:
    return await doors.ask("GET", filled(path, thing_id, thing_id), headers=doors.as_staff(who))


async def closed(doors: Doors) -> str:
    """A contact of Anna's that is over, with a card."""
    contact_id = (await doors.talk()).contact_id
    system, anna = doors.running.system, doors.people["Anna"].actor
    await contacts.end(system, anna, contact_id, "completed")
    await summaries.save(system, anna, contact_id, card(doors))
    return contact_id


def test_the_census_knows_every_route_that_reads_a_contact() -> None:
    assert set(READS) == {*CONTENT, *BARE, *HOLDERS, *WRITERS}


@pytest.mark.parametrize("path", HOLDERS)
async def test_what_helps_in_a_talk_is_told_to_its_holder_without_a_word_of_it(
    doors: Doors, path: str
) -> None:
    thing = (await doors.talk()).contact_id
    own = await ask(doors, "Anna", path, thing)
    assert own.status == 200
    assert HOLDERS[path] in own.text
    await contacts.look(doors.running.system, doors.people["Filip"].actor, thing, WHY)
    for who in ("Beata", "Filip"):
        foreign, absent = await ask(doors, who, path, thing), await ask(doors, who, path, new_id())
        assert foreign.status == 404, who
        assert told(foreign) == told(absent), who


async def test_what_is_being_written_is_for_its_writer_and_a_pane_holds_none_of_it(doors: Doors) -> None:
    (path,) = WRITERS
    thing = (await doors.talk()).contact_id
    await contacts.look(doors.running.system, doors.people["Filip"].actor, thing, WHY)
    anna = doors.as_staff("Anna")
    for kind, client_id, text in (
        ("message", "words-0001", WORDS),
        ("note", "words-0002", WORDS),
        ("card", None, json.dumps({"narrative": WORDS})),
    ):
        body = {"kind": kind, "base": None, "id": client_id, "text": text}
        assert (await doors.ask("POST", filled(path, thing, thing), body=body, headers=anna)).status == 200
    pane = await doors.ask("GET", "/console/state", headers=anna)
    assert pane.json["drafts"][thing].keys() == {"message", "note", "card"}
    assert WORDS not in pane.text
    own = await ask(doors, "Anna", path, thing)
    said = {each["kind"]: each["text"] for each in own.json["drafts"]}
    assert said == {"message": WORDS, "note": WORDS, "card": None}
    assert WORDS in (await ask(doors, "Anna", CARD, thing)).text
    assert WORDS not in (await ask(doors, "Filip", CARD, thing)).text
    for who in ("Beata", "Filip"):
        foreign, absent = await ask(doors, who, path, thing), await ask(doors, who, path, new_id())
        assert foreign.status == 404, who
        assert told(foreign) == told(absent), who


@pytest.mark.parametrize("path", CONTENT)
async def test_content_is_for_the_holder_and_after_a_reason_for_who_leads(doors: Doors, path: str) -> None:
    caller = await doors.talk()
    thing = caller.contact_id
    assert (await ask(doors, "Anna", path, thing)).status == 200
    for who in ("Beata", "Filip"):
        foreign, absent = await ask(doors, who, path, thing), await ask(doors, who, path, new_id())
        assert foreign.status == 404, who
        assert told(foreign) == told(absent), who
    for who in ("Halina", "Igor"):
        assert (await ask(doors, who, path, thing)).status == 403
    assert await record(doors, thing) == []

    reason = f"reason={WHY.replace(' ', '+')}".encode()
    headers = {**doors.as_staff("Filip"), **FORM}
    opened = await doors.ask("POST", f"/board/contacts/{thing}/look", raw=reason, headers=headers)
    assert (opened.status, opened.headers["Location"]) == (303, f"/console?open={thing}")
    assert (await ask(doors, "Filip", path, thing)).status == 200
    filip = doors.people["Filip"].id
    assert await record(doors, thing) == [Row(filip, "contacts.look", thing, WHY)]
    seen = await ask(doors, "Anna", ENTRIES, thing)
    assert "Wgląd w rozmowę: Filip Testowa" in [each["text"] for each in seen.json["entries"]]


async def test_who_leads_opens_what_waits_and_what_is_over_for_a_reason_only(doors: Doors) -> None:
    waiting = (await doors.caller(text=WORDS)).contact_id
    for thing in (waiting, await closed(doors)):
        for path in CONTENT:
            assert (await ask(doors, "Filip", path, thing)).status == 404
        await contacts.look(doors.running.system, doors.people["Filip"].actor, thing, WHY)
        for path in CONTENT:
            assert (await ask(doors, "Filip", path, thing)).status == 200
        assert [row.why for row in await record(doors, thing)] == [WHY]


@pytest.mark.parametrize("path", BARE)
async def test_what_is_seen_without_opening_holds_neither_words_nor_identity(doors: Doors, path: str) -> None:
    caller = await add_caller(doors.running.system, text=WORDS)
    await contacts.look(doors.running.system, doors.people["Filip"].actor, caller.contact_id, WHY)
    answer = await ask(doors, "Filip", path, caller.contact_id)
    assert answer.status == 200
    for hidden in (WORDS, caller.token):
        assert hidden not in answer.text


async def test_without_a_reason_nothing_opens(doors: Doors) -> None:
    thing = (await doors.talk()).contact_id
    headers = {**doors.as_staff("Filip"), **FORM}
    for raw in (b"reason=", b"reason=+++", b""):
        answer = await doors.ask("POST", f"/board/contacts/{thing}/look", raw=raw, headers=headers)
        assert 400 <= answer.status < 500
    assert await record(doors, thing) == []
    assert (await ask(doors, "Filip", ENTRIES, thing)).status == 404


async def test_no_reason_opens_the_other_side(doors: Doors) -> None:
    await doors.employ("Wiera", "supervisor", lines=(VICTIMS,))
    thing = (await add_caller(doors.running.system, line=PERPETRATORS)).contact_id
    headers = {**doors.as_staff("Wiera"), **FORM}
    answers = [
        await doors.ask("POST", f"/board/contacts/{each}/look", raw=b"reason=x", headers=headers)
        for each in (thing, new_id())
    ]
    assert [each.status for each in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert await record(doors, thing) == []


async def test_a_case_that_is_not_ones_own_asks_why(doors: Doors) -> None:
    _, case = await doors.case()
    for who in ("Halina", "Anna"):  # who leads it, and who opened it
        assert (await doors.ask("GET", f"/cases/{case}", headers=doors.as_staff(who))).status == 200
    filip = {**doors.as_staff("Filip"), **PAGE}
    asked = await doors.ask("GET", f"/cases/{case}", headers=filip)
    assert asked.status == 409
    assert "Powód" in asked.text
    assert CASE["subject"] not in asked.text
    before = await record(doors, case)
    answer = await doors.ask(
        "POST", f"/cases/{case}/look", raw=f"reason={WHY}".encode(), headers={**filip, **FORM}
    )
    assert (answer.status, answer.headers["Location"]) == (303, f"/cases/{case}")
    assert CASE["subject"] in (await doors.ask("GET", f"/cases/{case}", headers=filip)).text
    rows = (await record(doors, case))[len(before) :]
    assert {row.who for row in rows} == {doors.people["Filip"].id}
    assert rows[0].why == WHY
    for who in ("Beata", "Igor"):
        refused = await doors.ask("GET", f"/cases/{case}", headers=doors.as_staff(who))
        assert refused.status in (403, 404)


async def test_a_case_of_the_other_side_is_not_there(doors: Doors) -> None:
    await doors.employ("Wiktoria", "supervisor", lines=(VICTIMS,))
    await doors.employ("Cezary", "counsellor", lines=(PERPETRATORS,))
    system, cezary = doors.running.system, doors.people["Cezary"]
    caller = await talk(system, cezary, line=PERPETRATORS)
    values = {**CASE, "worker": doors.people["Halina"].id}
    case = await cases.open_case(system, cezary.actor, caller.contact_id, values)
    headers = {**doors.as_staff("Wiktoria"), **PAGE}
    behind, absent = [await doors.ask("GET", f"/cases/{each}", headers=headers) for each in (case, new_id())]
    assert (behind.status, behind.text) == (absent.status, absent.text)
    assert behind.status == 404
    assert case not in (await doors.ask("GET", "/cases", headers=headers)).text
    assert case in (await doors.ask("GET", "/cases", headers={**doors.as_staff("Filip"), **PAGE})).text


async def test_picking_up_answers_the_same_for_all_that_does_not_wait_for_one(doors: Doors) -> None:
    ids = [new_id(), (await doors.talk()).contact_id, await closed(doors)]
    ids.append((await add_caller(doors.running.system, line=PERPETRATORS)).contact_id)
    await doors.employ("Zofia", "counsellor", lines=(VICTIMS,))
    answers = [
        await doors.ask("POST", f"/console/contacts/{each}/pick-up", body={}, headers=doors.as_staff("Zofia"))
        for each in ids
    ]
    assert (answers[0].status, answers[0].code) == (409, "no_longer_waiting")
    assert all(told(each) == told(answers[0]) for each in answers)

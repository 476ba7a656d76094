"""Contacts: arriving, answering the two questions, leaving, ending, and who may look."""

import asyncio
import secrets

import pytest
from sqlalchemy import select

from hotline.actions import arrivals, contacts, messages, presence
from hotline.errors import (
    ChatDisabled,
    LineClosed,
    LineUnknown,
    Malformed,
    NotFound,
    NotSignedIn,
    TextEmpty,
    WrongState,
)
from hotline.rules.access import OPERATOR, Actor
from hotline.store import claims, views
from hotline.store.tables import audit
from hotline.store.views import ContactHead
from hotline.system import System
from tests.factories import PERPETRATORS, TRUST, VICTIMS, MovableClock, add_caller, add_person, instant, talk


async def head_of(system: System, contact_id: str) -> ContactHead:
    async with system.read() as tx:
        head = await views.contact_head(tx, contact_id)
    assert head is not None
    return head


async def said(system: System, contact_id: str) -> list[str]:
    """The catalogue keys of what the system told the caller."""
    async with system.read() as tx:
        entries = await views.entries_after(tx, contact_id, 0, "caller")
    return [entry.data["text"] for entry in entries if entry.kind == "system"]


async def test_a_repeated_first_message_finds_the_same_contact(system: System) -> None:
    token = secrets.token_urlsafe(32)
    arrival = arrivals.Arrival(
        TRUST, "web", "web:" + token, "first-message", "pl", "Dzień dobry", token=token
    )
    first, again = await arrivals.start(system, arrival), await arrivals.start(system, arrival)
    assert (first.contact_id, first.repeated, again.repeated) == (again.contact_id, False, True)
    async with system.read() as tx:
        assert len(await views.entries_after(tx, first.contact_id, 0, "staff")) == first.seq


@pytest.mark.parametrize(
    ("line", "error"),
    [("no_such_line", LineUnknown), ("kis", ChatDisabled), ("family_prevention_1", ChatDisabled)],
)
async def test_lines_without_chat_take_none(system: System, line: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await add_caller(system, line=line)


async def test_a_closed_line_says_when_it_opens_and_takes_danger_elsewhere(
    system: System, clock: MovableClock
) -> None:
    clock.set(instant("2026-12-04T16:03"))
    with pytest.raises(LineClosed) as closed:
        await add_caller(system, line=PERPETRATORS)
    assert closed.value.next_open == instant("2026-12-07T08:00")
    caller = await add_caller(system, None, line=PERPETRATORS, danger="yes")
    head = await head_of(system, caller.contact_id)
    assert (head.line, head.queue, head.priority) == (PERPETRATORS, "crisis_general", "P1")
    assert "violence_using" in head.flags


async def test_without_words_only_danger_starts_a_contact(system: System) -> None:
    with pytest.raises(TextEmpty):
        await add_caller(system, None, danger="no")


@pytest.mark.parametrize(
    ("danger", "topic", "text", "priority"),
    [
        (None, None, "Chcę porozmawiać", "P3"),
        ("no", "information", "Kiedy czynne?", "P4"),
        ("no", "violence", "Pomocy", "P2"),
        ("unsure", None, "Nie wiem", "P2"),
        ("yes", "information", "Teraz", "P1"),
        ("no", "information", "Nie chcę żyć", "P2"),
    ],
)
async def test_answers_and_phrases_decide_where_a_contact_starts(
    system: System, danger: str | None, topic: str | None, text: str, priority: str
) -> None:
    caller = await add_caller(system, text, danger=danger, topic=topic)
    assert (await head_of(system, caller.contact_id)).priority == priority


async def test_later_answers_raise_and_never_lower(system: System) -> None:
    caller = await add_caller(system)
    await contacts.answer(system, caller.actor, caller.contact_id, "danger", "unsure")
    await contacts.answer(system, caller.actor, caller.contact_id, "topic", "information")
    await contacts.answer(system, caller.actor, caller.contact_id, "danger", "no")
    head = await head_of(system, caller.contact_id)
    assert (head.priority, head.danger, head.topic) == ("P2", "no", "information")
    with pytest.raises(Malformed):
        await contacts.answer(system, caller.actor, caller.contact_id, "danger", "maybe")


async def test_a_flagged_message_raises_in_the_same_commit(system: System) -> None:
    caller = await add_caller(system)
    await messages.receive(system, caller.actor, caller.contact_id, "second-message", "On ma nóż, pomocy")
    head = await head_of(system, caller.contact_id)
    assert (head.priority, head.flags) == ("P2", ["phrase"])
    again = await messages.receive(
        system, caller.actor, caller.contact_id, "second-message", "On ma nóż, pomocy"
    )
    assert again.repeated


async def test_nobody_on_duty_is_said_at_once(system: System) -> None:
    caller = await add_caller(system)
    assert await said(system, caller.contact_id) == ["nobody_on_duty_unplanned"]
    urgent = await add_caller(system, None, danger="yes")
    assert await said(system, urgent.contact_id) == ["danger_unstaffed"]
    await add_person(system, "Anna")
    staffed = await add_caller(system, None, danger="yes")
    assert await said(system, staffed.contact_id) == ["danger_staffed"]


async def test_nobody_is_promised_whose_console_is_silent(system: System, clock: MovableClock) -> None:
    """By the roster it is Anna's turn; the texts go by who is there, as the page does."""
    anna = await add_person(system, "Anna")
    waiting = await add_caller(system)
    clock.advance(minutes=3)
    urgent = await add_caller(system, None, danger="yes")
    assert await said(system, urgent.contact_id) == ["danger_unseen"]
    await contacts.answer(system, waiting.actor, waiting.contact_id, "danger", "yes")
    assert await said(system, waiting.contact_id) == ["danger_unseen"]
    await presence.seen(system, anna.actor)
    later = await add_caller(system, None, danger="yes")
    assert await said(system, later.contact_id) == ["danger_staffed"]


async def test_a_quick_exit_kills_the_token_and_keeps_the_contact(system: System) -> None:
    caller = await add_caller(system, danger="yes")
    await contacts.leave(system, caller.actor, caller.contact_id, quick=True)
    with pytest.raises(NotSignedIn):
        await contacts.caller_of(system, caller.token)
    head = await head_of(system, caller.contact_id)
    assert (head.state, head.priority) == ("waiting", "P1")
    assert head.caller_left_at is not None


async def test_whose_secret_it_is_is_told_to_each_of_many_who_ask_at_once(system: System) -> None:
    callers = [await add_caller(system) for _ in range(3)]
    stranger = secrets.token_urlsafe(32)
    tokens = [caller.token for caller in callers] * 3 + [stranger]
    *known, unknown = await asyncio.gather(
        *(contacts.caller_of(system, token) for token in tokens), return_exceptions=True
    )
    assert known == [caller.actor for caller in callers] * 3
    assert isinstance(unknown, NotSignedIn)


async def test_coming_back_cancels_leaving(system: System, clock: MovableClock) -> None:
    caller = await add_caller(system)
    await contacts.leave(system, caller.actor, caller.contact_id, quick=False)
    clock.advance(seconds=3)
    actor = await contacts.caller_of(system, caller.token)
    await contacts.caller_seen(system, actor)
    assert (await head_of(system, caller.contact_id)).caller_left_at is None


async def test_signs_of_life_wait_for_nobody_whose_contact_is_being_changed(
    system: System, clock: MovableClock
) -> None:
    busy, free = [await add_caller(system) for _ in range(2)]
    before = (await head_of(system, busy.contact_id)).caller_seen_at
    clock.advance(seconds=20)
    both = [busy.contact_id, free.contact_id]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group, system.transaction(OPERATOR) as tx:
        await claims.lock_contact(tx, busy.contact_id)
        seen = group.create_task(contacts.callers_seen(system, both))
        if not system.db.is_sqlite:  # with one writer, everybody waits for it
            assert await seen == []
            assert (await head_of(system, busy.contact_id)).caller_seen_at == before
    assert (await head_of(system, free.contact_id)).caller_seen_at == clock.now()


async def test_signs_of_life_that_gathered_bring_back_nobody_who_left(
    system: System, clock: MovableClock
) -> None:
    here, left, out = [await add_caller(system) for _ in range(3)]
    await contacts.leave(system, left.actor, left.contact_id, quick=False)
    await contacts.leave(system, out.actor, out.contact_id, quick=True)
    clock.advance(seconds=20)
    heard = [each.contact_id for each in (here, left, out)]
    assert await contacts.callers_seen(system, heard) == [out.contact_id]
    assert (await head_of(system, here.contact_id)).caller_seen_at == clock.now()
    gone = await head_of(system, left.contact_id)
    assert gone.caller_left_at is not None
    assert gone.caller_seen_at != clock.now()


async def test_a_token_lives_a_quarter_of_an_hour_without_a_sign(system: System, clock: MovableClock) -> None:
    caller = await add_caller(system)
    clock.advance(minutes=14)
    await contacts.caller_seen(system, await contacts.caller_of(system, caller.token))
    clock.advance(minutes=14)
    await contacts.caller_of(system, caller.token)
    clock.advance(minutes=2)
    with pytest.raises(NotSignedIn):
        await contacts.caller_of(system, caller.token)


async def test_only_the_holder_ends_and_only_once(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    caller = await talk(system, anna)
    with pytest.raises(NotFound):
        await contacts.end(system, beata.actor, caller.contact_id, "completed")
    with pytest.raises(Malformed):
        await contacts.end(system, anna.actor, caller.contact_id, "bored")
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    head = await head_of(system, caller.contact_id)
    assert (head.state, head.end_reason) == ("wrap_up", "completed")
    assert await said(system, caller.contact_id) == ["assigned", "goodbye"]
    with pytest.raises(WrongState):
        await contacts.end(system, anna.actor, caller.contact_id, "completed")


async def test_lowering_needs_a_person_and_a_reason(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna, danger="yes")
    with pytest.raises(TextEmpty):
        await contacts.set_priority(system, anna.actor, caller.contact_id, "P3", "  ")
    await contacts.set_priority(system, anna.actor, caller.contact_id, "P3", "Pomyłka przycisku")
    head = await head_of(system, caller.contact_id)
    assert (head.priority, head.priority_initial) == ("P3", "P1")
    async with system.read() as tx:
        query = select(audit).where(audit.c.verb == "contacts.set_priority")
        row = (await tx.connection.execute(query)).one()
        assert await tx.unseal(caller.contact_id, "audit", row.id, row.reason_sealed) == "Pomyłka przycisku"
    assert (row.actor_id, row.coded) == (anna.id, {"before": "P1", "after": "P3"})


async def test_looking_at_anothers_contact_is_for_supervisors_and_on_record(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    filip = await add_person(system, "Filip", lines=(), roles=("supervisor",))
    caller = await talk(system, anna)
    why = "Skarga rozmówcy na rozmowę."
    await contacts.look(system, anna.actor, caller.contact_id, why)
    for stranger in (beata.actor, Actor("staff", "nobody", roles=frozenset({"caseworker"}))):
        with pytest.raises(NotFound):
            await contacts.look(system, stranger, caller.contact_id, why)
    with pytest.raises(TextEmpty):
        await contacts.look(system, filip.actor, caller.contact_id, " ")
    await contacts.look(system, filip.actor, caller.contact_id, why)
    async with system.read() as tx:
        rows = (await tx.connection.execute(select(audit).where(audit.c.verb == "contacts.look"))).all()
        assert [(row.actor_id, row.thing_id) for row in rows] == [(filip.id, caller.contact_id)]
        assert await tx.unseal(caller.contact_id, "audit", rows[0].id, rows[0].reason_sealed) == why
        shown = await views.entries_after(tx, caller.contact_id, 0, "staff")
        to_caller = await views.entries_after(tx, caller.contact_id, 0, "caller")
    assert (shown[-1].kind, shown[-1].author_name) == ("look", "Filip Testowa")
    assert "look" not in {each.kind for each in to_caller}


async def test_one_reason_opens_for_an_hour_and_nobody_elses_does(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna")
    filip, ewa = [
        await add_person(system, name, lines=(), roles=("supervisor",)) for name in ("Filip", "Ewa")
    ]
    caller = await talk(system, anna)

    async def opens(who: Actor) -> bool:
        async with system.read() as tx:
            try:
                await contacts.require_open(tx, who, caller.contact_id)
            except NotFound:
                return False
        return True

    assert await opens(anna.actor)
    assert not await opens(filip.actor)
    await contacts.look(system, filip.actor, caller.contact_id, "Prośba Anny o radę.")
    assert await opens(filip.actor)
    assert not await opens(ewa.actor)
    clock.advance(minutes=61)
    assert not await opens(filip.actor)


async def test_the_wall_hides_the_other_side_even_from_who_leads(system: System) -> None:
    cezary = await add_person(system, "Cezary", lines=(PERPETRATORS,), roles=("counsellor", "supervisor"))
    anna = await add_person(system, "Anna", lines=(VICTIMS,))
    caller = await talk(system, anna, line=VICTIMS)
    with pytest.raises(NotFound):
        await contacts.look(system, cezary.actor, caller.contact_id, "Ciekawość.")


async def test_a_call_is_entered_by_hand_and_owes_its_summary(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    started, ended = instant("2026-11-23T09:40"), instant("2026-11-23T09:58")
    by_hand = arrivals.ByHand(TRUST, "phone", started, ended, "P2", "pl")
    contact_id = await arrivals.enter(system, anna.actor, by_hand)
    head = await head_of(system, contact_id)
    assert (head.state, head.channel, head.holder_id) == ("wrap_up", "phone", anna.id)
    assert (head.arrived_at, head.ended_at) == (started, ended)
    for wrong in (
        arrivals.ByHand(TRUST, "telepathy", started, ended, "P2", "pl"),
        arrivals.ByHand(TRUST, "phone", ended, started, "P2", "pl"),
        arrivals.ByHand(TRUST, "phone", started, instant("2026-11-23T10:30"), "P2", "pl"),
    ):
        with pytest.raises(Malformed):
            await arrivals.enter(system, anna.actor, wrong)

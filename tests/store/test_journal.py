"""The journal: what gathered during one commit shares the next; nothing is lost, repeated or let in wrongly."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from hotline import app
from hotline.actions import contacts, messages
from hotline.errors import ContactEnded, HotlineError, Malformed, NotFound, NotTheHolder, Unavailable
from hotline.ids import new_id
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.store import claims, journal, views
from hotline.store.db import Database
from hotline.store.groups import OnPostgres, OnSqlite
from hotline.store.journal import Line, Receipt
from hotline.store.lines import Judged
from hotline.store.tables import audit, entries, threads
from hotline.store.turns import turns
from hotline.system import System
from tests import factories
from tests.factories import Caller, Person, add_caller, add_person, talk
from tests.store.races import add_contacts, count, one_value

MANY = 100


def said(contact_id: str, line_id: str, body: bytes = b"\x01sealed") -> Line:
    return Line(contact_id, line_id, "message", "caller", body_sealed=body)


async def write_all(system: System, lines: Sequence[Line]) -> list[Receipt | BaseException]:
    """Hand over all lines in this order before the first one is committed."""
    return await asyncio.gather(*(system.journal.write(line) for line in lines), return_exceptions=True)


async def stored(system: System, contact_id: str) -> list[tuple[int, str]]:
    """(number, id) of the entries of a contact."""
    query = select(entries.c.seq, entries.c.id).where(entries.c.contact_id == contact_id)
    async with system.read() as tx:
        rows = (await tx.connection.execute(query.order_by(entries.c.seq))).all()
    return [(row.seq, row.id) for row in rows]


# -- groups ----------------------------------------------------------------------------------------


async def test_what_gathers_shares_a_commit_and_keeps_its_order(system: System) -> None:
    ids = await add_contacts(system, 4)
    lines = [said(ids[number % 4], f"m{number:03}") for number in range(MANY)]
    before = system.journal.commits
    receipts = await write_all(system, lines)
    assert system.journal.written == MANY
    assert system.journal.commits - before < MANY / 10
    for contact_id in ids:
        expected = [line.id for line in lines if line.contact_id == contact_id]
        assert await stored(system, contact_id) == list(enumerate(expected, start=1))
    for line, receipt in zip(lines, receipts, strict=True):
        assert isinstance(receipt, Receipt)
        assert (receipt.seq, line.id) in await stored(system, line.contact_id)
        assert not receipt.repeated


async def test_many_batches_and_writers_leave_numbers_without_repeats(system: System) -> None:
    """Writers that wait for each receipt before the next line, so groups of every size arise."""
    (contact_id,) = await add_contacts(system, 1)

    async def writer(name: int) -> list[int]:
        receipts = [await system.journal.write(said(contact_id, f"w{name}-{turn}")) for turn in range(5)]
        return [receipt.seq for receipt in receipts]

    numbers = await asyncio.gather(*(writer(name) for name in range(10)))
    assert all(each == sorted(each) for each in numbers)
    assert sorted(seq for each in numbers for seq in each) == list(range(1, 51))
    assert await one_value(system, select(threads.c.last_seq)) == 50


async def test_more_than_one_batch_fits_in_the_queue(system: System) -> None:
    (contact_id,) = await add_contacts(system, 1)
    lines = [said(contact_id, f"m{number:03}") for number in range(journal.BATCH + 50)]
    receipts = await write_all(system, lines)
    assert [each.seq for each in receipts if isinstance(each, Receipt)] == list(range(1, len(lines) + 1))


async def test_the_same_line_twice_in_one_group_is_stored_once(system: System) -> None:
    (contact_id,) = await add_contacts(system, 1)
    receipts = await write_all(system, [said(contact_id, "same") for _ in range(20)])
    assert [(each.seq, each.repeated) for each in receipts if isinstance(each, Receipt)] == [
        (1, False),
        *[(1, True)] * 19,
    ]
    assert await stored(system, contact_id) == [(1, "same")]


async def test_a_writer_that_gave_up_waiting_blocks_nobody(system: System) -> None:
    (contact_id,) = await add_contacts(system, 1)
    impatient = asyncio.gather(system.journal.write(said(contact_id, "first")), return_exceptions=True)
    impatient.cancel()
    receipt = await system.journal.write(said(contact_id, "second"))
    assert (receipt.seq, "second") in await stored(system, contact_id)


# -- repeats and refusals --------------------------------------------------------------------------


async def ended(system: System, anna: Person, caller: Caller) -> None:
    await contacts.end(system, anna.actor, caller.contact_id, "completed")


async def test_a_repeat_is_answered_as_stored_even_after_the_end(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    first = await messages.receive(system, caller.actor, caller.contact_id, "m1", "Słyszy mnie pani?")
    answer = await messages.reply(system, anna.actor, caller.contact_id, "r1", "Słyszę.")
    await ended(system, anna, caller)
    again = await messages.receive(system, caller.actor, caller.contact_id, "m1", "Słyszy mnie pani?")
    assert (again.seq, again.at, again.repeated) == (first.seq, first.at, True)
    again = await messages.reply(system, anna.actor, caller.contact_id, "r1", "Słyszę.")
    assert (again.seq, again.repeated) == (answer.seq, True)
    with pytest.raises(ContactEnded):
        await messages.receive(system, caller.actor, caller.contact_id, "m2", "Jeszcze jedno.")


async def test_a_repeat_is_answered_as_stored_when_its_thread_is_shut(system: System) -> None:
    caller = await add_caller(system)
    first = await messages.receive(system, caller.actor, caller.contact_id, "m1", "Słyszy mnie pani?")
    assert await contacts.stop(system, CHANNEL, caller.contact_id, "stop")
    again = await messages.receive(system, caller.actor, caller.contact_id, "m1", "Słyszy mnie pani?")
    assert (again.seq, again.at, again.repeated) == (first.seq, first.at, True)
    with pytest.raises(ContactEnded):
        await messages.receive(system, caller.actor, caller.contact_id, "m2", "Jeszcze jedno.")


async def test_a_repeat_of_flagged_words_is_answered_alike_after_the_end(system: System) -> None:
    """Words that raise the priority take another way; a lost answer must not look like a lost message."""
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    first = await messages.receive(system, caller.actor, caller.contact_id, "m1", "nie chcę żyć")
    await ended(system, anna, caller)
    again = await messages.receive(system, caller.actor, caller.contact_id, "m1", "nie chcę żyć")
    assert (again.seq, again.repeated) == (first.seq, True)
    with pytest.raises(ContactEnded):
        await messages.receive(system, caller.actor, caller.contact_id, "m2", "nie chcę żyć")


async def test_the_first_words_of_a_repeat_are_kept(system: System) -> None:
    caller = await add_caller(system, "pierwsze")
    await messages.receive(system, caller.actor, caller.contact_id, "m1", "słowa jak były")
    await messages.receive(system, caller.actor, caller.contact_id, "m1", "inne słowa")
    async with system.read() as tx:
        found = await views.entries_after(tx, caller.contact_id, 0, "caller")
    assert [entry.text for entry in found if entry.kind == "message"] == ["pierwsze", "słowa jak były"]


async def test_one_refused_line_does_not_take_the_others_with_it(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    caller, over = await talk(system, anna), await talk(system, anna)
    waits = await add_caller(system)
    await ended(system, anna, over)

    def staff_line(contact_id: str, line_id: str, kind: str, who: Person) -> Line:
        return Line(contact_id, line_id, kind, "staff", who.id, body_sealed=b"\x01sealed")

    answers = await write_all(
        system,
        [
            said(caller.contact_id, "good-1"),
            said(over.contact_id, "ended"),
            staff_line(caller.contact_id, "not-hers", "message", beata),
            said(new_id(), "unknown"),
            staff_line(over.contact_id, "owed-note", "note", anna),
            staff_line(over.contact_id, "too-late", "message", anna),
            staff_line(waits.contact_id, "not-answered", "message", anna),
            staff_line(caller.contact_id, "good-2", "message", anna),
        ],
    )
    assert [type(answer) for answer in answers] == [
        Receipt,
        ContactEnded,
        NotTheHolder,
        NotFound,
        Receipt,
        ContactEnded,
        ContactEnded,
        Receipt,
    ]
    assert [name for _, name in await stored(system, caller.contact_id)][-2:] == ["good-1", "good-2"]


async def test_a_receipt_goes_forward_only_and_is_its_holders(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    caller = await talk(system, anna)
    second = (await messages.receive(system, caller.actor, caller.contact_id, "m1", "Jest tam ktoś?")).seq
    before = await stored(system, caller.contact_id)
    with pytest.raises(Malformed):  # a message under the name of the mark would keep it from being made
        await messages.receive(system, caller.actor, caller.contact_id, f"shown/{second}", "Halo?")
    with pytest.raises(NotTheHolder):
        await messages.shown(system, beata.actor, caller.contact_id, second)
    await messages.shown(system, anna.actor, caller.contact_id, second + 1)  # nobody has written that
    assert await stored(system, caller.contact_id) == before
    for seq in (second, second, 1):  # as after a lost answer, and from a slower screen
        await messages.shown(system, anna.actor, caller.contact_id, seq)
    receipt = (second + 1, f"shown/{second}")
    assert await stored(system, caller.contact_id) == [*before, receipt]
    third = (await messages.receive(system, caller.actor, caller.contact_id, "m2", "Halo?")).seq
    lines = [
        Line(caller.contact_id, f"shown/{seq}", "receipt", "staff", anna.id, ref_seq=seq)
        for seq in (third, receipt[0])
    ]
    await write_all(system, lines)  # the older one behind it in one group
    assert (await stored(system, caller.contact_id))[len(before) :] == [
        receipt,
        (third, "m2"),
        (third + 1, f"shown/{third}"),
    ]


async def test_a_receipt_answers_nobody(system: System) -> None:
    """Who was shown on a screen still waits for a word, and nothing is unread that was not."""
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    said = await messages.receive(system, caller.actor, caller.contact_id, "m1", "Jest tam ktoś?")
    async with system.read() as tx:
        (before,) = (await views.console(tx, tx.centre, anna.actor)).mine
        turn = await turns(tx)
    await messages.shown(system, anna.actor, caller.contact_id, said.seq)
    async with system.read() as tx:
        (after,) = (await views.console(tx, tx.centre, anna.actor)).mine
        assert await turns(tx) == turn
        rows = await views.rows_after(tx, caller.contact_id, said.seq)
        assert (
            await tx.connection.execute(select(audit.c.verb).where(audit.c.verb.like("%shown%")))
        ).all() == []
    assert before.unanswered_since is not None
    assert after == replace(before, last_seq=said.seq + 1) == views.heard(before, rows)


async def test_a_line_the_database_refuses_does_not_take_the_others_with_it(system: System) -> None:
    ids = await add_contacts(system, 3)
    bad = Line(ids[1], "bad", "message", "caller", data={"not": b"json"})
    with capture_logs() as logged:
        answers = await write_all(system, [said(ids[0], "a"), bad, said(ids[1], "b"), said(ids[2], "c")])
    assert [type(answer) for answer in answers] == [Receipt, Unavailable, Receipt, Receipt]
    assert [await stored(system, each) for each in ids] == [[(1, "a")], [(1, "b")], [(1, "c")]]
    assert [each["event"] for each in logged] == ["line refused by the database"]


# -- interleaving ----------------------------------------------------------------------------------


async def test_a_thread_that_an_action_holds_waits_and_the_others_go_on(system: System) -> None:
    held, free = await add_contacts(system, 2)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group, system.transaction(OPERATOR) as tx:
        await claims.lock_contact(tx, held)
        first = group.create_task(system.journal.write(said(held, "waits")))
        second = group.create_task(system.journal.write(said(free, "goes")))
        if not system.db.is_sqlite:  # with one writer, everybody waits for the action
            assert (await second).seq == 1
        await asyncio.sleep(0)
        assert not first.done()
        (receipt,) = await claims.append_to(tx, Line(held, "action", "system", "system"))
    assert receipt.seq == 1
    assert await stored(system, held) == [(1, "action"), (2, "waits")]
    assert await stored(system, free) == [(1, "goes")]


async def test_an_end_that_comes_first_is_seen_by_the_line_behind_it(system: System) -> None:
    """Decided under the thread's lock: no word gets into a contact that an action has just ended."""
    (contact_id,) = await add_contacts(system, 1, state="active")
    async with asyncio.timeout(60), asyncio.TaskGroup() as group, system.transaction(OPERATOR) as tx:
        await claims.lock_contact(tx, contact_id)
        late = group.create_task(outcome(system, said(contact_id, "late")))
        await asyncio.sleep(0)
        assert await claims.move(tx, contact_id, "active", "wrap_up")
    assert isinstance(late.result(), ContactEnded)
    assert await stored(system, contact_id) == []


async def outcome(system: System, line: Line) -> Receipt | HotlineError:
    try:
        return await system.journal.write(line)
    except HotlineError as error:
        return error


async def test_messages_and_actions_at_once_keep_one_sequence(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    before = len(await stored(system, caller.contact_id))
    words = [
        messages.receive(
            system, caller.actor, caller.contact_id, f"m{number}", "nie chcę żyć" if odd else "tak"
        )
        for number in range(20)
        for odd in [number % 4 == 1]
    ]
    priorities = [
        contacts.set_priority(system, anna.actor, caller.contact_id, priority, "bo tak trzeba")
        for priority in ("P1", "P2", "P3", "P1", "P2")
    ]
    answers: list[Any] = await asyncio.gather(*words, *priorities, return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, BaseException)] == []
    numbers = [seq for seq, _ in await stored(system, caller.contact_id)]
    assert numbers == list(range(1, before + 21))
    assert await one_value(system, select(threads.c.last_seq)) == numbers[-1]


# -- when the database is away -----------------------------------------------------------------------


@asynccontextmanager
async def cut_off(system: System, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Nothing can be reached: as when the server was stopped or the disk is gone."""

    def broken(*_: object) -> Any:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(Database, "driver", broken)
        away.setattr(Database, "plain_connection", broken)
        await system.journal.close()
        yield


async def test_a_database_that_is_away_stores_nothing_and_says_so(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contact_id,) = await add_contacts(system, 1)
    async with cut_off(system, monkeypatch):
        answers = await write_all(system, [said(contact_id, f"m{number}") for number in range(10)])
    assert [type(answer) for answer in answers] == [Unavailable] * 10
    assert await stored(system, contact_id) == []
    receipt = await system.journal.write(said(contact_id, "m0"))  # the same again, as the caller's page does
    assert (receipt.seq, receipt.repeated) == (1, False)


@pytest.mark.postgres
async def test_dropped_connections_lose_no_acknowledged_line(house_template: Any, tmp_path: Path) -> None:
    """PostgreSQL ends every connection while lines are being written; what was acknowledged is there."""
    copies = await house_template.copy()
    settings = factories.settings_in(tmp_path, database_url=copies[0], keys_url=copies[1])
    async with app.open_system(settings, factories.MovableClock()) as system:
        (contact_id,) = await add_contacts(system, 1)
        async with factories.journal_running(system):

            async def write(number: int) -> str | None:
                answer = await outcome(system, said(contact_id, f"m{number}"))
                assert isinstance(answer, Receipt | Unavailable)
                return f"m{number}" if isinstance(answer, Receipt) else None

            writing = asyncio.gather(*(write(number) for number in range(MANY)))
            await drop_connections(system)
            acknowledged = {name for name in await writing if name}
            receipt = await system.journal.write(said(contact_id, "afterwards"))
        there = {name for _, name in await stored(system, contact_id)}
        assert acknowledged <= there
        assert receipt.seq == len(there)
    await house_template.drop(*copies)


async def drop_connections(system: System) -> None:
    """End all other connections to this database, as an administrator or a failing network would."""
    end_others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with system.db.engine.connect() as connection:
        await connection.execute(end_others)


async def test_nothing_is_written_twice_when_the_answer_gets_lost(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit happened, the word of it did not arrive: the sender repeats, the line stays single."""
    (contact_id,) = await add_contacts(system, 1)
    kind = OnSqlite if system.db.is_sqlite else OnPostgres
    commit = kind.commit

    async def lost(*given: Any) -> Judged:
        await commit(*given)
        raise Unavailable

    await system.journal.write(said(contact_id, "m1"))
    with monkeypatch.context() as silent:
        silent.setattr(kind, "commit", lost)
        answer = await outcome(system, said(contact_id, "m2"))
    assert isinstance(answer, Unavailable)
    again = await system.journal.write(said(contact_id, "m2"))
    assert (again.seq, again.repeated) == (2, True)
    assert await count(system, select(entries)) == 2

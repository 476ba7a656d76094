"""What the journal remembers of a talk spares a look, and is never believed where something else was done meanwhile."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from hotline.actions import staff
from hotline.errors import ContactEnded, HotlineError, NotSignedIn, NotTheHolder, Unavailable
from hotline.rules.access import OPERATOR
from hotline.store import claims
from hotline.store.groups import OnPostgres
from hotline.store.journal import Journal, Line, Receipt
from hotline.store.lines import Judged, Stand, judge
from hotline.store.standing import TALKS, Standing
from hotline.store.tables import entries, threads
from hotline.system import System
from tests.factories import add_person
from tests.store.races import add_contacts, one_value

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
STAND = Stand("active", "anna", "secret", "web", True, None, None, 1, None, None, None)
STEPS = 600


def said(contact_id: str, line_id: str, blind: str | None = None) -> Line:
    return Line(contact_id, line_id, "message", "caller", body_sealed=b"\x01sealed", caller_blind=blind)


def answered(contact_id: str, line_id: str, staff_id: str, revision: int | None = None) -> Line:
    return Line(
        contact_id, line_id, "message", "staff", staff_id, body_sealed=b"\x01sealed", revision=revision
    )


def shown(contact_id: str, staff_id: str, seq: int) -> Line:
    return Line(contact_id, f"shown/{seq}", "receipt", "staff", staff_id, ref_seq=seq)


async def stored(system: System, contact_id: str) -> list[tuple[int, str]]:
    query = select(entries.c.seq, entries.c.id).where(entries.c.contact_id == contact_id)
    async with system.read() as tx:
        return [tuple(row) for row in await tx.connection.execute(query.order_by(entries.c.seq))]


async def change(system: System, statement: str, **values: object) -> None:
    """What an action might do that writes no entry."""
    async with system.db.write() as connection:
        await connection.execute(text(statement), values)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many lines were looked at first, and how many groups were sent on a guess."""
    counted: Counter[str] = Counter()
    look, guess = OnPostgres._look_first, OnPostgres._if_so

    async def looking(self: OnPostgres, connection: Any, lines: Sequence[Line], now: datetime) -> Judged:
        counted["looked at"] += len(lines)
        return await look(self, connection, lines, now)

    async def guessing(self: OnPostgres, connection: Any, guessed: Any) -> set[str]:
        counted["guesses"] += 1
        found = await guess(self, connection, guessed)
        counted["true"] += len(found)
        return found

    monkeypatch.setattr(OnPostgres, "_look_first", looking)
    monkeypatch.setattr(OnPostgres, "_if_so", guessing)
    return counted


@asynccontextmanager
async def another(system: System) -> AsyncIterator[Journal]:
    """The journal of another process."""
    journal = Journal(system.db, system.clock.now, lambda _rows, _outgoing: None)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(journal.run())
        yield journal
        running.cancel()


on_postgres = pytest.mark.parametrize("system", ["postgres"], indirect=True)


@on_postgres
async def test_after_the_first_words_nothing_is_looked_up(system: System, ways: Counter[str]) -> None:
    (contact_id,) = await add_contacts(system, 1, state="active")
    for number in range(1, 6):
        assert (await system.journal.write(said(contact_id, f"m{number}"))).seq == number
    assert ways == {"looked at": 1, "guesses": 4, "true": 4}
    assert await stored(system, contact_id) == [(number, f"m{number}") for number in range(1, 6)]
    assert await one_value(system, select(threads.c.last_seq)) == 5


@on_postgres
async def test_no_group_is_planned_anew(system: System) -> None:
    """Among thousands of talks that took longer than to store it."""
    talks = await add_contacts(system, 8, state="waiting")
    for number in range(3):
        await asyncio.gather(*(system.journal.write(said(each, f"m{number}")) for each in talks))
    groups = system.journal._groups
    assert isinstance(groups, OnPostgres)
    plans = await groups._connection.fetch(
        "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
    )
    made = {name: (generic, custom) for name, generic, custom in plans}
    assert set(made) >= {groups.LOCK, groups.LOOK, groups.INSERT, groups.IF_SO}
    assert all(generic and not custom for generic, custom in made.values())


@on_postgres
async def test_a_group_of_known_and_unknown_talks_is_answered_in_its_order(
    system: System, ways: Counter[str]
) -> None:
    ids = await add_contacts(system, 4, state="active")
    for contact_id in ids[::2]:
        await system.journal.write(said(contact_id, "first"))
    ways.clear()
    lines = [said(contact_id, f"{turn}") for turn in range(3) for contact_id in ids]
    receipts = await asyncio.gather(*map(system.journal.write, lines))
    assert [each.contact_id for each in receipts] == [line.contact_id for line in lines]
    assert [each.seq for each in receipts] == [
        turn + 1 + (at % 2 == 0) for turn in range(3) for at in range(4)
    ]
    assert ways["true"] == 2
    assert ways["looked at"] == 6


@on_postgres
@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE contacts SET state = 'wrap_up'", ContactEnded),
        ("UPDATE contacts SET caller_blind = 'another'", NotSignedIn),
        ("UPDATE contacts SET caller_blind = NULL", NotSignedIn),
        ("UPDATE threads SET open = false", ContactEnded),
        ("UPDATE contacts SET holder_id = NULL", NotTheHolder),
    ],
)
async def test_what_was_changed_without_an_entry_is_seen(
    system: System, statement: str, refusal: type[HotlineError]
) -> None:
    anna = await add_person(system, "Anna")
    (contact_id,) = await add_contacts(system, 1, state="active")
    await change(system, "UPDATE contacts SET holder_id = :anna, caller_blind = 'secret'", anna=anna.id)
    await system.journal.write(said(contact_id, "m1", "secret"))
    await system.journal.write(answered(contact_id, "r1", anna.id))
    await change(system, statement)
    line = (
        answered(contact_id, "r2", anna.id) if refusal is NotTheHolder else said(contact_id, "m2", "secret")
    )
    with pytest.raises(refusal):
        await system.journal.write(line)
    assert await stored(system, contact_id) == [(1, "m1"), (2, "r1")]


@on_postgres
async def test_who_holds_it_now_is_not_taken_from_memory(system: System) -> None:
    """Neither the refusal of whoever took it over, nor the leave of whoever handed it over."""
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    (contact_id,) = await add_contacts(system, 1, state="active")
    await change(system, "UPDATE contacts SET holder_id = :who", who=anna.id)
    await system.journal.write(answered(contact_id, "r1", anna.id))
    with pytest.raises(NotTheHolder):
        await system.journal.write(answered(contact_id, "x", beata.id))
    await change(system, "UPDATE contacts SET holder_id = :who", who=beata.id)
    assert (await system.journal.write(answered(contact_id, "r2", beata.id))).seq == 2
    with pytest.raises(NotTheHolder):
        await system.journal.write(answered(contact_id, "r3", anna.id))
    assert await stored(system, contact_id) == [(1, "r1"), (2, "r2")]


@on_postgres
async def test_a_new_name_is_on_the_next_words(system: System, ways: Counter[str]) -> None:
    anna = await add_person(system, "Anna")
    (contact_id,) = await add_contacts(system, 1, state="active")
    await change(system, "UPDATE contacts SET holder_id = :who", who=anna.id)
    for number in range(3):
        if number == 2:
            await staff.rename(system, anna.actor, "Anna Nowa", "Pani Anna")
        await system.journal.write(answered(contact_id, f"r{number}", anna.id))
    rows = system.journal.recent.after(contact_id, 0) or ()
    assert [row.author_name for row in rows] == ["Anna Testowa", "Anna Testowa", "Anna Nowa"]
    assert [row.signature for row in rows] == ["Anna", "Anna", "Pani Anna"]
    assert ways == {"looked at": 2, "guesses": 2, "true": 1}


@on_postgres
async def test_what_another_process_wrote_in_between_keeps_its_number(
    system: System, ways: Counter[str]
) -> None:
    (contact_id,) = await add_contacts(system, 1, state="active")
    async with another(system) as other:
        numbers = [
            (await journal.write(said(contact_id, f"m{turn}"))).seq
            for turn, journal in enumerate((system.journal, other) * 4)
        ]
    assert numbers == list(range(1, 9))
    assert ways["true"] == 0
    assert ways["guesses"] == 3 + 3  # and each was found out


@on_postgres
async def test_a_repeat_among_new_words_is_answered_as_stored(system: System) -> None:
    ids = await add_contacts(system, 2, state="active")
    first = [await system.journal.write(said(contact_id, "m1")) for contact_id in ids]
    lines = [said(ids[0], "m2"), said(ids[1], "m1"), said(ids[1], "m2")]
    new, again, behind = await asyncio.gather(*map(system.journal.write, lines))
    assert (new.seq, new.repeated, behind.seq, behind.repeated) == (2, False, 2, False)
    assert again == first[1]._replace(repeated=True)
    assert await stored(system, ids[1]) == [(1, "m1"), (2, "m2")]


@on_postgres
async def test_a_line_the_database_refuses_takes_no_known_talk_with_it(system: System) -> None:
    known, unknown = await add_contacts(system, 2, state="active")
    await system.journal.write(said(known, "m1"))
    bad = Line(unknown, "bad", "message", "caller", data={"not": b"json"})
    lines = [said(known, "m2"), bad, said(known, "m3"), said(unknown, "m1")]
    with capture_logs():
        found = await asyncio.gather(*map(system.journal.write, lines), return_exceptions=True)
    assert [getattr(each, "seq", type(each)) for each in found] == [2, Unavailable, 3, 1]
    assert await stored(system, known) == [(1, "m1"), (2, "m2"), (3, "m3")]
    assert await stored(system, unknown) == [(1, "m1")]


@on_postgres
async def test_a_known_thread_that_an_action_holds_waits_and_the_others_go_on(system: System) -> None:
    held, free = await add_contacts(system, 2, state="active")
    await asyncio.gather(*(system.journal.write(said(each, "m1")) for each in (held, free)))
    async with asyncio.timeout(60), asyncio.TaskGroup() as group, system.transaction(OPERATOR) as tx:
        await claims.lock_contact(tx, held)
        first = group.create_task(system.journal.write(said(held, "waits")))
        assert (await system.journal.write(said(free, "goes"))).seq == 2
        assert not first.done()
        (receipt,) = await claims.append_to(tx, Line(held, "action", "system", "system"))
    assert receipt.seq == 2
    assert await stored(system, held) == [(1, "m1"), (2, "action"), (3, "waits")]


@on_postgres
async def test_receipts_go_forward_from_memory_too(system: System, ways: Counter[str]) -> None:
    anna = await add_person(system, "Anna")
    (contact_id,) = await add_contacts(system, 1, state="active")
    await change(system, "UPDATE contacts SET holder_id = :who", who=anna.id)
    for number in (1, 3, 5, 7):
        assert (await system.journal.write(said(contact_id, f"m{number}"))).seq == number
        assert (await system.journal.write(shown(contact_id, anna.id, number))).seq == number + 1
    assert ways == {"looked at": 2, "guesses": 6, "true": 6}
    for again in (7, 3, 9):  # as after a lost answer, from a slower screen, of what nobody has written
        assert (await system.journal.write(shown(contact_id, anna.id, again))).repeated
    assert len(await stored(system, contact_id)) == 8


@on_postgres
async def test_whoever_was_signed_out_is_refused_and_with_new_rights_let_in(
    system: System, ways: Counter[str]
) -> None:
    anna = await add_person(system, "Anna")
    (contact_id,) = await add_contacts(system, 1, state="active")
    await change(system, "UPDATE contacts SET holder_id = :who", who=anna.id)
    await system.journal.write(said(contact_id, "m1"))
    for number in (1, 2):
        both = answered(contact_id, f"r{number}", anna.id, 0), said(contact_id, f"n{number}")
        await asyncio.gather(*map(system.journal.write, both))
    assert ways["true"] == 1
    await change(system, "UPDATE staff SET revision = 1")
    for number in (3, 4):  # not even from memory
        with pytest.raises(NotSignedIn):
            await system.journal.write(answered(contact_id, f"r{number}", anna.id, 0))
    assert (await system.journal.write(answered(contact_id, "r5", anna.id, 1))).seq == 6
    said_so_far = [line_id for _, line_id in await stored(system, contact_id)]
    assert said_so_far == ["m1", "r1", "n1", "r2", "n2", "r5"]


GOOD: dict[str, Any] = {
    "state": "active",
    "holder_id": "anna",
    "caller_blind": "s0",
    "open": True,
    "revision": 0,
}
OTHERWISE: dict[str, Any] = {
    "state": "wrap_up", "holder_id": "beata", "caller_blind": "s1", "open": False, "revision": 1
}  # fmt: skip
TABLES = {"open": "threads", "revision": "staff"}


@on_postgres
async def test_whatever_is_changed_by_whomever_it_is_as_if_each_line_had_been_looked_at(
    system: System, ways: Counter[str]
) -> None:
    """Two processes and changes of every kind, in any order, beside a talk in memory that knows it all."""
    dice = random.Random(7)
    ids = {name: (await add_person(system, name)).id for name in ("anna", "beata")}
    (contact_id,) = await add_contacts(system, 1, state="active")
    now: dict[str, Any] = {}
    written: list[str] = []
    outcomes: Counter[str] = Counter()

    async def put(**values: Any) -> None:
        now.update(values)
        for name, value in values.items():
            statement = f"UPDATE {TABLES.get(name, 'contacts')} SET {name} = :value"  # noqa: S608
            await change(system, statement, value=ids.get(value, value))

    async def say(journal: Journal, line_id: str) -> None:
        reply = answered(contact_id, line_id, ids["anna"], dice.choice([0, None]))
        line = dice.choice([said(contact_id, line_id, "s0"), reply])
        place = written.index(line_id) + 1 if line_id in written else None
        stand = STAND._replace(
            state=now["state"], holder_id=ids[now["holder_id"]], caller_blind=now["caller_blind"],
            open=now["open"], revision=now["revision"], seq=place, at=NOW,
        )  # fmt: skip
        (expected,) = judge([line], [stand], {contact_id: len(written)}, NOW).outcomes
        try:
            found: Receipt | HotlineError = await journal.write(line)
        except HotlineError as error:
            found = error
        outcomes[type(found).__name__] += 1
        if isinstance(expected, Receipt) and isinstance(found, Receipt):
            assert (found.seq, found.repeated) == (expected.seq, expected.repeated)
            written.extend([] if found.repeated else [line_id])
        else:
            assert type(found) is type(expected)

    await put(**GOOD)
    async with another(system) as other:
        for step in range(STEPS):
            match dice.choice(("change", "mend", "mend", *["say"] * 12)):
                case "change":
                    name = dice.choice(list(GOOD))
                    await put(**{name: OTHERWISE[name]})
                case "mend":
                    await put(**GOOD)
                case _:
                    again = bool(written) and dice.random() < 0.1
                    journal = other if dice.random() < 0.2 else system.journal
                    await say(journal, dice.choice(written) if again else f"m{step}")
    assert await stored(system, contact_id) == list(enumerate(written, start=1))
    assert min(outcomes[each] for each in ("Receipt", "ContactEnded", "NotSignedIn", "NotTheHolder")) >= 5
    assert min(ways["true"], ways["guesses"] - ways["true"], ways["looked at"]) >= 20


# -- by itself -----------------------------------------------------------------------------------------------------


def met(standing: Standing, *lines: Line, before: int = 0, stand: Stand = STAND) -> None:
    stands = [stand for _ in lines]
    judged = judge(lines, stands, {line.contact_id: before for line in lines}, NOW)
    standing.looked(lines, stands, judged)


def test_of_lines_that_met_their_author_in_different_states_none_is_guessed() -> None:
    """Else the older would be stored because of the newer."""
    standing = Standing()
    met(standing, answered("c", "r1", "anna", 1))
    met(standing, shown("c", "anna", 1), before=1, stand=STAND._replace(revision=2))
    for line in (answered("c", "r2", "anna", 1), shown("c", "anna", 2)):
        assert standing.guess([line], NOW).expected[0].revision == (2 if line.kind == "receipt" else 1)
    assert standing.guess([answered("c", "r2", "anna", 1), shown("c", "anna", 2)], NOW).expected == []


def test_of_one_talk_all_lines_are_guessed_or_none() -> None:
    standing = Standing()
    met(standing, said("known", "m1"), said("half", "m1"))
    lines = [said("known", "m2"), said("half", "m2"), answered("half", "r", "anna"), said("new", "m1")]
    guess = standing.guess(lines, NOW)
    assert [each.contact_id for each in guess.expected] == ["known"]
    assert list(guess.outcomes) == [0]


def test_a_refusal_is_never_guessed() -> None:
    standing = Standing()
    met(standing, answered("c", "r1", "anna"), said("c", "m1"))
    met(standing, answered("c", "r2", "beata"), before=2)
    for line in (answered("c", "r3", "beata"), said("c", "m2", "another")):
        assert standing.guess([line, said("c", "m3")], NOW).expected == []


def test_talks_are_remembered_up_to_a_number() -> None:
    standing = Standing()
    for number in range(TALKS + 5):
        met(standing, said(f"c{number}", "m1"))
    guess = standing.guess([said(f"c{number}", "m2") for number in range(TALKS + 5)], NOW)
    assert [each.contact_id for each in guess.expected] == [f"c{number}" for number in range(5, TALKS + 5)]

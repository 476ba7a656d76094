"""Judges what a campaign does to the database, by the tables alone and not by the program's own rules.

Every offer and every change of hands is judged at its commit: a deferred trigger lingers, so that others come between
if they can, and reads what is true then. When all have come to rest the whole is read once more.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import select, text

from hotline.rules.alarms import LADDER_END
from hotline.rules.centre import Centre
from hotline.rules.dispatch import decide
from hotline.rules.ladder import next_event
from hotline.store import queries
from hotline.store import tables as t
from hotline.store.ladder import standings
from hotline.system import System, Transaction

LINGER = 0.03  # seconds at most, before a commit

FACTS = """
    SELECT * INTO c FROM contacts WHERE id = NEW.contact_id;
    SELECT * INTO s FROM staff WHERE id = NEW.staff_id;
    SELECT count(*), count(*) FILTER (WHERE priority = 'P1' AND id <> NEW.contact_id) INTO load, danger
        FROM contacts WHERE holder_id = NEW.staff_id AND state = 'active';
    on_duty := EXISTS (SELECT FROM shifts JOIN served USING (line)
        WHERE served.queue = c.queue AND staff_id = s.id AND in_force AND vacant_at IS NULL
        AND starts_at <= at AND at < ends_at);
    walled := EXISTS (SELECT FROM barred, json_array_elements_text(s.lines) AS own
        WHERE barred.queue = c.queue AND barred.line = own);
"""

OFFER = """
    ('an offer of a contact that does not wait', c.state <> 'waiting'),
    ('an offer to a silent console', s.seen_at IS NULL OR at - s.seen_at > interval '25 seconds'),
    ('an offer to somebody busy', s.intent <> 'available' AND (s.intent_until IS NULL OR s.intent_until > at)),
    ('an offer to somebody held back', s.held_at IS NOT NULL),
    ('an offer to somebody at their card', c.priority <> 'P1' AND s.wrap_until > at),
    ('an offer over capacity', load >= s.text_limit),
    ('an offer beside danger', danger > 0),
    ('an offer to somebody off duty', NOT on_duty),
    ('an offer over the wall', walled),
    ('two offers ring for one person', EXISTS (SELECT FROM offers AS o
        WHERE o.staff_id = s.id AND o.state = 'pending' AND o.id <> NEW.id)),
    ('a contact is offered to two', c.priority <> 'P1' AND EXISTS (SELECT FROM offers AS o
        WHERE o.contact_id = c.id AND o.state = 'pending' AND o.id <> NEW.id))
"""

TAKING = """
    ('two hold one contact', EXISTS (SELECT FROM assignments AS a
        WHERE a.contact_id = c.id AND a.until_at IS NULL AND a.id <> NEW.id)),
    ('the holder is another', c.state <> 'active' OR c.holder_id IS DISTINCT FROM s.id),
    ('taken over capacity', load > s.text_limit AND NOT beyond),
    ('taken beside danger', danger > 0 AND NOT beyond),
    ('taken off duty', NOT on_duty AND NEW.how <> 'take_over'),
    ('taken over the wall', walled),
    ('taken and still rings', EXISTS (SELECT FROM offers AS o WHERE o.contact_id = c.id AND o.state = 'pending')),
    ('accepted without an offer', NEW.how = 'accept' AND NOT EXISTS (SELECT FROM offers AS o
        WHERE o.contact_id = c.id AND o.staff_id = s.id AND o.state = 'accepted'))
"""


def _trigger(table: str, at: str, faults: str) -> str:
    return f"""
        CREATE FUNCTION judge_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            c contacts; s staff; load int; danger int; on_duty bool; walled bool; beyond bool;
            at timestamptz := NEW.{at};
        BEGIN
            PERFORM pg_sleep(random() * {LINGER});
            {FACTS}
            beyond := c.priority = 'P1' OR to_jsonb(NEW) ->> 'how' = 'take_over';
            INSERT INTO verdicts VALUES ('{table}', NULL);
            INSERT INTO verdicts SELECT '{table}', fault FROM (VALUES {faults}) AS judged (fault, holds) WHERE holds;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER judge AFTER INSERT ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION judge_{table}();
    """  # noqa: S608


def bench(centre: Centre) -> str:
    """The statements that seat the judge in a database of this centre."""
    served = [(each.id, line) for each in centre.queues.values() for line in each.lines]
    barred = [
        (each.id, line)
        for each in centre.queues.values()
        for line in centre.barred_lines(each.lines[0], each.id)
    ]
    return "".join(
        (
            "CREATE TABLE verdicts (kind text NOT NULL, fault text);",
            *(_pairs("served", served), _pairs("barred", barred)),
            _trigger("offers", "made_at", OFFER),
            _trigger("assignments", "from_at", TAKING),
        )
    )


def _pairs(name: str, rows: Collection[tuple[str, str]]) -> str:
    values = ", ".join(f"('{queue}', '{line}')" for queue, line in rows)
    return f"CREATE TABLE {name} (queue text, line text); INSERT INTO {name} VALUES {values};"  # noqa: S608


async def verdicts(system: System) -> tuple[Counter[str], Counter[str]]:
    """How many of each kind were judged since the last time, and what was wrong with them."""
    async with system.db.write() as connection:
        rows = (await connection.execute(text("DELETE FROM verdicts RETURNING kind, fault"))).all()
    return Counter(row.kind for row in rows if row.fault is None), Counter(
        row.fault for row in rows if row.fault
    )


async def whole(system: System, expected: set[str], told: Collection[tuple[str, str, str]]) -> Counter[str]:
    """What is wrong now that all have come to rest. `told` are (contact, person, how) of those who were told yes."""
    async with system.read() as tx:
        held = list(await tx.connection.execute(select(t.contacts)))
        taken = list(await tx.connection.execute(select(t.assignments)))
        offers = list(await tx.connection.execute(select(t.offers)))
        faults = _kept(held, taken, offers, expected)
        faults.update(await _without_event(tx))
    ever = {(row.contact_id, row.staff_id) for row in taken}
    faults["told yes, and it is not on record"] += sum((contact, who) not in ever for contact, who, _ in told)
    return +faults


def _kept(held: list[Any], taken: list[Any], offers: list[Any], expected: set[str]) -> Counter[str]:
    """Conservation, one holder, one way to each end."""
    live = Counter(row.contact_id for row in taken if row.until_at is None)
    holder = {row.contact_id: row.staff_id for row in taken if row.until_at is None}
    pending = [row for row in offers if row.state == "pending"]
    state = {row.id: row.state for row in held}
    accepted = Counter(row.contact_id for row in offers if row.state == "accepted")
    by_accept = Counter(row.contact_id for row in taken if row.how == "accept")
    rings = Counter(row.staff_id for row in pending)
    return Counter(
        {
            "a contact is lost": len(expected ^ state.keys()),
            "two hold one contact": sum(count > 1 for count in live.values()),
            "held and not by its holder": sum(
                (row.state == "active") != (holder.get(row.id) is not None)
                or (row.state == "active" and holder.get(row.id) != row.holder_id)
                for row in held
            ),
            "waits and is held": sum(row.state == "waiting" and row.holder_id is not None for row in held),
            "an offer of what does not wait": sum(state.get(row.contact_id) != "waiting" for row in pending),
            "two offers ring for one person": sum(count > 1 for count in rings.values()),
            "accepted and taken are not the same": sum((accepted - by_accept).values())
            + sum((by_accept - accepted).values()),
        }
    )


async def _without_event(tx: Transaction) -> Counter[str]:
    """Every contact that waits has something that happens next, and nothing that is due was left undone."""
    waiting = await queries.waiting(tx)
    able = {each.contact_id for each in decide(waiting, await queries.people(tx), tx.now)}
    offers = {each.id: max(each.offers, key=lambda one: one.deadline_at, default=None) for each in waiting}
    rings = select(t.alarms.c.thing_id).where(t.alarms.c.kind == LADDER_END, t.alarms.c.ended_at.is_(None))
    rung = set((await tx.connection.execute(rings)).scalars())
    standing = await standings(tx)
    faults = Counter({"waits without a place on its ladder": len(waiting) - len(standing)})
    for each in standing:
        try:
            event = next_event(each, offers[each.contact_id], able=each.contact_id in able, now=tx.now)
        except KeyError:
            faults["waits without a next event"] += 1
            continue
        faults[f"due and not done: {event.kind}"] += event.due(tx.now)
        faults["waits at the end and nothing rings"] += event.kind == "alarm" and each.contact_id not in rung
    return faults

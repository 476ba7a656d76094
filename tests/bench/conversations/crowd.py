"""So many open conversations in a database: one is made by the actions, the others are copies of its rows.

Each copy has a counsellor of its own on duty who is signed in, a caller with a secret, and a key; the words are
sealed anew. That is thousands in seconds, where the actions would take minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select

from hotline import app
from hotline.actions import signing_in, staff
from hotline.actions.signing_in import digest
from hotline.config import Settings
from hotline.ids import new_id, new_secret
from hotline.rules.access import OPERATOR
from hotline.store.tables import assignments, contacts, entries, sealing_keys, sessions, shifts, threads
from hotline.store.tables import staff as people
from hotline.system import System
from hotline.web.session import SESSION_COOKIE
from tests import factories
from tests.factories import VICTIMS

LINE = VICTIMS
WORDS = "Dzień dobry, potrzebuję rozmowy."
OF_PERSON, OF_CONTACT = (people, shifts, sessions), (contacts, threads, entries, assignments)
CHUNK = 500
Row = dict[str, Any]
Plan = dict[str, str]


@dataclass
class _Talk:
    """The rows of one conversation, by table."""

    rows: dict[Table, list[Row]]

    @property
    def person(self) -> Row:
        return self.rows[people][0]

    @property
    def contact(self) -> Row:
        return self.rows[contacts][0]


async def gather(settings: Settings, count: int) -> list[Plan]:
    """So many conversations: what the client needs of each."""
    async with app.open_system(settings) as system:
        first, plan = await _by_actions(system)
        plans = [plan]
        while len(plans) < count:
            plans += await _copies(system, first, len(plans), min(CHUNK, count - len(plans)))
    return plans


async def _by_actions(system: System) -> tuple[_Talk, Plan]:
    person = await factories.add_person(system, "p0", (LINE,), text_limit=2)
    session = await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, person.id))
    caller = await factories.talk(system, person, text=WORDS, line=LINE)
    async with system.read() as tx:
        found: dict[Table, list[Row]] = {}
        for table in (*OF_PERSON, *OF_CONTACT):
            rows = await tx.connection.execute(select(table))
            found[table] = [dict(row._mapping) for row in rows]
    return _Talk(found), _plan(caller.contact_id, caller.token, session)


def _plan(contact_id: str, token: str, session: str) -> Plan:
    return {"contact": contact_id, "token": token, "cookie": f"{SESSION_COOKIE}={session}"}


async def _copies(system: System, first: _Talk, begin: int, many: int) -> list[Plan]:
    plans, keys = [], []
    rows: dict[Table, list[Row]] = {table: [] for table in first.rows}
    for number in range(begin, begin + many):
        plan = _plan(new_id(), new_secret(), session := new_secret())
        keys.append(_key(system, plan["contact"]))
        for table, copied in _copy(system, first, number, plan, session):
            rows[table].append(copied)
        plans.append(plan)
    async with system.keys.write() as connection:
        await connection.execute(insert(sealing_keys), keys)
    async with system.db.write() as connection:
        for table, copies in rows.items():
            await connection.execute(insert(table), copies)
    return plans


def _key(system: System, contact_id: str) -> Row:
    key_id, wrapped = system.vault.new_key(contact_id)
    made_at: datetime = system.clock.now()
    return {"owner_id": contact_id, "key_id": key_id, "wrapped": wrapped, "made_at": made_at}


def _copy(system: System, first: _Talk, number: int, plan: Plan, session: str) -> Iterator[tuple[Table, Row]]:
    """Every row of the first conversation, as another's."""
    person = new_id()
    same = {first.person["id"]: person, first.contact["id"]: plan["contact"]}
    blind = system.vault.blind("web", plan["token"])
    own: dict[Table, Row] = {
        people: {"login": f"p{number}", "name": f"p{number} Testowa", "signature": f"p{number}"},
        sessions: {"secret_hash": digest(session)},
        contacts: {"ref": f"K/2000/{number:06}", "origin": f"web:{blind}", "caller_blind": blind},
    }
    for table, rows in first.rows.items():
        for row in rows:
            copied = {
                name: same.get(value, value) if isinstance(value, str) else value
                for name, value in row.items()
            }
            if "id" in row and row["id"] not in same:
                copied["id"] = new_id()
            if row.get("body_sealed") is not None:
                copied["body_sealed"] = system.vault.seal(plan["contact"], "entries", copied["id"], WORDS)
            yield table, copied | own.get(table, {})

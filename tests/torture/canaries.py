"""Unique words by every way into the house, then a search of all it left: `python -m tests.torture.canaries`.

Two web processes, an engine and the bot on PostgreSQL and Redis. Callers, counsellors, a caseworker and a supervisor
write what only few may read. Afterwards it must be on the screens of those few, and nowhere in plain: not in data
files and write-ahead logs, a backup, a dump, Redis and what passes through it, logs, and temporary files.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hotline.actions import staff
from hotline.rules import forms
from hotline.rules.access import OPERATOR
from hotline.store.tables import audit
from tests import factories, servers
from tests.bots.bot_api import BotApi, bot_api
from tests.canaries import Canaries, found, settle
from tests.conftest import HouseTemplate
from tests.factories import TRUST
from tests.flows.nursery import nursery_of
from tests.flows.people import Json, WebCaller, eventually, new_id
from tests.flows.phones import Phone
from tests.flows.processes import Process, Street, street_of
from tests.flows.staff import CARD, Caseworker, Colleague, Counsellor
from tests.torture.goals import Goal, judged, seldom

SHORT, LONG = 1, 3  # rounds, of some eighty canaries each
CASE_WORDS = ("subject", "reach", "reach_when", "reach_avoid", "reason", "first_visit_place")


class Told:
    """What was written, and whether it was seen by somebody who may read it."""

    def __init__(self) -> None:
        self.canaries = Canaries()
        self.numbers: list[str] = []
        self.written: list[str] = []
        self.screens: list[str] = []

    def words(self, place: str) -> str:
        """A sentence that nobody else ever wrote."""
        text = self.canaries[f"{place} {len(self.written)}"]
        self.written.append(text)
        return text

    def number(self) -> str:
        """A telephone number or the like that nobody has."""
        number = f"+380{secrets.randbelow(10**11):011}"
        self.numbers.append(number.removeprefix("+"))
        self.written.append(number)
        return number

    def needles(self) -> dict[str, bytes]:
        plain = {number: number.encode() for number in self.numbers}
        return self.canaries.needles() | plain | {f"{n} hex": n.encode().hex().encode() for n in self.numbers}

    def unseen(self) -> list[str]:
        shown = "\n".join(self.screens)
        return [each for each in self.written if each not in shown]


class Rounds:
    """The people, each at their screens."""

    def __init__(self, street: Street, webs: tuple[Process, Process], api: BotApi, told: Told) -> None:
        self._street, self._webs, self._api, self._told = street, webs, api, told
        self._origins = tuple(web.settings.origin for web in webs)
        self._people: list[Colleague] = []

    async def come_to_work(self) -> None:
        self.anna = await self._street.counsellor("Anna", *self._webs, talks=1)
        self.beata = await self._street.counsellor("Beata", *self._webs, talks=1)
        self.halina = await self._comes("Halina", "caseworker")
        self.filip = await self._comes("Filip", "supervisor")

    async def _comes(self, name: str, role: str) -> Caseworker:
        person = await factories.add_person(self._street.system, name, (), (role,), hours=None, present=False)
        colleague = Caseworker(self._origins, person.id, name)
        secret = await staff.issue_link(self._street.system, OPERATOR, person.id)
        await colleague.signs_in(f"/sign-in/once/{secret}")
        self._people.append(colleague)
        return colleague

    async def go_home(self) -> None:
        for person in self._people:
            await person.close()

    async def one(self) -> None:
        """By every way once."""
        await self._web()
        await self._by_telegram()
        await self._by_hand()
        await self._called_back()

    # -- the ways in ---------------------------------------------------------------------------------

    async def _web(self) -> None:
        say, caller = self._told.words, self._street.caller(*self._webs)
        await caller.writes_first(say("first"))
        host, contact = await self._answered(caller)
        guest = self.beata if host is self.anna else self.anna
        await caller.writes(say("message"))
        (await caller.send_on_line(say("open line"), new_id())).ok()
        await caller.writes(say("flagged") + " nie chcę żyć")
        await self._without_script(caller)
        await self._talked(host, contact)
        await self._passed_on(host, guest, contact)
        await guest.replies(contact, say("reply"))
        await caller.reads(self._told.written[-1])
        await self._looked_at(contact)
        case = await self._case(guest, contact)
        await guest.ends(contact)
        await self._summed_up(guest, contact)
        self._told.screens += [*caller.words(), await guest.card(contact)]
        self._told.screens += [each["text"] for each in guest.talks[contact]]
        await self._read_case(case)

    async def _without_script(self, caller: WebCaller) -> None:
        form = {"token": caller.token, "id": secrets.token_urlsafe(32), "text": self._told.words("plain")}
        answer = await caller.ask("POST", f"/chat/{caller.line}/plain", data=form)
        assert answer.status == 200
        self._told.screens.append(answer.text)

    async def _by_telegram(self) -> None:
        chat = secrets.randbelow(10**12) + 10**12
        self._told.numbers.append(str(chat))
        phone, say = Phone(self._api, chat), self._told.words
        first = self._api.message(chat, say("tg first"))
        await self._api.put(first)
        await phone.all_taken()
        host, contact = await self._rung()
        second = self._api.message(chat, say("tg message"))
        await self._api.put(second, self._api.correction(second, say("tg edit")))
        await phone.all_taken()
        reply = say("tg reply")
        await host.replies(contact, reply)
        await phone.reads(reply)
        await host.reads(contact, "tg edit")
        await host.ends(contact)
        await self._summed_up(host, contact)
        self._told.screens += [each["text"] for each in host.talks[contact]]

    async def _by_hand(self) -> None:
        for mode in ("phone", "in_centre"):
            now = self._street.system.clock.now().astimezone(self._street.system.centre.zone)
            body = {
                "line": TRUST,
                "mode": mode,
                "started": f"{now:%Y-%m-%dT%H:%M}",
                "priority": "P3",
                "language": "pl",
            }
            contact = (await self.anna.ask("POST", "/console/contacts", body)).ok()["contact"]
            await self.anna.opens(contact)
            await self.anna.notes(contact, self._told.words(f"{mode} note"))
            await self.anna.reads(contact, f"{mode} note")
            self._told.screens += [each["text"] for each in self.anna.talks[contact]]
            await self._summed_up(self.anna, contact)

    async def _called_back(self) -> None:
        """From a page with a form; the counsellor sees the number, and agrees on another."""
        caller = self._street.caller(*self._webs)
        await caller.writes_first(self._told.words("before call"))
        wish = {
            "token": caller.token,
            "id": new_id(),
            "number": self._told.number(),
            "from": "0",
            "to": "1440",
        }
        answer = await caller.ask("POST", f"/chat/{caller.line}/callback", data=wish | {"says": "nothing"})
        assert answer.status == 200, answer.text
        host, contact = await self._rung()
        self._told.screens += [(await host.ask("GET", f"/console/contacts/{contact}/callback")).text]
        self._told.screens += [each["text"] for each in host.talks[contact]]
        outcome = {"outcome": "reached"}
        (await host.ask("POST", f"/console/contacts/{contact}/callback", outcome)).ok()
        await host.ends(contact)
        await self._summed_up(host, contact)

    # -- what is done with a contact -----------------------------------------------------------------

    async def _answered(self, caller: WebCaller) -> tuple[Counsellor, str]:
        return await self._rung(await self._street.contact_of(caller))

    async def _rung(self, contact: str = "") -> tuple[Counsellor, str]:
        """Whoever it rings for takes it."""

        async def offered() -> tuple[Counsellor, str] | None:
            for each in await factories.pending(self._street.system):
                if not contact or each.contact_id == contact:
                    return next(one for one in (self.anna, self.beata) if one.id == each.staff_id), each.id
            return None

        host, offer_id = await eventually(offered, "an offer")

        def shown() -> Json | None:  # the page may still show one that a call-back has ended
            offer: Json | None = host.console["offer"]
            return offer if offer is not None and offer["id"] == offer_id else None

        return host, await host.accepts(await host.until(shown, f"that offer on the page of {host.name}"))

    async def _talked(self, host: Counsellor, contact: str) -> None:
        await host.replies(contact, self._told.words("reply"))
        await host.notes(contact, self._told.words("note"))
        await host.raises(contact, "P1", self._told.words("priority"))

    async def _passed_on(self, host: Counsellor, guest: Counsellor, contact: str) -> None:
        body = {
            "to": f"staff:{guest.id}",
            "way": "straight",
            "consent": "consented",
            "note": self._told.words("passed"),
        }
        (await host.ask("POST", f"/console/contacts/{contact}/transfer", body)).ok()
        asked = await guest.until(lambda: guest.console["asked"], "the question")
        (await guest.ask("POST", f"/console/transfers/{asked['id']}/accept", {})).ok()
        await guest.opens(contact)

    async def _looked_at(self, contact: str) -> None:
        form = {"reason": self._told.words("look")}
        answer = await self.filip.ask("POST", f"/board/contacts/{contact}/look", data=form)
        assert answer.status == 303, answer.text

    async def _case(self, host: Counsellor, contact: str) -> str:
        words = {name: self._told.words(name) for name in CASE_WORDS}
        checks = {"privacy_given": "yes", "conflict_checked": "yes"}
        given = {"worker": self.halina.id, "first_visit": "2027-01-04T10:00", **checks}
        case: str = (await host.asks_for_case(contact, **words, **given)).ok()["case"]
        for _ in range(2):
            await self.halina.notes(case, self._told.words("case note"))
        return case

    async def _read_case(self, case: str) -> None:
        reason = {"reason": self._told.words("case look")}
        assert (await self.filip.ask("POST", f"/cases/{case}/look", data=reason)).status == 303
        conflict = {"staff": self.anna.id, "reason": self._told.words("conflict")}
        assert (await self.filip.ask("POST", f"/cases/{case}/conflicts", data=conflict)).status == 303
        self._told.screens += [await self.halina.case_page(case), await self.filip.case_page(case)]

    async def _summed_up(self, host: Counsellor, contact: str) -> None:
        centre = self._street.system.centre
        free = [each.key for each in forms.card_of(centre) if each.sealed]
        words: dict[str, Any] = {key: self._told.words(key[:13]) for key in free}
        (await host.sums_up(contact, **CARD | words)).ok()
        self._told.screens.append(await host.card(contact))


# -- what is left of it ------------------------------------------------------------------------------------


class Left:
    """Every place in which something may lie, in a folder or two each, with a word that the search must find there."""

    def __init__(self, folder: Path, postgres: servers.PostgresServer, redis: servers.RedisServer) -> None:
        self._postgres, self._redis = postgres, redis
        self.logs, self.temporary, self.backup = (folder / name for name in ("logs", "temporary", "backup"))
        self._heard = folder / "redis" / "heard"
        for each in (self.logs, self.temporary, self.backup, self._heard.parent):
            each.mkdir()

    def places(self, control: str) -> dict[str, tuple[list[Path], str]]:
        return {
            "data files, write-ahead log and log of PostgreSQL": ([self._postgres.home], control),
            "backup, packed and unpacked": ([self.backup], control),
            "Redis, and what passed through it": ([self._redis.home, self._heard.parent], control),
            "logs of all processes": ([self.logs], "/chat/{line}/messages"),
            "temporary files": ([self.temporary], control),
        }

    @contextmanager
    def temporary_files(self, control: str) -> Iterator[None]:
        """All processes that begin in the block have theirs here."""
        (self.temporary / "control").write_text(control)
        before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = str(self.temporary)
        try:
            yield
        finally:
            os.environ.pop("TMPDIR")
            if before is not None:
                os.environ["TMPDIR"] = before

    async def listen(self) -> None:
        """Until cancelled, to everything that Redis is told."""
        reader, writer = await asyncio.open_connection(servers.HOST, self._redis.port)
        writer.write(b"MONITOR\r\n")
        with self._heard.open("wb") as file:
            while part := await reader.read(65536):
                file.write(part)
                file.flush()

    async def write_down(self, street: Street, control: str) -> None:
        """Everybody puts on the disk what they hold; the backup that an operator takes is unpacked beside itself."""
        for line in ("CONFIG SET rdbcompression no", f"SET control {control}", "SAVE"):
            assert self._redis.command(line) == "+OK"
        await street.runs("backup", str(self.backup), "--keys-to", str(self.backup / "keys"))
        for packed in self.backup.rglob("*.dump"):
            program = [str(servers.postgres_tools() / "pg_restore"), f"--file={packed}.sql", str(packed)]
            await asyncio.to_thread(subprocess.run, program, check=True)
        await settle(street.settings)


async def reasons(street: Street) -> list[str]:
    """Of the record of who did what: no page shows them, who must may read them below the pages."""
    async with street.system.read() as tx:
        rows = await tx.connection.execute(select(audit).where(audit.c.reason_sealed.is_not(None)))
        return [await tx.unseal(row.thing_id, "audit", row.id, row.reason_sealed) for row in rows]


async def run(rounds: int) -> int:
    told = Told()
    with tempfile.TemporaryDirectory() as name, servers.postgres_server() as postgres:
        main, keys = await HouseTemplate(postgres).copy()
        with servers.redis_server() as redis:
            left = Left(Path(name), postgres, redis)
            given = {"database_url": main, "keys_url": keys, "redis_url": redis.url}
            settings = factories.settings_in(Path(name) / "data", **given)
            with left.temporary_files(told.canaries.control):
                async with (
                    nursery_of() as nursery,
                    street_of(settings, nursery, left.logs) as street,
                    bot_api(street.system.clock.now) as api,
                ):
                    await _told(street, left, api, told, rounds)
            await settle(settings)
            return _verdict(left, told, 20 if rounds < LONG else 200)


async def _told(street: Street, left: Left, api: BotApi, told: Told, rounds: int) -> None:
    listening = asyncio.get_running_loop().create_task(left.listen())
    here, there, *_ = await street.opens()
    await street.bot(api)
    people = Rounds(street, (here, there), api, told)
    try:
        await people.come_to_work()
        await factories.add_person(
            street.system, told.canaries.control, (), ("caseworker",), hours=None, present=False
        )
        for _ in range(rounds):
            await people.one()
        told.screens += await reasons(street)
        await left.write_down(street, told.canaries.control)
    finally:
        await people.go_home()
        listening.cancel()


def _verdict(left: Left, told: Told, least: int) -> int:
    needles, unseen = told.needles(), told.unseen()
    figures, goals = [], []
    for place, (folders, control) in left.places(told.canaries.control).items():
        hits = found(folders, needles)
        figures += [f"{place}: {seldom(len(hits), len(told.written), 'canaries')}", *hits[:10]]
        goals.append(Goal(f"{place}: found in plain", len(hits), most=0))
        goals.append(
            Goal(f"{place}: the control found", len(found(folders, {"control": control.encode()})), least=1)
        )
    figures += [f"on no screen: {each}" for each in unseen[:10]]
    return judged(
        figures,
        [*goals, Goal("on no screen", len(unseen), most=0), Goal("canaries", len(told.written), least=least)],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="more than 200 canaries")
    parser.add_argument("--rounds", type=int, help="of some eighty canaries each")
    chosen = parser.parse_args()
    sys.exit(asyncio.run(run(chosen.rounds or (LONG if chosen.long else SHORT))))

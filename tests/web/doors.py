"""A house seen from outside: its people with their cookies, a caller with a token, and requests of any shape."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hotline.actions import cases, presence, signing_in, staff
from hotline.ids import new_id
from hotline.rules.access import OPERATOR
from hotline.store import views
from hotline.texts import texts
from hotline.web import console_live
from hotline.web.session import SESSION_COOKIE
from tests.factories import TRUST, Caller, Offer, Person, Running, add_caller, add_person, offer_to, talk

CASE = {
    "subject": "M. K.",
    "reach": "telefon siostry",
    "reason": "lęk przed powrotem do domu",
    "first_visit": "2026-11-24T10:00",
    "privacy_given": "yes",
    "conflict_checked": "yes",
}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


def refused(answer: Answer, language: str) -> str:
    """The code of an answer that must be a refusal in words of this language, and nothing more."""
    assert 400 <= answer.status < 500, (answer.status, answer.text[:300])
    assert answer.json.keys() == {"error"}
    code, sentence = answer.json["error"]["code"], answer.json["error"]["sentence"]
    begins = texts()[f"error.{code}"][language]
    assert isinstance(begins, str)
    assert sentence.startswith(begins.partition("{")[0])
    assert not re.search(r"Traceback|File \"|\.py\b|aiohttp|Error\b", answer.text)
    return str(code)


@dataclass
class Doors:
    """The doors of one house, and whom the tests send through them."""

    running: Running
    http: aiohttp.ClientSession
    people: dict[str, Person] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> str:
        return self.running.url

    async def employ(
        self, name: str, *roles: str, lines: tuple[str, ...] = (TRUST,), rostered: bool = True
    ) -> None:
        """Somebody on the staff, signed in; a counsellor is on duty unless nothing is `rostered`."""
        hours = 8 if rostered and "counsellor" in roles else None
        person = await add_person(self.running.system, name, lines, roles, hours=hours, text_limit=1000)
        link = await staff.issue_link(self.running.system, OPERATOR, person.id)
        self.people[name] = person
        self.secrets[name] = await signing_in.sign_in_with_link(self.running.system, link)

    def as_staff(self, name: str) -> dict[str, str]:
        return {"Cookie": f"{SESSION_COOKIE}={self.secrets[name]}"}

    async def caller(self, **more: Any) -> Caller:
        return await add_caller(self.running.system, **more)

    async def talk(self, name: str = "Anna") -> Caller:
        """A caller who talks with this person."""
        await presence.seen(self.running.system, self.people[name].actor)
        return await talk(self.running.system, self.people[name])

    async def offer(self, name: str) -> Offer:
        """A waiting contact that rings for this person."""
        person, waiting = self.people[name], await self.caller()
        await presence.seen(self.running.system, person.actor)
        offer = await offer_to(self.running.system, waiting.contact_id, person.id)
        assert offer is not None
        return offer

    async def case(self) -> tuple[Caller, str]:
        """A contact of Anna's with a case that Halina leads."""
        caller = await self.talk()
        values = {**CASE, "worker": self.people["Halina"].id}
        anna = self.people["Anna"].actor
        return caller, await cases.open_case(self.running.system, anna, caller.contact_id, values)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        origin: str | None = "ours",
    ) -> Answer:
        """Send exactly this; a JSON body unless `raw` is given, our own origin unless another is."""
        sent = {"Accept": "application/json", **(headers or {})}
        if origin is not None:
            sent.setdefault("Origin", self.ours if origin == "ours" else origin)
        if raw is None and body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        url = URL(self.ours + path, encoded=True)
        async with self.http.request(method, url, data=raw, headers=sent, allow_redirects=False) as response:
            text = (await response.read()).decode(errors="replace")
            return Answer(response.status, dict(response.headers), text)

    async def bare(self, request: bytes) -> tuple[bytes, bytes]:
        """(head, body) that a request of these very bytes is answered with; the connection is closed after it."""
        port = self.running.settings.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(60):
                writer.write(request)
                await writer.drain()
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return head, body

    async def state_of(self, contact_id: str) -> object:
        """Everything known of a contact but its signs of life: equal before and after what was refused."""
        async with self.running.system.read() as tx:
            head = await views.contact_head(tx, contact_id)
            entries = await views.entries_after(tx, contact_id, 0, "staff")
            summary = await views.summary(tx, contact_id)
        assert head is not None
        facts = {name: getattr(head, name) for name in head.__slots__ if name != "caller_seen_at"}
        return facts, entries, summary


def looks_never(patch: pytest.MonkeyPatch) -> None:
    """Consoles that are opened from now on hear of everything, and look for nothing by themselves."""
    patch.setattr(console_live.ConsoleFeed, "_next_look", lambda _: inf)


def bearer(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}"}


def client_id() -> str:
    return secrets.token_urlsafe(12)


def first_words(**more: object) -> dict[str, object]:
    """A body that starts a contact."""
    return {
        "token": secrets.token_urlsafe(32),
        "id": client_id(),
        "text": "Dzień dobry.",
        "language": "pl",
        **more,
    }


def filled(path: str, contact: str | None = None, case: str | None = None) -> str:
    """A path of the route table with something in place of each part that varies."""
    parts = {
        "line": TRUST,
        "offer": new_id(),
        "alarm": new_id(),
        "contact": contact or new_id(),
        "case": case or new_id(),
        "secret": "x" * 43,
        "person": new_id(),
        "session": new_id(),
        "version": "0" * (16 if "prywatnosc" in path else 12),
        "path": "css/none.css",
        "key": "line.19525",
        "change": new_id(),
        "blocker": "rota",
        "id": new_id(),
        "absence": new_id(),
        "roster": new_id(),
        "conflict": new_id(),
        "transfer": new_id(),
    }
    return re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", lambda found: parts[found[1]], path)


@asynccontextmanager
async def doors_of(running: Running) -> AsyncIterator[Doors]:
    """The doors with Anna and Beata (counsellors), Filip (supervisor), Halina (caseworker), Igor (administrator)."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        doors = Doors(running, http)
        await doors.employ("Anna", "counsellor")
        await doors.employ("Beata", "counsellor")
        await doors.employ("Filip", "supervisor", lines=())
        await doors.employ("Halina", "caseworker", lines=())
        await doors.employ("Igor", "administrator", lines=())
        yield doors

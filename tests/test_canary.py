"""Unique words go in through every place where somebody writes; then every byte that stays behind is searched for them.

The words can be read by those who may read them, and are in no file, log line, header or address.
"""

import base64
import io
import json
import logging
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import asyncpg
import pytest
import structlog
from sqlalchemy import select

from hotline import logs
from hotline.actions import arrivals, messages
from hotline.rules.access import Actor
from hotline.store import views
from hotline.store.tables import audit
from hotline.system import System
from tests import factories
from tests.canaries import Canaries, found, settle
from tests.conftest import HouseTemplate
from tests.factories import TRUST, Caller, MovableClock
from tests.web.doors import Doors, bearer, client_id, doors_of, first_words

PLACES = (
    "first message", "message", "flagged message", "reply", "note", "priority reason", "narrative", "agreements",
    "draft", "draft of a card", "pseudonym", "how to talk",
    "subject", "reason", "safe way", "case note", "telegram address", "telegram message",
)  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SimpleNamespace]:
    """Settings, and the folders in which everything lies that this house keeps."""
    if request.param == "sqlite":
        yield SimpleNamespace(settings=factories.settings_in(tmp_path), folders=[tmp_path])
        return
    template: HouseTemplate = request.getfixturevalue("house_template")
    main, keys = await template.copy()
    settings = factories.settings_in(tmp_path, database_url=main, keys_url=keys)
    connection = await asyncpg.connect(main.replace("+asyncpg", ""))
    cluster = Path(await connection.fetchval("SHOW data_directory")).parent  # with its log beside it
    await connection.close()
    yield SimpleNamespace(settings=settings, folders=[tmp_path, cluster])
    await template.drop(main, keys)


@asynccontextmanager
async def listened_to(doors: Doors) -> AsyncIterator[list[str]]:
    """Every address and every header of an answer, as they go over the wire."""
    heard: list[str] = []

    async def hear(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        heard.append(str(ended.url))
        heard.extend(f"{name}: {value}" for name, value in ended.response.headers.items())

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(hear)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[trace]) as session:
        before, doors.http = doors.http, session
        yield heard
        doors.http = before


class Story:
    """One caller's way through the house, everybody writing what only few may read."""

    def __init__(self, doors: Doors, canaries: Canaries) -> None:
        self.doors, self.canaries = doors, canaries
        self.anna, self.halina = doors.as_staff("Anna"), doors.as_staff("Halina")
        self.drafts = ""  # as they were shown, for they are gone in the end

    async def tell(self) -> None:
        await self._write()
        await self._answer()
        await self._case()
        await self._end()
        await self._telegram()

    async def _post(self, path: str, body: object, headers: dict[str, str], status: int = 200) -> None:
        answer = await self.doors.ask("POST", path, body=body, headers=headers)
        assert answer.status == status, answer.text

    async def _write(self) -> None:
        body = first_words(text=self.canaries["first message"])
        await self._post(f"/chat/{TRUST}/contacts", body, {}, 201)
        system = self.doors.running.system
        async with system.read() as tx:
            (waiting,) = (await views.console(tx, system.centre, self.doors.people["Filip"].actor)).queue.rows
        token = str(body["token"])
        self.caller = Caller(waiting.contact_id, token, Actor("caller", waiting.contact_id))
        for words in ("message", "flagged message"):
            text = self.canaries[words] + (" nie chcę żyć" if "flagged" in words else "")
            await self._post(
                f"/chat/{TRUST}/messages", {"id": client_id(), "text": text}, bearer(self.caller)
            )

    async def _answer(self) -> None:
        offer = await factories.offer_to(
            self.doors.running.system, self.caller.contact_id, self.doors.people["Anna"].id
        )
        assert offer is not None
        await self._post(f"/console/offers/{offer.id}/accept", {"token": offer.token}, self.anna)
        self.path = f"/console/contacts/{self.caller.contact_id}"
        for what, name in (("messages", "reply"), ("notes", "note")):
            await self._post(
                f"{self.path}/{what}", {"id": client_id(), "text": self.canaries[name]}, self.anna
            )
        await self._draft("message", client_id(), self.canaries["draft"])
        await self._draft("card", None, json.dumps({"narrative": self.canaries["draft of a card"]}))
        await self._post(f"{self.path}/pseudonym", {"pseudonym": self.canaries["pseudonym"]}, self.anna)
        await self._post(
            f"{self.path}/handling", {"text": self.canaries["how to talk"], "days": 90}, self.anna
        )
        body = {"priority": "P1", "reason": self.canaries["priority reason"]}
        await self._post(f"{self.path}/priority", body, self.anna)

    async def _draft(self, kind: str, entry_id: str | None, text: str) -> None:
        body = {"kind": kind, "base": None, "id": entry_id, "text": text}
        await self._post(f"{self.path}/drafts", body, self.anna)
        for path in (f"{self.path}/drafts", f"{self.path}/card"):
            answer = await self.doors.ask("GET", path, headers=self.anna)
            self.drafts += (
                answer.text if path.endswith("/card") else json.dumps(answer.json, ensure_ascii=False)
            )

    async def _case(self) -> None:
        case = {
            "subject": self.canaries["subject"],
            "reach": self.canaries["safe way"],
            "reason": self.canaries["reason"],
            "worker": self.doors.people["Halina"].id,
            "shelter": "oik",
            "privacy_given": "yes",
            "conflict_checked": "yes",
        }
        answer = await self.doors.ask("POST", f"{self.path}/case", body=case, headers=self.anna)
        self.case = f"/cases/{answer.json['case']}"
        body = {"id": client_id(), "text": self.canaries["case note"]}
        await self._post(f"{self.case}/notes", body, self.halina)

    async def _end(self) -> None:
        await self._post(f"{self.path}/end", {"reason": "completed"}, self.anna)
        centre = self.doors.running.system.centre
        card = {
            "reporter_role": "subject",
            "problem_primary": next(iter(centre.problem_areas)),
            "priority_final": "P1",
            "danger_actions": ["none_needed"],
            "help_forms": [next(iter(centre.help_forms))],
            "narrative": self.canaries["narrative"],
            "agreements": self.canaries["agreements"],
            "end_reason": "completed",
        }
        await self._post(f"{self.path}/summary", card, self.anna)

    async def _telegram(self) -> None:
        system = self.doors.running.system
        arrival = arrivals.Arrival(
            line=TRUST,
            channel="telegram",
            origin="telegram:update:1",
            client_id="telegram-1",
            language="pl",
            text=self.canaries["telegram message"],
            address=self.canaries["telegram address"],
        )
        self.telegram = (await arrivals.start(system, arrival)).contact_id
        caller = Actor("caller", self.telegram)
        await messages.receive(system, caller, self.telegram, "telegram-2", self.canaries["telegram message"])

    async def read_by_those_who_may(self) -> str:
        """Everything that the people concerned are shown."""
        shown = [self.drafts]
        for path, headers in (
            (f"/chat/{TRUST}/contact", bearer(self.caller)),
            (f"{self.path}/entries", self.anna),
            (f"{self.path}/card", self.anna),
            (f"{self.path}/caller", self.anna),
            (self.case, self.halina),
        ):
            answer = await self.doors.ask("GET", path, headers=headers)
            assert answer.status == 200
            shown.append(answer.text)
            if answer.headers["Content-Type"].startswith("application/json"):
                shown.append(json.dumps(answer.json, ensure_ascii=False))
        return "\n".join(shown) + await self._read_below_http(self.doors.running.system)

    async def _read_below_http(self, system: System) -> str:
        async with system.read() as tx:
            address = await views.address(tx, self.telegram)
            words = await views.entries_after(tx, self.telegram, 0, "staff")
            row = (await tx.connection.execute(select(audit).where(audit.c.reason_sealed.is_not(None)))).one()
            reason = await tx.unseal(row.thing_id, "audit", row.id, row.reason_sealed)
        return "\n".join([address, reason, *(entry.text or "" for entry in words)])


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log as a real process writes it, with everything it would ever say."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    logs.configure("debug")
    stream = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    yield stream
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


async def test_what_people_write_stays_nowhere_but_sealed(
    place: SimpleNamespace, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    canaries = Canaries()
    needles = canaries.needles()
    secrets_kept: dict[str, bytes] = {}
    async with (
        factories.running_house(place.settings, MovableClock(), engine=False) as running,
        doors_of(running) as doors,
        listened_to(doors) as heard,
    ):
        await doors.employ(canaries.control, "caseworker", lines=())  # names of staff are no secret
        story = Story(doors, canaries)
        await story.tell()
        shown = await story.read_by_those_who_may()
        secrets_kept["caller's secret"] = story.caller.token.encode()
        secrets_kept["session"] = doors.secrets["Anna"].encode()
        await settle(place.settings)
        assert found(place.folders, needles | secrets_kept) == []  # while it runs, write-ahead logs included
        assert found(place.folders, {"control": canaries.control.encode()})
    await settle(place.settings)
    assert found(place.folders, needles | secrets_kept) == []  # and after it has closed
    assert found(place.folders, {"control": canaries.control.encode()})
    assert {name for name in PLACES if canaries[name] not in shown} == set()
    assert '"route": "/chat/{line}/messages"' in log.getvalue()  # the log did speak
    assert f"{running.url}/chat/{TRUST}/messages" in heard
    overheard = "\n".join([log.getvalue(), *capfd.readouterr(), *heard]).encode()
    assert [name for name, needle in (needles | secrets_kept).items() if needle in overheard] == []


def test_the_search_finds_every_writing(tmp_path: Path) -> None:
    """Each writing of a canary, planted in a file, is found: the search above cannot pass for want of looking."""
    canaries = Canaries()
    needles = canaries.needles()
    text = canaries["note"]
    planted = {
        "plain": text.encode(),
        "utf-16": text.encode("utf-16"),
        "json": json.dumps({"text": text}).encode(),
        "hex": text.encode().hex().encode(),
        "decomposed": unicodedata.normalize("NFD", text).encode(),
        **{f"base64 {shift}": base64.b64encode(b"\0" * shift + text.encode()) for shift in range(3)},
    }
    for name, content in planted.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file").write_bytes(b"\0" * 100 + content + b"\0" * 100)
        hits = found([folder], needles)
        assert any(canaries.stem in hit for hit in hits), name
        assert any(canaries.polish in hit for hit in hits), name

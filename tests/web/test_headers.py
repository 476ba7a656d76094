"""Every answer carries the same strict headers: pages, JSON, errors, redirects, files, sockets, refusals."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType
from structlog.testing import capture_logs

from hotline.centres import DEMO
from hotline.store.db import Database
from hotline.web import assets, middleware
from tests import factories
from tests.factories import MovableClock
from tests.web.doors import Answer, Doors, bearer, client_id, doors_of, first_words
from tests.web.scenes import scene_at

STRICT = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Server": "hotline",
    "Cache-Control": "no-store",
}
ORDINARY = {
    "Content-Type", "Content-Length", "Date", "Connection", "Vary", "Content-Encoding", "Transfer-Encoding",
    "Location", "Set-Cookie", "Retry-After", "Clear-Site-Data", "Allow", "Upgrade", "Sec-WebSocket-Accept",
}  # fmt: skip


def strict(headers: Mapping[str, str], **other: str) -> None:
    """Exactly the strict headers, and besides them nothing that was not thought of."""
    assert {name: headers.get(name) for name in STRICT} == {**STRICT, **other}
    assert headers.keys() - STRICT.keys() <= ORDINARY


async def asked(doors: Doors, but: Collection[str] = ()) -> dict[str, Answer]:
    """An answer of every kind."""
    scene = await scene_at(doors)
    anna, caller = doors.as_staff("Anna"), bearer(scene.caller)
    html = {"Accept": "text/html"}
    chat, contact = "/chat/city_trust_19513", f"/console/contacts/{scene.caller.contact_id}"
    words = {"id": client_id(), "text": "Dzień dobry."}
    answers = {
        "200 front": await doors.ask("GET", "/"),
        "200 privacy": await doors.ask("GET", "/prywatnosc"),
        "200 statement": await doors.ask("GET", "/deklaracja-dostepnosci"),
        "404 privacy": await doors.ask("GET", "/prywatnosc/" + "0" * 16, headers=html),
        "200 chat": await doors.ask("GET", chat),
        "200 sign-in": await doors.ask("GET", "/sign-in"),
        "200 once": await doors.ask("GET", "/sign-in/once/" + "x" * 43),
        "200 console": await doors.ask("GET", "/console", headers=anna),
        "200 centre": await doors.ask("GET", "/centre", headers=doors.as_staff("Igor")),
        "200 line": await doors.ask("GET", "/centre/lines/kis", headers=doors.as_staff("Filip")),
        "200 going live": await doors.ask("GET", "/centre/go-live", headers=doors.as_staff("Filip")),
        "200 roster": await doors.ask("GET", "/roster?view=month", headers=doors.as_staff("Filip")),
        "200 my shifts": await doors.ask("GET", "/roster/mine", headers=anna),
        "200 absences": await doors.ask("GET", "/roster/absences", headers=doors.as_staff("Filip")),
        "200 patterns": await doors.ask("GET", "/roster/plan", headers=doors.as_staff("Filip")),
        "422 hours": await doors.ask(
            "POST",
            "/centre/lines/kis",
            raw=b"kind=hours&policy=closed&from_day=2026-11-24&mon=x",
            headers={**html, **doors.as_staff("Filip"), "Content-Type": "application/x-www-form-urlencoded"},
        ),
        "200 case": await doors.ask("GET", f"/cases/{scene.case}", headers=anna),
        "200 state": await doors.ask("GET", "/console/state", headers=anna),
        "200 fragment": await doors.ask("GET", f"{contact}/card", headers=anna),
        "200 message": await doors.ask("POST", f"{chat}/messages", body=words, headers=caller),
        "200 leave": await doors.ask("POST", f"{chat}/leave", body={"quick": True}, headers=caller),
        "201 start": await doors.ask("POST", f"{chat}/contacts", body=first_words()),
        "303 to sign in": await doors.ask("GET", "/console", headers=html),
        "400 JSON": await doors.ask("POST", f"{chat}/contacts", raw=b"{"),
        "401 form": await doors.ask(
            "POST",
            "/sign-in",
            raw=b"login=a&password=b",
            headers={**html, "Content-Type": "application/x-www-form-urlencoded"},
        ),
        "401 JSON": await doors.ask("GET", "/console/state"),
        "403 role": await doors.ask("GET", "/console", headers={**doors.as_staff("Igor"), **html}),
        "403 origin": await doors.ask("POST", f"{chat}/contacts", body=first_words(), origin="null"),
        "404 path": await doors.ask("GET", "/none"),
        "404 page": await doors.ask("GET", "/none", headers=html),
        "404 line": await doors.ask("GET", "/chat/nowhere", headers=html),
        "404 file": await doors.ask("GET", f"/static/{assets.version()}/css/none.css"),
        "405 method": await doors.ask("PUT", "/console"),
        "405 head": await doors.ask("HEAD", "/none"),
        "409 offer": await doors.ask(
            "POST", f"/console/offers/{'0' * 36}/accept", body={"token": "x" * 43}, headers=anna
        ),
        "413 body": await doors.ask("POST", f"{chat}/contacts", raw=b"x" * 70_000),
        "422 card": await doors.ask("POST", f"{contact}/case", body={}, headers=anna),
        "200 sign-out": await doors.ask("POST", "/sign-out", headers=doors.as_staff("Halina")),
    }
    return {name: answer for name, answer in answers.items() if name not in but}


async def test_every_kind_of_answer_is_strict(doors: Doors) -> None:
    for name, answer in (await asked(doors)).items():
        if name == "200 sign-out":
            assert answer.status == 303
        elif name != "405 head":
            assert answer.status == int(name[:3]), (name, answer.text)
        try:
            strict(answer.headers)
        except AssertionError as error:
            raise AssertionError(name) from error
        if answer.status != 303 and answer.text:
            assert answer.headers["Content-Type"].split(";")[0] in ("text/html", "application/json"), name


# -- who may frame what ------------------------------------------------------------------------------------

SITES = ("https://www.kielce.example", "https://mopr.kielce.example:8443")
FRAMED = STRICT["Content-Security-Policy"].removesuffix("'none'") + " ".join(SITES)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def framed(tmp_path: Path) -> AsyncIterator[Doors]:
    """A centre that names two sites of its own."""
    overlay = tmp_path / "sites.toml"
    sites = ", ".join(f'"{site}"' for site in SITES)
    overlay.write_text(DEMO.read_text().replace("[centre]\n", f"[centre]\nembed_origins = [{sites}]\n", 1))
    settings = replace(factories.settings_in(tmp_path), centre_overlay=str(overlay))
    async with (
        factories.running_house(settings, MovableClock(), engine=False) as running,
        doors_of(running) as doors,
    ):
        yield doors


async def test_the_conversation_may_be_framed_by_the_sites_of_the_centre_and_nothing_else_by_anybody(
    framed: Doors,
) -> None:
    chat = "/chat/city_trust_19513"
    pages = [
        await framed.ask("GET", chat),
        await framed.ask("GET", "/chat/kis"),
        await framed.ask("POST", f"{chat}/plain", raw=b"send=1", headers=FORM),
    ]
    for page in pages:
        assert page.status == 200
        assert "X-Frame-Options" not in page.headers
        without = {name: value for name, value in STRICT.items() if name != "X-Frame-Options"}
        assert {name: page.headers[name] for name in without} == {
            **without,
            "Content-Security-Policy": FRAMED,
        }
        assert page.headers.keys() - STRICT.keys() <= ORDINARY
    lost = {"Accept": "text/html", "Sec-Fetch-Dest": "iframe"}
    missing = await framed.ask("GET", "/chat/nowhere", headers=lost)
    assert (missing.status, missing.headers["Content-Security-Policy"]) == (404, FRAMED)
    strict((await framed.ask("GET", "/nowhere", headers=lost)).headers)
    leaving = await framed.ask("POST", f"{chat}/plain", raw=b"leave=1", headers=FORM)
    nowhere = await framed.ask("GET", "/chat/nowhere", headers={"Accept": "text/html"})
    for answer in (leaving, nowhere, *(await asked(framed, but=("200 chat",))).values()):
        strict(answer.headers)


async def test_other_sites_get_the_loader_and_only_those_of_the_centre_whether_somebody_is_there(
    framed: Doors,
) -> None:
    loader = await framed.ask("GET", "/embed.js")
    assert loader.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert loader.headers["Cache-Control"] == "public, max-age=600"
    path = "/embed/city_trust_19513?lang=en"
    for origin in (*SITES, "https://elsewhere.example", "null", framed.ours):
        answer = await framed.ask("GET", path, headers={"Origin": origin})
        told = dict(answer.headers)
        assert told.pop("Access-Control-Allow-Origin", None) == (origin if origin in SITES else None)
        strict(told, **{"Cache-Control": "public, max-age=20"})
        assert "Origin" in answer.headers["Vary"]
    assert (await framed.ask("GET", "/embed/nowhere")).status == 404


async def test_files_are_strict_and_may_be_kept(doors: Doors) -> None:
    for file in (*assets.files(), *assets.TOGETHER):
        for coding in ("gzip", "identity"):
            answer = await doors.ask("GET", assets.address(file), headers={"Accept-Encoding": coding})
            assert answer.status == 200
            strict(answer.headers, **{"Cache-Control": "public, max-age=31536000, immutable"})
            assert answer.headers["Vary"] == "Accept-Encoding"


async def test_a_socket_is_opened_with_strict_headers(doors: Doors) -> None:
    url = f"{doors.ours}/console/socket"
    async with doors.http.ws_connect(url, headers={**doors.as_staff("Anna"), "Origin": doors.ours}) as socket:
        assert (await socket.receive()).type is WSMsgType.TEXT
        strict(dict(socket._response.headers))


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_never_see(doors: Doors) -> None:
    path = await doors.running.sign_in_path(doors.people["Beata"].id)
    answer = await doors.ask("POST", path)
    strict(answer.headers)
    cookie = answer.headers["Set-Cookie"].split("; ")
    assert cookie[0].startswith("hotline_session=")
    assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie)
    assert not any(part.startswith(("Expires", "Max-Age", "Domain")) for part in cookie)
    secret = cookie[0].partition("=")[2]
    assert secret not in answer.text + answer.headers["Location"]


async def test_what_the_server_refuses_by_itself_is_strict_too(doors: Doors) -> None:
    request = (
        f"POST /chat/city_trust_19513/contacts HTTP/1.1\r\nHost: x\r\nOrigin: {doors.ours}\r\nExpect: x\r\n"
    )
    head, _ = await doors.bare(request.encode() + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 417 ")
    strict(parsed(head))


NO_HTTP = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no version": b"GET / \r\n\r\n",
    "broken header": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "long line": b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 10_000 + b"\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "smuggled": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "odd version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
async def test_what_is_no_http_learns_nothing_of_what_runs_here(doors: Doors, name: str) -> None:
    head, body = await doors.bare(NO_HTTP[name])
    assert head.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert parsed(head)["Server"] == "hotline"
    assert not any(word in (head + body).lower() for word in (b"python", b"aiohttp", b"traceback"))


def parsed(head: bytes) -> dict[str, str]:
    lines = head.decode().split("\r\n")[1:]
    return {name: value for name, _, value in (line.partition(": ") for line in lines)}


# -- when something is broken ------------------------------------------------------------------------------

CANARY = "Zdradliwe szczegóły"


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_a_mistake_of_ours_is_a_calm_answer_without_a_trace(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("hotline.web.console.console_json", broken)
    with capture_logs() as logged:
        answer = await doors.ask(
            "GET", "/console/state", headers={**doors.as_staff("Anna"), "Accept": accept}
        )
    assert answer.status == 500
    strict(answer.headers)
    assert not any(word in answer.text for word in (CANARY, "RuntimeError", "Traceback", ".py"))
    assert [each["event"] for each in logged] == ["request failed", "request"]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_a_database_that_is_away_asks_to_come_back(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    nowhere = Database(f"sqlite+aiosqlite:///{doors.running.settings.data}/none/hotline.sqlite")
    monkeypatch.setattr(doors.running.system, "db", nowhere)
    with capture_logs():
        answer = await doors.ask(
            "GET", "/console/state", headers={**doors.as_staff("Anna"), "Accept": accept}
        )
    assert answer.status == 503
    strict(answer.headers)
    assert answer.headers["Retry-After"] == "2"
    await nowhere.close()


def test_the_headers_tested_here_are_all_the_program_has() -> None:
    assert {**middleware.HEADERS, "Server": "hotline", "Cache-Control": "no-store"} == STRICT

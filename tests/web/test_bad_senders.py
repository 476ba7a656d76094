"""Who sends, where and how: foreign pages, secrets that are none, odd paths, other methods: nothing opens."""

import json
from datetime import timedelta

import pytest

from hotline.web.routes import ROUTES
from tests.factories import Running
from tests.web.doors import Doors, bearer, doors_of, filled, first_words, refused
from tests.web.scenes import SPEAKING, Scene, scene_at, valid

CHANGING = [
    (route.method, route.path) for route in ROUTES if route.method == "POST" or "socket" in route.path
]


@pytest.fixture
async def scene(doors: Doors) -> Scene:
    return await scene_at(doors)


# -- who sends ---------------------------------------------------------------------------------------------


def foreign_origins(doors: Doors) -> list[str | None]:
    host = doors.ours.removeprefix("http://")
    return [
        None,
        "null",
        "",
        "https://evil.example",
        f"https://{host}",
        f"http://{host}.evil.example",
        f"http://evil.example/{host}",
        f"{doors.ours}/",
        f"{doors.ours}@evil.example",
        f"{doors.ours}, https://evil.example",
        doors.ours.rpartition(":")[0],
        doors.ours.upper(),
    ]


@pytest.mark.parametrize(("method", "path"), CHANGING)
async def test_a_change_from_a_foreign_page_is_refused(doors: Doors, method: str, path: str) -> None:
    caller, case = await doors.case()
    scene = Scene(doors, caller, case)
    before = await doors.state_of(caller.contact_id)
    headers = dict(scene.sender(path))
    if "socket" in path:
        headers |= {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        headers |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    where = filled(path, caller.contact_id, case)
    for origin in foreign_origins(doors):
        body = None if "socket" in path else valid(path, scene)
        answer = await doors.ask(method, where, body=body, headers=headers, origin=origin)
        assert (answer.status, refused(answer, "pl")) == (403, "foreign_origin"), origin
    assert await doors.state_of(caller.contact_id) == before


TOKENS = [b"", b"x" * 42, b"x" * 43, b"x" * 44, b"x" * 5000, b"\xff\xfe", "ąę".encode(), b"a b", b"'; --"]
CALLER_ROUTES = [
    (route.method, route.path) for route in ROUTES if route.who == "caller" and "socket" not in route.path
]


@pytest.mark.parametrize(("method", "path"), CALLER_ROUTES)
async def test_a_secret_that_is_none_opens_nothing(scene: Scene, method: str, path: str) -> None:
    doors = scene.doors
    before = await doors.state_of(scene.caller.contact_id)
    start = f"{method} {filled(path)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: {doors.ours}\r\n".encode()
    raw = json.dumps(valid(path, scene)).encode() if method == "POST" else b""
    body = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw
    good = scene.caller.token.encode()
    headers = [b"Authorization: Bearer " + token for token in TOKENS]
    headers += [b"Authorization: Basic " + good, b"Authorization: " + good, b"Cookie: token=" + good, b"X: x"]
    headers += [b"Authorization: Bearer " + good.swapcase(), b"Authorization: Bearer " + good[:-1]]
    for header in headers:
        head, answer = await doors.bare(start + header + b"\r\n" + body)
        assert head.startswith(b"HTTP/1.1 401 "), (header, head)
        assert json.loads(answer)["error"]["code"] == "not_signed_in"
    assert await doors.state_of(scene.caller.contact_id) == before


async def test_a_token_in_an_address_opens_nothing(scene: Scene) -> None:
    """An address is kept in histories and logs, so a secret in it must be worthless."""
    for name in ("token", "access_token", "after"):
        answer = await scene.doors.ask("GET", f"/chat/city_trust_19513/contact?{name}={scene.caller.token}")
        assert (answer.status, refused(answer, "pl")) == (401, "not_signed_in")


@pytest.mark.parametrize("cookie", [b"", b"x" * 43, b"\xff\xfe", b'"', b"a=b", b"x" * 7000])
async def test_a_session_that_is_none_opens_nothing(scene: Scene, cookie: bytes) -> None:
    for path in (b"/console/state", b"/cases", b"/console"):
        head, body = await scene.doors.bare(
            b"GET "
            + path
            + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: hotline_session="
            + cookie
            + b"\r\n\r\n"
        )
        assert head.startswith(b"HTTP/1.1 401 "), head
        assert json.loads(body)["error"]["code"] == "not_signed_in"


# -- lines, paths, methods -----------------------------------------------------------------------------------


async def test_a_line_that_is_not_there_says_so(scene: Scene) -> None:
    doors = scene.doors
    for language, headers in SPEAKING.items():
        for method, path, body in (
            ("GET", "/chat/nowhere", None),
            ("POST", "/chat/nowhere/contacts", first_words()),
            ("POST", "/chat/nowhere/plain", None),
        ):
            answer = await doors.ask(method, path, body=body, headers=headers)
            assert (answer.status, refused(answer, language)) == (404, "line_unknown")
    answer = await doors.ask(
        "POST",
        "/console/contacts",
        body={**valid("/console/contacts", scene), "line": "nowhere"},
        headers=doors.as_staff("Anna"),
    )
    assert (answer.status, refused(answer, "pl")) == (404, "line_unknown")


ODD = (
    "//",
    "/chat",
    "/chat/",
    "/chat/..",
    "/chat/%2e%2e/console",
    "/chat/CITY",
    "/chat/a%00b",
    "/chat/%ff",
    "/chat/" + "a" * 65,
    "/chat/" + "a" * 7000,
    "/static/",
    "/static/000000000000/../../vault.py",
    "/static/000000000000/%2e%2e/%2e%2e/vault.py",
    "/static/000000000000/%00",
    "/console/",
    "/console/contacts/1/entries",
    "/console/contacts/" + "g" * 36 + "/entries",
    "/cases/%20",
    "/sign-in/once/",
    "/sign-in/once/" + "x" * 42,
    "/robots.txt",
    "/.env",
    "/admin",
    "/ж",
    "/%",
    "/%zz",
    "/?" + "a=b&" * 1000 + "lang=%00",
)


async def test_odd_paths_lead_nowhere(doors: Doors) -> None:
    cookie = doors.as_staff("Anna")["Cookie"]
    for path in ODD:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
        head, body = await doors.bare(request.encode())
        status = int(head.split()[1])
        assert status == 200 if path.startswith("/?") else status in (400, 404), (path, status, body[:200])
        assert b"Traceback" not in body
        assert b"HKDF" not in body  # of the source file that two of the paths reach for


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "GET", "POST"])
async def test_other_methods_change_nothing(doors: Doors, method: str) -> None:
    caller, case = await doors.case()
    scene = Scene(doors, caller, case)
    before = await doors.state_of(caller.contact_id)
    known = {(route.method, route.path) for route in ROUTES}
    for pattern in sorted({pattern for _, pattern in known if "once" not in pattern}):
        if (method, pattern) in known:
            continue
        path = filled(pattern, caller.contact_id, case)
        headers = scene.sender(path)
        answer = await doors.ask(method, path, headers=headers)
        assert (answer.status, refused(answer, "pl")) == (405, "not_found"), path
        if method not in ("GET", "OPTIONS"):
            answer = await doors.ask(method, path, headers=headers, origin="https://evil.example")
            assert answer.status == 403
    assert await doors.state_of(caller.contact_id) == before


async def test_a_caller_whose_time_has_passed_is_told_to_start_anew(running: Running) -> None:
    async with doors_of(running) as doors:
        caller = await doors.caller()
        running.clock.set(running.clock.now() + timedelta(minutes=16))
        answer = await doors.ask("GET", "/chat/city_trust_19513/contact", headers=bearer(caller))
        assert (answer.status, refused(answer, "pl")) == (401, "not_signed_in")

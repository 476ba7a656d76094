"""Forms of any shape, sent to the two pages that take forms without a session."""

import pytest
from aiohttp import FormData

from hotline.store import views
from hotline.web.routes import ROUTES
from tests.factories import TRUST
from tests.web.doors import Doors, filled

# -- forms ---------------------------------------------------------------------------------------------------

FORM_PATHS = ("/chat/city_trust_19513/plain", "/chat/city_trust_19513/callback", "/sign-in")
BOUNDARY = "multipart/form-data; boundary=b"
URLENCODED = "application/x-www-form-urlencoded"
FORMS_SENT: dict[str, tuple[str, bytes]] = {
    "nothing": (URLENCODED, b""),
    "bytes": (URLENCODED, b"login=\xff\xfe&text=\xff"),
    "encoded bytes": (URLENCODED, b"login=%ff&password=%ff&text=%ff"),
    "NUL": (URLENCODED, b"login=a%00b&password=a%00b&text=a%00b&token=%00&id=%00"),
    "surrogates": (URLENCODED, b"login=%ED%A0%80&password=%ED%A0%80&text=%ED%A0%80"),
    "other alphabet": (f"{URLENCODED}; charset=utf-16", "login=a&text=b".encode("utf-16")),
    "unknown alphabet": (f"{URLENCODED}; charset=klingon", b"login=a&password=b&text=c"),
    "alphabet that is none": (
        f"{URLENCODED}; charset=unicode_escape",
        b"login=\\ud800&password=\\ud800&text=\\ud800",
    ),
    "many fields": (URLENCODED, b"&".join(b"a%d=b" % number for number in range(3000))),
    "broken parts": (BOUNDARY, b"--b\r\nContent-Dis"),
    "no boundary": ("multipart/form-data", b"--b\r\n"),
    "nameless part": (BOUNDARY, b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
    "nested parts": (
        BOUNDARY,
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
    ),
    "a file": (
        BOUNDARY,
        b'--b\r\nContent-Disposition: form-data; name="text"; filename="x"\r\n\r\nhello\r\n--b--\r\n',
    ),
    "part of an unknown alphabet": (
        BOUNDARY,
        b'--b\r\nContent-Disposition: form-data; name="login"\r\nContent-Type: text/x; charset=klingon\r\n\r\n--b--',
    ),
    "packed part": (
        BOUNDARY,
        b'--b\r\nContent-Disposition: form-data; name="login"\r\nContent-Encoding: gzip\r\n\r\nx\r\n--b--\r\n',
    ),
    "JSON": ("application/json", b'{"login": "a"}'),
    "too large": (URLENCODED, b"login=" + b"x" * 200_000),
}


@pytest.mark.parametrize("path", FORM_PATHS)
@pytest.mark.parametrize("name", FORMS_SENT)
async def test_a_form_of_any_shape_is_no_failure(both_doors: Doors, path: str, name: str) -> None:
    kind, raw = FORMS_SENT[name]
    for accept in ("text/html", "application/json"):
        answer = await both_doors.ask("POST", path, raw=raw, headers={"Content-Type": kind, "Accept": accept})
        assert answer.status < 500, answer.text
        assert answer.status < 300 or answer.status >= 400
        assert "Traceback" not in answer.text
        assert "\0" not in answer.text


async def test_a_plain_form_keeps_the_words_it_could_not_take(both_doors: Doors) -> None:
    caller = await both_doors.caller()
    before = await both_doors.state_of(caller.contact_id)
    text = "Proszę o pomoc <b>teraz</b> " + "ż" * 4000
    form = FormData({"token": caller.token, "id": "y" * 43, "text": text})()
    answer = await both_doors.ask(
        "POST",
        "/chat/city_trust_19513/plain?lang=pl",
        raw=form._value,
        headers={"Content-Type": URLENCODED, "Accept": "text/html"},
    )
    assert answer.status == 200
    assert "ż" * 4000 in answer.text
    assert "<b>" not in answer.text
    assert await both_doors.state_of(caller.contact_id) == before


CENTRE_FORMS = [route.path for route in ROUTES if route.method == "POST" and "/centre" in route.path]


@pytest.mark.parametrize("path", CENTRE_FORMS)
async def test_nor_is_one_about_the_centre(both_doors: Doors, path: str) -> None:
    """Whatever an administrator's browser sends, the centre stays as it was."""
    before = both_doors.running.system.centre
    for kind, raw in FORMS_SENT.values():
        headers = {**both_doors.as_staff("Igor"), "Content-Type": kind, "Accept": "text/html"}
        answer = await both_doors.ask("POST", filled(path), raw=raw, headers=headers)
        assert 400 <= answer.status < 500 or path.endswith("documents"), answer.text
        assert "Traceback" not in answer.text
    assert both_doors.running.system.centre == before


ROSTER_FORMS = [route.path for route in ROUTES if route.method == "POST" and route.path.startswith("/roster")]


@pytest.mark.parametrize("path", ROSTER_FORMS)
async def test_nor_is_one_about_the_roster(both_doors: Doors, path: str) -> None:
    """Whatever a supervisor's browser sends, nobody is planned, moved or away by it."""
    before = await _planned(both_doors)
    for kind, raw in FORMS_SENT.values():
        headers = {**both_doors.as_staff("Filip"), "Content-Type": kind, "Accept": "text/html"}
        answer = await both_doors.ask("POST", filled(path), raw=raw, headers=headers)
        assert 400 <= answer.status < 500, answer.text
        assert "Traceback" not in answer.text
    assert await _planned(both_doors) == before


async def _planned(doors: Doors) -> object:
    async with doors.running.system.read() as tx:
        found = await views.roster.rosters(tx, TRUST), await views.roster.patterns(tx)
        demands = await views.roster.demands(tx, tx.centre)
        return found, demands, await views.roster.absences(tx, tx.now), (await tx.board()).plan

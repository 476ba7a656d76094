"""Bodies and values of any shape: answered with a fact and a sentence, and the contact stays as it was."""

import json

import pytest

from hotline.ids import new_id
from tests.web.doors import Doors, bearer, refused
from tests.web.scenes import JSON_ROUTES, SPEAKING, Scene, scene_at, valid

UNREADABLE = {
    "nothing": b"",
    "spaces": b"  \n ",
    "broken": b'{"id": "abcdefgh", ',
    "list": b"[]",
    "null": b"null",
    "number": b"5",
    "text": b'"x"',
    "two values": b"{}{}",
    "no JSON": b"id=abcdefgh&text=x",
    "not a number": b'{"id": NaN}',
    "infinite": b'{"after": 1e999}',
    "deep": b"[" * 30_000,
    "deep fields": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "bytes": b'{"id": "\xff\xfe"}',
    "utf-16": '{"id": "abcdefgh"}'.encode("utf-16"),
    "lone surrogate": b'{"id": "abcdefgh", "text": "\\ud800", "reason": "\\udfff", "token": "\\ud800"}',
    "lone surrogate as a field": b'{"\\ud800": "x"}',
    "lone surrogate in bytes": b'{"id": "abcdefgh", "text": "\xed\xa0\x80"}',
    "unknown field": b'{"admin": true}',
    "blank field": b'{" ": "x", "": "y"}',
    "zero field": b'{"\\u0000": "x"}',
    "wrong types": b'{"id": 1, "text": [], "token": {}, "reason": false, "quick": "yes", "values": 3}',
}


@pytest.fixture
async def scene(both_doors: Doors) -> Scene:
    return await scene_at(both_doors)


@pytest.fixture
async def one_scene(doors: Doors) -> Scene:
    """For what is refused before any database is asked."""
    return await scene_at(doors)


# -- bodies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", JSON_ROUTES)
async def test_what_cannot_be_read_is_refused_and_changes_nothing(one_scene: Scene, path: str) -> None:
    before = await one_scene.doors.state_of(one_scene.caller.contact_id)
    for number, (name, raw) in enumerate(UNREADABLE.items()):
        language = ("pl", "uk", "en")[number % 3]
        answer = await one_scene.send(path, language, raw=raw)
        assert refused(answer, language) in ("malformed", "summary_incomplete", "case_incomplete"), name
    assert await one_scene.doors.state_of(one_scene.caller.contact_id) == before


@pytest.mark.parametrize("path", JSON_ROUTES)
async def test_another_content_type_is_refused(one_scene: Scene, path: str) -> None:
    """A form of another site can send these without being asked first."""
    before = await one_scene.doors.state_of(one_scene.caller.contact_id)
    raw = json.dumps(valid(path, one_scene)).encode()
    kinds = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonx",
        "x",
    ]
    for kind in kinds:
        answer = await one_scene.send(path, raw=raw, headers={"Content-Type": kind})
        assert refused(answer, "pl") == "malformed"
    assert await one_scene.doors.state_of(one_scene.caller.contact_id) == before


LONG = "ż" * 4001
TEXTS = [
    ('""', "text_empty"),
    ('" \\n\\t\\u00a0\\u2003 "', "text_empty"),
    ('"a\\u0000b"', "text_malformed"),
    ('"\\u0000"', "text_malformed"),
    ('"\\ud83d"', "malformed"),
    (json.dumps(LONG), "text_too_long"),
]
TEXT_ROUTES = [
    path for path in JSON_ROUTES if path.endswith(("/messages", "/notes", "/priority", "/contacts"))
]


@pytest.mark.parametrize(
    ("text", "code"), TEXTS, ids=["empty", "blank", "NUL", "only NUL", "surrogate", "long"]
)
async def test_texts_that_cannot_be_stored_are_refused(scene: Scene, text: str, code: str) -> None:
    before = await scene.doors.state_of(scene.caller.contact_id)
    for path in TEXT_ROUTES:
        if path == "/console/contacts":
            continue  # nothing there is free text
        body = valid(path, scene)
        name = "reason" if "reason" in body else "text"
        raw = json.dumps({**body, name: "@"}).replace('"@"', text).encode()
        for language in SPEAKING:
            assert refused(await scene.send(path, language, raw=raw), language) == code, path
    assert await scene.doors.state_of(scene.caller.contact_id) == before


@pytest.mark.parametrize("name", ["narrative", "agreements", "danger_note"])
async def test_free_text_of_a_card_is_checked_alike(scene: Scene, name: str) -> None:
    path = "/console/contacts/{contact:[0-9a-f-]{36}}/summary"
    for text, codes in (("a\0b", {"text_malformed"}), ("ż" * 9000, {"text_too_long"})):
        assert refused(await scene.send(path, body={name: text}), "pl") in codes


@pytest.mark.parametrize("path", JSON_ROUTES)
async def test_a_body_that_is_too_large_is_refused_unread(one_scene: Scene, path: str) -> None:
    before = await one_scene.doors.state_of(one_scene.caller.contact_id)
    for size in (65 * 1024, 300 * 1024):
        raw = b'{"id": "abcdefgh", "text": "' + b"x" * size + b'"}'
        answer = await one_scene.send(path, "en", raw=raw)
        assert (answer.status, refused(answer, "en")) == (413, "body_too_large")
    assert await one_scene.doors.state_of(one_scene.caller.contact_id) == before


async def test_a_body_without_a_length_is_measured_while_it_is_read(one_scene: Scene) -> None:
    port = one_scene.doors.running.settings.port
    head = (
        f"POST /chat/city_trust_19513/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Origin: {one_scene.doors.ours}\r\nAuthorization: Bearer {one_scene.caller.token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    answer, body = await one_scene.doors.bare(head.encode() + chunk * 3 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in body


# -- single fields -----------------------------------------------------------------------------------------


STRANGE = ("", " ", "\0", "ą", "\U0001f49a", "x" * 5000, "' OR 1=1 --", "../../etc/passwd", "{line}", "-1")


@pytest.mark.parametrize("path", JSON_ROUTES)
async def test_strange_values_in_any_field_are_refused_or_harmless(scene: Scene, path: str) -> None:
    """Every string of a good body, replaced by something nobody should send."""
    good = valid(path, scene)
    for name, value in good.items():
        if (
            not isinstance(value, str)
            or name in ("text", "narrative", "subject", "reason", "pseudonym")
            or path.endswith("/case")
        ):
            continue
        for strange in STRANGE:
            if name == "ended" and not strange:
                continue
            answer = await scene.send(path, body={**good, name: strange})
            assert refused(answer, "pl"), (name, strange)


@pytest.mark.parametrize("token", ["x" * 43, "ą" * 43, "\0" * 43, "", "x" * 44])
@pytest.mark.parametrize("what", ["accept", "decline"])
async def test_an_offer_needs_its_own_token_and_stays(scene: Scene, what: str, token: str) -> None:
    doors = scene.doors
    offer = await doors.offer("Beata")
    path = f"/console/offers/{offer.id}/{what}"
    answer = await doors.ask("POST", path, body={"token": token}, headers=doors.as_staff("Beata"))
    assert refused(answer, "pl") in ("offer_gone", "malformed")
    # somebody else's offer, even with the right token
    answer = await doors.ask("POST", path, body={"token": offer.token}, headers=doors.as_staff("Anna"))
    assert refused(answer, "pl") == "offer_gone"
    answer = await doors.ask(
        "POST",
        f"/console/offers/{offer.id}/decline",
        body={"token": offer.token},
        headers=doors.as_staff("Beata"),
    )
    assert answer.status == 200


async def test_an_offer_that_is_gone_says_so(scene: Scene) -> None:
    doors = scene.doors
    offer = await doors.offer("Beata")
    headers, body = doors.as_staff("Beata"), {"token": offer.token}
    assert (
        await doors.ask("POST", f"/console/offers/{offer.id}/decline", body=body, headers=headers)
    ).status == 200
    for what in ("accept", "decline"):
        for offer_id in (offer.id, new_id(), "-" * 36):
            answer = await doors.ask(
                "POST", f"/console/offers/{offer_id}/{what}", body=body, headers={**headers, **SPEAKING["uk"]}
            )
            assert (answer.status, refused(answer, "uk")) == (409, "offer_gone")


CURSORS = ("-1", "x", "1e3", "9" * 40, "", "%D9%A3", "1.0", "%201", "%00", "%ff", "0x10")


async def test_a_cursor_is_a_number(scene: Scene) -> None:
    places = (
        ("/chat/city_trust_19513/contact", bearer(scene.caller)),
        (f"/console/contacts/{scene.caller.contact_id}/entries", scene.doors.as_staff("Anna")),
    )
    for path, headers in places:
        for after in CURSORS:
            answer = await scene.doors.ask("GET", f"{path}?after={after}", headers=headers)
            assert refused(answer, "pl") == "malformed", after
        answer = await scene.doors.ask("GET", f"{path}?after={'9' * 15}", headers=headers)
        assert (answer.status, answer.json["entries"]) == (200, [])

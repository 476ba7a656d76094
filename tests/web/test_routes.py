"""A census of the route table: who gets in where, and that what may not be seen answers like what is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import hotline
from hotline import errors
from hotline.actions import contacts, summaries
from hotline.errors import HotlineError
from hotline.ids import new_id
from hotline.rules import access, go_live
from hotline.rules.forms import Value
from hotline.texts import LANGUAGES, names, texts
from hotline.web.routes import CALLER, EVERYONE, ROUTES, Route
from tests.factories import PERPETRATORS, VICTIMS
from tests.web.doors import CASE, Answer, Doors, bearer, client_id, filled, refused
from tests.web.scenes import JSON_ROUTES, follow_up, scene_at, valid

STAFF_ROUTES = [route for route in ROUTES if route.who not in (EVERYONE, CALLER)]


def name(route: Route) -> str:
    return f"{route.method} {re.sub(r':[^/]*', '', route.path)}"


# -- the table -------------------------------------------------------------------------------------------


def test_every_line_of_the_table_says_who_may_ask() -> None:
    for route in ROUTES:
        assert route.who in (EVERYONE, CALLER) or route.who in access.TABLE, route.path
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_nothing_but_the_pages_before_signing_in_is_open_to_everyone() -> None:
    public = {name(route) for route in ROUTES if route.who == EVERYONE}
    assert public == {
        "GET /",
        "GET /healthz",
        "GET /readyz",
        "GET /prywatnosc",
        "GET /prywatnosc/{version",
        "GET /deklaracja-dostepnosci",
        "GET /static/{version/{path",
        "GET /embed.js",
        "GET /embed/{line",
        "GET /chat/{line",
        "POST /chat/{line/contacts",
        "POST /chat/{line/plain",
        "POST /chat/{line/continue",
        "GET /chat/{line/callback",
        "POST /chat/{line/callback",
        "GET /sign-in",
        "POST /sign-in",
        "GET /sign-in/once/{secret",
        "POST /sign-in/once/{secret",
        "POST /sign-in/code",
        "GET /invitation/{secret",
        "POST /invitation/{secret",
    }


def test_the_program_asks_for_every_right_of_the_table_and_for_no_other() -> None:
    source = "\n".join(path.read_text() for path in Path(hotline.__file__).parent.rglob("*.py"))
    asked = set(re.findall(r"(?:require|may)\(\s*[\w.]+,\s*\"([\w.]+)\"", source))
    asked |= set(re.findall(r"locked\(\s*\w+,\s*\w+,\s*\"([\w.]+)\"", source))
    asked |= {route.who for route in STAFF_ROUTES}
    asked |= {blocker.verb for blocker in go_live.BLOCKERS.values()}
    assert asked <= access.TABLE.keys()
    assert access.TABLE.keys() - asked <= {"delivery"}


@pytest.mark.parametrize("route", ROUTES, ids=name)
async def test_who_gets_in_without_a_session(doors: Doors, route: Route) -> None:
    scene = await scene_at(doors)
    before = await doors.state_of(scene.caller.contact_id)
    body = valid(route.path, scene) if route.path in JSON_ROUTES else None
    path = filled(route.path, scene.caller.contact_id, scene.case)
    answer = await doors.ask(route.method, path, body=body)
    assert answer.status < 500
    if route.who == EVERYONE:
        assert answer.status not in (401, 403) or "once" in path
    elif "chat" in path and "socket" in path:
        assert answer.status == 400  # it says who it is in its first frame, after the upgrade
    else:
        assert (answer.status, refused(answer, "pl")) == (401, "not_signed_in")
    if route.who not in (EVERYONE, CALLER) and route.method == "GET":
        page = await doors.ask("GET", path, headers={"Accept": "text/html"})
        assert (page.status, page.headers["Location"], page.text) == (303, "/sign-in", "")
    assert await doors.state_of(scene.caller.contact_id) == before


@pytest.mark.parametrize("route", STAFF_ROUTES, ids=name)
async def test_every_role_gets_in_where_the_table_lets_it(doors: Doors, route: Route) -> None:
    """Past the door the action may still refuse; before it the answer is 403, and a body is not even read."""
    for who, person in doors.people.items():
        answer = (
            await doors.ask(
                route.method,
                filled(route.path),
                raw=b"{" if route.method == "POST" else None,
                headers=doors.as_staff(who),
            )
            if route.path != "/sign-out"
            else None
        )
        if answer is None:
            continue
        allowed = access.may(person.actor, route.who)
        assert (answer.status == 403) == (not allowed), (who, answer.status)
        if not allowed:
            assert refused(answer, "pl") == "not_allowed"


async def test_a_callers_secret_is_no_session_and_a_session_no_secret(doors: Doors) -> None:
    caller = await doors.caller()
    for headers in (bearer(caller), {"Cookie": f"hotline_session={caller.token}"}):
        assert (await doors.ask("GET", "/console/state", headers=headers)).status == 401
    stolen = {"Authorization": f"Bearer {doors.secrets['Anna']}"}
    assert (await doors.ask("GET", "/chat/city_trust_19513/contact", headers=stolen)).status == 401


# -- errors ------------------------------------------------------------------------------------------------


def kinds(root: type[HotlineError] = HotlineError) -> Iterator[type[HotlineError]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def test_every_error_has_words_in_every_language_and_a_status_of_its_kind() -> None:
    declared = [kind for kind in kinds() if kind.__module__ == errors.__name__]
    assert len({kind.code for kind in declared}) == len(declared)
    # what a person may get to read is filled from these; settings and files are for the operator's shell
    given = {"text_too_long": {"limit"}, "too_soon": {"seconds"}, "many_contacts": {"seconds"}}
    given["no_such_time"] = {"time"}
    given |= {"config_invalid": {"setting", "reason"}}
    given |= {"skill_expired": {"skill"}, "gap_would_open": {"line", "start", "end"}}
    given["change_invalid"] = given["copy_failed"] = {"reason"}
    given["centre_invalid"] = {"file", "key", "reason"}
    for kind in declared:
        assert 400 <= kind.status < 600, kind
        assert kind.__doc__, kind
        for language in LANGUAGES:
            text = texts()[f"error.{kind.code}"][language]
            assert isinstance(text, str)
            assert names(text) <= given.get(kind.code, set()), (kind, language)


def test_no_text_speaks_of_an_error_that_does_not_exist() -> None:
    codes = {kind.code for kind in kinds()}
    assert {key.removeprefix("error.") for key in texts() if key.startswith("error.")} <= codes


# -- what may not be seen ------------------------------------------------------------------------------------


def told(answer: Answer) -> tuple[int, str, dict[str, str]]:
    """What somebody can tell two answers apart by."""
    headers = {key: value for key, value in answer.headers.items() if key not in ("Date", "Content-Length")}
    return answer.status, answer.text, headers


async def closed(doors: Doors) -> str:
    """A contact of Anna's that is over."""
    contact_id = (await doors.talk()).contact_id
    system, anna = doors.running.system, doors.people["Anna"].actor
    await contacts.end(system, anna, contact_id, "completed")
    await summaries.save(system, anna, contact_id, card(doors))
    return contact_id


def card(doors: Doors) -> dict[str, Value]:
    centre = doors.running.system.centre
    return {
        "reporter_role": "subject",
        "problem_primary": next(iter(centre.problem_areas)),
        "priority_final": "P3",
        "help_forms": [next(iter(centre.help_forms))],
        "agreements": "Zadzwoni jutro.",
        "end_reason": "completed",
    }


async def test_foreign_closed_waiting_and_absent_contacts_answer_alike(doors: Doors) -> None:
    ids = [new_id(), (await doors.talk()).contact_id, await closed(doors), (await doors.caller()).contact_id]
    case = {**CASE, "worker": doors.people["Halina"].id}
    words = {"id": client_id(), "text": "Dzień dobry."}
    asked = {
        "GET entries": None,
        "GET card": None,
        "GET case": None,
        "POST messages": words,
        "POST notes": words,
        "POST end": {"reason": "completed"},
        "POST priority": {"priority": "P1", "reason": "tak"},
        "GET drafts": None,
        "POST drafts": {"kind": "note", "base": None, "id": client_id(), "text": "Dzień d"},
        "GET replies": None,
        "GET transfer": None,
        "POST transfer": {"to": f"staff:{new_id()}", "consent": "not_asked"},
        "POST consent": {"staff": new_id()},
        "POST conflict": {"reason": "Znam tę osobę."},
        "GET caller": None,
        "POST pseudonym": {"pseudonym": "Jaskółka"},
        "POST handling": {"text": "Spokojnie.", "days": 90},
        "POST handling-renew": {"note": new_id(), "days": 90},
        "POST handling-remove": {"note": new_id()},
        "POST summary": card(doors),
        "POST case": case,
        "GET callback": None,
        "POST callback": {"outcome": "reached"},
        "POST quarantine": {"reason": "insults"},
        "POST follow-up": follow_up(),
    }
    mine = {route.path.rsplit("/", 1)[1] for route in ROUTES if route.path.startswith("/console/contacts/{")}
    assert mine == {ask.split()[1] for ask in asked} | {"pick-up"}  # which answers all alike, too: 409
    for ask, body in asked.items():
        method, what = ask.split()
        answers = [
            await doors.ask(
                method, f"/console/contacts/{each}/{what}", body=body, headers=doors.as_staff("Beata")
            )
            for each in ids
        ]
        assert (answers[0].status, refused(answers[0], "pl")) == (404, "not_found"), ask
        assert all(told(answer) == told(answers[0]) for answer in answers), ask


async def test_foreign_and_absent_cases_answer_alike(doors: Doors) -> None:
    _, case = await doors.case()
    words = {"id": client_id(), "text": "Dzień dobry."}
    for method, what, body in (("GET", "", None), ("POST", "/notes", words)):
        foreign, absent = [
            await doors.ask(method, f"/cases/{each}{what}", body=body, headers=doors.as_staff("Beata"))
            for each in (case, new_id())
        ]
        assert (foreign.status, refused(foreign, "pl")) == (404, "not_found")
        assert told(foreign) == told(absent)


async def test_the_wall_stands_before_a_supervisor_too(doors: Doors) -> None:
    """Who works with one side does not open a contact of the other, whatever their role."""
    await doors.employ("Grażyna", "supervisor", lines=(VICTIMS,))
    barred = await doors.caller(line=PERPETRATORS)
    for method, what, body in (
        ("GET", "entries", None),
        ("GET", "card", None),
        ("POST", "priority", {"priority": "P1", "reason": "tak"}),
        ("POST", "case", {**CASE, "worker": doors.people["Halina"].id}),
    ):
        behind, absent = [
            await doors.ask(
                method, f"/console/contacts/{each}/{what}", body=body, headers=doors.as_staff("Grażyna")
            )
            for each in (barred.contact_id, new_id())
        ]
        assert behind.status == 404
        assert told(behind) == told(absent)
    filip = doors.people["Filip"].actor
    await contacts.look(doors.running.system, filip, barred.contact_id, "Skarga na rozmowę.")
    seen = await doors.ask(
        "GET", f"/console/contacts/{barred.contact_id}/entries", headers=doors.as_staff("Filip")
    )
    assert seen.status == 200


async def test_a_caller_sees_neither_notes_nor_names_of_staff(doors: Doors) -> None:
    caller, anna = await doors.talk(), doors.people["Anna"]
    path = f"/console/contacts/{caller.contact_id}"
    for what in ("notes", "messages"):
        body = {"id": client_id(), "text": f"words of {what}"}
        assert (
            await doors.ask("POST", f"{path}/{what}", body=body, headers=doors.as_staff("Anna"))
        ).status == 200
    answer = await doors.ask("GET", "/chat/city_trust_19513/contact", headers=bearer(caller))
    assert "words of messages" in answer.text
    assert "words of notes" not in answer.text
    for hidden in (anna.actor.name, anna.id, caller.contact_id):
        assert hidden not in answer.text

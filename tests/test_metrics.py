"""The figures of a process: what they count, that nothing in them is about somebody, and that each is explained."""

import re
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import pytest
from aiohttp import ClientSession
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

import hotline
from hotline import metrics, monitor
from hotline.rules.access import ROLES
from hotline.rules.contact import PRIORITIES
from hotline.store import schema, views
from hotline.web.routes import ROUTES
from tests.factories import VICTIMS, MovableClock, Running, add_caller, running_house, settings_in
from tests.servers import free_port
from tests.web.doors import Doors, bearer, client_id, doors_of, first_words

DOC = Path(hotline.__file__).parent.parent / "deploy" / "metrics.md"
VERB = re.compile(r"""\.record\(\s*f?"([a-z_.{}]+)\"""")
CHOSEN = re.compile(r"""^ +verb = ("[^"]+".*)$""", re.MULTILINE)  # what is recorded under a name of two
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Doors]:
    """A house whose figures are looked up anew each time."""
    monkeypatch.setattr(monitor, "FRESH_SECONDS", 0.0)
    settings = settings_in(tmp_path, metrics_port=free_port())
    async with running_house(settings, MovableClock()) as running, doors_of(running) as opened:
        yield opened


async def scrape(running: Running) -> str:
    settings = running.settings
    url = f"http://{settings.metrics_host}:{settings.metrics_port}/metrics"
    async with ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        return await answer.text()


def families(page: str) -> list[Metric]:
    return list(text_string_to_metric_families(page))


async def samples(running: Running) -> Samples:
    page = await scrape(running)
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value
        for family in families(page)
        for each in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((f"hotline_{name}", tuple(sorted(labels.items()))), 0.0)


def verbs() -> re.Pattern[str]:
    """Whatever is recorded, in the whole program: tests before this one have done all sorts of things."""
    source = "\n".join(path.read_text() for path in Path(hotline.__file__).parent.rglob("*.py"))
    chosen = [each for line in CHOSEN.findall(source) for each in re.findall(r"[a-z_]+\.[a-z_]+", line)]
    recorded = {*VERB.findall(source), *chosen}
    return re.compile("|".join(re.sub(r"{[^}]+}", "[a-z_]+", each.replace(".", "[.]")) for each in recorded))


def closed_sets(running: Running) -> dict[str, set[str]]:
    """Every value that a label may have, from the tables of the program itself."""
    routes = {re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", route.path) for route in ROUTES}
    return {
        "route": routes | {"none"},
        "method": {"GET", "HEAD", "POST", "other"},
        "status": {"1xx", "2xx", "3xx", "4xx", "5xx"},
        "queue": {*running.system.centre.queues, "other"},
        "priority": set(PRIORITIES),
        "author": {"caller", "staff"},
        "kind": {"message", "edit", "note", "receipt"},
        "channel": {"telegram"},
        "result": {"sent", "failed", "again", "done"},
        "what": {"published", "heard", "lost"},
        "part": {"database", "keys", "redis", "schema"},
        "database": {"main", "keys"},
        "state": {"on_duty", "present"},
        "parts": {"engine,web", "web"},
        "le": {"+Inf", *(str(float(each)) for each in (*metrics.SECONDS, *metrics.ROWS))},
    }


async def a_lively_hour(doors: Doors) -> list[str]:
    """Callers, talks, refusals, strangers; what must be found nowhere in the figures."""
    talking, waiting = await doors.talk(), await doors.caller(line=VICTIMS, danger="yes")
    chat, contact = "/chat/city_trust_19513", f"/console/contacts/{talking.contact_id}"
    words = {"id": client_id(), "text": "Jestem u siostry."}
    anna = doors.as_staff("Anna")
    await doors.ask("POST", f"{chat}/messages", body=words, headers=bearer(talking))
    await doors.ask("POST", f"{contact}/messages", body={**words, "id": client_id()}, headers=anna)
    await doors.ask("POST", f"{contact}/notes", body={**words, "id": client_id()}, headers=anna)
    await doors.ask("POST", f"{chat}/contacts", body=first_words())
    await doors.ask("POST", "/sign-in", raw=b"login=anna&password=Tajne.12345678", headers={
        "Content-Type": "application/x-www-form-urlencoded"
    })  # fmt: skip
    for method, path in (
        ("GET", "/chat/nic_takiego"),
        ("BREW", "/kawa-u-anny"),
        ("PUT", contact),
        ("GET", "/%00"),
    ):
        await doors.ask(method, path)
    async with doors.http.ws_connect(f"{doors.ours}/console/socket", headers={**anna, "Origin": doors.ours}):
        pass
    system = doors.running.system
    async with system.read() as tx:
        refs = [(await views.contact_head(tx, each.contact_id)) for each in (talking, waiting)]
    ids = [each.contact_id for each in (talking, waiting)] + [talking.token, *doors.secrets.values()]
    people = [word for person in doors.people.values() for word in (person.id, person.actor.name)]
    return [*ids, *people, *(head.ref for head in refs if head), "siostry", "Tajne", "kawa", "nic_takiego"]


async def test_no_label_holds_anything_but_a_code_of_a_closed_set(doors: Doors) -> None:
    hidden = await a_lively_hour(doors)
    page = await scrape(doors.running)
    known, action = closed_sets(doors.running), verbs()
    assert not action.fullmatch("anna.nowak")
    seen: set[str] = set()
    for family in families(page):
        for each in family.samples:
            for label, text in each.labels.items():
                seen.add(label)
                if label == "verb":
                    assert action.fullmatch(text), each
                elif label in ("version", "schema"):
                    assert re.fullmatch(r"[0-9.]{1,12}", text), each
                else:
                    assert text in known[label], each
    assert {"verb", "route", "queue", "author", "method", "part"} <= seen
    assert [word for word in hidden if word.casefold() in page.casefold()] == []
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", page)
    assert not any(f'"{name.lower()}"' in page for name in (*doors.people, *ROLES))


async def test_the_figures_follow_what_happens(doors: Doors) -> None:
    running = doors.running
    before = await samples(running)
    await a_lively_hour(doors)
    await add_caller(running.system, line=VICTIMS)
    after = await samples(running)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    queue = running.system.centre.queue_of(VICTIMS)
    assert queue is not None
    now = await schema.revision(running.system.db) or ""
    assert more("messages_total", author="caller", kind="message") == 1
    assert more("messages_total", author="staff", kind="message") == 1
    assert more("messages_total", author="staff", kind="note") == 1
    assert more("actions_total", verb="contacts.start") == 4
    assert more("actions_total", verb="offers.accept") == 1
    assert more("actions_total", verb="offers.make") >= 1
    assert more("requests_total", route="/sign-in", method="POST", status="4xx") == 1
    assert more("requests_total", route="none", method="other", status="4xx") == 1
    assert more("request_seconds_count", route="/chat/{line}/messages") == 1
    assert more("journal_seconds_count") >= 3
    assert more("engine_rounds_total", result="done") >= 1
    assert value(after, "waiting", queue=queue.id, priority="P1") == 1
    assert value(after, "waiting", queue=queue.id, priority="P3") == 1
    assert value(after, "talks") == 1
    assert value(after, "staff", state="on_duty") == 2
    assert value(after, "up", part="database") == value(after, "up", part="schema") == 1
    assert value(after, "sockets", route="/console/socket") == 0
    assert value(after, "engine_leads") == value(after, "engine_epoch") == 1
    assert value(after, "engine_away_seconds") == 0
    assert value(after, "running", parts="engine,web", version=version("hotline"), schema=now) == 1


async def test_an_open_page_is_counted_while_it_is_open(doors: Doors) -> None:
    headers = {**doors.as_staff("Anna"), "Origin": doors.ours}
    async with doors.http.ws_connect(f"{doors.ours}/console/socket", headers=headers) as socket:
        await socket.receive_str()
        found = await samples(doors.running)
        assert value(found, "sockets", route="/console/socket") == 1
        assert (
            value(found, "tasks") > 3
        )  # reading, writing and asking for signs of life, besides those of the process


async def test_without_a_database_its_figures_are_gone_and_the_others_stay(doors: Doors) -> None:
    own = doors.running.system.db
    doors.running.system.db = type(own)("postgresql+asyncpg://hotline@127.0.0.1:1/nowhere")
    found = await samples(doors.running)
    doors.running.system.db = own
    assert value(found, "up", part="database") == 0
    assert value(found, "up", part="keys") == 1
    assert not [name for name, _ in found if name in ("hotline_waiting", "hotline_staff")]
    assert value(found, "loop_lag_seconds_count") >= 0


async def test_the_database_is_asked_once_in_five_seconds(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks = value(await samples(doors.running), "talks")
    monkeypatch.setattr(monitor, "FRESH_SECONDS", 5.0)
    await doors.talk()
    assert value(await samples(doors.running), "talks") == talks
    monkeypatch.setattr(monitor, "FRESH_SECONDS", 0.0)
    assert value(await samples(doors.running), "talks") == talks + 1


async def test_the_pages_door_does_not_lead_to_the_figures(doors: Doors) -> None:
    assert (await doors.ask("GET", "/metrics")).status == 404
    url = f"http://127.0.0.1:{doors.running.settings.metrics_port}"
    async with doors.http.get(f"{url}/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"ready": True, "missing": []})
    async with doors.http.get(f"{url}/healthz") as answer:
        assert answer.status == 200
    async with doors.http.get(f"{url}/console") as answer:
        assert answer.status == 404


def test_every_figure_is_explained_and_none_that_is_not_there() -> None:
    explained = set(re.findall(r"^\| `(hotline_\w+)`", DOC.read_text(), re.MULTILINE))
    there = set()
    for family in metrics.REGISTRY.collect():
        if family.name.startswith("hotline_"):
            there.add(family.name + ("_total" if family.type == "counter" else ""))
    assert explained == there

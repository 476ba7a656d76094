"""Each measurement runs and measures something; whether a goal is met is asked of a machine that does nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import login, routing
from tests.bench.conversations import crowd, flat, idle, paper, rounds, sides, start
from tests.bench.conversations.client import Load
from tests.bench.conversations.rounds import Size
from tests.bench.conversations.sides import Place
from tests.conftest import HouseTemplate
from tests.servers import PostgresServer, RedisServer


@pytest.mark.slow
async def test_the_flood_of_sign_ins_reaches_the_passwords_and_the_chat_goes_on() -> None:
    found = await login.measure(rounds=1, seconds=2)
    print(login.report(found))
    assert len(found.quiet) > login.CALLERS
    assert len(found.flood) > login.CALLERS
    assert found.sign_ins["401"] > 0  # as far as the passwords
    assert found.sign_ins["429"] > 0  # and more than they take
    # argon2 on the loop would make it six seconds, and nine; what the machine does besides shows without a flood, too
    assert login.percentile(found.flood, 50) < 1000 + 3 * login.percentile(found.quiet, 50)
    assert login.percentile(found.flood, 99) < 5000 + 3 * login.percentile(found.quiet, 99)


def test_the_rule_is_measured_at_every_size() -> None:
    found = routing.measure_rule(repeats=1)
    print(routing.report(found))
    assert found.passes.keys() == set(routing.SIZES)
    assert (
        found.passes[routing.SIZES[-1]] < 1000
    )  # a look at everybody for every contact would take many seconds


@pytest.mark.slow
async def test_offers_reach_the_screens_of_a_house_in_which_others_wait() -> None:
    found = await routing.measure_house(levels=(3,), arrivals=3, counsellors=4)
    print(routing.report(found))
    assert len(found.offers[3]) == 3
    assert max(found.offers[3]) < 5000


@pytest.fixture
async def place(
    tmp_path: Path, postgres_server: PostgresServer, redis_server: RedisServer,
    house_template: HouseTemplate, monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Place]:  # fmt: skip
    """Where conversations are measured, with hardly a pause."""
    monkeypatch.setattr(sides, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(rounds, "WARM_SECONDS", 0.1)
    made = Place(tmp_path, postgres_server, redis_server, house_template)
    yield made
    await made.clear()


BRIEF = Size(talks=3, rounds=1, seconds=0.4)


@pytest.mark.slow
async def test_messages_are_acknowledged_and_delivered_by_every_kind_of_server(
    place: Place, tmp_path: Path
) -> None:
    found = [await rounds.throughput(place, BRIEF), await rounds.sqlite(place, BRIEF)]
    for part in found:
        print(part)
        assert all(goal.met for goal in part.goals[:3]), part  # nothing is lost or refused, on any side
        assert max(part.bars.values()) > 0  # in time; a busy machine has not all of them in half a second
    table, plot = paper.write(tmp_path / "out", found, "a smoke")
    assert "ours, ORM" in table.read_text()
    assert len(ElementTree.parse(plot).findall(".//{*}g")) == len(found)  # noqa: S314  made by us


@pytest.mark.slow
async def test_messages_pass_from_one_process_to_another(place: Place) -> None:
    two = [await place.reference("reference", 2, processes=2), await place.ours("ours", 2, processes=2)]
    found = await rounds.alternate(two, 1, lambda side: side.pace(40, 0.5))
    for goal in rounds.nothing_lost(found):
        print(goal)
        assert goal.met, goal
    assert {each.sent for runs in found.values() for each in runs} == {20}


@pytest.mark.slow
async def test_a_talk_that_was_cut_off_comes_back_before_the_next_run(place: Place) -> None:
    settings, plans = await place.installation("ours", 2)
    side, load = await place.serve("ours", settings), Load("by-hand")
    origin = {"callers": side.origins[0], "consoles": side.origins[0], "line": crowd.LINE}
    await load.open({**origin, "talks": plans})
    load.talks[0].wires[1].leave()
    for back in (1, 0):
        told = await load.pace(20, 0.5, (0,))
        assert (told.sent, told.delivered, told.came_back) == (10, 10, back)


@pytest.mark.slow
async def test_idle_sockets_and_stored_entries_are_weighed(place: Place) -> None:
    weighed = await idle.idle(place, sockets=20, seconds=0.5)
    print(weighed)
    assert [row[0] for row in weighed.rows] == ["reference", "ours"]
    found = await flat.by_stored(place, rounds=1, seconds=0.5, sizes=(5,))
    print(found)
    ((stored, web, postgres, _, _),) = found.rows
    assert stored == 5
    assert isinstance(web, float)
    assert 0 < web < 1_000_000
    assert isinstance(postgres, float)


@pytest.mark.slow
async def test_the_first_byte_is_waited_for(place: Place) -> None:
    found = await start.start(place, rounds=1, before=0)
    print(found)
    assert all(0 < figure < 60_000 for figure in found.bars.values())

"""One reading for many who ask at the same moment; never one that began before they asked."""

import asyncio

import pytest

from hotline.errors import Unavailable
from hotline.live.gathered import Gathered


async def test_fifty_at_once_are_two_readings() -> None:
    began = 0

    async def read(keys: list[str]) -> dict[str, int]:
        nonlocal began
        began += 1
        await asyncio.sleep(0.01)
        return dict.fromkeys(keys, began)

    gathered = Gathered(read)
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(gathered.get("a")) for _ in range(50)]
    assert [each.result() for each in asked] == [1] + [2] * 49
    assert await gathered.get("a") == 3


async def test_a_failure_is_that_of_one_and_the_next_reads_again() -> None:
    fails = True

    async def read(keys: list[str]) -> dict[str, int]:
        if fails:
            raise LookupError
        return dict.fromkeys(keys, 7)

    gathered = Gathered(read)
    with pytest.raises(LookupError):
        await gathered.get("a")
    fails = False
    assert await gathered.get("a") == 7
    assert await gathered.get("b") == 7


# -- everybody their own, in one go ------------------------------------------------------------------------


async def test_those_who_ask_while_one_is_read_are_read_together() -> None:
    rounds: list[list[str]] = []

    async def read(keys: list[str]) -> dict[str, str]:
        rounds.append(keys)
        await asyncio.sleep(0.01)
        return {key: key.upper() for key in keys}

    gathered = Gathered(read)
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(gathered.get(key)) for key in ("a", *"bcdbcd")]
    assert [each.result() for each in asked] == list("ABCDBCD")
    assert rounds == [["a"], ["b", "c", "d"]]
    assert await gathered.get("a") == "A"
    assert rounds[2:] == [["a"]]


async def test_whoever_asks_during_a_reading_gets_one_that_began_later() -> None:
    state, reading = "before", asyncio.Event()

    async def read(keys: list[str]) -> dict[str, str]:
        seen = state
        reading.set()
        await asyncio.sleep(0.01)
        return dict.fromkeys(keys, seen)

    gathered = Gathered(read)
    async with asyncio.TaskGroup() as tasks:
        early = tasks.create_task(gathered.get("a"))
        await reading.wait()
        state = "after"
        late = [tasks.create_task(gathered.get(key)) for key in "aab"]
    assert early.result() == "before"
    assert {each.result() for each in late} == {"after"}


async def test_a_failure_is_told_to_all_of_its_round_and_to_nobody_else() -> None:
    down = True

    async def read(keys: list[str]) -> dict[str, str]:
        await asyncio.sleep(0.01)
        if down:
            raise Unavailable
        return dict.fromkeys(keys, "here")

    gathered = Gathered(read)
    told = await asyncio.gather(*map(gathered.get, "abc"), return_exceptions=True)
    assert [type(each) for each in told] == [Unavailable] * 3
    down = False
    assert await gathered.get("a") == "here"


async def test_whoever_goes_away_during_a_reading_leaves_nobody_waiting() -> None:
    reading = asyncio.Event()

    async def read(keys: list[str]) -> dict[str, str]:
        reading.set()
        await asyncio.sleep(0.01)
        return dict.fromkeys(keys, "here")

    gathered = Gathered(read)
    async with asyncio.TaskGroup() as tasks:
        first, second = (tasks.create_task(gathered.get(key)) for key in "ab")
        await reading.wait()
        first.cancel()
    assert second.result() == "here"


async def test_no_round_is_longer_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.live.gathered.MOST", 10)
    rounds: list[int] = []

    async def read(keys: list[int]) -> dict[int, int]:
        rounds.append(len(keys))
        await asyncio.sleep(0)
        return {key: key for key in keys}

    gathered = Gathered(read)
    assert await asyncio.gather(*map(gathered.get, range(35))) == list(range(35))
    assert rounds == [1, 10, 10, 10, 4]


async def test_who_is_in_no_hurry_waits_for_those_who_come_next() -> None:
    rounds: list[list[str]] = []

    async def read(keys: list[str]) -> dict[str, str]:
        rounds.append(keys)
        return {key: key.upper() for key in keys}

    gathered = Gathered(read, 0.5)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(gathered.get("a"))
        await asyncio.sleep(0.01)
        others = [tasks.create_task(gathered.get(key)) for key in "bc"]
    assert [each.result() for each in (first, *others)] == list("ABC")
    assert rounds == [["a", "b", "c"]]

"""One reading for many who ask at the same moment; never one that began before they asked."""

import asyncio

import pytest

from hotline.live.shared import Shared


async def test_fifty_at_once_are_two_readings() -> None:
    shared: Shared[int] = Shared()
    began = 0

    async def read() -> int:
        nonlocal began
        began += 1
        await asyncio.sleep(0.01)
        return began

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(shared.get("a", read)) for _ in range(50)]
    assert [each.result() for each in asked] == [1] + [2] * 49
    assert await shared.get("a", read) == 3


async def test_what_changed_during_a_reading_is_in_the_next() -> None:
    shared: Shared[str] = Shared()
    state, reading = "before", asyncio.Event()

    async def read() -> str:
        seen = state
        reading.set()
        await asyncio.sleep(0.01)
        return seen

    async with asyncio.TaskGroup() as tasks:
        early = tasks.create_task(shared.get("a", read))
        await reading.wait()
        state = "after"
        late = [tasks.create_task(shared.get("a", read)) for _ in range(3)]
    assert early.result() == "before"
    assert {each.result() for each in late} == {"after"}


async def test_a_failure_is_that_of_one_and_the_next_reads_again() -> None:
    shared: Shared[int] = Shared()

    async def fail() -> int:
        raise LookupError

    async def read() -> int:
        return 7

    with pytest.raises(LookupError):
        await shared.get("a", fail)
    assert await shared.get("a", read) == 7
    assert await shared.get("b", read) == 7

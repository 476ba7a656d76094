"""Going on with a code: once, by whoever holds it, while the secret it stands in for lives; and stepping aside."""

import asyncio

import pytest

from hotline.actions import contacts, continuing
from hotline.errors import CodeUnknown, NotSignedIn, TooSoon
from hotline.ids import new_secret
from hotline.rules.access import CHANNEL
from hotline.rules.presence import TOKEN_LIFE
from hotline.store import views
from hotline.system import System
from tests.factories import MovableClock, add_caller

HERE = "192.0.2.0/24"


async def test_a_code_opens_the_talk_once_and_shuts_the_page_before(system: System) -> None:
    caller = await add_caller(system)
    first = await continuing.code(system, caller.actor, caller.contact_id)
    code = await continuing.code(system, caller.actor, caller.contact_id)
    tokens = [new_secret() for _ in range(4)]
    tried = await asyncio.gather(
        continuing.go_on(system, first, tokens[0], HERE),
        *(continuing.go_on(system, code.lower().replace("-", " "), token, HERE) for token in tokens[1:]),
        return_exceptions=True,
    )
    assert [type(each) for each in tried].count(CodeUnknown) == 3
    assert tried.count(None) == 1
    assert isinstance(tried[0], CodeUnknown)
    (mine,) = [token for token, result in zip(tokens, tried, strict=True) if result is None]
    assert (await contacts.caller_of(system, mine)).id == caller.contact_id
    with pytest.raises(NotSignedIn):
        await contacts.caller_of(system, caller.token)


@pytest.mark.parametrize("how", ["late", "quick exit", "over"])
async def test_a_code_dies_with_its_secret(system: System, clock: MovableClock, how: str) -> None:
    caller = await add_caller(system)
    code = await continuing.code(system, caller.actor, caller.contact_id)
    if how == "late":
        clock.advance(seconds=TOKEN_LIFE.total_seconds() + 1)
    elif how == "quick exit":
        await contacts.leave(system, caller.actor, caller.contact_id, quick=True)
    else:
        await contacts.stop(system, CHANNEL, caller.contact_id, "stop-it-1")
    with pytest.raises(CodeUnknown):
        await continuing.go_on(system, code, new_secret(), HERE)


async def test_guessing_is_slowed_where_it_comes_from(system: System) -> None:
    caller = await add_caller(system)
    code = await continuing.code(system, caller.actor, caller.contact_id)
    for _ in range(10):
        with pytest.raises(CodeUnknown):
            await continuing.go_on(system, "AAAA-AAAA", new_secret(), HERE)
    with pytest.raises(TooSoon):
        await continuing.go_on(system, code, new_secret(), HERE)
    await continuing.go_on(system, code, new_secret(), "198.51.100.0/24")


async def test_stepping_aside_is_told_once_and_to_staff_only(system: System) -> None:
    caller = await add_caller(system)
    for _ in range(2):
        await continuing.step_aside(system, caller.actor, caller.contact_id, "aside-1", hidden=True)
    async with system.read() as tx:
        told = await views.entries_after(tx, caller.contact_id, 0, "staff")
        seen = await views.entries_after(tx, caller.contact_id, 0, "caller")
    assert [each.data for each in told if each.kind == "answer"] == [{"question": "hidden", "value": "yes"}]
    assert "answer" not in {each.kind for each in seen}
    assert (await contacts.caller_of(system, caller.token)).id == caller.contact_id

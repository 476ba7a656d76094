"""What one person's desk tells of their conversations while words go on being stored."""

from collections.abc import Collection

import pytest

from hotline.actions import messages
from hotline.rules.reply_watch import Turn
from hotline.store import views
from hotline.store.db import Tx
from hotline.store.turns import turns
from hotline.store.views import mine
from hotline.system import System
from tests import factories


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_word_that_comes_while_a_desk_is_read_is_not_taken_for_heard(
    system: System, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Whoever goes on from that desk with the words after it shows the same as one who asks anew."""
    anna = await factories.add_person(system, "Anna")
    caller = await factories.talk(system, anna)
    await messages.reply(system, anna.actor, caller.contact_id, "reply-1", "Słucham.")

    async def meanwhile(tx: Tx, *, holders: Collection[str]) -> list[Turn]:
        async def writes() -> None:
            await messages.receive(system, caller.actor, caller.contact_id, "word-1", "Jestem.")

        if when == "before":
            await writes()
        found = await turns(tx, holders=holders)
        if when == "after":
            await writes()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(mine, "turns", meanwhile)
        async with system.read() as tx:
            (talk,) = (await views.own_desk(tx, tx.centre, anna.actor)).mine
    async with system.read() as tx:
        rows = await views.rows_after(tx, caller.contact_id, talk.last_seq)
        (fresh,) = (await views.own_desk(tx, tx.centre, anna.actor)).mine
    assert fresh.unanswered_since is not None
    assert views.heard(talk, rows) == fresh

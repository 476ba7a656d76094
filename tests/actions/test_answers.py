"""A caller may change an answer: the last one is shown, every change is kept, and a repeat is none."""

from hotline.actions import contacts
from hotline.store import views
from hotline.system import System
from tests.factories import add_caller


async def test_the_last_answer_is_shown_however_often_it_changed(system: System) -> None:
    caller = await add_caller(system)
    for value in ("yes", "yes", "no", "yes", "yes"):
        await contacts.answer(system, caller.actor, caller.contact_id, "danger", value)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
        entries = await views.entries_after(tx, caller.contact_id, 0, "staff")
    assert head is not None
    assert (head.danger, head.priority) == ("yes", "P1")
    assert [entry.data["value"] for entry in entries if entry.kind == "answer"] == ["yes", "no", "yes"]
    said = [entry.data["text"] for entry in entries if entry.kind == "system"]
    assert len([text for text in said if text.startswith("danger_")]) == 1  # danger is answered once


async def test_a_repeated_answer_changes_nothing(system: System) -> None:
    caller = await add_caller(system, danger="unsure", topic="violence")
    async with system.read() as tx:
        before = await views.entries_after(tx, caller.contact_id, 0, "staff")
    for question, value in (("danger", "unsure"), ("topic", "violence")):
        await contacts.answer(system, caller.actor, caller.contact_id, question, value)
    for _ in range(2):
        await contacts.answer(system, caller.actor, caller.contact_id, "under18", "yes")
    async with system.read() as tx:
        after = await views.entries_after(tx, caller.contact_id, 0, "staff")
    assert after[: len(before)] == before
    assert [entry.data for entry in after[len(before) :]] == [{"question": "under18", "value": "yes"}]

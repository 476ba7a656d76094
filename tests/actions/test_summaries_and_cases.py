"""The card closes a contact; a contact becomes a case; a case keeps a diary."""

import pytest

from hotline.actions import cases, contacts, summaries
from hotline.errors import AlreadyExists, CaseIncomplete, Malformed, NotFound, SummaryIncomplete, WrongState
from hotline.store import views
from hotline.system import System
from tests.factories import add_caller, add_person, talk

CARD: dict[str, str | list[str]] = {
    "reporter_role": "subject",
    "problem_primary": "mental_health.anxiety",
    "priority_final": "P3",
    "help_forms": ["psychological_help"],
    "end_reason": "completed",
    "agreements": "Wizyta w czwartek.",
    "narrative": "Bezsenność od trzech tygodni.",
}


def case_values(worker_id: str, **more: str) -> dict[str, str | list[str]]:
    return {
        "subject": "Pani Zofia",
        "reach": "SMS po 18",
        "reason": "Długotrwały lęk",
        "worker": worker_id,
        "first_visit": "2026-11-26T12:00",
        "privacy_given": "yes",
        "conflict_checked": "yes",
        **more,
    }


async def test_the_card_is_saved_and_closes_the_contact(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    with pytest.raises(WrongState):
        await summaries.save(system, anna.actor, caller.contact_id, CARD)
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    incomplete = {key: value for key, value in CARD.items() if key not in ("agreements", "problem_primary")}
    with pytest.raises(SummaryIncomplete) as missing:
        await summaries.save(system, anna.actor, caller.contact_id, incomplete)
    assert missing.value.params["fields"] == "problem_primary,agreements"
    await summaries.save(system, anna.actor, caller.contact_id, CARD)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
        saved = await views.summary(tx, caller.contact_id)
    assert head is not None
    assert saved is not None
    assert (head.state, head.has_summary, saved["version"]) == ("closed", True, 1)
    assert (saved["narrative"], saved["subject_sex"]) == (CARD["narrative"], "not_established")


async def test_a_correction_is_a_new_version(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    await summaries.save(system, anna.actor, caller.contact_id, CARD)
    await summaries.save(system, anna.actor, caller.contact_id, {**CARD, "agreements": "Wizyta w piątek."})
    async with system.read() as tx:
        saved = await views.summary(tx, caller.contact_id)
    assert saved is not None
    assert (saved["version"], saved["agreements"]) == (2, "Wizyta w piątek.")


async def test_strangers_and_unknown_fields_are_refused(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    caller = await talk(system, anna)
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    with pytest.raises(NotFound):
        await summaries.save(system, beata.actor, caller.contact_id, CARD)
    with pytest.raises(Malformed):
        await summaries.save(system, anna.actor, caller.contact_id, {**CARD, "income": "3000"})
    with pytest.raises(SummaryIncomplete):
        await summaries.save(system, anna.actor, caller.contact_id, {**CARD, "problem_primary": "boredom"})


async def test_a_contact_becomes_one_case_with_a_diary(system: System) -> None:
    anna = await add_person(system, "Anna")
    halina = await add_person(system, "Halina", lines=(), roles=("caseworker",), hours=None)
    caller = await talk(system, anna)
    case_id = await cases.open_case(system, anna.actor, caller.contact_id, case_values(halina.id))
    with pytest.raises(AlreadyExists):
        await cases.open_case(system, anna.actor, caller.contact_id, case_values(halina.id))
    await cases.note(system, halina.actor, case_id, "first-note", "Pierwsza rozmowa telefoniczna.")
    await cases.note(system, halina.actor, case_id, "first-note", "Pierwsza rozmowa telefoniczna.")
    view = await cases.look(system, halina.actor, case_id)
    assert (view.subject, view.free["reach"], view.row.state) == (
        "Pani Zofia",
        "SMS po 18",
        "first_visit_scheduled",
    )
    assert [note.text for note in view.notes] == ["Pierwsza rozmowa telefoniczna."]
    assert [head.id for head in view.contacts] == [caller.contact_id]
    async with system.read() as tx:
        assert [row.id for row in await views.case_list(tx, tx.centre, halina.actor)] == [case_id]
        assert (await views.contact_head(tx, caller.contact_id)).case_id == case_id  # type: ignore[union-attr]


async def test_a_case_needs_its_minimum_and_a_talk(system: System) -> None:
    anna = await add_person(system, "Anna")
    beata = await add_person(system, "Beata")
    halina = await add_person(system, "Halina", lines=(), roles=("caseworker",), hours=None)
    caller = await talk(system, anna)
    for lacking in (
        "subject",
        "reach",
        "reason",
        "worker",
        "privacy_given",
        "conflict_checked",
        "first_visit",
    ):
        values = {key: value for key, value in case_values(halina.id).items() if key != lacking}
        with pytest.raises(CaseIncomplete) as missing:
            await cases.open_case(system, anna.actor, caller.contact_id, values)
        assert missing.value.params["fields"] == lacking
    with pytest.raises(CaseIncomplete):
        await cases.open_case(system, anna.actor, caller.contact_id, case_values(beata.id))  # leads no cases
    with pytest.raises(NotFound):
        await cases.open_case(system, beata.actor, caller.contact_id, case_values(halina.id))
    waiting = await add_caller(system)
    filip = await add_person(system, "Filip", lines=(), roles=("supervisor",), hours=None)
    with pytest.raises(WrongState):
        await cases.open_case(system, filip.actor, waiting.contact_id, case_values(halina.id))


async def test_a_case_opens_only_to_those_it_concerns(system: System) -> None:
    anna = await add_person(system, "Anna")
    halina = await add_person(system, "Halina", lines=(), roles=("caseworker",), hours=None)
    irena = await add_person(system, "Irena", lines=(), roles=("caseworker",), hours=None)
    caller = await talk(system, anna)
    case_id = await cases.open_case(system, anna.actor, caller.contact_id, case_values(halina.id))
    await cases.look(system, anna.actor, case_id)  # who opened it
    for wrong in (case_id, "01a20000-0000-7000-8000-000000000000"):
        with pytest.raises(NotFound):
            await cases.look(system, irena.actor, wrong)
    with pytest.raises(NotFound):
        await cases.note(system, anna.actor, case_id, "a-note", "To nie moja sprawa.")

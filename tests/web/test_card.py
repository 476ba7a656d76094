"""The card as it comes: what the talk already answered, marked as such, and never over what a person has written."""

import re
from datetime import date

from aiohttp import ClientSession

from hotline.actions import callbacks, contacts, summaries
from hotline.rules.callback import SafeTime, Wish
from tests.factories import Running, add_person, talk
from tests.web.test_console import client as client  # noqa: PLC0414
from tests.web.test_console import sign_in, tell


async def card(client: ClientSession, contact_id: str, language: str = "pl") -> str:
    async with client.get(f"/console/contacts/{contact_id}/card?lang={language}") as page:
        assert page.status == 200
        return await page.text()


def known(shown: str) -> set[str]:
    """The fields that say that they come from the talk; each says it once."""
    marked = set(re.findall(r'data-field="(\w+)"[^>]* data-known', shown))
    assert shown.count('class="from-talk"') == len(marked)
    return marked


def value_of(shown: str, key: str) -> str:
    """What stands in a field: the option that is chosen, or the text."""
    (part,) = re.findall(rf'id="card-{key}-field"(.*?)(?=id="card-\w+-field"|</form>)', shown, re.DOTALL)
    found = re.search(r'value="(\w+)" (?:checked|selected)', part) or re.search(
        r"<textarea[^>]*>([^<]*)<", part
    )
    return found[1] if found else ""


async def test_the_talk_fills_in_what_it_answers_and_says_so(client: ClientSession, running: Running) -> None:
    system, anna = running.system, await add_person(running.system, "Anna")
    caller = await talk(system, anna, topic="bereavement", danger="no", language="uk")
    await sign_in(client, running, anna)
    shown = await card(client, caller.contact_id)
    assert known(shown) == {"language", "problem_primary", "priority_final"}
    assert value_of(shown, "problem_primary") == "bereavement"
    assert value_of(shown, "language") == "uk"
    assert value_of(shown, "priority_final") == "P3"
    assert value_of(shown, "end_reason") == ""

    # a further contact agreed on after the talk, and how it ended; never the number
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    wish = Wish(SafeTime(date(2026, 11, 24), 840, 960), number="+48600100200")
    later = await callbacks.agree(system, anna.actor, caller.contact_id, "agreed-0001", wish)
    shown = await card(client, caller.contact_id)
    assert known(shown) >= {"followup", "followup_how", "end_reason"}
    assert value_of(shown, "followup_how") == "Telefonicznie, od 24.11.2026 w godz. 14:00–16:00"
    assert "600100200" not in shown
    assert later not in shown


async def test_what_says_too_little_fills_in_nothing(client: ClientSession, running: Running) -> None:
    anna = await add_person(running.system, "Anna")
    caller = await talk(running.system, anna, topic="other")
    await sign_in(client, running, anna)
    assert known(await card(client, caller.contact_id)) == {"language", "priority_final"}


async def test_a_draft_and_a_saved_card_win_over_the_talk(client: ClientSession, running: Running) -> None:
    system, anna = running.system, await add_person(running.system, "Anna")
    caller = await talk(system, anna, topic="bereavement")
    await sign_in(client, running, anna)
    draft = {"kind": "card", "text": '{"problem_primary": "loneliness"}'}
    assert (await tell(client, f"/console/contacts/{caller.contact_id}/drafts", draft))[0] == 200
    shown = await card(client, caller.contact_id)
    assert value_of(shown, "problem_primary") == "loneliness"
    assert "problem_primary" not in known(shown)

    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    await summaries.save(
        system,
        anna.actor,
        caller.contact_id,
        {
            "reporter_role": "subject",
            "problem_primary": "addiction",
            "priority_final": "P3",
            "help_forms": ["information"],
            "agreements": "Bez ustaleń.",
            "end_reason": "completed",
        },
    )
    saved = await card(client, caller.contact_id)
    assert known(saved) == set()
    assert value_of(saved, "problem_primary") == "addiction"


async def test_danger_opens_its_part_and_a_minor_is_a_hint(client: ClientSession, running: Running) -> None:
    anna = await add_person(running.system, "Anna")
    caller = await talk(running.system, anna, danger="yes")
    await contacts.answer(running.system, caller.actor, caller.contact_id, "under18", "yes")
    await sign_in(client, running, anna)
    shown = await card(client, caller.contact_id)
    assert 'data-group="risk" open' in shown
    assert 'data-when="priority_final" data-values="P1"' in shown
    assert "Z rozmowy: poniżej 18 lat." in shown
    assert value_of(shown, "subject_age_band") == "not_established"

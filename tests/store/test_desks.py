"""The desks of many people, read in one go, are the same as one by one."""

from hotline.actions import contacts, drafts, messages, transfers
from hotline.store import views
from hotline.system import System
from tests import factories
from tests.factories import TRUST


async def test_many_desks_are_what_each_is_alone(system: System) -> None:
    anna, beata, celina, daria = [
        await factories.add_person(system, name, text_limit=9)
        for name in ("Anna", "Beata", "Celina", "Daria")
    ]
    ewa = await factories.add_person(system, "Ewa", roles=("counsellor", "supervisor"))
    first, second, third = [await factories.talk(system, anna) for _ in range(3)]
    await messages.reply(system, anna.actor, first.contact_id, "reply-1", "Słucham.")
    await messages.receive(system, first.actor, first.contact_id, "word-1", "Halo?")
    await drafts.save(system, anna.actor, first.contact_id, "message", None, "draft-001", "Już")
    asked = await transfers.ask(system, anna.actor, second.contact_id, beata.id, "consult", "consented")
    await transfers.join(system, beata.actor, asked)
    await drafts.save(system, beata.actor, second.contact_id, "note", None, "draft-002", "Czyta")
    rings = await factories.add_caller(system)
    assert await factories.offer_to(system, rings.contact_id, celina.id) is not None
    await contacts.end(system, anna.actor, third.contact_id, "completed")
    straight = await transfers.ask(system, anna.actor, first.contact_id, daria.id, "straight", "consented")
    await transfers.accept(system, daria.actor, straight)
    people = [anna.actor, beata.actor, celina.actor, daria.actor, ewa.actor]
    async with system.read() as tx:
        together = await views.own_desks(tx, tx.centre, people)
        alone = {each.id: await views.own_desk(tx, tx.centre, each) for each in people}
    assert together == alone
    told = {each.name.split()[0]: together[each.id] for each in people}
    assert [len(each.mine) for each in told.values()] == [2, 0, 0, 1, 0]
    assert [len(each.passed_on) for each in told.values()] == [1, 0, 0, 0, 0]
    assert told["Celina"].offer is not None
    assert told["Celina"].offer.contact_id == rings.contact_id
    assert told["Beata"].asked is not None
    assert told["Beata"].drafts == {
        second.contact_id: {"note": told["Beata"].drafts[second.contact_id]["note"]}
    }
    assert told["Daria"].me.active == 1
    assert TRUST in {duty.line for duty in told["Ewa"].me.duties}

"""The table of rights, written out a second time: every verb, every role, every relation to the thing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pytest

from hotline.errors import NotAllowed, NotFound
from hotline.rules.access import (
    ADMINISTRATOR,
    CASEWORKER,
    COUNSELLOR,
    FLAGS,
    IS_DPO,
    OPERATOR,
    RESTRICTED,
    ROLES,
    STANDBY,
    SUPERVISOR,
    TABLE,
    Actor,
    Thing,
    engine,
    may,
    require,
)

ME, OTHER = "me", "somebody else"
ENGINE = engine(epoch=1)


@dataclass(frozen=True)
class Rights:
    """Who may: roles as such, roles for what they hold or lead, the caller's own, and the machines."""

    roles: Collection[str] = ()
    holding: Collection[str] = ()  # may if the contact is theirs
    reading: Collection[str] = ()  # may if they were asked to read along
    leading: Collection[str] = ()  # may if the case is theirs
    own: bool = False  # the caller whose contact it is
    kinds: Collection[str] = ()
    walled: bool = False  # the wall comes before the roles
    volunteers: str = "all"  # all that the role may, "own" alone, or "none" of it
    flag: str = ""  # whoever carries it
    oneself: bool = False  # the person the thing is
    another: bool = False  # never about oneself


EXPECTED = {
    "contacts.start": Rights(kinds=("caller", "channel")),
    "contacts.answer": Rights(own=True, kinds=("channel",)),
    "contacts.leave": Rights(own=True, kinds=("channel",)),
    "contacts.stop": Rights(own=True, kinds=("channel",)),
    "contacts.step_aside": Rights(own=True),
    "contacts.code": Rights(own=True),
    "contacts.go_on": Rights(kinds=("caller",)),
    "contacts.callers_seen": Rights(kinds=("channel",)),
    "callbacks.ask": Rights(own=True, kinds=("channel",)),
    "callbacks.return": Rights(own=True, kinds=("channel",)),
    "messages.receive": Rights(own=True, kinds=("channel",)),
    "messages.correct": Rights(own=True, kinds=("channel",)),
    "console.see": Rights(roles=(COUNSELLOR, SUPERVISOR)),
    "presence.seen": Rights(kinds=("staff",)),
    "presence.consoles_seen": Rights(kinds=("channel",)),
    "presence.set_intent": Rights(roles=(COUNSELLOR,)),
    "shift_checks.save": Rights(roles=(COUNSELLOR,)),
    "offers.accept": Rights(roles=(COUNSELLOR,)),
    "offers.decline": Rights(roles=(COUNSELLOR,)),
    "assignments.pick_up": Rights(roles=(COUNSELLOR, SUPERVISOR), walled=True),
    "assignments.hand_over": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "assignments.take_over": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "contacts.enter": Rights(roles=(COUNSELLOR,)),
    "contacts.look": Rights(
        roles=(SUPERVISOR,),
        holding=(COUNSELLOR, SUPERVISOR),
        reading=(COUNSELLOR,),
        walled=True,
        volunteers="own",
    ),
    "assignments.move": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "transfers.ask": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "transfers.answer": Rights(roles=(COUNSELLOR, SUPERVISOR)),
    "transfers.expire": Rights(kinds=("engine",)),
    "contacts.end": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "contacts.set_priority": Rights(roles=(SUPERVISOR,), holding=(COUNSELLOR,), walled=True),
    "messages.reply": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "messages.shown": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "messages.note": Rights(holding=(COUNSELLOR, SUPERVISOR), reading=(COUNSELLOR,), walled=True),
    "summaries.save": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "abuse.quarantine": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "abuse.review": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "callbacks.settle": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "callbacks.agree": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "callers.name": Rights(holding=(COUNSELLOR, SUPERVISOR)),
    "handling.write": Rights(
        roles=(SUPERVISOR,), holding=(COUNSELLOR, SUPERVISOR), walled=True, volunteers="own"
    ),
    "cases.open_case": Rights(roles=(SUPERVISOR,), holding=(COUNSELLOR,), walled=True, volunteers="none"),
    "cases.see": Rights(roles=(CASEWORKER, SUPERVISOR, COUNSELLOR), volunteers="none"),
    "cases.look": Rights(
        roles=(SUPERVISOR,),
        holding=(COUNSELLOR, SUPERVISOR),
        leading=(CASEWORKER,),
        volunteers="none",
        walled=True,
    ),
    "cases.note": Rights(roles=(SUPERVISOR,), leading=(CASEWORKER,), walled=True),
    "conflicts.declare": Rights(
        roles=(SUPERVISOR,), holding=(COUNSELLOR, SUPERVISOR), leading=(CASEWORKER,), walled=True
    ),
    "conflicts.mark": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "conflicts.end": Rights(roles=(SUPERVISOR,), another=True, volunteers="none"),
    "callbacks.see": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "board.see": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "alarms.see": Rights(roles=(SUPERVISOR,)),
    "roster.change": Rights(roles=(SUPERVISOR, ADMINISTRATOR), kinds=("operator",)),
    "roster.see": Rights(kinds=("staff",)),
    "absences.ask": Rights(roles=(SUPERVISOR, ADMINISTRATOR), oneself=True, kinds=("operator",)),
    "staff.see": Rights(roles=(SUPERVISOR, ADMINISTRATOR)),
    "staff.change": Rights(roles=(ADMINISTRATOR,), kinds=("operator",)),
    "centre.see": Rights(roles=(SUPERVISOR, ADMINISTRATOR)),
    "centre.change": Rights(roles=(SUPERVISOR, ADMINISTRATOR), kinds=("operator",)),
    "centre.answer_for": Rights(roles=(ADMINISTRATOR,), kinds=("operator",)),
    "staff.issue_link": Rights(kinds=("operator",)),
    "summaries.adopt": Rights(roles=(SUPERVISOR,), walled=True, volunteers="none"),
    "recovery.ask": Rights(roles=(SUPERVISOR, ADMINISTRATOR), another=True),
    "recovery.confirm": Rights(roles=(SUPERVISOR, ADMINISTRATOR), another=True),
    "screens.lock": Rights(oneself=True),
    "screens.unlock": Rights(oneself=True),
    "sessions.end": Rights(roles=(ADMINISTRATOR,), oneself=True, kinds=("operator",)),
    "audit.see": Rights(flag=IS_DPO),
    "account.see": Rights(kinds=("staff",)),
    "account.change": Rights(oneself=True),
    "alarms.ring": Rights(kinds=("engine",)),
    "offers.make": Rights(roles=(SUPERVISOR,), kinds=("engine",), walled=True),
    "erasure.destroy": Rights(kinds=("operator",)),
    "offers.withdraw": Rights(kinds=("engine",)),
    "callbacks.end": Rights(kinds=("engine",)),
    "duty.watch": Rights(kinds=("engine",)),
    "ladder.climb": Rights(kinds=("engine",)),
    "ladder.sweep": Rights(kinds=("engine",)),
    "talks.watch": Rights(kinds=("engine",)),
    "sign_ins.forget": Rights(kinds=("engine",)),
    "handling.expire": Rights(kinds=("engine",)),
    "leases.take": Rights(kinds=("standby", "engine")),
    "leases.give_up": Rights(kinds=("engine",)),
    "delivery": Rights(kinds=("channel",)),
    "reach.lost": Rights(kinds=("channel",)),
    "reach.back": Rights(kinds=("channel",)),
    "reach.sign": Rights(kinds=("channel",)),
    "alarms.report": Rights(kinds=("channel",)),
    "staff_notices.link": Rights(oneself=True, kinds=("operator",)),
    "staff_notices.answer": Rights(kinds=("channel",)),
    "staff_notices.make": Rights(kinds=("channel",)),
    "ladder.take_up": Rights(kinds=("channel",)),
    "parking.park": Rights(kinds=("channel",)),
    "parking.take_out": Rights(kinds=("operator",)),
}


def actors() -> Iterator[Actor]:
    yield from (
        Actor("caller", ME),
        Actor("channel", "channel"),
        ENGINE,
        STANDBY,
        OPERATOR,
        Actor("staff", ME),
    )
    yield from (Actor("staff", ME, roles=frozenset({role})) for role in ROLES)
    yield Actor("staff", ME, roles=frozenset(ROLES))
    for flag in FLAGS:
        yield Actor("staff", ME, flags=frozenset({flag}))
        yield from (Actor("staff", ME, roles=frozenset({role}), flags=frozenset({flag})) for role in ROLES)


def things() -> Iterator[Thing]:
    for owner in (ME, OTHER):
        yield Thing(owner)
        for holder in (None, ME, OTHER):
            for worker in (None, ME, OTHER):
                for walled in (False, True):
                    yield Thing("thing", holder, worker, walled_off=walled)
                    yield Thing("thing", holder, worker, ME, walled)
                    yield Thing("thing", holder, worker, OTHER, walled)


def expected(rights: Rights, actor: Actor, thing: Thing) -> bool:
    if rights.walled and thing.walled_off:
        return False
    if rights.another and thing.id == ME:
        return False
    limit = rights.volunteers if RESTRICTED in actor.flags else "all"
    if limit == "none":
        return False
    if actor.kind != "staff":
        return actor.kind in rights.kinds or (rights.own and actor.kind == "caller" and thing.id == ME)
    return (
        "staff" in rights.kinds
        or (bool(actor.roles & set(rights.roles)) and limit == "all")
        or (bool(actor.roles & set(rights.holding)) and thing.holder_id == ME)
        or (bool(actor.roles & set(rights.reading)) and thing.guest_id == ME)
        or (bool(actor.roles & set(rights.leading)) and thing.worker_id == ME)
        or rights.flag in actor.flags
        or (rights.oneself and thing.id == ME)
    )


def test_the_table_has_no_verb_that_is_not_written_out_here() -> None:
    assert TABLE.keys() == EXPECTED.keys()


@pytest.mark.parametrize("verb", sorted(EXPECTED))
def test_who_may(verb: str) -> None:
    for actor in actors():
        for thing in things():
            assert may(actor, verb, thing) == expected(EXPECTED[verb], actor, thing), (actor, thing)


@pytest.mark.parametrize("verb", sorted(EXPECTED))
def test_a_role_given_to_another_kind_of_actor_is_worth_nothing(verb: str) -> None:
    """Roles are looked at for staff only, whatever else an actor carries."""
    dressed = Actor("caller", ME, roles=frozenset(ROLES))
    for thing in things():
        assert may(dressed, verb, thing) == may(Actor("caller", ME), verb, thing)


def test_an_unknown_verb_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        may(ENGINE, "contacts.destroy")


@pytest.mark.parametrize("actor", [Actor("caller", ME), Actor("staff", ME, roles=frozenset({COUNSELLOR}))])
def test_what_is_not_there_and_what_may_not_be_seen_answer_alike(actor: Actor) -> None:
    verb = "messages.receive" if actor.kind == "caller" else "contacts.look"
    for thing in (None, Thing("thing", OTHER)):
        with pytest.raises(NotFound):
            require(actor, verb, thing)


def test_a_refusal_without_a_thing_says_that_it_is_not_allowed() -> None:
    with pytest.raises(NotAllowed):
        require(Actor("staff", ME, roles=frozenset({CASEWORKER})), "staff.change")
    with pytest.raises(NotAllowed):
        require(ENGINE, "messages.reply", Thing("thing", "engine"))
    require(OPERATOR, "staff.change")

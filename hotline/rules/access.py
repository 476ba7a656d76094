"""may(actor, verb, thing): the one table of who may do what.

A verb is named like the action that asks. A thing brings only what the table looks at.
"""

from collections.abc import Callable
from typing import Literal

from hotline.errors import NotAllowed, NotFound
from hotline.values import dataclass

Kind = Literal["caller", "staff", "engine", "standby", "channel", "operator"]
COUNSELLOR, SUPERVISOR, CASEWORKER, ADMINISTRATOR = "counsellor", "supervisor", "caseworker", "administrator"
ROLES = (COUNSELLOR, SUPERVISOR, CASEWORKER, ADMINISTRATOR)
MAY_SIGN, IS_DPO, RESTRICTED = "may_sign", "is_dpo", "restricted"
FLAGS = (MAY_SIGN, IS_DPO, RESTRICTED)  # restricted: a volunteer, who answers and sums up but opens no case


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a caller (id = contact), a member of staff, the engine, a channel, or the operator's shell.

    The engine acts under the epoch of its lease; without one it is a standby and may only ask for it.
    """

    kind: Kind
    id: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    epoch: int | None = None


STANDBY = Actor("standby", "engine")
OPERATOR = Actor("operator", "operator")
CHANNEL = Actor("channel", "channel")


def engine(epoch: int) -> Actor:
    """The engine while its lease has this epoch."""
    return Actor("engine", "engine", epoch=epoch)


@dataclass(frozen=True, slots=True)
class Thing:
    """What is acted on, as far as rights depend on it."""

    id: str = ""
    holder_id: str | None = None
    worker_id: str | None = None
    guest_id: str | None = None  # who was asked to read along, and does
    walled_off: bool = False
    open: bool = True


ANYTHING = Thing()
Rule = Callable[[Actor, Thing], bool]


def _staff(*roles: str) -> Rule:
    return lambda actor, _thing: actor.kind == "staff" and bool(actor.roles & set(roles))


def _holder(actor: Actor, thing: Thing) -> bool:
    answers = bool(actor.roles & {COUNSELLOR, SUPERVISOR})  # a supervisor may have taken it over
    return actor.kind == "staff" and answers and thing.holder_id == actor.id


def _guest(actor: Actor, thing: Thing) -> bool:
    return actor.kind == "staff" and COUNSELLOR in actor.roles and thing.guest_id == actor.id


def _worker(actor: Actor, thing: Thing) -> bool:
    return actor.kind == "staff" and CASEWORKER in actor.roles and thing.worker_id == actor.id


def _own(actor: Actor, thing: Thing) -> bool:
    return actor.kind == "caller" and thing.id == actor.id


def _kind(*kinds: Kind) -> Rule:
    return lambda actor, _thing: actor.kind in kinds


def _any(*rules: Rule) -> Rule:
    return lambda actor, thing: any(rule(actor, thing) for rule in rules)


def _oneself(actor: Actor, thing: Thing) -> bool:
    return actor.kind == "staff" and thing.id == actor.id


def _of_another(rule: Rule) -> Rule:
    """Never for oneself: two people decide, and the one it is about is neither of them."""
    return lambda actor, thing: thing.id != actor.id and rule(actor, thing)


def _flagged(flag: str) -> Rule:
    return lambda actor, _thing: actor.kind == "staff" and flag in actor.flags


def _unrestricted(rule: Rule) -> Rule:
    """What a volunteer never does, whatever their role."""
    return lambda actor, thing: RESTRICTED not in actor.flags and rule(actor, thing)


def _unwalled(rule: Rule) -> Rule:
    """The wall between those who suffer violence and those who use it comes before every role."""
    return lambda actor, thing: not thing.walled_off and rule(actor, thing)


_answering = _staff(COUNSELLOR)
_leading = _staff(SUPERVISOR)

TABLE: dict[str, Rule] = {
    # callers
    "contacts.start": _kind("caller", "channel"),
    "contacts.answer": _any(_own, _kind("channel")),
    "contacts.leave": _any(_own, _kind("channel")),
    "contacts.stop": _any(_own, _kind("channel")),
    "contacts.step_aside": _own,
    "contacts.code": _own,
    "contacts.go_on": _kind("caller"),
    "contacts.callers_seen": _kind("channel"),
    "callbacks.ask": _any(_own, _kind("channel")),
    "callbacks.return": _any(_own, _kind("channel")),
    "messages.receive": _any(_own, _kind("channel")),
    "messages.correct": _any(_own, _kind("channel")),
    # counsellors
    "console.see": _staff(COUNSELLOR, SUPERVISOR),
    "presence.seen": _kind("staff"),
    "presence.consoles_seen": _kind("channel"),
    "presence.set_intent": _answering,
    "shift_checks.save": _answering,
    "offers.accept": _answering,
    "offers.decline": _answering,
    "assignments.pick_up": _unwalled(_staff(COUNSELLOR, SUPERVISOR)),
    "assignments.move": _unwalled(_unrestricted(_leading)),
    "transfers.ask": _holder,
    "transfers.answer": _staff(COUNSELLOR, SUPERVISOR),
    "transfers.expire": _kind("engine"),
    "contacts.enter": _answering,
    "contacts.look": _unwalled(_any(_holder, _guest, _unrestricted(_leading))),
    "contacts.end": _holder,
    "contacts.set_priority": _unwalled(_any(_holder, _leading)),
    "messages.reply": _holder,
    "messages.shown": _holder,
    "messages.note": _unwalled(_any(_holder, _guest)),
    "summaries.save": _holder,
    "callbacks.settle": _holder,
    "abuse.quarantine": _holder,
    "callbacks.agree": _holder,
    "callers.name": _holder,
    "handling.write": _unwalled(_any(_holder, _unrestricted(_leading))),
    # cases
    "cases.open_case": _unwalled(_unrestricted(_any(_holder, _leading))),
    "cases.see": _unrestricted(_staff(CASEWORKER, SUPERVISOR, COUNSELLOR)),
    "cases.look": _unwalled(_unrestricted(_any(_worker, _leading, _holder))),
    "cases.note": _unwalled(_any(_worker, _leading)),
    "conflicts.declare": _unwalled(_any(_holder, _worker, _leading)),
    # running the centre
    "conflicts.mark": _unwalled(_unrestricted(_leading)),
    "conflicts.end": _of_another(_unrestricted(_leading)),
    "assignments.hand_over": _unwalled(_unrestricted(_leading)),
    "assignments.take_over": _unwalled(_unrestricted(_leading)),
    "board.see": _unwalled(_unrestricted(_leading)),
    "alarms.see": _leading,
    "abuse.review": _unwalled(_unrestricted(_leading)),
    "callbacks.see": _unwalled(_unrestricted(_leading)),
    "roster.change": _any(_staff(SUPERVISOR, ADMINISTRATOR), _kind("operator")),
    "roster.see": _kind("staff"),
    "absences.ask": _any(_oneself, _staff(SUPERVISOR, ADMINISTRATOR), _kind("operator")),
    "staff.see": _staff(SUPERVISOR, ADMINISTRATOR),
    "staff.change": _any(_staff(ADMINISTRATOR), _kind("operator")),
    "centre.see": _staff(SUPERVISOR, ADMINISTRATOR),
    "centre.change": _any(_staff(SUPERVISOR, ADMINISTRATOR), _kind("operator")),
    "centre.answer_for": _any(_staff(ADMINISTRATOR), _kind("operator")),
    "erasure.destroy": _kind("operator"),
    "staff.issue_link": _kind("operator"),
    "summaries.adopt": _unwalled(_unrestricted(_leading)),
    "recovery.ask": _of_another(_staff(SUPERVISOR, ADMINISTRATOR)),
    "recovery.confirm": _of_another(_staff(SUPERVISOR, ADMINISTRATOR)),
    "sessions.end": _any(_oneself, _staff(ADMINISTRATOR), _kind("operator")),
    "audit.see": _flagged(IS_DPO),
    # oneself
    "account.see": _kind("staff"),
    "account.change": _oneself,
    "screens.lock": _oneself,
    "screens.unlock": _oneself,
    # the clock
    "alarms.ring": _kind("engine"),
    "duty.watch": _kind("engine"),
    "callbacks.end": _kind("engine"),
    "ladder.climb": _kind("engine"),
    "ladder.sweep": _kind("engine"),
    "talks.watch": _kind("engine"),
    "offers.make": _unwalled(_any(_leading, _kind("engine"))),
    "offers.withdraw": _kind("engine"),
    "sign_ins.forget": _kind("engine"),
    "handling.expire": _kind("engine"),
    "leases.take": _kind("standby", "engine"),
    "leases.give_up": _kind("engine"),
    # channels
    "delivery": _kind("channel"),
    "reach.lost": _kind("channel"),
    "reach.back": _kind("channel"),
    "reach.sign": _kind("channel"),
    "alarms.report": _kind("channel"),
    "staff_notices.link": _any(_oneself, _kind("operator")),
    "staff_notices.answer": _kind("channel"),
    "staff_notices.make": _kind("channel"),
    "ladder.take_up": _kind("channel"),
    "parking.park": _kind("channel"),
    "parking.take_out": _kind("operator"),
}


def may(actor: Actor, verb: str, thing: Thing = ANYTHING) -> bool:
    """Does the table allow it? An unknown verb is a mistake in the program and raises KeyError."""
    return TABLE[verb](actor, thing)


def require(actor: Actor, verb: str, thing: Thing | None = ANYTHING) -> None:
    """Go on only if allowed. An absent record and one that may not be seen answer alike: NotFound."""
    if thing is None:
        raise NotFound
    if not may(actor, verb, thing):
        raise NotFound if thing.id and actor.kind in ("staff", "caller") else NotAllowed

"""What must be settled before live chat may be switched on: who removes which blocker, and what it takes.

A blocker of the centre file stands until somebody says why it is gone. Some can be looked up as well, and those
cannot be talked away while what they ask for is still missing.
"""

from collections.abc import Callable

from hotline.rules.centre import Centre
from hotline.rules.centre_checks import takes_hours
from hotline.values import dataclass

Missing = Callable[[Centre], bool]


@dataclass(frozen=True, slots=True)
class Blocker:
    """Who removes it, the settings its form asks for, and whether the centre's data still lack it."""

    verb: str
    settings: tuple[str, ...] = ()
    missing: Missing = lambda _centre: False
    needs_shifts: bool = False


def _without(*fields: str) -> Missing:
    return lambda centre: not all(str(getattr(centre, field)).strip() for field in fields)


def _no_hours(centre: Centre) -> bool:
    return not any(takes_hours(centre, line) for line in centre.lines.values())


LEADING, ANSWERING = "centre.change", "centre.answer_for"
BLOCKERS: dict[str, Blocker] = {
    "phone": Blocker(ANSWERING, missing=lambda centre: not centre.lines),
    "hours": Blocker(LEADING, missing=_no_hours),
    "rota": Blocker(LEADING, needs_shifts=True),
    "controller": Blocker(
        ANSWERING,
        ("centre.controller", "centre.controller_contact", "centre.web_url"),
        _without("controller", "web_url"),
    ),
    "dpo": Blocker(ANSWERING, ("centre.dpo_email",), _without("dpo_email")),
    "districts": Blocker(LEADING),
    "letter_recipients": Blocker(ANSWERING),
    "number_verification": Blocker(ANSWERING),
}
UNNAMED = Blocker(ANSWERING)


def blocker(code: str) -> Blocker:
    """A blocker that only this centre's file knows is removed by whoever answers for the centre."""
    return BLOCKERS.get(code, UNNAMED)


def chatting_lines(centre: Centre) -> list[str]:
    """The lines that take chat once it is on."""
    return [line for queue in centre.queues.values() if queue.channels for line in queue.lines]

"""Names of what can change. A poke is a set of these and carries nothing else."""

from typing import Final, Literal

HINT: Final = "typing:"


def contact(contact_id: str) -> str:
    """A contact as a whole: its state, its holder, and what was said."""
    return f"contact:{contact_id}"


def words(contact_id: str) -> str:
    """Only that something was said in it. It has a number, that of the last entry."""
    return f"words:{contact_id}"


def talk_of(topic: str) -> str:
    """The contact in which something was said, as far as the topic tells; "" where it is about something else."""
    kind, _, contact_id = topic.partition(":")
    return contact_id if kind in ("contact", "words") else ""


def staff(staff_id: str) -> str:
    return f"staff:{staff_id}"


def rights(staff_id: str) -> str:
    """A person's sessions, roles and lines; unlike their desk it has a number, so that no poke is needed."""
    return f"rights:{staff_id}"


def drafts(staff_id: str) -> str:
    """What a person is writing was kept: for their other pages, and nobody is offered anything because of it."""
    return f"drafts:{staff_id}"


def queue(queue_id: str) -> str:
    return f"queue:{queue_id}"


def roster() -> str:
    return "roster"


def alarms() -> str:
    return "alarms"


def centre() -> str:
    return "centre"


def typing(contact_id: str, who: Literal["caller", "staff"]) -> str:
    """That side writes just now: a hint that says all there is, so that nothing is read because of it."""
    return f"{HINT}{who}:{contact_id}"


def is_hint(topic: str) -> bool:
    """Is it over as soon as it is heard? Then it is no reason to look, and nothing to catch up with."""
    return topic.startswith(HINT)


def has_number(topic: str) -> bool:
    """Is there a number behind it that a poll compares, so that no poke is needed?"""
    return topic.startswith(("words:", "rights:"))


def keys() -> str:
    """A key was destroyed: whoever has it at hand forgets it."""
    return "keys"


def outbox() -> str:
    return "outbox"


def concerns_routing(topic: str) -> bool:
    """Could this change who is offered what? Then the engine wakes."""
    return topic.startswith(("queue:", "staff:")) or topic == "roster"

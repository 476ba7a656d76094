"""Can every slot have a person of its own? A small bipartite matching, by augmenting paths."""

from collections.abc import Sequence


def covers(fits: Sequence[Sequence[bool]]) -> bool:
    """Whether distinct people can fill all slots; `fits[slot][person]` says who may fill which."""
    holder: dict[int, int] = {}  # person -> slot
    return all(_place(slot, fits, holder, set()) for slot in range(len(fits)))


def _place(slot: int, fits: Sequence[Sequence[bool]], holder: dict[int, int], tried: set[int]) -> bool:
    for person, able in enumerate(fits[slot]):
        if able and person not in tried:
            tried.add(person)
            if person not in holder or _place(holder[person], fits, holder, tried):
                holder[person] = slot
                return True
    return False

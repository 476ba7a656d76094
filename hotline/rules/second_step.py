"""Codes of an authenticator app: who must have one, and which step of time a code belongs to."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from hotline.rules.access import ADMINISTRATOR, IS_DPO, SUPERVISOR

STEP_SECONDS: Final = 30
ROLES_THAT_NEED_ONE: Final = frozenset({SUPERVISOR, ADMINISTRATOR})
FLAGS_THAT_NEED_ONE: Final = frozenset({IS_DPO})


def required(roles: Collection[str], flags: Collection[str]) -> bool:
    """Must this person sign in with a second step? Others may."""
    return not (ROLES_THAT_NEED_ONE.isdisjoint(roles) and FLAGS_THAT_NEED_ONE.isdisjoint(flags))


def steps_around(now: datetime) -> tuple[int, int, int]:
    """The step of this instant and its neighbours: clocks of telephones go wrong by seconds."""
    step = int(now.timestamp()) // STEP_SECONDS
    return step, step - 1, step + 1

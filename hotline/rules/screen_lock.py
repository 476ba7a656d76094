"""A screen without anybody before it locks itself, and its session goes on: contacts still ring there."""

from datetime import timedelta
from typing import Final

from pydantic import Field

from hotline.rules.centre_facts import Part

WARNING: Final = timedelta(minutes=1)  # so long before it happens the page says so


class ScreenRules(Part):
    """After how many minutes without a key, a pointer or a touch a screen of the staff is locked."""

    lock_minutes: int = Field(default=10, ge=2, le=60)

    @property
    def lock_after(self) -> timedelta:
        """The same, as a length of time."""
        return timedelta(minutes=self.lock_minutes)

    def locks(self, silence: timedelta, *, on_duty: bool) -> bool:
        """Is a session locked that asked for nothing for so long? Off duty it is not kept open at all."""
        return on_duty and silence >= self.lock_after

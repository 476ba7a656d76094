"""The pace of conversations: how long the card may take. Lengths are data of the centre."""

from datetime import timedelta

from pydantic import Field

from hotline.rules.centre_facts import Part
from hotline.rules.contact import P1


class TalkRules(Part):
    """Seconds. What has `_p1` in its name is for callers in danger."""

    wrap_up: int = Field(default=300, ge=0, le=3600)
    wrap_up_p1: int = Field(default=600, ge=0, le=3600)

    def wrap_up_for(self, priority: str) -> timedelta:
        """How long whoever ended such a conversation is left alone."""
        return timedelta(seconds=self.wrap_up_p1 if priority == P1 else self.wrap_up)

"""The pace of conversations: how long a card, an answer and a silence may take. Lengths are data of the centre."""

from datetime import timedelta

from pydantic import Field

from hotline.rules.centre_facts import Part
from hotline.rules.contact import P1


class TalkRules(Part):
    """Seconds. What has `_p1` in its name is for callers in danger."""

    wrap_up: int = Field(default=300, ge=0, le=3600)
    wrap_up_p1: int = Field(default=600, ge=0, le=3600)

    reply: int = Field(default=120, ge=30)  # the counsellor sees that a word is unanswered
    reply_p1: int = Field(default=60, ge=30)
    reply_alarm: int = Field(default=300, ge=60)  # the supervisor does
    reply_alarm_p1: int = Field(default=120, ge=60)
    silence_ask: int = Field(default=600, ge=60)  # after the counsellor's last word
    silence_warn: int = Field(default=600, ge=60)  # after asking
    silence_close: int = Field(default=600, ge=60)  # after the warning

    def wrap_up_for(self, priority: str) -> timedelta:
        """How long whoever ended such a conversation is left alone."""
        return timedelta(seconds=self.wrap_up_p1 if priority == P1 else self.wrap_up)

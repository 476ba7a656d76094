"""What somebody chose before their first message: a language, and answers given too early.

Kept in memory only, under a blind index and bounded. From the first message on the contact holds all of it, so a
restart costs a default or one more question.
"""

from collections import OrderedDict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hotline.values import dataclass

SIZE = 10_000
ANSWERS_LAST = timedelta(minutes=30)  # "is anyone in danger right now?" was asked about then


@dataclass(frozen=True, slots=True)
class Choice:
    """What one chat has told so far; `at` is when it last told something."""

    at: datetime | None = None
    language: str | None = None
    danger: str | None = None
    topic: str | None = None
    under18: bool = False


class Choices:
    """The newest `SIZE` choices."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Choice] = OrderedDict()

    def of(self, blind: str, now: datetime) -> Choice:
        """The chat's choice; old answers are forgotten, the language stays."""
        choice = self._known.get(blind, Choice())
        if choice.at is not None and now - choice.at > ANSWERS_LAST:
            return Choice(choice.at, choice.language)
        return choice

    def note(self, blind: str, now: datetime, **changes: Any) -> None:
        """Remember these fields of a Choice."""
        self._known[blind] = replace(self.of(blind, now), at=now, **changes)
        self._known.move_to_end(blind)
        while len(self._known) > SIZE:
            self._known.popitem(last=False)

    def forget(self, blind: str) -> None:
        """A contact holds it now."""
        self._known.pop(blind, None)

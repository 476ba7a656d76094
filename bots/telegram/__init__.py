"""The Telegram bots: `run(system)`, `check(settings)` and `parked` are all that the outside needs."""

from bots.telegram import parked
from bots.telegram.door import check, run

__all__ = ["check", "parked", "run"]

"""The callers' Telegram bot: `run(system)` and `check(settings)` are all that the outside needs."""

from bots.telegram.door import check, run

__all__ = ["check", "run"]

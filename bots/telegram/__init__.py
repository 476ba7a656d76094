"""The callers' Telegram bot. `run(system)` is all that the outside needs."""

from bots.telegram.door import run

__all__ = ["run"]

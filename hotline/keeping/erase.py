"""Destroying a key from the shell, after the reference was typed a second time."""

import asyncio

from hotline import app
from hotline.actions import erasure
from hotline.config import Settings
from hotline.errors import WrongState
from hotline.rules.access import OPERATOR

WARNING = """\
Every word of {kind} {ref} will be unreadable: here at once, and in every backup when that of its key is gone,
after 30 days at the latest. Nothing brings it back. Numbers and codes stay for the statistics.
"""


async def run(settings: Settings, kind: erasure.Kind, ref: str, reason: str) -> int:
    """Ask, destroy, say so."""
    print(WARNING.format(kind=kind, ref=ref))
    try:
        typed = await asyncio.to_thread(input, f"Type the reference of the {kind} once more to go on: ")
    except EOFError:
        typed = ""
    if typed.strip() != ref:
        print("That is another reference. Nothing was destroyed.")
        return 1
    async with app.open_system(settings) as system:
        try:
            await erasure.destroy(system, OPERATOR, kind, ref, reason)
        except WrongState:
            print("The contact is not closed yet. Nothing was destroyed.")
            return 1
    print(
        f"The key of {kind} {ref} is destroyed, and it is in the ledger. Make a backup now, so that it is there, too."
    )
    return 0

"""Alarms: the kinds of trouble that a person must look at. One rings until it is over or somebody ended it."""

from typing import Final

CALLER_LEFT: Final = "caller_left"  # danger now, and the page was left in a hurry: the contact stays open
KINDS: Final = (CALLER_LEFT,)

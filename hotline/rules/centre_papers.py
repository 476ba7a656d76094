"""What a centre's documents need: who lifted which go-live blocker, how long what is kept, accessibility.

The privacy notice and the accessibility statement are made of these; see `hotline/texts/notice.py`.
"""

import re
from datetime import date
from typing import Literal

from pydantic import Field

from hotline.rules.centre_facts import Name, Part

AccessibilityStatus = Literal["full", "partial", "none", "not_examined"]


class Lifted(Part):
    """A go-live blocker that is gone: since when, who says so, and why."""

    on: date
    by: Name
    why: Name


class Retention(Part):
    """How long what is kept. No statute fixes these; the centre's own file classification overrides them."""

    chat_days: int = Field(default=30, ge=1)
    telegram_days: int = Field(default=30, ge=1)
    trace_hours: int = Field(default=72, ge=1)
    card_years: int = Field(default=5, ge=1)
    case_years: int = Field(default=10, ge=1)
    audit_years: int = Field(default=5, ge=2)


class Accessibility(Part):
    """What the statement required of public bodies says; dates are "" until somebody has stated them."""

    published_on: date | Literal[""] = ""
    updated_on: date | Literal[""] = ""
    made_on: date | Literal[""] = ""
    reviewed_on: date | Literal[""] = ""
    status: AccessibilityStatus = "not_examined"
    gaps_pl: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    building_pl: str = ""


def https_origin(text: str) -> str:
    """An origin such as https://www.example.pl, as browsers write it. Raises ValueError."""
    host = r"(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
    if not re.fullmatch(rf"https://{host}(?::[1-9][0-9]{{0,4}})?", text):
        raise ValueError(f'"{text}" is not an origin such as https://www.example.pl')
    return text

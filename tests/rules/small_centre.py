"""A small centre for tests: the shipped calendar and taxonomies, and whatever lines a test needs."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hotline import centres
from hotline.rules.centre import Centre
from hotline.rules.centre_file import parse

WARSAW = ZoneInfo("Europe/Warsaw")
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
EVERY_DAY = [*WEEKDAYS, "sat", "sun"]


def warsaw(text: str) -> datetime:
    """`2026-12-04 15:58` on a Warsaw clock; the first of a repeated hour."""
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def window(start: str, end: str, days: Sequence[str] = WEEKDAYS) -> dict[str, Any]:
    return {"days": list(days), "from": start, "to": end}


def line(line_id: str, *windows: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    hours = {"hours": list(windows)} if windows else {}
    return {"id": line_id, "number": "+48 41 000 00 00", "unit": "u", "audience": ["anyone"], **hours, **keys}


def tables(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = {"id": "test", "kind": "oik", "name_pl": "Ośrodek próbny", "short_name_pl": "Próba"}
    return {
        "schema_version": 1,
        "centre": names,
        "unit": [{"id": "u", "name_pl": "Dział próbny"}],
        "line": list(lines),
        **more,
    }


def common() -> dict[str, Any]:
    return tomllib.loads(centres.COMMON.read_text(encoding="utf-8"))


def centre(*lines: dict[str, Any], zone: str = "Europe/Warsaw", **more: Any) -> Centre:
    """A checked centre with these lines and arrays of tables."""
    own = tables(*lines, **more)
    own["centre"]["timezone"] = zone
    return parse([("common.toml", common()), ("test.toml", own)])

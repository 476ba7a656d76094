"""TOML of tables as centre files hold them; reading it back gives the same values."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+")


def written(tables: Mapping[str, Any]) -> str:
    """Plain keys first, then each table and each table of an array under a heading of its own."""
    headings = {key: value for key, value in tables.items() if _has_heading(value)}
    blocks = ["\n".join(_pair(key, value) for key, value in tables.items() if key not in headings)]
    for key, value in headings.items():
        many = isinstance(value, list)
        for table in value if many else [value]:
            heading = f"[[{_key(key)}]]" if many else f"[{_key(key)}]"
            blocks.append("\n".join([heading, *(_pair(name, each) for name, each in table.items())]))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _has_heading(value: object) -> bool:
    tables = isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)
    return isinstance(value, Mapping) or tables


def _pair(key: str, value: object) -> str:
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _string(key)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case Mapping():
            return (
                "{ " + ", ".join(_pair(name, each) for name, each in value.items()) + " }" if value else "{}"
            )
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a centre file")


def _string(text: str) -> str:
    """JSON's escapes are TOML's, but for one sign that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

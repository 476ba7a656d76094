"""From the tables of centre files to a checked `Centre`: merge, validate, and name the file that is wrong.

Pure: the loader in `hotline/centres` reads the files. Arrays of tables are merged by id, so that an overlay
can change one key of one line; every other list is replaced whole.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hotline.errors import CentreInvalid
from hotline.rules.centre import Centre
from hotline.rules.centre_checks import faults

Table = Mapping[str, Any]
Path = tuple[str | int, ...]

# array of tables in a file -> (what identifies an entry, field of Centre, whether the field is a mapping)
ARRAYS: dict[str, tuple[str, str, bool]] = {
    "unit": ("id", "units", True),
    "line": ("id", "lines", True),
    "queue": ("id", "queues", True),
    "service": ("id", "services", True),
    "appointment_rule": ("id", "appointment_rules", True),
    "problem_area": ("code", "problem_areas", True),
    "help_form": ("code", "help_forms", True),
    "contact_mode": ("code", "contact_modes", True),
    "reply": ("id", "replies", True),
    "national_line": ("id", "national_lines", False),
    "closure": ("id", "closures", False),
    "extra_opening": ("id", "extra_openings", False),
    "staff": ("id", "staff", False),
    "shift_pattern": ("id", "shift_patterns", False),
    "shift_check": ("id", "shift_checks", False),
    "goal": ("code", "goals", False),
    "core_help": ("code", "core_help", False),
    "eligibility_rule": ("code", "eligibility_rules", False),
    "intervention_form": ("code", "intervention_forms", False),
    "ex_officio_action": ("code", "ex_officio_actions", False),
    "shelter_rule": ("code", "shelter_rules", False),
    "later_fact": ("key", "later_facts", False),
}
TABLES = (
    "calendar",
    "definition",
    "offer",
    "districts",
    "retention",
    "accessibility",
    "duty",
    "talks",
    "callbacks",
    "screen",
)
TOP = ("schema_version", "timezone", "languages")
# what [centre] may hold: the fields of Centre that have no table of their own
OWN = set(Centre.model_fields).difference(
    (field for _, field, _ in ARRAYS.values()), TABLES, ("communes", "schema_version")
)


class Merged:
    """Layers laid over each other; `origin` remembers which file touched a table or key last."""

    def __init__(self) -> None:
        self.tables: dict[str, Any] = {}
        self.origin: dict[Path, str] = {}

    def lay(self, file: str, layer: Table) -> None:
        """Lay one file over what is there. Raises CentreInvalid for a key that cannot be placed."""
        for key, value in layer.items():
            if key in ARRAYS:
                self._put(self.tables, (key,), _by_id(file, key, value), file)
            elif key in TABLES or key == "centre":
                if not isinstance(value, dict):
                    raise CentreInvalid(file, key, "must be a table")
                for name in value.keys() - OWN if key == "centre" else ():
                    raise CentreInvalid(file, f"centre.{name}", "unknown key")
                self._put(self.tables, (key,), value, file)
            elif key in TOP or key == "commune":
                self._put(self.tables, (key,), value, file)
            else:
                raise CentreInvalid(file, key, "unknown key")

    def _put(self, into: dict[str, Any], path: Path, value: object, file: str) -> None:
        key = str(path[-1])
        self.origin[path] = file
        if isinstance(value, dict) and not _is_rule(path):
            inner = into.get(key)
            into[key] = inner = inner if isinstance(inner, dict) else {}
            for name, item in value.items():
                self._put(inner, (*path, name), item, file)
        else:
            into[key] = value

    def as_file(self) -> dict[str, Any]:
        """The same as one file would hold it: laid over the same ground it gives the same centre."""
        return {key: list(value.values()) if key in ARRAYS else value for key, value in self.tables.items()}

    def file_of(self, path: Path) -> str:
        """The file to blame for `path`: the last that touched it, or the nearest table around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origin:
                return self.origin[path[:length]]
        return next(reversed(self.origin.values()), "")


def _is_rule(path: Path) -> bool:
    """Hours from a day on are one thought: another such rule for the same day replaces it whole."""
    return path[0] == "line" and path[2:3] == ("since",) and len(path) == len(("line", "id", "since", "day"))


def _by_id(file: str, key: str, entries: object) -> dict[str, Table]:
    identity = ARRAYS[key][0]
    found: dict[str, Table] = {}
    if not isinstance(entries, list):
        raise CentreInvalid(file, key, f"must be an array of tables: [[{key}]]")
    for index, entry in enumerate(entries):
        name = entry.get(identity) if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            raise CentreInvalid(file, f"{key}[{index}]", f'has no "{identity}"')
        if name in found:
            raise CentreInvalid(file, f"{key}.{name}", f'"{identity}" is used twice')
        found[name] = entry
    return found


def parse(layers: Sequence[tuple[str, Table]]) -> Centre:
    """The centre described by (file name, tables) pairs, later ones winning.

    Raises CentreInvalid(file, key, reason) for the first fault found.
    """
    merged = Merged()
    for file, tables in layers:
        merged.lay(file, tables)
    try:
        centre = Centre.model_validate(_fields(merged.tables))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        path = _path(fault["loc"], merged.tables)
        raise CentreInvalid(merged.file_of(path), _written(path), _reason(fault)) from None
    for path, reason in faults(centre):
        raise CentreInvalid(merged.file_of(path), _written(path), reason)
    return centre


def _fields(tables: Table) -> dict[str, Any]:
    """The arguments of Centre: the centre table lies flat, arrays become mappings or tuples."""
    fields: dict[str, Any] = {key: tables[key] for key in (*TOP, *TABLES) if key in tables}
    for key, (_, field, mapped) in ARRAYS.items():
        if key in tables:
            fields[field] = tables[key] if mapped else tuple(tables[key].values())
    return {**fields, "communes": tables.get("commune", ()), **tables.get("centre", {})}


def _path(loc: Sequence[str | int], tables: Table) -> Path:
    """The place in the files that a place in the model came from."""
    field, rest = str(loc[0]), tuple(loc[1:])
    if field in TABLES or (field in TOP and field not in tables.get("centre", {})):
        return (field, *rest)
    for key, (_, name, mapped) in ARRAYS.items():
        if name == field and key in tables:
            if not mapped and rest and isinstance(rest[0], int):
                rest = (list(tables[key])[rest[0]], *rest[1:])
            return (key, *rest)
    if field == "communes":
        return ("commune", *rest)
    arrays = {name: key for key, (_, name, _) in ARRAYS.items()}
    return (arrays[field],) if field in arrays else ("centre", field, *rest)


def _written(path: Path) -> str:
    """`line.sow_victims_day.hours[0].from`, as a person would look for it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _reason(fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        return "unknown key"
    if fault["type"] == "missing":
        return "is missing"
    given = fault["input"]
    shown = f" (given: {given!r})" if isinstance(given, str | int | float) else ""
    message = fault["msg"].removeprefix("Value error, ")
    return message if fault["type"] == "value_error" else message[0].lower() + message[1:] + shown

"""What staff changed since the centre file was written, as tables laid over it; the newest word counts.

A change becomes the tables that a file would hold, so whatever may stand in a file is checked, merged, exported
and blamed in one way. Hours carry the local day from which they hold, closures and extra openings their own days;
everything else holds from the moment it was said.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from hotline.rules.centre import Centre
from hotline.rules.centre_file import ARRAYS, Merged, Table, parse
from hotline.values import dataclass

Kind = Literal["hours", "closure", "extra_opening", "fact", "line", "setting", "blocker"]
Layer = tuple[str, Table]
CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing somebody said about the centre.

    `target` is what it is about: a line, the key of a later fact, a blocker, `table.key` of a setting, or the id
    of a closure. `value` holds tables as in a centre file.
    """

    id: str
    kind: Kind
    target: str
    value: Mapping[str, Any]
    at: datetime
    from_day: date | None = None
    by: str = ""


def in_force(changes: Iterable[Change]) -> list[Change]:
    """The newest word about each thing, in the order in which they were said."""
    newest: dict[tuple[str, str, date | None], Change] = {}
    for change in sorted(changes, key=lambda each: (each.at, each.id)):
        key = (change.kind, change.target, change.from_day)
        newest.pop(key, None)
        newest[key] = change
    return list(newest.values())


def compiled(layers: Sequence[Layer], changes: Iterable[Change]) -> Centre:
    """The centre of these files with the changes over them. Raises CentreInvalid naming the change."""
    facts = _facts(layers)
    return parse(
        [*layers, *((f"{change.kind} {change.target}", layer(change, facts)) for change in in_force(changes))]
    )


def overlay(layers: Sequence[Layer], changes: Iterable[Change]) -> dict[str, Any]:
    """One file that, laid over the same files, gives the same centre without the changes."""
    facts, merged = _facts(layers), Merged()
    for change in in_force(changes):
        merged.lay(change.kind, layer(change, facts))
    return {"schema_version": 1, **merged.as_file()}


def layer(change: Change, facts: Mapping[str, Table]) -> Table:
    """The tables that say the same in a centre file."""
    match change.kind:
        case "hours":
            day = "" if change.from_day is None else change.from_day.isoformat()
            return {"line": [{"id": change.target, "since": {day: dict(change.value)}}]}
        case "fact":
            decided = {"key": change.target, change.value["decision"]: True}
            sets = facts.get(change.target, {}).get("sets", {})
            return {**(sets if CONFIRMED in decided else {}), "later_fact": [decided]}
        case "setting":
            table, _, key = change.target.partition(".")
            return {table: {key: change.value["value"]}}
        case "blocker":
            return {"centre": {"lifted": {change.target: dict(change.value)}}}
        case "line":
            return dict(change.value)
        case "closure" | "extra_opening":
            return {change.kind: [{"id": change.target, **change.value}]}


def _facts(layers: Sequence[Layer]) -> dict[str, Table]:
    """What the files say of later facts, by key."""
    merged = Merged()
    for file, tables in layers:
        merged.lay(file, {"later_fact": tables.get("later_fact", [])})
    identity = ARRAYS["later_fact"][0]
    return {fact[identity]: fact for fact in merged.as_file()["later_fact"]}

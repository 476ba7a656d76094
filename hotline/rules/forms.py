"""The card of a contact as data: its fields in the order of a talk, what a value may be, what is missing.

Eight facts make a card complete. Channel and times are facts of the contact itself and are never typed in;
the other six are mandatory here, and every other choice is `not_established` until somebody establishes it.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hotline.errors import Malformed, SummaryIncomplete, TextMalformed, TextTooLong
from hotline.rules.centre import Centre
from hotline.rules.contact import END_REASONS, P1, PRIORITIES
from hotline.values import dataclass

Kind = Literal["choice", "choices", "text", "number", "bool"]
Level = Literal["A", "C", "L"]
Value = str | list[str]

UNKNOWN = "not_established"
YES_NO = ("yes", "no", UNKNOWN)
ANSWERS = ("yes", "no", "unknown", "not_asked")
AGE_BANDS = ("0_6", "7_12", "13_15", "16_17", "18_25", "26_40", "41_59", "60_74", "75_plus")
MOST_CHOICES = 40
# What a browser's date-and-time field sends: local civil time to the minute.
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `limit` is characters of a text, the largest number, or how many choices may be made.

    `level` A: asked of everybody, C: needed for a case, L: needed for a letter. `sealed` values are stored
    encrypted. `options` empty on a choice means the centre names them (see `card`).
    """

    key: str
    kind: Kind
    level: Level = "A"
    options: tuple[str, ...] = ()
    limit: int = 0
    sealed: bool = False
    mandatory: bool = False
    group: str = ""
    default: str = ""


def _choice(key: str, group: str, *options: str, mandatory: bool = False, level: Level = "A") -> Field:
    default = next((value for value in (UNKNOWN, "not_asked") if value in options), "")
    return Field(key, "choice", level, options, mandatory=mandatory, group=group, default=default)


def _text(key: str, group: str, limit: int, *, mandatory: bool = False, level: Level = "A") -> Field:
    return Field(key, "text", level, limit=limit, sealed=True, mandatory=mandatory, group=group)


def _risk(*keys: str) -> tuple[Field, ...]:
    return tuple(_choice(f"risk_{key}", "risk", *ANSWERS) for key in keys)


CARD: tuple[Field, ...] = (
    _choice("reporter_role", "who", "subject", "close_person", "witness", "institution", mandatory=True),
    _choice("contact_no", "who", "first", "repeated", UNKNOWN),
    _choice(
        "source",
        "who",
        *("self", "family", "police", "school", "social_services", "health", "court"),
        *("other_line", "internet", "other", UNKNOWN),
    ),
    _choice("subject_sex", "who", "female", "male", "other", UNKNOWN),
    _choice("subject_age_band", "who", *AGE_BANDS, UNKNOWN),
    _choice("subject_disability", "who", *YES_NO),
    _choice("language", "who", "pl", "uk", "en", "ru", "other", UNKNOWN),
    _choice("foreigner", "who", *YES_NO),
    _text("citizenship", "who", 60, level="C"),
    _choice("residence", "who", "here", "other_county", "abroad", UNKNOWN),
    _choice("residence_kind", "who", "town", "village", UNKNOWN),
    _text("district", "who", 80, level="C"),
    Field("problem_primary", "choice", mandatory=True, group="problem"),
    Field("problem_other", "choices", limit=5, group="problem"),
    _choice("violence_role", "problem", "experiences", "uses", "witness", "not_applicable", UNKNOWN),
    Field("children_count", "number", limit=20, group="problem"),
    _text("children_ages", "problem", 60),
    *_risk("overheard", "injured", "death_thoughts", "thoughts_now", "means", "intends", "attempt"),
    *_risk("violence_home", "violence_today", "strangling_weapon", "escalating", "children_in_danger"),
    *_risk("place_to_go", "fears_harming"),
    _choice("priority_final", "risk", "P1", "P2", "P3", "P4", mandatory=True),
    _text("priority_reason", "risk", 300),
    Field(
        "danger_actions",
        "choices",
        options=("emergency_112", "police", "cbzc", "ambulance", "none_needed"),
        limit=5,
        group="risk",
    ),
    _text("danger_note", "risk", 500),
    _text("narrative", "help", 2000),
    Field("help_forms", "choices", limit=10, mandatory=True, group="help"),
    _text("agreements", "help", 1000, mandatory=True),
    Field("referrals", "choices", limit=10, group="help"),
    _choice("followup", "help", "none", "call_back", "visit", "case", UNKNOWN),
    _text("followup_how", "help", 300),
    _text("followup_avoid", "help", 300),
    _choice("privacy_given", "closing", *YES_NO),
    _text("privacy_reason", "closing", 200),
    _choice("confidentiality_broken", "closing", "no", "yes"),
    _text("confidentiality_note", "closing", 500),
    _choice("end_reason", "closing", *END_REASONS, mandatory=True),
)
# What a caller chose, as the problem that comes first; the other topics say too little.
TOPIC_PROBLEM: Final = {
    "suicidal_thoughts": "suicidal_crisis",
    "violence": "violence",
    "stop_hurting": "violence.using",
    "family": "family_matters",
    "bereavement": "bereavement",
    "addiction": "addiction",
    "missing_person": "missing_person",
    "homelessness": "homelessness",
}
GROUPS = ("who", "problem", "risk", "help", "closing")


def card(
    problems: Iterable[str], help_forms: Iterable[str], referrals: Iterable[str] = ()
) -> tuple[Field, ...]:
    """The card with the centre's own codes as the options of its problem, help and referral fields."""
    named = {
        "problem_primary": tuple(problems),
        "help_forms": tuple(help_forms),
        "referrals": tuple(referrals),
    }
    named["problem_other"] = tuple(code for code in named["problem_primary"] if code != UNKNOWN)
    return tuple(replace(field, options=named.get(field.key, field.options)) for field in CARD)


def card_of(centre: Centre) -> tuple[Field, ...]:
    """The card of this centre: its problem areas, its forms of help, its units and the national lines."""
    referrals = [*centre.units, *(line.id for line in centre.national_lines)]
    return card(centre.problem_areas, centre.help_forms, referrals)


def clean(values: Mapping[str, Value], fields: Sequence[Field] = CARD) -> dict[str, Value]:
    """The values as they are stored: trimmed, lists deduplicated, defaults filled in, empty ones left out.

    Raises `Malformed` for an unknown field or type, `SummaryIncomplete(fields=…)` for a value that is not
    offered, `TextTooLong` and `TextMalformed` (with `fields`) for text.
    """
    known = {field.key: field for field in fields}
    if not set(values) <= set(known):
        raise Malformed(fields=",".join(sorted(set(values) - set(known)))[:200])
    cleaned: dict[str, Value] = {}
    refused: list[str] = []
    for field in fields:
        value = _trimmed(field, values.get(field.key, ""))
        if not value:
            value = field.default
        elif not _offered(field, value):
            refused.append(field.key)
        if value:
            cleaned[field.key] = value
    if refused:
        raise SummaryIncomplete(fields=",".join(refused))
    return cleaned


def unfinished(text: str, fields: Sequence[Field] = CARD) -> dict[str, Value]:
    """Of a card that is being written, kept as JSON, the fields that this release knows. Raises Malformed."""
    try:
        values = json.loads(text)
    except ValueError:
        raise Malformed(field="text") from None
    if not isinstance(values, dict) or not all(_is_value(each) for each in values.values()):
        raise Malformed(field="text")
    return {field.key: values[field.key] for field in fields if field.key in values}


def _is_value(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def needed_when(initial: str | None = None) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Fields that must be filled in once another one, named first, has one of these values."""
    return {
        "danger_actions": ("priority_final", (P1,)),
        "priority_reason": (
            "priority_final",
            tuple(each for each in PRIORITIES if initial and each > initial),
        ),
        "confidentiality_note": ("confidentiality_broken", ("yes",)),
        "followup_how": ("followup", ("call_back",)),
    }


def missing(values: Mapping[str, Value], *, initial: str | None = None) -> list[str]:
    """Keys of the fields that must still be filled in, in the card's order.

    `initial` is the priority the contact arrived with: who lowers it says why.
    """
    wanted = {field.key for field in CARD if field.mandatory}
    wanted |= {key for key, (other, those) in needed_when(initial).items() if values.get(other) in those}
    return [field.key for field in CARD if field.key in wanted and not values.get(field.key)]


def is_minor(values: Mapping[str, Value]) -> bool | None:
    """Whether the person is under 18, derived from the age band; None if it is not established."""
    band = values.get("subject_age_band", UNKNOWN)
    if band == UNKNOWN or not isinstance(band, str):
        return None
    return AGE_BANDS.index(band) < AGE_BANDS.index("18_25")


def instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The UTC instant of a date-and-time field ("2026-05-04T10:30", the centre's local time), or None."""
    if not _LOCAL.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _trimmed(field: Field, value: object) -> Value:
    if field.kind == "choices":
        many = [value] if isinstance(value, str) else value
        if not isinstance(many, list) or len(many) > MOST_CHOICES:
            raise Malformed(fields=field.key)
        if not all(isinstance(one, str) for one in many):
            raise Malformed(fields=field.key)
        return list(dict.fromkeys(one for one in many if one))
    if not isinstance(value, str):
        raise Malformed(fields=field.key)
    if field.kind != "text":
        return value.strip()
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise TextMalformed(fields=field.key)
    text = value.replace("\r\n", "\n").strip()
    if len(text) > field.limit:
        raise TextTooLong(limit=field.limit, fields=field.key)
    return text


def _offered(field: Field, value: Value) -> bool:
    if isinstance(value, list):
        return len(value) <= field.limit and all(one in field.options for one in value)
    if field.kind == "number":
        return value.isascii() and value.isdecimal() and len(value) <= 3 and int(value) <= field.limit
    if field.kind == "bool":
        return value in ("yes", "no")
    return field.kind == "text" or value in field.options

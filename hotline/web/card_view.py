"""The card and the case form as a template draws them: labels in the reader's language, options, values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotline.rules import casework, forms
from hotline.rules.centre import Centre
from hotline.rules.contact import CHOSEN_END_REASONS
from hotline.rules.forms import Field
from hotline.store.views import ContactHead, StaffRow
from hotline.texts import say, texts

# Six answers make a card; they stand open, and the rest of each group is folded away under them.
OPEN = frozenset(field.key for field in forms.CARD if field.mandatory)
# What most talks end with stands first; the rest of a long list is folded away.
COMMON_HELP = (
    "psychological_help",
    "early_intervention_advice",
    "counselling",
    "legal_advice",
    "social_advice",
    "information",
)
LONG_CHOICE = 6  # more options than this become a list to pick from
SHORT_TEXT = 200  # characters that fit a single line


@dataclass(frozen=True, slots=True)
class Option:
    """One answer; `under` names its family in a long list, or "more" where the list is folded."""

    value: str
    label: str
    under: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One field. `look` is segments, select, chips, checks, line, area, number, moment or tick."""

    key: str
    look: str
    label: str
    value: Any
    options: tuple[Option, ...]
    limit: int
    mandatory: bool
    hint: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a form: what stands open and what is folded away."""

    key: str
    title: str
    open: tuple[Shown, ...]
    more: tuple[Shown, ...]


def card_groups(
    centre: Centre,
    head: ContactHead,
    saved: Mapping[str, Any] | None,
    language: str,
    draft: Mapping[str, Any],
) -> list[Group]:
    """The card in the order of a talk, with what is saved or known filled in, and over it what is being written."""
    values = {**(saved or prefilled(head)), **draft}
    shown = [
        (field, _shown(field, _card_options(field, centre, values, language), values, "form", language))
        for field in forms.card_of(centre)
    ]
    return [
        Group(
            group,
            say(f"form.group.{group}", language),
            tuple(one for field, one in shown if field.group == group and field.key in OPEN),
            tuple(one for field, one in shown if field.group == group and field.key not in OPEN),
        )
        for group in forms.GROUPS
    ]


def prefilled(head: ContactHead) -> dict[str, Any]:
    """What the contact itself already answers."""
    return {"priority_final": head.priority, "end_reason": head.end_reason or "", "language": head.language}


def case_groups(workers: Iterable[StaffRow], language: str) -> list[Group]:
    """The form that opens a case; `workers` are those who may lead one."""
    people = tuple(Option(one.id, one.name) for one in workers)
    shown = [
        (field, _shown(field, _case_options(field, people, language), {}, "form.case", language))
        for field in casework.FIELDS
    ]
    titles = ("who", "what", "checks")
    return [
        Group(group, say(f"form.case.{group}", language), tuple(s for f, s in shown if f.group == group), ())
        for group in titles
    ]


def _shown(
    field: Field, options: tuple[Option, ...], values: Mapping[str, Any], prefix: str, language: str
) -> Shown:
    known = texts()
    own = f"{prefix}.missing.{field.key}"
    missing = own if own in known else "form.missing"
    hint = f"{prefix}.{field.key}.hint"
    empty: Any = [] if field.kind == "choices" else field.default
    return Shown(
        key=field.key,
        look=_look(field, options),
        label=say(f"{prefix}.{field.key}", language),
        value=values.get(field.key) or empty,
        options=options,
        limit=field.limit,
        mandatory=field.mandatory,
        hint=say(hint, language) if hint in known else "",
        missing=say(missing, language),
    )


def _look(field: Field, options: Sequence[Option]) -> str:
    if field.kind == "choice":
        return "select" if len(options) > LONG_CHOICE or field.key == "worker" else "segments"
    if field.kind == "choices":
        return "checks" if len(options) > 20 else "chips"
    if field.kind == "text" and field.key == "first_visit":
        return "moment"
    return {"text": "line" if field.limit <= SHORT_TEXT else "area", "number": "number", "bool": "tick"}[
        field.kind
    ]


def _card_options(
    field: Field, centre: Centre, values: Mapping[str, Any], language: str
) -> tuple[Option, ...]:
    if field.key in ("problem_primary", "problem_other"):
        return _problems(centre, field.options)
    if field.key == "help_forms":
        order = sorted(field.options, key=lambda code: code not in COMMON_HELP)
        under = {code: "" if code in COMMON_HELP else "more" for code in order}
        return tuple(Option(code, centre.help_forms[code].label_pl, under[code]) for code in order)
    if field.key == "referrals":
        national = {line.id: line.label_pl for line in centre.national_lines}
        return tuple(
            Option(code, national.get(code) or centre.units[code].shown_name_pl) for code in field.options
        )
    if field.key == "priority_final":
        return tuple(Option(code, say(f"priority.{code}", language)) for code in field.options)
    if field.key == "end_reason":
        offered = dict.fromkeys((*CHOSEN_END_REASONS, values.get("end_reason") or CHOSEN_END_REASONS[0]))
        return tuple(Option(code, say(f"end.{code}", language)) for code in offered)
    shared = "form.answer" if field.key.startswith("risk_") else f"form.{field.key}"
    return tuple(Option(code, say(f"{shared}.{code}", language)) for code in field.options)


def _problems(centre: Centre, codes: Sequence[str]) -> tuple[Option, ...]:
    """Problem areas with their families, in the order of the file."""
    family = {
        child: area.label_pl
        for area in centre.problem_areas.values()
        for child in (area.code, *area.children)
        if area.children
    }
    return tuple(Option(code, centre.problem_areas[code].label_pl, family.get(code, "")) for code in codes)


def _case_options(field: Field, workers: tuple[Option, ...], language: str) -> tuple[Option, ...]:
    if field.key == "worker":
        return workers
    return tuple(Option(code, say(f"form.case.{field.key}.{code}", language)) for code in field.options)

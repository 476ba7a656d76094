"""The card and the case form as a template draws them: labels in the reader's language, options, values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hotline.rules import casework, forms
from hotline.rules.centre import Centre
from hotline.rules.contact import CHOSEN_END_REASONS, P1
from hotline.rules.forms import Field
from hotline.store.views import Agreed, ContactHead, StaffRow
from hotline.texts import say, texts
from hotline.values import dataclass

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
    short: str = ""
    known: bool = False  # filled in from the talk, and nobody has touched it
    needed_when: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a form: what stands open and what is folded away."""

    key: str
    title: str
    open: tuple[Shown, ...]
    more: tuple[Shown, ...]
    unfolded: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What other rows say of the contact: whether it is not the first, and what was agreed on after it."""

    repeated: bool
    agreed: Agreed | None


def card_groups(
    centre: Centre,
    head: ContactHead,
    saved: Mapping[str, Any] | None,
    language: str,
    draft: Mapping[str, Any],
    around: Around,
) -> list[Group]:
    """The card in the order of a talk, with what is saved or known filled in, and over it what is being written."""
    told = {} if saved else known(centre, head, around, language)
    values = {**(saved or told), **draft}
    conditions = forms.needed_when(head.priority_initial)
    shown = []
    for field in forms.card_of(centre):
        one = _shown(field, _card_options(field, centre, values, language), values, "form", language)
        if field.mandatory or field.key in conditions:
            short = say(f"form.short.{field.key}", language)
            one = replace(one, short=short, needed_when=conditions.get(field.key))
        if field.key == "subject_age_band" and head.under18:
            one = replace(one, hint=say("form.subject_age_band.told_under18", language))
        shown.append((field, replace(one, known=field.key in told and field.key not in draft)))
    return [
        Group(
            group,
            say(f"form.group.{group}", language),
            tuple(one for field, one in shown if field.group == group and field.key in OPEN),
            tuple(one for field, one in shown if field.group == group and field.key not in OPEN),
            unfolded=group == "risk" and values.get("priority_final") == P1,
        )
        for group in forms.GROUPS
    ]


def known(centre: Centre, head: ContactHead, around: Around, language: str) -> dict[str, str]:
    """What the talk itself already answers, by field; only what was said or done, nothing guessed."""
    problem = forms.TOPIC_PROBLEM.get(head.topic or "", "")
    agreed = around.agreed
    told = {
        "contact_no": "repeated" if around.repeated else "",
        "language": head.language,
        "problem_primary": problem if problem in centre.problem_areas else "",
        "priority_final": head.priority,
        "followup": "call_back" if agreed else "",
        "followup_how": _agreed_words(agreed, language) if agreed else "",
        "end_reason": head.end_reason or "",
    }
    return {key: value for key, value in told.items() if value}


def _agreed_words(agreed: Agreed, language: str) -> str:
    start, end = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (agreed.safe.start, agreed.safe.end))
    day = f"{agreed.safe.first:%d.%m.%Y}"
    return say(f"form.followup_how.told_{agreed.way}", language, day=day, start=start, end=end)


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

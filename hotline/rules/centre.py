"""The centre: its lines, who answers them together, who must never meet, when they are open by the file.

A `Centre` is built by `centre_file.parse` from merged centre files and is immutable. Line, queue and unit ids
are the keys of its mappings, in the order of the file.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, field_validator, model_validator

from hotline.errors import LineUnknown
from hotline.rules.callback import CallbackRules
from hotline.rules.centre_duty import CheckItem, DutyRules
from hotline.rules.centre_facts import (
    AppointmentRule,
    Coded,
    Commune,
    Definition,
    Districts,
    Id,
    Language,
    LaterFact,
    Name,
    NationalLine,
    Offer,
    Part,
    ProblemArea,
    Service,
    ShelterRule,
    ShiftPattern,
    Span,
    StaffEntry,
    Statement,
    Window,
)
from hotline.rules.centre_papers import Accessibility, Lifted, Retention, https_origin
from hotline.rules.centre_replies import Reply
from hotline.rules.centre_talks import TalkRules
from hotline.rules.civil_time import Calendar
from hotline.rules.hours import Hours
from hotline.rules.screen_lock import ScreenRules

Channel = Literal["telegram", "web"]


class Unit(Part):
    """A part of the organisation, with an address where one is stated and public."""

    id: Id
    name_pl: Name
    name_current_pl: str = ""
    department_pl: str = ""
    role_pl: str = ""
    street_pl: str = ""
    city_pl: str = ""
    postal_code: str = ""
    floor_pl: str = ""
    room_pl: str = ""
    place_note_pl: str = ""
    phones: tuple[str, ...] = ()
    hours_status: Literal["stated", "always_open", "unstated"] = "unstated"
    holiday_policy: str = ""
    hours: tuple[Window, ...] = ()
    address_public: bool = True
    website: str = ""
    src: str = ""

    @property
    def shown_name_pl(self) -> str:
        """The name in the terms of the law in force; the founding document's own stays in `name_pl`."""
        return self.name_current_pl or self.name_pl

    @property
    def address(self) -> str:
        """What may be told to a caller, on one line; "" where nothing is stated, or where a shelter might be found."""
        return self.full_address if self.address_public else ""

    @property
    def full_address(self) -> str:
        """For staff: on one line; "" where the file states nothing."""
        town = " ".join(part for part in (self.postal_code, self.city_pl) if part)
        stated = (self.street_pl, self.floor_pl, town) if self.street_pl else ()
        return ", ".join(part for part in stated if part)


class Line(Hours):
    """A published entry, with the hours of its file and, by the local day from which each holds, those that follow.

    A window belongs to the day on which it starts: a night begun under one rule runs to its end under the next.
    """

    id: Id
    number: str
    unit: str
    display_pl: str = ""
    topic_pl: str = ""
    audience: tuple[str, ...] = Field(min_length=1)
    isolated_queue: bool = False
    cost_pl: str = ""
    dialling_note: str = ""
    verify_pl: str = ""
    src: str = ""
    since: Mapping[date, Hours] = {}

    _unit_name: str = PrivateAttr(default="")

    @property
    def name_pl(self) -> str:
        """What to call the line: its published name, else its topic, else its unit."""
        return self.display_pl or self.topic_pl or self._unit_name

    @property
    def tel(self) -> str:
        """The target of a `tel:` link, or "": a short local number may not be reachable from a mobile."""
        return self.number.replace(" ", "") if self.number.startswith("+") else ""

    @property
    def rules(self) -> tuple[Hours, ...]:
        """All of them, the file's first."""
        return (self, *(self.since[day] for day in sorted(self.since)))

    def rule_on(self, day: date) -> Hours:
        """Its own rule for what starts on the local `day`; `same_as` is for the centre to follow."""
        begun = [first for first in self.since if first <= day]
        return self.since[max(begun)] if begun else self


class Queue(Part):
    """Lines that the same people answer, their chat channels, and when somebody should be there."""

    id: Id
    lines: tuple[str, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = ()
    coverage: Literal["always", "line_hours"]
    isolated_from: tuple[str, ...] = ()
    danger_fallback: bool = False


class Closure(Part):
    """Closed on whole local days, both included, by order; never touches a line on a day it is always open."""

    id: Id
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    lines: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    reason_pl: Name

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last < self.first:
            raise ValueError('"to" is before "from"')
        if not self.lines and not self.units:
            raise ValueError("names neither lines nor units")
        return self

    def touches(self, line: Line, day: date) -> bool:
        """Whether this closure keeps `line` shut on the local `day`."""
        return self.first <= day <= self.last and (line.id in self.lines or line.unit in self.units)


class ExtraOpening(Span):
    """Open beyond the weekly hours on one local day, holiday or closure notwithstanding."""

    id: Id
    day: date
    lines: tuple[str, ...] = Field(min_length=1)
    reason_pl: Name


class Centre(Part):
    """One installation's centre. `web_url`, `controller` and `dpo_email` may be "" until it is live."""

    schema_version: Literal[1]
    id: Id
    kind: Name
    name_pl: Name
    short_name_pl: Name
    structure_pl: str = ""
    parent: str = ""
    area_pl: str = ""
    timezone: str
    languages: tuple[Language, ...]
    source: str = ""
    source_author_pl: str = ""
    source_as_of: str = ""
    verified_on: str = ""
    live_chat_enabled: bool = Field(default=False, strict=True)
    go_live_blockers: tuple[str, ...] = ()
    lifted: Mapping[str, Lifted] = {}
    controller: str = ""
    controller_contact: str = ""
    dpo_email: str = ""
    web_url: str = ""
    pjm_info: str = (
        ""  # where somebody speaks sign language: a number, an address, hours; no words of one language
    )
    embed_origins: tuple[str, ...] = ()
    both_sides_allowed: bool = False
    retention: Retention = Retention()
    accessibility: Accessibility = Accessibility()
    duty: DutyRules = DutyRules()
    talks: TalkRules = TalkRules()
    callbacks: CallbackRules = CallbackRules()
    screen: ScreenRules = ScreenRules()

    calendar: Calendar
    units: Mapping[str, Unit]
    lines: Mapping[str, Line] = {}
    queues: Mapping[str, Queue] = {}
    closures: tuple[Closure, ...] = ()
    extra_openings: tuple[ExtraOpening, ...] = ()

    services: Mapping[str, Service] = {}
    appointment_rules: Mapping[str, AppointmentRule] = {}
    national_lines: tuple[NationalLine, ...] = ()
    problem_areas: Mapping[str, ProblemArea] = {}
    help_forms: Mapping[str, Coded] = {}
    contact_modes: Mapping[str, Coded] = {}
    staff: tuple[StaffEntry, ...] = ()
    shift_patterns: tuple[ShiftPattern, ...] = ()
    shift_checks: tuple[CheckItem, ...] = ()
    replies: Mapping[str, Reply] = {}

    definition: Definition = Definition()
    offer: Offer = Offer()
    districts: Districts = Districts()
    goals: tuple[Statement, ...] = ()
    core_help: tuple[Statement, ...] = ()
    eligibility_rules: tuple[Statement, ...] = ()
    intervention_forms: tuple[Statement, ...] = ()
    ex_officio_actions: tuple[Statement, ...] = ()
    shelter_rules: tuple[ShelterRule, ...] = ()
    communes: tuple[Commune, ...] = ()
    later_facts: tuple[LaterFact, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError, ValueError) as error:  # an unknown zone is a KeyError
            raise ValueError(f'no time zone is called "{value}"') from error
        return value

    @field_validator("embed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(https_origin, value))

    @model_validator(mode="after")
    def _name_lines(self) -> Self:
        for line in self.lines.values():
            if line.unit in self.units:
                line._unit_name = self.units[line.unit].shown_name_pl
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which the centre's hours are written."""
        return ZoneInfo(self.timezone)

    @cached_property
    def _queue_ids(self) -> dict[str, str]:
        return {line: queue.id for queue in self.queues.values() for line in queue.lines}

    def line(self, line_id: str) -> Line:
        """The line with this id. Raises LineUnknown."""
        try:
            return self.lines[line_id]
        except KeyError:
            raise LineUnknown(line=line_id) from None

    @property
    def blockers(self) -> tuple[str, ...]:
        """What still stands between this centre and live chat."""
        return tuple(each for each in self.go_live_blockers if each not in self.lifted)

    def hours_on(self, line: Line, day: date) -> Hours:
        """The rule for what starts on the local `day`, with `same_as` followed to the line that has hours."""
        rule = line.rule_on(day)
        while rule.same_as:
            rule = self.lines[rule.same_as].rule_on(day)
        return rule

    def hours_change(self, line: Line) -> tuple[date, ...]:
        """The local days on which the line's rule may become another, in order."""
        return self._change_days.get(line.id, ())

    @cached_property
    def _change_days(self) -> dict[str, tuple[date, ...]]:
        return {line.id: tuple(sorted(self._days_of(line))) for line in self.lines.values()}

    def _days_of(self, line: Line) -> set[date]:
        days, followed, to_follow = set[date](), set[str](), [line.id]
        while to_follow:
            each = self.lines[to_follow.pop()]
            if each.id not in followed:
                followed.add(each.id)
                days |= each.since.keys()
                to_follow += [rule.same_as for rule in each.rules if rule.same_as]
        return days

    def queue_of(self, line_id: str) -> Queue | None:
        """The queue that answers this line; None for a line in the directory only. Raises LineUnknown."""
        queue_id = self._queue_ids.get(self.line(line_id).id)
        return None if queue_id is None else self.queues[queue_id]

    def callback_queue(self, line_id: str) -> Queue | None:
        """The queue that calls back for this line, open or not; None where nobody does. Raises LineUnknown."""
        return self.queue_of(line_id) if self.live_chat_enabled else None

    def lines_with(self, line_id: str) -> tuple[str, ...]:
        """The ids of all lines the same people answer, this one included. Raises LineUnknown."""
        queue = self.queue_of(line_id)
        return (line_id,) if queue is None else queue.lines

    def danger_fallback(self) -> Queue | None:
        """Where danger reported on a closed or unstaffed line goes."""
        return next((queue for queue in self.queues.values() if queue.danger_fallback), None)

    def walled(self, queue_a_id: str, queue_b_id: str) -> bool:
        """Whether the two queues serve the two sides of one conflict; either may name the other."""
        a, b = self.queues.get(queue_a_id), self.queues.get(queue_b_id)
        return a is not None and b is not None and (b.id in a.isolated_from or a.id in b.isolated_from)

    def lines_behind_wall(self, line_id: str) -> frozenset[str]:
        """Lines whose callers may be the other side of a conflict with this line's. Raises LineUnknown."""
        own = self.queue_of(line_id)
        return frozenset() if own is None else self._behind_walls[own.id]

    @cached_property
    def _behind_walls(self) -> dict[str, frozenset[str]]:
        every = self.queues.values()
        return {
            own.id: frozenset(
                line for other in every if self.walled(own.id, other.id) for line in other.lines
            )
            for own in every
        }

    def barred_lines(self, line_id: str, queue_id: str | None) -> frozenset[str]:
        """Lines whose people must not meet a contact that chose this line and waits in this queue.

        Danger may wait in another queue than its line's own, and then both walls hold.
        """
        waits_with = () if queue_id is None else self.queues[queue_id].lines
        return frozenset().union(*(self.lines_behind_wall(line) for line in (line_id, *waits_with)))

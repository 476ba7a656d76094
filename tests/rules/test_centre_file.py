"""Centre files: what the shipped ones say, how layers merge, how each fault names file, key and reason."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hotline import centres
from hotline.errors import CentreInvalid, LineUnknown
from hotline.rules.centre_file import parse
from tests.rules.small_centre import centre, common, line, tables, window

kielce = centres.load("kielce")
kutno = centres.load("kutno")
demo = centres.load("kielce", [centres.DEMO])

# -- the shipped files -------------------------------------------------------------------------------


def test_kielce_has_its_units_numbers_and_hours() -> None:
    assert (kielce.id, len(kielce.units), len(kielce.lines)) == ("kielce_mopr", 7, 12)
    assert len({each.number for each in kielce.lines.values()}) == 12
    statuses = [each.hours_status for each in kielce.lines.values()]
    assert {status: statuses.count(status) for status in statuses} == {
        "stated": 3,
        "always": 2,
        "unstated": 7,
    }
    day = kielce.line("sow_victims_day")
    assert (day.number, day.hours[0].start, day.hours[0].end) == ("+48 41 368 18 67", 480, 1080)
    assert day.on_public_holiday == "assume_closed"
    assert kielce.line("sow_perpetrators").hours[0].end == 960
    assert kielce.line("city_trust_19513").always


def test_kielce_keeps_chat_off_and_lists_why() -> None:
    assert not kielce.live_chat_enabled
    assert "rota" in kielce.go_live_blockers
    assert not any(fact.confirmed for fact in kielce.later_facts)
    assert (kielce.controller, kielce.web_url, kielce.staff) == ("", "", ())


def test_the_demo_is_ready_and_says_that_it_is_one() -> None:
    assert demo.live_chat_enabled
    assert demo.go_live_blockers == ()
    assert "demo" in demo.controller
    assert demo.dpo_email.endswith(".example")
    assert demo.web_url
    assert [(each.id, each.start, each.end) for each in demo.shift_patterns] == [
        ("morning", 360, 840),
        ("afternoon", 840, 1320),
        ("night", 1320, 1800),
    ]
    roles = {person.id: person.roles for person in demo.staff}
    assert roles["filip"] == ("supervisor",)
    assert roles["halina"] == ("caseworker",)
    assert ("administrator",) in roles.values()
    assert {person.lines for person in demo.staff if person.team == "P"} == {("sow_perpetrators",)}
    assert demo.lines == kielce.lines


def test_kutno_states_neither_a_number_nor_hours() -> None:
    assert (kutno.id, kutno.kind, kutno.short_name_pl) == ("kutno_poik", "poik", "POIK Kutno")
    assert (kutno.lines, kutno.queues, kutno.services, kutno.staff) == ({}, {}, {}, ())
    assert kutno.danger_fallback() is None
    assert list(kutno.units) == ["poik", "pcpr_kutno"]
    for unit in kutno.units.values():
        assert (unit.phones, unit.hours_status, unit.postal_code) == ((), "unstated", "")
    assert kutno.units["poik"].address == "ul. Oporowska 27, Kutno"
    assert kutno.units["pcpr_kutno"].address == ""
    assert (kutno.source_as_of, kutno.verified_on) == ("unknown", "")
    assert kutno.definition.crisis_intervention_pl == ""


def test_kutno_keeps_what_its_document_says_as_data() -> None:
    assert [goal.code for goal in kutno.goals if goal.main] == ["prevent_chronic_dysfunction"]
    assert len(kutno.goals) == 7
    codes = {goal.code for goal in kutno.goals}
    assert {goal.parent for goal in kutno.goals if goal.parent} == {"alleviate_symptoms"} <= codes
    assert [each.code for each in kutno.core_help] == ["psychological_help", "social_advice", "legal_advice"]
    assert [each.code for each in kutno.core_help if each.immediate] == ["psychological_help"]
    forms = sorted(kutno.intervention_forms, key=lambda form: form.order)
    assert [form.code for form in forms] == [
        "in_centre",
        "outreach",
        "phone",
        "shelter_referral",
        "information_campaign",
    ]
    assert (len(forms[0].aims_pl), forms[0].safety_goal) == (3, True)
    assert (forms[3].condition, forms[3].provided_by) == ("justified", "external_sow")
    assert len(kutno.offer.services) == 6
    assert len(kutno.offer.problem_areas) == 23
    letters = [(each.order, each.code, each.letter_template) for each in kutno.ex_officio_actions]
    assert letters == [
        (1, "notify_law_enforcement", "L01"),
        (2, "motion_alcohol_commission", "L02"),
        (3, "notify_guardianship_court", "L03"),
    ]
    assert kutno.ex_officio_actions[1].recipient_rule == "by_commune_of_person_concerned"
    (shelter,) = kutno.shelter_rules
    assert (shelter.provider, shelter.max_months, shelter.extendable) == ("external", 3, True)
    assert [len(each.names_pl) for each in kutno.communes] == [11]
    assert len(kutno.later_facts) == 3
    assert not any(fact.confirmed for fact in kutno.later_facts)


def test_kutno_cannot_go_live_before_it_has_hours_and_people(tmp_path: Path) -> None:
    assert not kutno.live_chat_enabled
    assert set(kutno.go_live_blockers) == {"phone", "hours", "rota", "controller", "dpo", "letter_recipients"}
    overlay = tmp_path / "eager.toml"
    overlay.write_text("[centre]\nlive_chat_enabled = true\n", encoding="utf-8")
    with pytest.raises(
        CentreInvalid, match=r"centre\.live_chat_enabled: go-live blockers remain: phone, hours"
    ):
        centres.load("kutno", [overlay])
    overlay.write_text(
        "[centre]\nlive_chat_enabled = true\ngo_live_blockers = []\ncontroller = 'C'\n"
        "dpo_email = 'iod@c.example'\nweb_url = 'https://c.example'\n",
        encoding="utf-8",
    )
    with pytest.raises(CentreInvalid, match="no line with stated hours takes chat"):
        centres.load("kutno", [overlay])


def test_a_centre_is_found_by_short_name_by_id_and_by_path() -> None:
    assert centres.load("kielce_mopr") == kielce
    assert centres.load(str(centres.HERE / "kielce.toml")) == kielce
    assert centres.load("kutno_poik") == kutno
    assert centres.shipped() == {"kielce": "kielce_mopr", "kutno": "kutno_poik"}
    with pytest.raises(CentreInvalid, match=r"atlantis\.toml: centre\.id: .*kielce"):
        centres.load("atlantis")


def test_what_a_line_is_called_and_where_it_can_be_dialled() -> None:
    assert kielce.line("city_trust_19513").name_pl == "Miejski Telefon Zaufania"
    assert kielce.line("sow_perpetrators").name_pl.startswith("Poradnictwo psychologiczne")
    # neither name nor topic: the unit, in the terms of today's law
    assert kielce.line("sow_victims_24h").name_pl.endswith("Doznających Przemocy Domowej")
    assert kielce.line("sow_victims_24h").tel == "+48413661052"
    assert kielce.line("city_trust_19513").tel == ""
    assert kielce.units["sow"].address == ""
    assert kielce.units["family_prevention_team"].address == "ul. Marszałkowska 12, I piętro"


def test_queues_and_the_wall() -> None:
    queue = kielce.queue_of("sow_victims_day")
    assert queue is not None
    assert queue.lines == kielce.lines_with("sow_victims_24h")
    assert kielce.queue_of("kis") is None
    assert kielce.lines_with("kis") == ("kis",)
    fallback = kielce.danger_fallback()
    assert fallback is not None
    assert fallback.id == "crisis_general"
    assert kielce.walled("violence_victims", "violence_using")
    assert kielce.walled("violence_using", "violence_victims")
    assert not kielce.walled("violence_using", "crisis_general")
    assert not kielce.walled("violence_using", "nowhere")
    victims = frozenset({"sow_victims_day", "sow_victims_24h"})
    assert kielce.lines_behind_wall("sow_perpetrators") == victims
    assert kielce.lines_behind_wall("sow_victims_day") == {"sow_perpetrators"}
    assert kielce.lines_behind_wall("kis") == frozenset()
    for ask in (kielce.line, kielce.queue_of, kielce.lines_with, kielce.lines_behind_wall):
        with pytest.raises(LineUnknown):
            ask("nowhere")


def test_shared_taxonomies_come_along() -> None:
    own = centre(line("l", always=True))
    assert own.problem_areas["violence"].children
    assert own.help_forms["legal_advice"].label_pl == "Porada prawna"
    assert own.contact_modes["phone"].label_pl == "Rozmowa telefoniczna"
    assert own.national_lines[0].tel == "112"
    assert own.languages == ("pl", "uk", "en")
    assert own.zone.key == "Europe/Warsaw"


# -- merging -----------------------------------------------------------------------------------------


def test_an_overlay_changes_one_key_of_one_line_and_adds_another() -> None:
    overlay = {
        "line": [
            {"id": "a", "number": "+48 2"},
            line("b", always=True),
        ],
        "centre": {"area_pl": "nowy"},
    }
    base = tables(line("a", window("08:00", "16:00")))
    before = deepcopy(base)
    own = parse([("common.toml", common()), ("own.toml", base), ("over.toml", overlay)])
    assert list(own.lines) == ["a", "b"]
    assert own.line("a").number == "+48 2"
    assert own.line("a").hours[0].start == 480
    assert (own.area_pl, own.name_pl) == ("nowy", "Ośrodek próbny")
    assert base == before, "the layers are not changed"


def test_lists_are_replaced_whole() -> None:
    overlay = {"line": [{"id": "a", "hours": [window("10:00", "11:00")]}]}
    base = tables(line("a", window("08:00", "16:00"), window("17:00", "18:00")))
    own = parse([("common.toml", common()), ("own.toml", base), ("over.toml", overlay)])
    assert [each.start for each in own.line("a").hours] == [600]


# -- faults ------------------------------------------------------------------------------------------


def healthy() -> dict[str, Any]:
    return tables(
        line("a", window("08:00", "16:00")),
        line("b", always=True),
        line("c", hours_status="unstated"),
        queue=[
            {"id": "q", "lines": ["a"], "channels": ["web"], "coverage": "line_hours"},
            {"id": "r", "lines": ["b"], "channels": [], "coverage": "always", "danger_fallback": True},
        ],
    )


def test_the_healthy_file_is_healthy() -> None:
    assert set(parse([("common.toml", common()), ("own.toml", healthy())]).lines) == {"a", "b", "c"}


Change = Callable[[dict[str, Any]], object]


def put(*path: str | int, to: object) -> Change:
    """Set one value deep in the tables."""

    def change(own: Any) -> None:
        for part in path[:-1]:
            own = own[part]
        own[path[-1]] = to

    return change


def add(array: str, **entry: object) -> Change:
    return lambda own: own.setdefault(array, []).append(entry)


def many(*changes: Change) -> Change:
    return lambda own: [change(own) for change in changes]


live = many(
    put("centre", "live_chat_enabled", to=True),
    put("centre", "controller", to="C"),
    put("centre", "dpo_email", to="iod@c.example"),
    put("centre", "web_url", to="https://c.example"),
)


FAULTS: list[tuple[Change, str, str]] = [
    # keys nobody knows
    (put("lines", to=[]), "lines", "unknown key"),
    (put("centre", "colour", to="red"), "centre.colour", "unknown key"),
    (put("centre", "lines", to={}), "centre.lines", "unknown key"),
    (put("line", 0, "open", to=True), "line.a.open", "unknown key"),
    (put("line", 0, "hours", 0, "day", to="mon"), "line.a.hours[0].day", "unknown key"),
    (put("queue", 0, "channel", to="web"), "queue.q.channel", "unknown key"),
    # shapes
    (put("schema_version", to=2), "schema_version", "1"),
    (put("line", to={}), "line", "array of tables"),
    (put("centre", to=[]), "centre", "table"),
    (lambda own: own["line"][0].pop("id"), "line[0]", 'has no "id"'),
    (lambda own: own["line"].append(line("a", always=True)), "line.a", "used twice"),
    (lambda own: own["centre"].pop("name_pl"), "centre.name_pl", "is missing"),
    (lambda own: own["line"][0].pop("number"), "line.a.number", "is missing"),
    (lambda own: own.pop("unit"), "unit", "is missing"),
    (put("centre", "timezone", to="Europe/Kielce"), "centre.timezone", "Europe/Kielce"),
    # times and weekdays
    (put("line", 0, "hours", 0, "from", to="8:00"), "line.a.hours[0].from", '"8:00" is not a time'),
    (put("line", 0, "hours", 0, "to", to="25:00"), "line.a.hours[0].to", '"25:00" is not a time'),
    (put("line", 0, "hours", 0, "to", to="24:01"), "line.a.hours[0].to", '"24:01" is not a time'),
    (put("line", 0, "hours", 0, "to", to="08:60"), "line.a.hours[0].to", '"08:60" is not a time'),
    (put("line", 0, "hours", 0, "to", to="08:00"), "line.a.hours[0]", "must come before"),
    (put("line", 0, "hours", 0, "from", to="24:00"), "line.a.hours[0]", "must come before"),
    (put("line", 0, "hours", 0, "days", to=["poniedziałek"]), "line.a.hours[0].days[0]", "poniedziałek"),
    (put("line", 0, "hours", 0, "days", to=[]), "line.a.hours[0].days", "at least 1"),
    # hours and their status
    (put("line", 0, "hours_status", to="unstated"), "line.a", 'although they are "unstated"'),
    (put("line", 0, "always", to=True), "line.a", "although they are"),
    (put("line", 2, "hours_status", to="stated"), "line.c", "no hours are given"),
    (lambda own: own["line"][2].pop("hours_status"), "line.c", "give hours"),
    (put("line", 1, "hours_status", to="assumed"), "line.b", "disagree"),
    (put("line", 1, "on_public_holiday", to="closed"), "line.b", "cannot close on public holidays"),
    (put("line", 0, "on_public_holiday", to="own"), "line.a", "holiday_hours"),
    (put("line", 0, "on_public_holiday", to="perhaps"), "line.a.on_public_holiday", "perhaps"),
    (put("line", 0, "audience", to=[]), "line.a.audience", "at least 1"),
    (put("line", 0, "number", to=" "), "line.a.number", "empty"),
    # references
    (put("line", 0, "unit", to="v"), "line.a.unit", 'no unit is called "v"'),
    (put("unit", 0, "phones", to=["z"]), "unit.u.phones", 'no line is called "z"'),
    (put("queue", 0, "lines", to=["z"]), "queue.q.lines", 'no line is called "z"'),
    (put("queue", 0, "lines", to=["b"]), "queue.r.lines", 'already in queue "q"'),
    (put("queue", 0, "isolated_from", to=["s"]), "queue.q.isolated_from", 'no queue is called "s"'),
    (put("queue", 0, "isolated_from", to=["q"]), "queue.q.isolated_from", "itself"),
    (put("queue", 0, "channels", to=["fax"]), "queue.q.channels[0]", "fax"),
    (put("queue", 0, "coverage", to="sometimes"), "queue.q.coverage", "sometimes"),
    (put("queue", 0, "danger_fallback", to=True), "queue.r.danger_fallback", 'queue "q" is'),
    (
        many(put("queue", 1, "danger_fallback", to=False), put("queue", 0, "danger_fallback", to=True)),
        "queue.q.danger_fallback",
        "none of its lines is always open",
    ),
    (add("service", id="s", code="magic", unit="u"), "service.s.code", 'no help form is called "magic"'),
    (add("service", id="s", code="legal_advice", unit="v"), "service.s.unit", 'no unit is called "v"'),
    (
        add("service", id="s", code="legal_advice", unit="u", booking="post"),
        "service.s.booking",
        'no appointment rule is called "post"',
    ),
    (put("offer", to={"problem_areas": ["rain"]}), "offer.problem_areas", 'called "rain"'),
    # the wall
    (
        many(
            put("line", 0, "audience", to=["using_violence"]),
            put("line", 1, "audience", to=["experiencing_violence"]),
            put("queue", 0, "lines", to=["a", "b"]),
            lambda own: own["queue"].pop(),
        ),
        "queue.q.lines",
        "share this queue",
    ),
    (put("line", 0, "isolated_queue", to=True), "line.a.isolated_queue", "not isolated from any"),
    (
        many(
            put("queue", 0, "isolated_from", to=["r"]),
            add("staff", id="jan", name="Jan", signature="Jan", roles=["counsellor"], lines=["a", "b"]),
        ),
        "staff.jan.lines",
        "both sides of the wall: a, b",
    ),
    (
        add("staff", id="jan", name="Jan", signature="Jan", roles=["wizard"]),
        "staff.jan.roles[0]",
        "wizard",
    ),
    # exceptions
    (
        add(
            "closure",
            id="x",
            reason_pl="r",
            lines=["b"],
            **{"from": date(2026, 1, 2), "to": date(2026, 1, 2)},
        ),
        "closure.x.lines",
        "no hours that could be closed",
    ),
    (
        add(
            "closure",
            id="x",
            reason_pl="r",
            lines=["a"],
            **{"from": date(2026, 1, 2), "to": date(2026, 1, 1)},
        ),
        "closure.x",
        '"to" is before "from"',
    ),
    # the calendar tests itself
    (put("calendar", to={"fixed": ["01-01"]}), "calendar", "test_2026"),
    (put("calendar", to={"easter_offsets": [0, 1, 49, 61]}), "calendar", "easter+61"),
    # live chat
    (
        many(live, put("centre", "go_live_blockers", to=["rota", "dpo"])),
        "centre.live_chat_enabled",
        "rota, dpo",
    ),
    (many(live, put("centre", "dpo_email", to="")), "centre.dpo_email", "must be set"),
    (many(live, put("centre", "controller", to=" ")), "centre.controller", "must be set"),
    (
        many(live, put("queue", 0, "lines", to=["c"])),
        "centre.live_chat_enabled",
        "no line with stated hours",
    ),
    (put("centre", "live_chat_enabled", to="yes"), "centre.live_chat_enabled", "boolean"),
]


@pytest.mark.parametrize(
    ("change", "key", "reason"), FAULTS, ids=[f"{n} {k}" for n, (_, k, _) in enumerate(FAULTS)]
)
def test_a_fault_names_file_key_and_reason(change: Change, key: str, reason: str) -> None:
    own = healthy()
    change(own)
    with pytest.raises(CentreInvalid) as caught:
        parse([("common.toml", common()), ("own.toml", own)])
    params = caught.value.params
    assert (params["file"], params["key"]) == ("own.toml", key)
    assert reason in str(params["reason"])
    assert str(caught.value) == f"own.toml: {key}: {params['reason']}"


def test_the_file_to_blame_is_the_one_that_set_the_key() -> None:
    layers: list[tuple[str, dict[str, Any]]] = [("common.toml", common()), ("own.toml", healthy())]
    overlay = {"line": [{"id": "a", "hours": [window("08:00", "26:00")]}]}
    with pytest.raises(CentreInvalid, match=r"^over\.toml: line\.a\.hours\[0\]\.to:"):
        parse([*layers, ("over.toml", overlay)])
    broken = healthy()
    broken["unit"][0]["colour"] = "red"
    with pytest.raises(CentreInvalid, match=r"^own\.toml: unit\.u\.colour:"):
        parse([("common.toml", common()), ("own.toml", broken), ("over.toml", {"line": [{"id": "a"}]})])
    shared = common()
    shared["calendar"]["test_2026"] = shared["calendar"]["test_2026"][1:]
    with pytest.raises(CentreInvalid, match=r"^common\.toml: calendar: .*2026-01-01"):
        parse([("common.toml", shared), ("own.toml", healthy())])


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[centre\n", encoding="utf-8")
    with pytest.raises(CentreInvalid, match=r"^broken\.toml: \(syntax\): is not valid TOML"):
        centres.load(str(broken))
    with pytest.raises(CentreInvalid, match=r"^gone\.toml: \(file\): cannot be read"):
        centres.load("kielce", [tmp_path / "gone.toml"])
    bytes_file = tmp_path / "bytes.toml"
    bytes_file.write_bytes(b"\xff\xfe")
    with pytest.raises(CentreInvalid, match=r"^bytes\.toml: \(syntax\)"):
        centres.load(str(bytes_file))


def test_both_sides_are_allowed_only_when_the_file_says_so() -> None:
    staff = [{"id": "jan", "name": "Jan", "signature": "Jan", "roles": ["counsellor"], "lines": ["a", "b"]}]
    own = healthy() | {"staff": staff}
    own["queue"][0]["isolated_from"] = ["r"]
    own["centre"]["both_sides_allowed"] = True
    assert parse([("common.toml", common()), ("own.toml", own)]).staff[0].lines == ("a", "b")

"""Rows over a centre file: the newest word counts, a later fact works once confirmed, and all can be exported."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline import centres
from hotline.errors import CentreInvalid
from hotline.rules.centre_changes import Change, Kind, compiled, overlay
from hotline.rules.centre_file import parse
from hotline.rules.opening import Open, Unknown, opening
from hotline.rules.toml_text import written
from tests.rules.small_centre import EVERY_DAY, warsaw, window

KIELCE, KUTNO = centres.layers("kielce"), centres.layers("kutno")
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def change(kind: Kind, target: str, value: Mapping[str, Any], day: str = "", minute: int = 0) -> Change:
    from_day = date.fromisoformat(day) if day else None
    return Change(f"{minute:04}", kind, target, value, NINE + timedelta(minutes=minute), from_day)


def confirmed(key: str, minute: int = 0) -> Change:
    return change("fact", key, {"decision": "confirmed"}, minute=minute)


def test_without_changes_it_is_the_file() -> None:
    assert compiled(KIELCE, []) == centres.load("kielce")


def test_the_newest_word_about_a_day_replaces_the_former_whole() -> None:
    every_day = {"always": True}
    office = {"hours": [window("10:00", "12:00")], "on_public_holiday": "closed"}
    first = change("hours", "family_trust", every_day, "2026-12-01")
    again = change("hours", "family_trust", office, "2026-12-01", 1)
    line = compiled(KIELCE, [again, first]).line("family_trust")
    rule = line.since[date(2026, 12, 1)]
    assert (rule.always, rule.hours_status, rule.on_public_holiday) == (False, "stated", "closed")
    # an overlay file that was exported before is a former word, too
    exported = ("overlay.toml", overlay(KIELCE, [first]))
    assert compiled([*KIELCE, exported], [again]).line("family_trust").since[date(2026, 12, 1)] == rule


def test_a_later_fact_is_a_suggestion_until_it_is_confirmed() -> None:
    own = compiled(KIELCE, [])
    assert (own.units["sow"].full_address, "city_trust_19525" in own.lines) == ("", False)
    assert isinstance(opening(own, "social_support", warsaw("2026-12-01 09:00")), Unknown)
    keys = ("sow.address", "sow.hours", "line.19525", "line.19513.name", "social_support.hours")
    own = compiled(KIELCE, [confirmed(key, minute) for minute, key in enumerate(keys)])
    assert own.units["sow"].full_address == "ul. Wesoła 51, I piętro, sektor C, 25-363 Kielce"
    assert own.units["sow"].address == "", "a shelter's address is confirmed for staff, not for a page"
    assert own.units["sow"].hours[0].start == 8 * 60
    assert own.line("city_trust_19525").tel == ""
    assert isinstance(opening(own, "city_trust_19525", warsaw("2026-12-24 03:00")), Open)
    assert own.line("city_trust_19513").name_pl == "Miejski Telefon Zaufania „Stop przemocy”"
    assert isinstance(opening(own, "social_support", warsaw("2026-12-01 09:00")), Open)
    decided = {fact.key for fact in own.later_facts if fact.confirmed}
    assert decided == set(keys)


def test_what_was_rejected_after_all_no_longer_works() -> None:
    rejected = change("fact", "line.19525", {"decision": "rejected"}, minute=5)
    own = compiled(KIELCE, [confirmed("line.19525"), rejected])
    assert "city_trust_19525" not in own.lines
    fact = next(fact for fact in own.later_facts if fact.key == "line.19525")
    assert (fact.confirmed, fact.rejected) == (False, True)


@pytest.mark.parametrize("layers", [KIELCE, KUTNO], ids=["kielce", "kutno"])
def test_every_shipped_fact_can_be_confirmed_alone_and_together(layers: list[Any]) -> None:
    own = compiled(layers, [])
    every = [confirmed(fact.key, minute) for minute, fact in enumerate(own.later_facts)]
    for each in every:
        compiled(layers, [each])
    assert all(fact.confirmed for fact in compiled(layers, every).later_facts)


def test_a_lifted_blocker_keeps_who_and_why_and_live_chat_waits_for_the_last_of_them() -> None:
    on = change("setting", "centre.live_chat_enabled", {"value": True}, minute=9)
    papers = [
        change("setting", f"centre.{key}", {"value": value})
        for key, value in (
            ("controller", "MOPR"),
            ("dpo_email", "iod@mopr.example"),
            ("web_url", "https://a.example"),
        )
    ]
    own = compiled(KIELCE, [])
    lifted = {"on": "2026-11-23", "by": "Igor", "why": "uzupełniono"}
    lifts = [change("blocker", code, lifted, minute=5) for code in own.go_live_blockers]
    for missing in range(len(lifts)):
        with pytest.raises(CentreInvalid, match=own.go_live_blockers[missing]):
            compiled(KIELCE, [*papers, *lifts[:missing], *lifts[missing + 1 :], on])
    live = compiled(KIELCE, [*papers, *lifts, on])
    assert (live.live_chat_enabled, live.blockers) == (True, ())
    assert live.lifted["rota"].by == "Igor"
    with pytest.raises(CentreInvalid, match="controller"):
        compiled(KIELCE, [*papers[1:], *lifts, on])
    with pytest.raises(CentreInvalid, match="no such blocker"):
        compiled(KIELCE, [change("blocker", "weather", lifted)])


def test_a_bad_change_names_itself() -> None:
    with pytest.raises(CentreInvalid) as caught:
        compiled(KIELCE, [change("hours", "family_trust", {"hours": []}, "2026-12-01")])
    assert (caught.value.params["file"], caught.value.params["key"]) == (
        "hours family_trust",
        "line.family_trust.since.2026-12-01",
    )


# -- exporting -------------------------------------------------------------------------------------------

quarter = st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
windows = st.builds(
    window, quarter, quarter, st.lists(st.sampled_from(EVERY_DAY), min_size=1, unique=True)
).filter(lambda each: each["from"] != each["to"])
with_hours = ("sow_victims_day", "sow_perpetrators", "family_trust")
lines = st.sampled_from([*with_hours, "kis", "social_support"])
rules = st.one_of(
    st.just({"hours_status": "unstated"}),
    st.just({"same_as": "city_trust_19513"}),
    st.builds(
        lambda hours, policy: {"hours": hours, "on_public_holiday": policy},
        st.lists(windows, min_size=1, max_size=3),
        st.sampled_from(["open", "closed", "assume_closed", "unstated"]),
    ),
)
days = st.dates(date(2026, 11, 24), date(2027, 6, 30))
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)
facts = st.sampled_from([fact.key for fact in compiled(KIELCE, []).later_facts])
codes = st.sampled_from(compiled(KIELCE, []).go_live_blockers)
one_change = st.one_of(
    st.builds(lambda line, rule, day: ("hours", line, rule, day.isoformat()), lines, rules, days),
    st.builds(
        lambda key, said: ("fact", key, {"decision": said}, ""),
        facts,
        st.sampled_from(["confirmed", "rejected"]),
    ),
    st.builds(
        lambda code, why: ("blocker", code, {"on": "2026-11-24", "by": "Igor", "why": why}, ""), codes, words
    ),
    st.builds(lambda text: ("setting", "centre.controller", {"value": text}, ""), words),
    st.builds(lambda text: ("setting", "accessibility.gaps_pl", {"value": text}, ""), words),
    st.builds(
        lambda day, text: (
            "closure",
            "c1",
            {"from": day.isoformat(), "to": day.isoformat(), "units": ["sow"], "reason_pl": text},
            "",
        ),
        days,
        words,
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(one_change, max_size=8))
def test_an_export_gives_the_same_centre_again(made: list[tuple[Kind, str, dict[str, Any], str]]) -> None:
    changes = [change(*each, minute=minute) for minute, each in enumerate(made)]
    own = compiled(KIELCE, changes)
    text = written(overlay(KIELCE, changes))
    assert parse([*KIELCE, ("overlay.toml", tomllib.loads(text))]) == own


values = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), words, st.just(""), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values, max_size=4))
def test_toml_says_the_same_when_read_back(tables: dict[str, Any]) -> None:
    assert tomllib.loads(written(tables)) == tables

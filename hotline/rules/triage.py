"""Answers and phrases that raise a priority. Software only raises; a person lowers, with a reason.

The phrases are an aid: a false alarm is acceptable, and the absence of a flag means nothing.
"""

import re
import unicodedata
from itertools import filterfalse
from typing import Final

from hotline.rules.contact import P1, P2, P3, P4

DANGER: Final = ("yes", "no", "unsure")
DANGER_PRIORITY: Final = {"yes": P1, "unsure": P2, "no": P3}

TOPIC_PRIORITY: Final = {
    "suicidal_thoughts": P2,
    "violence": P2,
    "family": P3,
    "bereavement": P3,
    "addiction": P3,
    "work": P3,
    "missing_person": P2,
    "homelessness": P2,
    "legal": P4,
    "information": P4,
    "other": P3,
    "stop_hurting": P3,
}
# Only the entry page of the line for those who use violence offers this one.
ONLY_USING_VIOLENCE: Final = "stop_hurting"

# Stems, because Polish and Ukrainian inflect. A star matches the rest of the word.
PHRASES: Final = (
    "nie chcę żyć", "zabić się", "zabiję się", "skończyć ze sobą", "wzięłam tabletki", "wziąłem tabletki",
    "podcięłam", "podciąłem", "powieszę się", "skoczę", "żegnam", "ma nóż", "ma broń", "bije mnie", "dusi mnie",
    "grozi że zabije", "krwawi", "nie oddycha", "nieprzytomn*", "pali się",
    "не хочу жити", "вб'ю себе", "покінчити з собою", "випила таблетки", "випив таблетки", "б'є мене", "душить",
    "ніж", "зброя", "кров", "непритомн*",
    "kill myself", "end my life", "took pills", "overdose", "he has a knife", "gun", "hitting me", "strangl*",
    "bleeding", "not breathing", "unconscious",
)  # fmt: skip


def topics(audience: tuple[str, ...]) -> tuple[str, ...]:
    """The topics offered on a line with this audience, in the order of their buttons."""
    using = "using_violence" in audience
    return tuple(topic for topic in TOPIC_PRIORITY if using or topic != ONLY_USING_VIOLENCE)


def flagged(text: str) -> bool:
    """Does the text hold a phrase that must not wait unseen? Case, accents and spacing do not matter."""
    return _PATTERN.search(_plain(text)) is not None


def first_priority(danger: str | None, topic: str | None, text: str) -> str:
    """Where a contact starts: P3, or P4 for a mere question, raised by answers and phrases."""
    start = TOPIC_PRIORITY[topic] if topic else P3
    return raised(start, danger, topic, text)


def raised(priority: str, danger: str | None, topic: str | None, text: str) -> str:
    """The priority after these answers and words: never lower than before."""
    candidates = [priority]
    if danger in ("yes", "unsure"):
        candidates.append(DANGER_PRIORITY[danger])
    if topic:
        candidates.append(TOPIC_PRIORITY[topic])
    if text and flagged(text):
        candidates.append(P2)
    return min(candidates)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    lowered = unicodedata.normalize("NFKC", text).casefold()
    lowered = lowered.replace("ł", "l").replace("\u2019", "'").replace("ʼ", "'")
    decomposed = unicodedata.normalize("NFD", lowered)
    # й and ї keep their marks' base letter; losing marks on both sides alike is what makes this a match.
    return "".join(filterfalse(unicodedata.combining, decomposed))


def _pattern() -> re.Pattern[str]:
    alternatives = []
    for phrase in PHRASES:
        words = map(re.escape, _plain(phrase.removesuffix("*")).split())
        alternatives.append(r"[^\w']+".join(words) + ("" if phrase.endswith("*") else r"\b"))
    return re.compile(r"\b(?:" + "|".join(alternatives) + ")")


_PATTERN: Final = _pattern()

"""Ready sentences of a centre: in three languages, with places that are filled in for the talk at hand.

A centre file may change one of the common set by its id, add its own, or hide one.
"""

from collections.abc import Collection, Iterator, Mapping
from string import Formatter
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hotline.rules.centre_facts import Id, Part

TOPICS: Final = ("opening", "safety", "staying", "numbers", "callback", "ending")  # as a talk goes
LANGUAGES: Final = ("pl", "uk", "en")
# Of the talk: who answers, for which centre, its number, its address if it may be told, the end of this duty.
PLACES: Final = ("signature", "centre", "phone", "address", "until")
GAP: Final = "…"

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]


class Reply(Part):
    """One sentence. `{name}` in it is one of `PLACES`, or the id of a national line for its number."""

    id: Id
    topic: Literal["opening", "safety", "staying", "numbers", "callback", "ending"]
    text: Mapping[str, Sentence]
    hidden: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _worded(self) -> Self:
        for language in LANGUAGES:
            if language not in self.text:
                raise ValueError(f"has no text in {language}")
        if other := self.text.keys() - set(LANGUAGES):
            raise ValueError(f"has texts for no language of ours: {', '.join(sorted(other))}")
        here = {language: places(self.text[language]) for language in LANGUAGES}
        for language in LANGUAGES:
            if differ := here[language] ^ here["pl"]:
                raise ValueError(f"pl and {language} differ in parameters: {', '.join(sorted(differ))}")
        return self


def places(text: str) -> set[str]:
    """The names in braces. Raises ValueError for a brace alone, for an empty one and for more than a name."""
    found = set()
    for _, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name:
            raise ValueError("a parameter is empty: {}")
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"a parameter must be a plain name in braces: {name}")
        found.add(name)
    return found


def unknown_places(
    replies: Mapping[str, Reply], numbers: Collection[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where in the files a sentence names what nobody fills in; `numbers` are the ids of national lines."""
    for reply in replies.values():
        for name in sorted(places(reply.text["pl"]).difference(PLACES, numbers)):
            yield ("reply", reply.id, "text"), f"nothing is called {{{name}}}"


def filled(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The sentence as it would be said, and the names that have no value here: there it has a gap."""
    named = places(text)
    missing = sorted(name for name in named if not values.get(name, "").strip())
    return text.format_map({name: values.get(name, "").strip() or GAP for name in named}), missing

"""The keys of the console, one list: the sheet shows it, the page binds its actions by their names."""

from dataclasses import asdict
from typing import Any, Final, Literal

from hotline.values import dataclass

Where = Literal["always", "outside", "writing"]
"""In every place; outside text fields and windows, unless single letters are switched off; while words are written."""


@dataclass(frozen=True, slots=True)
class Key:
    """`key` as a browser names what was pressed, letters as capitals. `action` is the name of its text, too."""

    key: str
    action: str
    where: Where = "outside"

    @property
    def caps(self) -> list[str]:
        """What is printed on the keys to press together."""
        return ["Esc" if each == "Escape" else each for each in self.key.split("+")]


GROUPS: Final[dict[str, tuple[Key, ...]]] = {
    "offer": (
        Key("F2", "accept", "always"),
        Key("F4", "decline", "always"),
        Key("Q", "queue"),
        Key("G", "asked"),
        Key("M", "silence"),
    ),
    "mine": (
        Key("J", "next"),
        Key("K", "previous"),
        Key("U", "unanswered"),
        Key("W", "hand"),
    ),
    "talk": (
        Key("R", "reply"),
        Key("N", "note"),
        Key("Enter", "send", "writing"),
        Key("F8", "sentences", "always"),
        Key("L", "draft"),
        Key("D", "newest"),
        Key("I", "priority"),
        Key("A", "colleague"),
        Key("T", "transfer"),
        Key("E", "end"),
    ),
    "card": (
        Key("C", "card"),
        Key("Ctrl+S", "save", "always"),
        Key("B", "callback"),
        Key("X", "longer"),
    ),
    "duty": (
        Key("P", "break"),
        Key("O", "otherwise"),
        Key("H", "here"),
    ),
    "page": (
        Key("1", "left"),
        Key("2", "middle"),
        Key("3", "right"),
        Key("Z", "lock"),
        Key("Escape", "leave", "always"),
        Key("?", "sheet"),
    ),
}

_CAPS: Final = {each.action: " ".join(each.caps) for group in GROUPS.values() for each in group}


def cap(action: str) -> str:
    """What is printed on the button that does it as well, such as "Ctrl S"."""
    return _CAPS[action]


def keys_json() -> list[dict[str, Any]]:
    """[{key, action, where}] for the page."""
    return [asdict(each) for group in GROUPS.values() for each in group]

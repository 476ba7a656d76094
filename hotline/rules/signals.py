"""What a person wants to hear and see when somebody writes. The bell for danger is not among it: it always rings."""

from collections.abc import Mapping
from typing import Any, Final

from hotline.values import dataclass

VOLUMES: Final = ("low", "normal", "high")


@dataclass(frozen=True, slots=True)
class Signals:
    """Sound for offers, sound for new words, how loud, whether the desktop tells of them; and the one signal that a
    person gives: that they write.
    """

    offers: bool = True
    words: bool = True
    volume: str = "normal"
    notices: bool = False
    typing: bool = True


def signals(stored: Mapping[str, Any] | None) -> Signals:
    """As stored; what is missing there is as for everybody, and what this release does not know is left out."""
    return Signals(**{name: value for name, value in (stored or {}).items() if name in Signals.__slots__})

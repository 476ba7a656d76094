"""What was acknowledged, and whether all of it is there once and in order, wherever anybody looks."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tests.flows.people import Answer

Send = Callable[[str, str], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Said:
    """One acknowledged message. No two have the same words."""

    sender: str
    contact: str
    id: str
    text: str


@dataclass
class History:
    """Of all conversations. A sender waits for each acknowledgement, so the order of the list is that of the words."""

    said: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))  # by contact
    tries: Counter[str] = field(default_factory=Counter)  # by id, of what was tried
    acknowledged: int = 0

    def heard(self, said: Said) -> None:
        self.said[said.contact].append(said)
        self.acknowledged += 1

    def noted(self, sender: str, contact: str, send: Send) -> Send:
        """The same way of sending, of which every acknowledgement is written down."""

        async def sends(text: str, message: str) -> Answer:
            self.tries[message] += 1
            answer = await send(text, message)
            if answer.status == 200:
                self.heard(Said(sender, contact, message, text))
            return answer

        return sends

    @property
    def repeated(self) -> int:
        """Tries that were a repetition with the same id."""
        return self.tries.total() - len(self.tries)

    def faults(self, contact: str, texts: Sequence[str], ids: Sequence[str] | None = None) -> Counter[str]:
        """What is wrong with what somebody sees of a contact: of whole rows the ids are known, too."""
        said = self.said[contact]
        faults = _compared([each.text for each in said], texts)
        if ids is not None:
            faults += _compared([each.id for each in said], ids)
        places = {text: place for place, text in reversed(list(enumerate(texts)))}
        last: dict[str, int] = {}
        for each in said:
            place = places.get(each.text)
            if place is not None:
                faults["out of order"] += place < last.get(each.sender, -1)
                last[each.sender] = place
        return +faults


def _compared(acknowledged: Sequence[str], shown: Sequence[str]) -> Counter[str]:
    """Nothing may be there twice, acknowledged or not."""
    there = Counter(shown)
    return Counter(
        {
            "missing": sum(each not in there for each in acknowledged),
            "twice": sum(count - 1 for count in there.values()),
        }
    )

"""What a page shows after the frames it got, by the rules of the pages' own scripts; and what a fresh page shows.

`CallerScreen` follows static/js/thread.js and talk.js, `ConsoleScreen` static/js/console/desk.js and talk-view.js: each
entry once, by its number; a correction stands where the words were; the state is that of the newest frame that has one.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
UNSHOWN = frozenset({"last_seq"})  # of a head: no script reads it, and words come without a head


@dataclass
class CallerScreen:
    """The thread of a caller's page and the state beside it."""

    state: Json = field(default_factory=dict)
    cursor: int = 0
    lines: dict[int, tuple[str, str, str]] = field(default_factory=dict)  # number -> who, name, words
    unsent: dict[str, str] = field(default_factory=dict)  # own words that have no number yet, by their id
    marked: int = 0  # up to this number own words have the second mark

    def hears(self, frame: Json) -> None:
        for entry in frame.get("entries", ()):
            self._adds(entry)
            self.cursor = max(self.cursor, entry["seq"])
        self.cursor = max(self.cursor, frame.get("cursor", 0))
        if "state" in frame:
            self.state = frame["state"]
        if "ack" in frame:
            self.sent(frame["ack"]["id"], frame["ack"]["seq"])

    def sent(self, line_id: str, seq: int) -> None:
        """One's own words are stored: from now on they stand at their number."""
        text = self.unsent.pop(line_id, None)
        if text is not None:
            self.lines[seq] = ("me", "", text)

    def _adds(self, entry: Json) -> None:
        seq = entry["seq"]
        if seq in self.lines:
            return
        if entry["kind"] == "receipt":
            self.marked = max(self.marked, entry["ref"])
        elif entry["kind"] == "edit":
            if entry["ref"] in self.lines:
                who, name, _ = self.lines[entry["ref"]]
                self.lines[entry["ref"]] = (who, name, entry["text"])
        elif entry["who"] == "me" and entry["id"] in self.unsent:
            self.sent(entry["id"], seq)
        else:
            self.lines[seq] = (entry["who"], entry["name"], entry["text"])

    def shown(self) -> Json:
        return {
            "state": self.state,
            "marked": self.marked,
            "lines": dict(sorted(self.lines.items())),
            "unsent": list(self.unsent.values()),
        }


@dataclass
class Talk:
    """One conversation of a console."""

    head: Json = field(default_factory=dict)
    entries: dict[int, Json] = field(default_factory=dict)
    cursor: int = 0

    def lines(self) -> dict[int, tuple[Any, ...]]:
        """Number -> what stands there: the kind, who, the words as they read now, what was written first, the mark."""
        in_order = [each for _, each in sorted(self.entries.items())]
        edits = {each["ref"]: each["text"] for each in in_order if each["kind"] == "edit"}
        became = {
            each["ref"]: (each["delivery"], each["delivery_reason"] or "")
            for each in in_order
            if each["kind"] == "delivery"
        }
        return {
            each["seq"]: (
                each["kind"],
                each["who"],
                each["name"] or "",
                edits.get(each["seq"], each["text"]),
                each["text"],
                became.get(each["seq"], "under way")
                if each["delivery"] != "none" and each["who"] == "me"
                else "",
            )
            for each in in_order
            if each["kind"] not in ("delivery", "receipt")
        }


@dataclass
class ConsoleScreen:
    """The left pane and the conversations of one console; `selected` is on the screen."""

    selected: str
    pane: Json = field(default_factory=dict)
    talks: dict[str, Talk] = field(default_factory=dict)

    def hears(self, frame: Json) -> None:
        if pane := frame.get("console") or frame.get("talks"):
            self.pane = {**self.pane, **pane}
            self._keeps()
        if "contact" in frame:
            talk = self.talks.setdefault(frame["contact"], Talk())
            talk.head = frame.get("head", talk.head)
            for entry in frame.get("entries", ()):
                talk.entries[entry["seq"]] = dict(entry)
                talk.cursor = max(talk.cursor, entry["seq"])

    @property
    def talk(self) -> Talk:
        return self.talks.setdefault(self.selected, Talk())

    def behind(self) -> list[str]:
        """Conversations of this person's that are not on the screen and have more than this page has seen."""
        mine = self.pane.get("mine", ())
        seen = {contact_id: talk.cursor for contact_id, talk in self.talks.items()}
        return [
            row["contact_id"]
            for row in mine
            if row["contact_id"] != self.selected and row["last_seq"] > seen.get(row["contact_id"], 0)
        ]

    def _keeps(self) -> None:
        mine = {row["contact_id"] for row in self.pane["mine"]}
        talk = self.talk
        if self.selected not in mine and talk.head.get("own") and talk.head.get("state") == "active":
            talk.head = {**talk.head, "own": False, "holder_name": None}
        self.talks = {key: each for key, each in self.talks.items() if key in mine or key == self.selected}

    def shown(self) -> Json:
        head = {name: value for name, value in self.talk.head.items() if name not in UNSHOWN}
        return {"pane": self.pane, "head": head, "lines": self.talk.lines()}

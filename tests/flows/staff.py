"""The staff of the stories, at their desks: counsellors with a console, caseworkers with their cases."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tests.flows.people import Answer, Browser, Json, new_id

CARD = {
    "reporter_role": "subject",
    "priority_final": "P3",
    "problem_primary": "mental_health.anxiety",
    "help_forms": ["psychological_help"],
    "agreements": "Spokojny wieczór u siostry, jutro telefon.",
    "end_reason": "completed",
}


class Colleague(Browser):
    """Anybody on the staff."""

    def __init__(self, origins: Sequence[str], staff_id: str, name: str) -> None:
        super().__init__(origins)
        self.id = staff_id
        self.name = name

    async def signs_in(self, path: str) -> str:
        """By a one-time link: a page with one button, then the place this person works at."""
        assert (await self.ask("GET", path)).status == 200
        answer = await self.ask("POST", path)
        assert answer.status == 303
        return answer.location


class Counsellor(Colleague):
    """Somebody who answers."""

    def __init__(self, origins: Sequence[str], staff_id: str, name: str) -> None:
        super().__init__(origins, staff_id, name)
        self.console: Json = {}
        self.heads: dict[str, Json] = {}
        self.talks: dict[str, list[Json]] = defaultdict(list)
        self.heard: list[str] = []  # every frame as it came, to look for what must not be in any

    async def opens_console(self) -> None:
        assert (await self.ask("GET", "/console")).status == 200
        await self.connect("/console/socket")
        await self.until(lambda: self.console, "the console's first frame")

    async def looks(self) -> Json:
        """The left pane as it is now."""
        return (await self.ask("GET", "/console/state")).ok()

    async def rings(self, *, not_for: str = "") -> Json:
        """Wait for an offer (for another contact than `not_for`)."""

        def offered() -> Json | None:
            offer: Json | None = self.console["offer"]
            return offer if offer is not None and offer["contact_id"] != not_for else None

        return await self.until(offered, f"an offer to {self.name}")

    async def tries_to_accept(self, offer: Json) -> Answer:
        return await self.ask("POST", f"/console/offers/{offer['id']}/accept", {"token": offer["token"]})

    async def accepts(self, offer: Json) -> str:
        """Take the contact and open its conversation; the contact's id."""
        contact: str = (await self.tries_to_accept(offer)).ok()["contact"]
        await self.opens(contact)
        return contact

    async def is_there(self) -> None:
        """Presses the one button of the banner that follows an unanswered offer."""
        await self.until(lambda: self.console["me"]["held"], "the question whether they are there")
        (await self.ask("POST", "/console/availability", {"intent": "available"})).ok()

    async def answers_next(self) -> str:
        return await self.accepts(await self.rings())

    async def opens(self, contact: str) -> None:
        """Look at a conversation, live, after what has been seen of it."""
        seen = self.talks[contact]
        await self.say({"watch": contact, "after": seen[-1]["seq"] if seen else 0})
        await self.until(lambda: self.heads.get(contact), "the conversation")

    async def send(self, contact: str, text: str, message_id: str | None = None) -> Answer:
        body = {"id": message_id or new_id(), "text": text}
        return await self.ask("POST", f"/console/contacts/{contact}/messages", body)

    async def send_on_line(self, contact: str, text: str, message_id: str) -> Answer:
        """As the console sends where its line is open."""
        reply = {"contact": contact, "id": message_id, "text": text}
        return await self.says({"reply": reply}, message_id)

    async def replies(self, contact: str, text: str) -> Json:
        return (await self.send(contact, text)).ok()

    async def notes(self, contact: str, text: str) -> Json:
        body = {"id": new_id(), "text": text}
        return (await self.ask("POST", f"/console/contacts/{contact}/notes", body)).ok()

    async def reads(self, contact: str, text: str) -> Json:
        """Wait until these words are in the conversation on the screen."""
        talk = self.talks[contact]
        return await self.until(
            lambda: next((each for each in talk if text in each["text"]), None), f"the words {text!r}"
        )

    async def entries(self, contact: str) -> Answer:
        return await self.ask("GET", f"/console/contacts/{contact}/entries")

    async def raises(self, contact: str, priority: str, reason: str) -> None:
        body = {"priority": priority, "reason": reason}
        (await self.ask("POST", f"/console/contacts/{contact}/priority", body)).ok()

    async def ends(self, contact: str, reason: str = "completed") -> None:
        (await self.ask("POST", f"/console/contacts/{contact}/end", {"reason": reason})).ok()

    async def card(self, contact: str) -> str:
        return (await self.ask("GET", f"/console/contacts/{contact}/card")).text

    async def sums_up(self, contact: str, **values: Any) -> Answer:
        return await self.ask("POST", f"/console/contacts/{contact}/summary", values)

    async def asks_for_case(self, contact: str, **values: str) -> Answer:
        return await self.ask("POST", f"/console/contacts/{contact}/case", values)

    def words(self, contact: str) -> list[str]:
        """What caller and counsellor said, in order; notes are not among it."""
        return [each["text"] for each in self.talks[contact] if each["kind"] == "message"]

    def saw_each_entry_once_in_order(self, contact: str) -> None:
        numbers = [each["seq"] for each in self.talks[contact]]
        assert numbers == sorted(set(numbers)), numbers

    def hears(self, frame: Json) -> None:
        self.heard.append(str(frame))
        if pane := frame.get("console") or frame.get("talks"):
            self.console = {**self.console, **pane}
        elif "contact" in frame:
            self.heads[frame["contact"]] = frame.get("head") or self.heads[frame["contact"]]
            self.talks[frame["contact"]] += frame["entries"]

    def screen(self) -> object:
        return {key: self.console.get(key) for key in ("me", "offer", "mine", "queue")}


class Caseworker(Colleague):
    """Somebody who leads cases."""

    async def list_of_cases(self) -> list[str]:
        """Ids of the cases on the page, newest first."""
        answer = await self.ask("GET", "/cases")
        assert answer.status == 200
        return list(dict.fromkeys(re.findall(r"/cases/([0-9a-f-]{36})", answer.text)))

    async def case_page(self, case: str) -> str:
        answer = await self.ask("GET", f"/cases/{case}")
        assert answer.status == 200
        return answer.text

    async def notes(self, case: str, text: str, note_id: str | None = None) -> None:
        (await self.ask("POST", f"/cases/{case}/notes", {"id": note_id or new_id(), "text": text})).ok()

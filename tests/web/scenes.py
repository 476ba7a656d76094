"""A scene for requests that go wrong: a talk with a case, who may send where, and what each route would take."""

from dataclasses import dataclass
from typing import Any

from hotline.ids import new_id
from hotline.web.routes import ROUTES
from tests.factories import Caller
from tests.web.doors import Answer, Doors, bearer, client_id, filled, first_words

FORM_PAGES = (
    "/sign-in",
    "/sign-out",
    "/invitation",
    "/account",
    "/staff",
    "/board",
    "/centre",
    "/roster",
    "/callbacks",
    "/shift-check",
    "/screen",
)
JSON_ROUTES = [
    route.path
    for route in ROUTES
    if route.method == "POST"
    and not route.path.startswith(FORM_PAGES)
    and not route.path.endswith(("/plain", "/look", "/conflicts"))
    and route.path != "/chat/{line:[a-z0-9_]{1,64}}/callback"
]
SPEAKING = {"pl": {"Accept-Language": "pl"}, "uk": {"Accept-Language": "uk"}, "en": {"Accept-Language": "en"}}


def follow_up() -> dict[str, object]:
    """A body that agrees on being called back."""
    hours = {"day": "", "start": "0", "end": "1440"}
    return {
        "id": client_id(),
        "way": "phone",
        "number": "600100200",
        **hours,
        "says": "nothing",
        "voicemail": False,
    }


@dataclass
class Scene:
    """A talk of Anna's with an open case, and who may send where."""

    doors: Doors
    caller: Caller
    case: str

    def sender(self, path: str) -> dict[str, str]:
        """Headers of somebody who may use this route."""
        if path.startswith("/chat"):
            return bearer(self.caller)
        return self.doors.as_staff("Halina" if path.startswith("/cases") else "Anna")

    async def send(self, path: str, language: str = "pl", **more: Any) -> Answer:
        headers = {**self.sender(path), **SPEAKING[language], **more.pop("headers", {})}
        where = filled(path, self.caller.contact_id, self.case)
        return await self.doors.ask("POST", where, headers=headers, **more)


def valid(path: str, scene: Scene) -> dict[str, object]:
    """A body that this route would take."""
    bodies: dict[str, dict[str, object]] = {
        "/chat/{line:[a-z0-9_]{1,64}}/contacts": first_words(),
        "/chat/{line:[a-z0-9_]{1,64}}/end": {"id": client_id()},
        "/answers": {"question": "danger", "value": "yes"},
        "/leave": {"quick": True},
        "/availability": {"intent": "off"},
        "/wrap-up": {},
        "/join": {},
        "/withdraw": {},
        "/console/transfers/{transfer:[0-9a-f-]{36}}/accept": {},
        "/console/transfers/{transfer:[0-9a-f-]{36}}/decline": {},
        "/transfer": {"to": "queue:crisis_general", "consent": "refused"},
        "/consent": {"staff": new_id()},
        "/accept": {"token": "x" * 43},
        "/decline": {"token": "x" * 43},
        "/console/contacts": {
            "line": "city_trust_19513",
            "mode": "phone",
            "started": "2026-11-23T09:00",
            "priority": "P3",
            "language": "pl",
        },
        "/end": {"reason": "completed"},
        "/priority": {"priority": "P1", "reason": "tak"},
        "/summary": {"narrative": "x"},
        "/case": {"subject": "x"},
        "/pick-up": {},
        "/wait": {},
        "/language": {"language": "uk"},
        "/corrections": {"id": client_id(), "text": "Dobry wieczór.", "ref": 1},
        "/aside": {"id": client_id(), "hidden": True},
        "/code": {},
        "/continue": {"code": "ABCD-EFGH", "token": "x" * 43},
        "/callback": {"outcome": "reached"},
        "/quarantine": {"reason": "insults"},
        "/follow-up": follow_up(),
        "/drafts": {"kind": "note", "base": None, "id": client_id(), "text": "Dzień d"},
        "/conflict": {"reason": "Znam tę osobę."},
        "/pseudonym": {"pseudonym": "Jaskółka"},
        "/handling": {"text": "Spokojnie.", "days": 90},
        "/handling-renew": {"note": new_id(), "days": 90},
        "/handling-remove": {"note": new_id()},
    }
    default: dict[str, object] = {"id": client_id(), "text": "Dzień dobry."}
    return next((body for end, body in bodies.items() if path.endswith(end)), default)


async def scene_at(doors: Doors) -> Scene:
    return Scene(doors, *await doors.case())

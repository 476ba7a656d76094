"""Every page of the house in every state somebody may meet it in: one catalogue, for all that is said of all pages.

A state is a page and what has been done on it. They are shown in this order, for the day passes meanwhile.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from hotline.actions import passwords
from hotline.rules.access import OPERATOR
from hotline.store import staffing
from hotline.web import routes
from hotline.web.session import SESSION_COOKIE
from tests.browser.scene import FAMILY, Scene
from tests.factories import PERPETRATORS, TRUST

DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
CALLER, STRANGER = "caller", "stranger"
EARLY, DAY, EVENING = 0, 1, 2
Step = Callable[[Page, Scene], Awaitable[None]]


async def nothing(_page: Page, _scene: Scene) -> None:
    """The page as it comes."""


@dataclass(frozen=True)
class State:
    """A page, who looks at it, and what they do there; of the first three parts of the day, in which."""

    name: str
    who: str
    path: str
    do: Step = nothing
    when: int = DAY
    scripts: bool = True
    status: int = 200


# -- what callers do -----------------------------------------------------------------------------------------


def as_caller(name: str) -> Step:
    """The tab goes on with the talk of this caller."""

    async def do(page: Page, scene: Scene) -> None:
        await page.evaluate("token => sessionStorage.setItem('token', token)", scene.callers[name].token)
        await page.reload()
        await expect(page.locator(".bubble").first).to_be_visible()

    return do


async def ended(page: Page, scene: Scene) -> None:
    """The talk ends while the page is open."""
    await as_caller("ended")(page, scene)
    await scene.ends()
    await expect(page.get_by_text("Ta rozmowa jest zakończona.")).to_be_visible()


async def in_danger(page: Page, _scene: Scene) -> None:
    await page.get_by_role("button", name="Tak, teraz").click()
    await expect(page.locator(".line-danger")).to_be_visible()


async def without_script(page: Page, _scene: Scene) -> None:
    await page.get_by_label("Wiadomość", exact=True).fill("Dzień dobry. Nie wiem, od czego zacząć.")
    await page.get_by_role("button", name="Wyślij", exact=True).click()
    await expect(page.locator(".bubble")).to_be_visible()


async def wrong_number(page: Page, _scene: Scene) -> None:
    await page.fill("#number", "600")
    await page.select_option("[name=from]", "1080")
    await page.select_option("[name=to]", "1200")
    await page.click(".safe-foot .button-main")
    await expect(page.get_by_role("alert").first).to_be_visible()


# -- what counsellors do -------------------------------------------------------------------------------------


async def live(page: Page, _scene: Scene) -> None:
    """The status line is drawn by the script."""
    await expect(page.locator("my-state .status")).to_be_visible()


async def first_talk(page: Page, scene: Scene) -> None:
    await live(page, scene)
    await expect(page.locator("talk-view .bubble").first).to_be_visible()
    await expect(page.locator("contact-card .ask").first).to_be_attached()


async def rings(page: Page, scene: Scene, *, danger: bool) -> None:
    await live(page, scene)
    await scene.rings(danger=danger)
    await expect(page.locator("offer-card .offer-title")).to_be_visible()


def pane(name: str) -> Step:
    """On a phone one pane is shown at a time."""

    async def do(page: Page, scene: Scene) -> None:
        await first_talk(page, scene)
        await page.locator(f'.tabs [data-pane="{name}"]').dispatch_event("click")

    return do


def window(button: str, title: str) -> Step:
    """A dialog that a button of the console opens."""

    async def do(page: Page, scene: Scene) -> None:
        await pane("middle")(page, scene)
        await page.locator("talk-view").get_by_role("button", name=button).click()
        await expect(page.get_by_role("dialog", name=title)).to_be_visible()

    return do


def key(key: str, title: str) -> Step:
    """A dialog that a key opens."""

    async def do(page: Page, scene: Scene) -> None:
        await live(page, scene)
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog", name=title)).to_be_visible()

    return do


async def sentences(page: Page, scene: Scene) -> None:
    """The list of ready sentences over what is being written."""
    await pane("middle")(page, scene)
    await page.keyboard.press("F8")
    await expect(page.get_by_role("option").first).to_be_visible()


async def known_caller(page: Page, scene: Scene) -> None:
    await pane("right")(page, scene)
    await page.locator(".known-earlier > summary").click()
    await expect(page.locator(".known-contact").first).to_be_visible()


async def nothing_filled_in(page: Page, scene: Scene) -> None:
    await scene.ends()
    await pane("right")(page, scene)
    await page.get_by_role("button", name="Zapisz kartę").click()
    await expect(page.locator(".ask-wrong").first).to_be_visible()


async def asked(page: Page, scene: Scene) -> None:
    await live(page, scene)
    await scene.asks()
    await expect(page.locator("transfer-card")).to_be_visible()


async def locked(page: Page, scene: Scene) -> None:
    """The window over a console whose person has a password."""
    async with scene.system.transaction(OPERATOR) as tx:
        await staffing.change(tx, scene.people["beata"].id, password_hash=passwords.NOBODY)
    await page.reload()
    await live(page, scene)
    await page.keyboard.press("z")
    await expect(page.get_by_role("dialog", name="Ekran zablokowany")).to_be_visible()


async def locked_page(page: Page, scene: Scene) -> None:
    """The page in its place, for somebody without a password."""
    await live(page, scene)
    await page.keyboard.press("z")
    await expect(page.get_by_role("dialog", name="Ekran zablokowany")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("To konto nie ma hasła.")).to_be_visible()


async def refused(page: Page, _scene: Scene) -> None:
    await page.get_by_label("Login").fill("anna")
    await page.get_by_label("Hasło").fill("nie to hasło")
    await page.get_by_role("button", name="Zaloguj").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def second_step(page: Page, _scene: Scene) -> None:
    await page.get_by_role("button", name="Włącz").click()
    await expect(page.get_by_alt_text("Kod QR")).to_be_visible()


CHAT = f"/chat/{TRUST}"
SEAT = f"/roster/seat?line={TRUST}&person={{anna}}&at={{shift}}"
REMOVED = (
    f"/roster/change?kind=REMOVE&line={TRUST}&person={{anna}}&at={{shift}}&from=12:00&to=17:00&reason=absence"
)
CALLERS = (
    State("front", CALLER, "/"),
    State("front-uk", CALLER, "/?lang=uk"),
    State("privacy", CALLER, "/prywatnosc"),
    State("privacy-then", CALLER, "/prywatnosc/{notice}"),
    State("accessibility", CALLER, "/deklaracja-dostepnosci"),
    State("chat-nobody", CALLER, f"/chat/{FAMILY}", when=EARLY),
    State("chat-before", CALLER, CHAT),
    State("chat-waiting", CALLER, CHAT, as_caller("waiting")),
    State("chat-danger", CALLER, CHAT, in_danger),
    State("chat", CALLER, CHAT, as_caller("active")),
    State("chat-ended", CALLER, f"/chat/{PERPETRATORS}", ended),
    State("chat-unknown", CALLER, "/chat/social_support"),
    State("chat-plain", CALLER, CHAT, without_script, scripts=False),
    State("callback", CALLER, f"{CHAT}/callback"),
    State("callback-wrong", CALLER, f"{CHAT}/callback", wrong_number),
    State("error", CALLER, "/chat/nie_ma_takiej", status=404),
    State("chat-closed", CALLER, "/chat/sow_victims_day", when=EVENING),
)
CONSOLE = (
    State("console-empty", "celina", "/console", live, when=EARLY),
    State("console", "anna", "/console?open={contact}", first_talk),
    State("console-talk", "anna", "/console?open={contact}", pane("middle")),
    State("console-card", "anna", "/console?open={contact}", pane("right")),
    State("console-known", "anna", "/console?open={contact}", known_caller),
    State(
        "console-end",
        "anna",
        "/console?open={contact}",
        window("Zakończ rozmowę", "Jak kończy się ta rozmowa?"),
    ),
    State("console-transfer", "anna", "/console?open={contact}", window("Przekaż", "Przekaż rozmowę")),
    State("console-priority", "anna", "/console?open={contact}", window("Zmień pilność", "Zmiana pilności")),
    State("console-replies", "anna", "/console?open={contact}", sentences),
    State("console-keys", "anna", "/console?open={contact}", key("?", "Skróty klawiszowe")),
    State("console-by-hand", "anna", "/console?open={contact}", key("w", "Rozmowa spoza czatu")),
    State("console-missing", "dorota", "/console", nothing_filled_in),
    State("console-asked", "ewa", "/console", asked),
    State("console-offer", "celina", "/console", partial(rings, danger=False)),
    State("console-p1", "beata", "/console", partial(rings, danger=True)),
    State("console-locked", "beata", "/console", locked),
    State("locked", "dorota", "/console", locked_page),
)
STAFF = (
    State("sign-in", STRANGER, "/sign-in"),
    State("sign-in-refused", STRANGER, "/sign-in", refused),
    State("sign-in-once", STRANGER, f"/sign-in/once/{'x' * 43}"),
    State("invitation", STRANGER, "/invitation/{secret}"),
    State("invitation-used", STRANGER, f"/invitation/{'x' * 43}", status=410),
    State("error-staff", "anna", f"/board/contacts/{'0' * 8}-0000-0000-0000-{'0' * 12}", status=403),
    State("shift-check", "anna", "/shift-check"),
    State("board-empty", "maria", "/board", when=EARLY),
    State("board", "maria", "/board"),
    State("board-wall", "maria", "/board?wall=1"),
    State("board-waiting", "maria", "/board/contacts/{waiting}"),
    State("board-talk", "maria", "/board/contacts/{contact}"),
    State("callbacks-empty", "maria", "/callbacks", when=EARLY),
    State("callbacks", "maria", "/callbacks"),
    State("centre", "igor", "/centre"),
    State("centre-line", "igor", f"/centre/lines/{TRUST}"),
    State("go-live", "igor", "/centre/go-live"),
    State("roster-empty", "maria", f"/roster?line={TRUST}", when=EARLY),
    State("roster", "maria", f"/roster?line={TRUST}"),
    State("roster-month", "maria", f"/roster?line={TRUST}&view=month&from=2026-12-01"),
    State("roster-draft", "maria", f"/roster?line={TRUST}&draft={{draft}}&from=2026-12-07"),
    State("roster-seat", "maria", SEAT),
    State("roster-new", "maria", f"/roster/new?line={TRUST}"),
    State("roster-change", "maria", REMOVED),
    State("roster-mine", "anna", "/roster/mine"),
    State("roster-absences", "maria", "/roster/absences"),
    State("absence-approve", "maria", "/roster/absences/{absence}/approve"),
    State("absence-withdraw", "anna", "/roster/absences/{absence}/withdraw"),
    State("roster-plan", "maria", f"/roster/plan?line={TRUST}"),
    State("demand-end", "maria", f"/roster/plan/demands/{{demand}}/end?line={TRUST}&last=2026-12-10"),
    State("pattern-end", "maria", f"/roster/plan/patterns/{{pattern}}/end?line={TRUST}&last=2026-12-03"),
    State("roster-publish", "maria", "/roster/drafts/{draft}/publish"),
    State("cases-empty", "halina", "/cases", when=EARLY),
    State("cases", "halina", "/cases"),
    State("case", "halina", "/cases/{case}"),
    State("case-reason", "maria", "/cases/{case}", status=409),
    State("account", "anna", "/account"),
    State("account-of-few", "halina", "/account"),
    State("account-telegram", "anna", "/account/telegram"),
    State("second-step", "igor", "/account/second-step"),
    State("second-step-code", "anna", "/account/second-step", second_step),
    State("staff", "igor", "/staff"),
    State("staff-new", "igor", "/staff/new"),
    State("staff-person", "igor", "/staff/{person}"),
    State("staff-leave", "igor", "/staff/{person}/leave"),
    State("audit", "igor", "/audit"),
)
STATES: Final = tuple(sorted((*CALLERS, *CONSOLE, *STAFF), key=lambda state: state.when))


_INSIDE = "a part of the console, shown in it"
_DATA = "answers in JSON"
NO_PAGE: Final = {
    "/healthz": "for machines",
    "/readyz": "for machines",
    "/static/{version:[0-9a-f]{12}}/{path:.+}": "files",
    f"{routes.LINE}/contact": _DATA,
    f"{routes.LINE}/news": _DATA,
    f"{routes.LINE}/socket": "a socket",
    "/embed.js": "a file",
    "/embed/{line:[a-z0-9_]{1,64}}": _DATA,
    "/screen": _DATA,
    "/console/state": _DATA,
    "/console/socket": "a socket",
    f"{routes.CONTACT}/entries": _DATA,
    f"{routes.CONTACT}/drafts": _DATA,
    f"{routes.CONTACT}/replies": _DATA,
    f"{routes.CONTACT}/transfer": _INSIDE,
    f"{routes.CONTACT}/card": _INSIDE,
    f"{routes.CONTACT}/caller": _INSIDE,
    f"{routes.CONTACT}/callback": _INSIDE,
    f"{routes.CONTACT}/case": _INSIDE,
    "/board/now": "a part of the board, shown in it",
    "/board/socket": "a socket",
    "/account/second-step/qr.svg": "a picture, shown in second-step-code",
}  # GET routes that answer with no page of their own


@dataclass
class Shower:
    """One browser, with a context for each person who looks."""

    browser: Browser
    scene: Scene
    contexts: dict[tuple[str, bool], BrowserContext] = field(default_factory=dict)
    now: int = EARLY

    async def context(self, state: State) -> BrowserContext:
        """The device of whoever looks, signed in where they work here."""
        kind = state.who, state.scripts
        if kind not in self.contexts:
            made = await self.browser.new_context(
                locale="pl-PL", viewport=DESK, reduced_motion="reduce", java_script_enabled=state.scripts
            )
            made.set_default_timeout(30_000)
            if state.who not in (CALLER, STRANGER):
                value = await self.scene.cookie(state.who)
                await made.add_cookies(
                    [{"name": SESSION_COOKIE, "value": value, "url": self.scene.running.url}]
                )
            self.contexts[kind] = made
        return self.contexts[kind]

    async def until(self, when: int) -> None:
        """The day goes on to this part of it."""
        steps = (self.scene.fills, self.scene.in_the_evening)
        for step in steps[self.now : when]:
            await step()
            await self.close()  # who is not on duty is signed out after half an hour
            self.scene.cookies.clear()
        self.now = max(self.now, when)

    @asynccontextmanager
    async def shown(
        self, state: State, size: ViewportSize = DESK, watch: Step = nothing
    ) -> AsyncIterator[Page]:
        """The page in this state; `watch` sees it before it goes anywhere."""
        await self.until(state.when)
        page = await (await self.context(state)).new_page()
        await page.set_viewport_size(size)
        await watch(page, self.scene)
        answer = await page.goto(self.scene.running.url + state.path.format_map(self.scene.parts))
        assert answer is not None
        assert answer.status == state.status, (state.name, answer.status)
        await state.do(page, self.scene)
        yield page
        await page.close()

    async def close(self) -> None:
        for context in self.contexts.values():
            await context.close()
        self.contexts.clear()


@asynccontextmanager
async def showing(browser: Browser, scene: Scene) -> AsyncIterator[Shower]:
    """Everything that was opened is closed."""
    shower = Shower(browser, scene)
    try:
        yield shower
    finally:
        await shower.close()

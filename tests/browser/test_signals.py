"""What a counsellor notices without looking: sounds, the bell for danger, notices, the title, a line that is gone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from hotline.actions import account, contacts, messages
from hotline.ids import new_id
from hotline.rules.signals import Signals
from tests.browser.test_console import DESK, said, sign_in
from tests.factories import Caller, Person, Running, add_caller, talk

OFFER, WORDS, DANGER = 659, 440, 698  # the note that only this sound has
OUTSIDE = """
  globalThis.tones = [];
  globalThis.notices = [];
  globalThis.away = false;
  globalThis.deaf = false;
  globalThis.old = false; // as if the server were one that does not say that it lives
  const place = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
  globalThis.AudioContext = class extends EventTarget {
    state = "suspended";
    currentTime = 0;
    async resume() { this.state = "running"; this.dispatchEvent(new Event("statechange")); }
    createGain() { return { gain: { ...place }, connect: (next) => next }; }
    createOscillator() {
      const tone = { frequency: {}, connect: (next) => next, stop() {}, start() { tones.push(tone.frequency.value); } };
      return tone;
    }
  };
  globalThis.Notification = class {
    static permission = "granted";
    constructor(title, { body, tag }) { notices.push([title, body, tag]); }
    addEventListener() {}
    close() {}
  };
  Object.defineProperty(document, "hidden", { get: () => away });
  Object.defineProperty(document, "visibilityState", { get: () => (away ? "hidden" : "visible") });
  globalThis.lines = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...where) { super(...where); lines += 1; }
    addEventListener(name, hear) {
      super.addEventListener(name, (event) => {
        const lost = name === "message" && (deaf || (old && event.data.includes('"alive"')));
        if (!lost) hear(event);
      });
    }
  };
"""


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A counsellor's computer whose loudspeaker, desktop and line are watched."""
    context = await browser.new_context(locale="pl-PL", viewport=DESK)
    context.set_default_timeout(30_000)
    await context.add_init_script(OUTSIDE)
    await context.clock.install()
    yield context
    await context.close()


async def heard(page: Page, note: int) -> int:
    return int(await page.evaluate("note => tones.filter((tone) => tone === note).length", note))


async def notices(page: Page) -> list[list[str]]:
    return list(await page.evaluate("notices"))


async def turned(page: Page, *, away: bool) -> None:
    """Somebody looks at another window, or at this one again."""
    await page.evaluate(
        "away_ => { away = away_; document.dispatchEvent(new Event('visibilitychange')); }", away
    )


async def rings(page: Page) -> None:
    """Again and again."""
    before = await heard(page, DANGER)
    for stroke in (1, 2):
        await page.clock.run_for(2_000)
        assert await heard(page, DANGER) >= before + stroke


async def silent(page: Page) -> None:
    before = await heard(page, DANGER)
    await page.clock.run_for(6_000)
    assert await heard(page, DANGER) == before


async def says(running: Running, caller: Caller, text: str) -> None:
    await messages.receive(running.system, caller.actor, caller.contact_id, new_id(), text)


def bell(page: Page) -> Any:
    return page.locator("desk-bell .bell")


async def an_offer_turns_grave(console: Page, running: Running, caller: Caller) -> None:
    """It sounds once; then the bell rings, the card says why, and the focus stays where it was."""
    await expect(console.locator("offer-card")).to_contain_text("Zwykłe")
    await expect(console).to_have_title("Nowa rozmowa · Konsola")
    assert (await heard(console, OFFER), await heard(console, DANGER)) == (1, 0)
    accept = console.locator("offer-card").get_by_role("button", name="Odbierz")
    await accept.focus()
    await contacts.answer(running.system, caller.actor, caller.contact_id, "danger", "yes")
    await expect(console.locator("offer-card")).to_have_attribute("data-priority", "P1")
    await expect(console.locator("#spoken-at-once")).to_contain_text("Zmiana w nowej rozmowie: Zagrożenie")
    await expect(accept).to_be_focused()
    await expect(bell(console)).to_contain_text("Dzwoni rozmowa z osobą w zagrożeniu")
    await expect(console).to_have_title("Pilne, ktoś czeka · Konsola")
    await rings(console)


async def test_the_bell_rings_until_it_is_silenced_and_settings_are_followed(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    await account.set_signals(running.system, anna.actor, Signals(notices=True))
    console = await sign_in(desk, running, anna)
    await console.locator(".sound-gate").get_by_role("button", name="Włącz dźwięk").click()
    await expect(console.locator(".sound-gate")).to_be_hidden()
    caller = await add_caller(running.system, "Dobry wieczór")
    await an_offer_turns_grave(console, running, caller)
    await console.keyboard.press("m")
    await expect(bell(console)).to_be_hidden()
    await silent(console)
    await console.keyboard.press("F2")
    await said(console, "Dobry wieczór").to_be_visible()

    # The next one rings anew, and the desktop tells whoever looks elsewhere, without a word of what it is about.
    assert await notices(console) == []
    await turned(console, away=True)
    other = await add_caller(running.system, "On tu jest z nożem", danger="yes")
    await expect(bell(console)).to_contain_text("W kolejce czeka osoba w zagrożeniu")
    await rings(console)
    assert await notices(console) == [["Rozmowa", "Ktoś czeka", other.contact_id]]
    await console.get_by_role("button", name="Wycisz").click()
    await silent(console)
    await says(running, caller, "Czy ktoś tam jest?")
    await said(console, "Czy ktoś tam jest?").to_be_visible()
    await console.wait_for_function("note => tones.includes(note)", arg=WORDS)
    assert await heard(console, WORDS) == 1
    assert (await notices(console))[1:] == [["Rozmowa", "Ktoś czeka", caller.contact_id]]

    await account.set_signals(running.system, anna.actor, Signals(offers=False, words=False))
    await says(running, caller, "Halo?")
    await said(console, "Halo?").to_be_visible()
    await expect(console).to_have_title("Pilne, ktoś czeka · (2) Konsola")
    assert (await heard(console, WORDS), len(await notices(console))) == (1, 2)


async def test_a_line_that_is_gone_is_told_at_once_and_what_was_typed_goes_out_later(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    await talk(running.system, anna, text="Halo?")
    console = await sign_in(desk, running, anna)
    await said(console, "Halo?").to_be_visible()
    gone = console.get_by_role("alert").filter(has_text="Brak połączenia")
    await desk.set_offline(True)
    await expect(gone).to_be_visible(timeout=1000)
    await console.get_by_label("Wiadomość do rozmówcy").fill("Słyszę Panią.")
    await console.keyboard.press("Enter")
    await expect(console.locator(".bubble-waiting")).to_contain_text("ponawiamy")
    await expect(gone).to_be_visible()
    await desk.set_offline(False)
    await expect(gone).to_be_hidden()
    await expect(console.locator(".bubble-waiting")).to_have_count(0)
    await said(console, "Słyszę Panią.").to_have_count(1)

    # A line that stays open and says nothing any more is dead, too.
    await console.evaluate("deaf = true")
    await console.clock.run_for(11_000)
    await expect(gone).to_be_hidden()
    await console.clock.run_for(3_500)
    await expect(gone).to_be_visible()
    await console.evaluate("deaf = false; old = true")
    await console.clock.run_for(9_000)
    await expect(gone).to_be_hidden()

    # A server of the release before says nothing of the kind while it rolls, and is not taken for dead.
    lines = await console.evaluate("lines")
    await console.clock.run_for(20_000)
    await expect(gone).to_be_hidden()
    assert await console.evaluate("lines") == lines

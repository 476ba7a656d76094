// What is heard: a sound for an offer and for new words, and a bell for danger that rings until it is answered or
// silenced, for this one contact and never for ever. It rings in a page nobody looks at, too: each stroke keeps the
// page audible, and audible pages keep their timers.

import { dangers } from "./dangers.js";
import { notice } from "./notices.js";
import { Sounds } from "./sounds.js";
import { Waits } from "./waits.js";
import { fill, h, icon, t } from "./words.js";

const CALM = 3_000; // ten talks at once must not patter
const USUAL = { offers: true, words: true, volume: "normal", notices: false };

export class DeskBell extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.sounds = new Sounds();
    this.silenced = new Set();
    this.ringing = new Set();
    this.heard = null;
    this.told = {};
    this.words = h("span", { role: "status" });
    this.strip = h(
      "div",
      { class: "banner notice notice-danger bell", hidden: true },
      icon("ring"),
      this.words,
      h(
        "span",
        { class: "row" },
        this.#button("sound_on", () => this.sounds.allow(), "sound-on"),
        this.#button("silence", () => this.silence(), "", h("kbd", {}, this.desk.caps.silence)),
      ),
    );
    this.gate = h("p", { class: "fine sound-gate" }, t("sound_off"), this.#button("sound_on", () => this.sounds.allow()));
    this.replaceChildren(this.strip);
    document.querySelector("my-state").after(this.gate);
    this.sounds.addEventListener("change", () => this.#drawGate());
    desk.addEventListener("console", () => this.listen());
    document.addEventListener("signed-out", () => this.#ring([])); // nobody here can answer
    const waits = new Waits(document.getElementById("lock"), this.sounds, this.silenced, notice);
    document.addEventListener("screen-locked", () => this.#ring([]));
    document.addEventListener("screen-says", ({ detail }) => waits.hear(detail));
    for (const name of ["screen-unlocked", "signed-out"]) document.addEventListener(name, () => waits.stop());
    this.#drawGate();
    this.listen();
  }

  /** Compare what the server says with what was heard already. */
  listen() {
    if ("locked" in document.documentElement.dataset) return;
    const { offer, asked, mine } = this.desk.console;
    const chosen = this.#chosen;
    const inDanger = dangers(this.desk);
    const loud = new Set(inDanger.map(({ key }) => key));
    for (const key of this.silenced) if (!loud.has(key)) this.silenced.delete(key);
    this.#ring(inDanger.filter(({ key }) => !this.silenced.has(key)));

    const before = this.heard;
    this.heard = { offer: offer?.id, asked: asked?.id, words: new Map(mine.map((row) => [row.contact_id, row.caller_seq])) };
    // What the bell rings for needs no second sound, unless it was silenced and is now offered.
    const comes = (thing, old, key) => thing && thing.id !== old && !this.ringing.has(key);
    if (comes(offer, before?.offer, offer?.contact_id)) this.#tell("offer", offer.contact_id, chosen.offers);
    if (comes(asked, before?.asked, asked?.id) && !asked.joined) this.#tell("offer", asked.id, chosen.offers);
    for (const row of before ? mine : []) {
      const known = before.words.get(row.contact_id) ?? row.caller_seq;
      if (row.caller_seq > known && !this.#seen(row.contact_id)) this.#tell("words", row.contact_id, chosen.words);
    }
  }

  /** Silence what rings now. The next one rings anew. */
  silence() {
    for (const key of this.ringing) this.silenced.add(key);
    this.#ring([]);
  }

  /** What the person chose; a server of the last release does not say. */
  get #chosen() {
    return this.desk.console.me.signals ?? USUAL;
  }

  #tell(sound, tag, heard) {
    const { volume, notices } = this.#chosen;
    if (notices) notice(tag);
    if (!heard || performance.now() - this.told[sound] < CALM) return;
    this.told[sound] = performance.now();
    this.sounds.play(sound, volume);
  }

  /** Does this conversation stand before somebody's eyes? */
  #seen(id) {
    return id === this.desk.selected && !document.hidden && document.getElementById("middle").offsetParent !== null;
  }

  #ring(inDanger) {
    const fresh = inDanger.filter(({ key }) => !this.ringing.has(key));
    this.ringing = new Set(inDanger.map(({ key }) => key));
    if (this.#chosen.notices) for (const { key } of fresh) notice(key);
    this.strip.hidden = inDanger.length === 0;
    this.sounds.ring(inDanger.length > 0, this.#chosen.volume);
    if (inDanger.length === 0) return;
    const words = t(`bell_${inDanger[0].what}`);
    if (this.words.textContent !== words) fill(this.words, words);
  }

  #drawGate() {
    this.gate.hidden = this.sounds.allowed;
    this.strip.querySelector(".sound-on").hidden = this.sounds.allowed;
  }

  #button(words, onclick, more = "", ...after) {
    return h("button", { class: `button button-small ${more}`.trim(), type: "button", onclick }, t(words), ...after);
  }
}

customElements.define("desk-bell", DeskBell);

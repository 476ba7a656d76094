// What a locked screen tells: that somebody waits, in one line and by its sound. Not who, and not what about.

export class Waits {
  #said = null;
  #known = new Set();

  /** `silenced` holds the keys of what was silenced before; `notice` shows one on the desktop. */
  constructor(place, sounds, silenced = new Set(), notice = () => {}) {
    this.place = place;
    this.sounds = sounds;
    this.silenced = silenced;
    this.notice = notice;
    this.gate = place.querySelector("[data-sound]");
    sounds.addEventListener("change", () => this.#drawGate());
    this.#drawGate();
  }

  /** The server's word: keys of what rings, how often callers have written, what the person wants to hear. */
  hear({ dangers, offer, asked, said, signals }) {
    const loud = dangers.filter(({ key }) => !this.silenced.has(key));
    const first = this.#said === null;
    this.#said ??= said;
    const shown = {
      danger: dangers.some(({ what }) => what !== "asked"),
      offer: Boolean(offer),
      asked: Boolean(asked),
      said: said > this.#said || !this.#line("said").hidden,
    };
    for (const [what, shows] of Object.entries(shown)) this.#line(what).hidden = !shows;
    const top = Object.keys(shown).find((what) => shown[what]);
    document.title = [top && this.#line(top).textContent.trim(), this.title].filter(Boolean).join(" · ");

    const news = [...loud.map(({ key }) => key), offer, asked].filter((key) => key && !this.#known.has(key));
    if (signals.notices) news.forEach((key) => this.notice(key));
    for (const key of news) this.#known.add(key);
    this.sounds.ring(loud.length > 0, signals.volume);
    if (loud.length > 0) return;
    if (!first && said > this.#said && signals.words) this.sounds.play("words", signals.volume);
    if (news.length > 0 && signals.offers) this.sounds.play("offer", signals.volume);
    this.#said = said;
  }

  stop() {
    this.sounds.ring(false);
    this.#said = null;
    this.#known.clear();
    for (const line of this.place.querySelectorAll("[data-rings]")) line.hidden = true;
  }

  get title() {
    return document.getElementById("lock-title").textContent.trim();
  }

  #line(what) {
    return this.place.querySelector(`[data-rings="${what}"]`);
  }

  #drawGate() {
    this.gate.hidden = this.sounds.allowed;
  }
}

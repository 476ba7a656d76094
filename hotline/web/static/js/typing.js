// That somebody writes just now: told now and then, without a word of what is written, and believed for a moment only.

const EVERY = 3000; // ms between two hints
const LASTS = 6000; // ms for which one is believed

export class Typing {
  #tell;
  #show;
  #told = -Infinity;
  #old;

  /** tell(): the other side is to hear it; show(writes): does the other side write? */
  constructor(tell, show) {
    this.#tell = tell;
    this.#show = show;
  }

  /** One's own field holds this now. */
  written(text) {
    const now = performance.now();
    if (!text.trim() || now - this.#told < EVERY) return;
    this.#told = now;
    this.#tell();
  }

  /** The other side writes. */
  heard() {
    clearTimeout(this.#old);
    this.#old = setTimeout(() => this.#show(false), LASTS);
    this.#show(true);
  }

  /** Their words are here, or they are gone. */
  over() {
    clearTimeout(this.#old);
    this.#show(false);
  }
}

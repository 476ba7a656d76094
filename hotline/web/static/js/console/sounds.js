// Three sounds, made here: no file is fetched. A browser lets a page sound only once somebody has touched it.

const STROKE = 2_000; // milliseconds from one of the bell to the next
const LOUD = { low: 0.12, normal: 0.3, high: 0.75 };
// each note: hertz, when it begins, how long it rings
const SOUNDS = {
  offer: [[659, 0, 0.4], [880, 0.18, 0.7]],
  words: [[440, 0, 0.35]],
  danger: [[880, 0, 0.5], [698, 0.3, 0.5], [880, 0.6, 0.9]],
};

/** Event: "change" when the browser begins or ceases to allow sound. */
export class Sounds extends EventTarget {
  #context = globalThis.AudioContext ? new AudioContext() : null;
  #bell = null;
  #volume = "normal";

  constructor() {
    super();
    this.#context?.addEventListener("statechange", () => this.dispatchEvent(new Event("change")));
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => this.allow());
  }

  /** May sound, or never could. */
  get allowed() {
    return !this.#context || this.#context.state === "running";
  }

  /** Works where a hand has just touched the page. */
  async allow() {
    if (!this.allowed) await this.#context.resume().catch(() => {});
  }

  play(name, volume) {
    if (this.#context?.state !== "running") return;
    const now = this.#context.currentTime;
    const loud = this.#context.createGain();
    loud.gain.value = LOUD[volume];
    loud.connect(this.#context.destination);
    for (const [hertz, at, length] of SOUNDS[name]) this.#note(loud, hertz, now + at, length);
  }

  /** The bell for danger, stroke by stroke until it is told to cease. Never softer than usual: it is for a life. */
  ring(rings, volume = this.#volume) {
    this.#volume = volume === "low" ? "normal" : volume;
    if (rings === (this.#bell !== null)) return;
    clearInterval(this.#bell);
    this.#bell = null;
    if (!rings) return;
    const stroke = () => this.play("danger", this.#volume);
    stroke();
    this.#bell = setInterval(stroke, STROKE);
  }

  #note(loud, hertz, at, length) {
    const tone = this.#context.createOscillator();
    const fade = this.#context.createGain();
    tone.frequency.value = hertz;
    fade.gain.setValueAtTime(0.0001, at);
    fade.gain.exponentialRampToValueAtTime(1, at + 0.03);
    fade.gain.exponentialRampToValueAtTime(0.0001, at + length);
    tone.connect(fade).connect(loud);
    tone.start(at);
    tone.stop(at + length);
  }
}

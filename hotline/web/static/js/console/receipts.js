// Receipts: the caller is told that their words stand on this screen, which does not say that somebody reads them. A
// page of this counsellor's, opened later or elsewhere, knows by them what is unread; so they are kept of every channel.

const CALM = 1_000; // milliseconds between two of a conversation; the newest number speaks for all before it
const CHATS = ["web", "telegram"];
const WRITTEN = ["active", "wrap_up"]; // a server of the release before takes none of the second

export class Receipts {
  #desk;
  #onScreen;
  #told = new Map(); // contact → number
  #resting = new Set();

  /** `onScreen()`: is the end of the conversation before somebody's eyes, as far as a page can know? */
  constructor(desk, onScreen) {
    this.#desk = desk;
    this.#onScreen = onScreen;
    document.addEventListener("visibilitychange", () => this.look());
    desk.wire.addEventListener("up", () => {
      this.#told.clear(); // the line may have taken one with it
      this.look();
    });
  }

  look() {
    const { talk, wire } = this.#desk;
    if (!talk || document.visibilityState !== "visible" || !this.#onScreen()) return;
    this.#desk.read(talk);
    if (this.#resting.has(talk.id) || !wire.isOpen) return;
    if (!talk.head?.own || !WRITTEN.includes(talk.head.state) || !CHATS.includes(talk.head.channel)) return;
    const seq = newest(talk);
    if (seq <= (this.#told.get(talk.id) ?? 0)) return;
    wire.shown(talk.id, seq);
    this.#told.set(talk.id, seq);
    this.#resting.add(talk.id);
    setTimeout(() => {
      this.#resting.delete(talk.id);
      this.look();
    }, CALM);
  }
}

/** The number of the caller's last words, unless a receipt for them is stored already. */
function newest(talk) {
  let said = 0;
  let stored = 0;
  for (const entry of talk.entries.values()) {
    if (entry.kind === "receipt") stored = Math.max(stored, entry.ref);
    else if (entry.who === "caller" && ["message", "edit"].includes(entry.kind)) said = Math.max(said, entry.seq);
  }
  return said > stored ? said : 0;
}

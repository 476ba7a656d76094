// What this console knows: the server's view, the conversations with their entries, and what is not sent yet.
// Nothing a caller or a counsellor wrote is kept on the device.

import { Drafts, newId } from "./drafts.js";
import { ask, Refused, tell, Wire } from "./wire.js";
import { t } from "./words.js";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One conversation as this screen knows it. */
class Talk {
  head = null;
  heads = 0; // how often it was told
  entries = new Map();
  cursor = 0;
  seen = 0;
  mode = "message";
  outbox = []; // {id, kind, text, state: sending | retrying | saved | failed, reason}
  card = null; // the form's element, so that what is half filled in survives switching
  dirty = false; // the card holds something that is not on record yet
  busy = false;
  asking = false;

  constructor(id, changed) {
    this.id = id;
    this.drafts = new Drafts(id, () => changed(this));
  }

  get unread() {
    let count = 0;
    for (const entry of this.entries.values()) {
      if (entry.who === "caller" && ["message", "edit"].includes(entry.kind) && entry.seq > this.seen) count += 1;
    }
    return count;
  }

  get priorityIsMine() {
    return this.head?.own === true && this.head.state !== "closed";
  }

  get open() {
    return this.head?.own === true && this.head.state === "active";
  }
}

/** Events: "console", "talk" (detail: the Talk), "selected", "offer-gone", "connection" (detail: up | down | lost), "typing" (detail: the contact whose caller writes), "read" (what was unread no longer is). */
export class Desk extends EventTarget {
  talks = new Map();
  selected = null;
  offset = 0; // server clock minus this machine's, in milliseconds; the clock here only displays

  constructor(console) {
    super();
    this.console = console;
    this.#setClock();
    this.wire = new Wire(() => (this.talk ? [[this.talk.id, this.talk.cursor]] : []));
    this.wire.addEventListener("frame", (event) => this.#hear(event.detail));
    this.wire.addEventListener("up", () => this.#tell("connection", "up"));
    this.wire.addEventListener("up", () => this.#saveDrafts());
    for (const state of ["down", "lost"]) this.wire.addEventListener(state, () => this.#tell("connection", state));
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#saveDrafts());
    for (const name of ["pagehide", "online"]) addEventListener(name, () => this.#saveDrafts());
    for (const name of ["screen-locking", "screen-unlocked"]) document.addEventListener(name, () => this.#saveDrafts());
  }

  start() {
    this.#keepTalks();
    const asked = new URLSearchParams(location.search).get("open");
    const first = asked ?? this.console.mine[0]?.contact_id;
    if (first) this.select(first);
    this.wire.open();
  }

  get now() {
    return Date.now() + this.offset;
  }

  get talk() {
    return this.talks.get(this.selected) ?? null;
  }

  select(id) {
    this.selected = id;
    const talk = this.#talkOf(id);
    this.wire.watch(id, talk.cursor);
    this.#tell("selected");
  }

  /** Send words. They stay on the screen with the same id until the server has stored them. */
  send(talk, kind, text, id = newId()) {
    talk.outbox.push({ id, kind, text, state: "sending", reason: "" });
    this.#tell("talk", talk);
    this.#empty(talk);
  }

  again(talk, item) {
    item.state = "sending";
    this.#tell("talk", talk);
    this.#empty(talk);
  }

  takeBack(talk, item) {
    talk.outbox = talk.outbox.filter((one) => one !== item);
    talk.mode = item.kind;
    talk.drafts[item.kind] = [item.text, talk.drafts[item.kind]].filter(Boolean).join("\n");
    this.#tell("talk", talk);
  }

  async accept() {
    const offer = this.console.offer;
    if (!offer) return;
    try {
      const { contact } = await tell(`/console/offers/${offer.id}/accept`, { token: offer.token });
      this.#dropOffer(offer);
      this.answered = contact;
      this.select(contact);
    } catch (error) {
      this.#dropOffer(offer);
      this.#tell("offer-gone", error.message || t("offer_gone"));
    }
  }

  /** Take a waiting contact without waiting for an offer. */
  async pickUp(id) {
    const { contact } = await tell(`/console/contacts/${id}/pick-up`, {});
    this.answered = contact;
    this.select(contact);
  }

  async decline() {
    const offer = this.console.offer;
    if (!offer) return;
    try {
      await tell(`/console/offers/${offer.id}/decline`, { token: offer.token });
    } catch (error) {
      this.#tell("offer-gone", error.message || t("offer_gone"));
    }
    this.#dropOffer(offer);
  }

  async setIntent(intent, minutes, kind) {
    await tell("/console/availability", { intent, minutes, kind });
  }

  async prolongWrapUp() {
    await tell("/console/wrap-up", {});
  }

  /** Ask for what is new in a conversation; the socket brings only the one on the screen. */
  async refresh(talk) {
    if (talk.asking) return;
    talk.asking = true;
    try {
      const { heads } = talk;
      const { head, ...words } = await ask(`/console/contacts/${talk.id}/entries?after=${talk.cursor}`);
      // What the line has said meanwhile may be newer than this answer; what it has not said yet, it will say.
      this.#hear({ contact: talk.id, ...words, head: talk.heads === heads && head });
    } catch {
      // The next view of the server's shows again that something is missing here.
    }
    talk.asking = false;
  }

  #dropOffer(offer) {
    if (this.console.offer?.id !== offer.id) return;
    this.console = { ...this.console, offer: null };
    this.#tell("console");
  }

  #hear(frame) {
    const pane = frame.console ?? frame.talks; // the whole of it, or what words have changed
    if (pane) {
      const reading = this.console.asked?.joined ? this.console.asked.contact_id : null;
      this.console = { ...this.console, ...pane };
      this.#setClock();
      this.#forgetRead(reading);
      this.#keepTalks();
      this.#tell("console");
    }
    if (frame.typing) this.#tell("typing", frame.typing);
    if (frame.contact) {
      const talk = this.#talkOf(frame.contact);
      if (frame.head) {
        talk.head = frame.head;
        talk.heads += 1;
      }
      for (const entry of frame.entries ?? []) this.#learn(talk, entry);
      this.#tell("talk", talk);
      this.#tell("console");
    }
  }

  #learn(talk, entry) {
    talk.entries.set(entry.seq, entry);
    talk.cursor = Math.max(talk.cursor, entry.seq);
    talk.outbox = talk.outbox.filter((item) => item.id !== entry.id);
    talk.drafts.spent(entry.id);
    // After a reload and in another browser: a receipt says how much has stood on a screen of mine, my words that I
    // had read what came before them. A receipt itself may come after words that were on no screen.
    if (entry.who === "me") talk.seen = Math.max(talk.seen, entry.kind === "receipt" ? entry.ref : entry.seq);
  }

  /** All that is known of this conversation stands before somebody's eyes. */
  read(talk) {
    if (talk.seen >= talk.cursor) return;
    talk.seen = talk.cursor;
    this.#tell("read");
  }

  #talkOf(id) {
    let talk = this.talks.get(id);
    if (!talk) {
      talk = new Talk(id, (one) => this.#tell("talk", one));
      this.talks.set(id, talk);
    }
    return talk;
  }

  /** May I read this conversation along and write notes, asked by whoever has it? */
  guestOf(talk) {
    const { asked } = this.console;
    return asked?.joined === true && asked.contact_id === talk.id;
  }

  /** What I no longer read along leaves the screen, unless it became mine. */
  #forgetRead(id) {
    if (!id || this.console.asked?.contact_id === id) return;
    if (this.console.mine.some((row) => row.contact_id === id)) return;
    this.talks.delete(id);
    if (this.selected === id) this.selected = null;
    this.#tell("selected");
  }

  /** Catch up with what is mine; forget what is over and not on the screen. */
  #keepTalks() {
    const mine = new Set();
    for (const row of this.console.mine) {
      mine.add(row.contact_id);
      const talk = this.#talkOf(row.contact_id);
      if (row.last_seq > talk.cursor) this.#catchUp(talk, row.last_seq);
    }
    const { asked, drafts = {} } = this.console; // none from a server of the release before
    for (const id of asked?.joined ? [...mine, asked.contact_id] : mine) this.#talkOf(id).drafts.hear(drafts[id] ?? {});
    for (const talk of this.talks.values()) {
      // Somebody else goes on with it: what is on the screen can be read, and nothing more be written.
      if (!mine.has(talk.id) && talk.open && talk.id !== this.answered) {
        talk.head = { ...talk.head, own: false, holder_name: null };
        this.#tell("talk", talk);
      }
      if (!mine.has(talk.id) && talk.id !== this.selected && talk.outbox.length === 0) this.talks.delete(talk.id);
    }
  }

  /** The socket brings the conversation on the screen; if it stays behind for a second, ask for that one too. */
  async #catchUp(talk, seq) {
    if (talk.id === this.selected) await pause(1_000);
    if (talk.cursor < seq) await this.refresh(talk);
  }

  async #empty(talk) {
    if (talk.busy) return;
    talk.busy = true;
    let wait = 500;
    for (;;) {
      const item = talk.outbox.find((one) => one.state === "sending" || one.state === "retrying");
      if (!item) break;
      try {
        if (item.kind === "message" && this.wire.isOpen) await this.wire.reply(talk.id, item.id, item.text);
        else await tell(`/console/contacts/${talk.id}/${item.kind}s`, { id: item.id, text: item.text });
        item.state = "saved";
        wait = 500;
      } catch (error) {
        if (error instanceof Refused) {
          item.state = "failed";
          item.reason = error.message || t("failed");
        } else {
          item.state = "retrying";
          this.#tell("talk", talk);
          await pause(wait);
          wait = Math.min(wait * 2, 8_000);
        }
      }
      this.#tell("talk", talk);
    }
    talk.busy = false;
  }

  #saveDrafts() {
    for (const talk of this.talks.values()) talk.drafts.save();
  }

  #setClock() {
    this.offset = Date.parse(this.console.now) - Date.now();
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// What is being written and not sent yet. The server keeps it with every change, so that it outlives the page and
// follows its person to another machine; nothing of it is kept on the device.

import { ask, Refused, tell } from "./wire.js";
import { h, speak, t } from "./words.js";

const REST = 600; // milliseconds after the last change
const AGAIN = 4_000; // while the server cannot be reached
const NOTHING = { id: null, revision: null, text: "" };

export const newId = () => crypto.randomUUID().replaceAll("-", "");

/** All that is being written in one conversation. `changed` is called when other words are to be shown. */
export class Drafts {
  #all;
  #asking = false;

  constructor(contact, changed) {
    this.path = `/console/contacts/${contact}/drafts`;
    this.changed = changed;
    this.#all = ["message", "note", "card"].map((kind) => new Draft(kind, this));
  }

  of(kind) {
    return this.#all.find((draft) => draft.kind === kind);
  }

  get message() {
    return this.of("message").text;
  }

  set message(text) {
    this.of("message").write(text);
  }

  get note() {
    return this.of("note").text;
  }

  set note(text) {
    this.of("note").write(text);
  }

  get unsaved() {
    return this.#all.some((draft) => draft.unsaved);
  }

  save() {
    for (const draft of this.#all) draft.save();
  }

  /** An entry with this id stands in the conversation. */
  spent(id) {
    for (const draft of this.#all) draft.spent(id);
  }

  /** The server's view: which revisions there are. It may be older than what was saved since, so it is only a hint. */
  hear(revisions) {
    if (this.#all.some((draft) => draft.differs(revisions[draft.kind] ?? null))) this.read();
  }

  async read() {
    if (this.#asking) return;
    this.#asking = true;
    const before = this.#all.map((draft) => draft.stand);
    try {
      const { drafts } = await ask(this.path);
      this.#all.forEach((draft, place) => {
        if (draft.stand === before[place]) draft.learn(drafts.find((one) => one.kind === draft.kind) ?? NOTHING);
      });
      this.changed();
    } catch {
      // The next view of the server's shows again that something is different there.
    }
    this.#asking = false;
  }
}

/**
 * One text. Every change makes other words of it, so it gets another id: what two pages send under one id is the
 * same, and is stored once. `other` is a text from elsewhere that came while this one was being changed here.
 */
class Draft {
  text = "";
  id = null;
  other = null;
  behind = false; // of a form: it has to be read anew
  stand = null; // another one with every save: what was read from the server before is of no use then
  #there = NOTHING; // what the server has, as far as is known here
  #sent = new Set();
  #busy = false;
  #held = false; // refused, or another text is offered: it waits for the next change
  #timer = null;

  constructor(kind, drafts) {
    this.kind = kind;
    this.drafts = drafts;
    this.begun = kind !== "card"; // a form is read first
  }

  /** Is there something that the server does not have? What was sent needs no keeping. */
  get unsaved() {
    return this.text !== this.#words(this.#there);
  }

  write(text) {
    if (text === this.text) return;
    this.text = text;
    this.id = newId();
    this.#held = false;
    this.#soon(REST);
  }

  /** The words go out under this id; their draft ends by itself when they are stored. An older one is removed. */
  take() {
    const id = this.id ?? newId();
    this.#sent.add(id);
    this.#become("", null);
    if (this.unsaved) this.#soon(REST);
    return id;
  }

  /** Whoever shows the words of this entry lets go of them. */
  spent(id) {
    if (!id || (id !== this.id && id !== this.#there.id)) return;
    this.#sent.add(id);
    if (id === this.id) this.#become("", null);
  }

  /** A form shows the server's revision, with these words; from here on it changes here. */
  begin(revision, text) {
    this.begun = true;
    this.behind = false;
    this.#there = { id: null, revision, text };
    this.#become(text, null);
  }

  /** Does the server have another one than is known here? What was sent is expected to be gone. */
  differs(revision) {
    if (revision === null && this.#sent.has(this.#there.id)) this.#there = NOTHING;
    return this.begun && !this.#busy && revision !== this.#there.revision;
  }

  /** What the server has. It is shown, unless something else is being written here: then it is offered. */
  learn(found) {
    if (!this.begun || this.#busy || found.revision === this.#there.revision) return;
    const mine = this.unsaved;
    const gone = found.revision === null || this.#sent.has(found.id);
    this.#there = found;
    if (!mine) this.#adopt(found);
    else if (gone || found.text === this.text) {
      this.#held = false;
      this.#soon(REST);
    } else {
      this.other = found;
      this.#held = true;
      speak(t("draft_other"));
    }
  }

  /** The other text takes the place of this one. */
  load() {
    this.#adopt(this.other);
    this.drafts.changed();
  }

  async save() {
    clearTimeout(this.#timer);
    if (!this.begun || this.#busy || this.#held || !this.unsaved) return;
    this.#busy = true;
    const { text, id } = this;
    const body = { kind: this.kind, base: this.#there.revision, id: this.kind === "card" ? null : (id ?? newId()), text };
    let pause = REST;
    let faster = false;
    try {
      const { revision } = await tell(this.drafts.path, body, { keepalive: true });
      this.#there = { id, revision, text };
      this.stand = revision ?? newId();
    } catch (error) {
      faster = error instanceof Refused && error.code === "draft_changed";
      if (faster || !(error instanceof Refused)) pause = AGAIN;
      else this.#held = text === this.text;
    }
    this.#busy = false;
    if (this.unsaved) this.#soon(pause);
    if (faster) this.drafts.read();
  }

  #words(there) {
    return this.#sent.has(there.id) ? "" : there.text;
  }

  #adopt(found) {
    const words = this.#words(found);
    this.behind = true;
    this.#become(words, words ? found.id : null);
  }

  #become(text, id) {
    this.text = text;
    this.id = id;
    this.other = null;
    this.#held = false;
  }

  #soon(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), milliseconds);
  }
}

/** The quiet line that offers the other text. `draw(draft)` shows it when there is one. */
export class OtherDraft {
  constructor(focus) {
    const load = h("button", { class: "button button-small", type: "button" }, t("draft_load"));
    load.addEventListener("click", () => {
      this.draft.load();
      focus();
    });
    this.element = h("p", { class: "fine draft-other", hidden: true }, h("span", {}, t("draft_other")), load);
  }

  draw(draft) {
    this.draft = draft;
    this.element.hidden = draft.other === null;
  }
}

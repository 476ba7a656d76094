// The talk of this tab: how it begins, what becomes of what is sent, what comes, how it ends.

import * as kept from "./kept.js";
import { Live } from "./live.js";
import { Outbox, ask, deliver } from "./outbox.js";
import { Thread } from "./thread.js";
import { Typing } from "./typing.js";

export class Talk {
  #page;
  #screen;
  #composer;
  #live = null;
  #over = false;
  #heard = false; // would the other side hear that one writes?
  #typing = new Typing(() => this.#live?.typing(), (writes) => this.#screen.writes(writes));
  #fixing = null; // the number of the message that what is written now corrects

  /** `page`: {at(what), language, screen, composer, changed()}; changed() is told when what is unsent changes. */
  constructor(page, items) {
    this.#page = page;
    this.#screen = page.screen;
    this.#composer = page.composer;
    this.thread = this.#newThread();
    this.outbox = this.#newOutbox(items);
  }

  #newThread() {
    const { thread, check, checks } = this.#screen.parts;
    const made = new Thread(thread, this.#screen.texts, { sent: check, shown: checks });
    made.fix = (ref, text) => this.#fix(ref, text);
    return made;
  }

  #newOutbox(items) {
    return new Outbox(items, (item, signal) => this.#deliver(item, signal), {
      changed: () => this.#page.changed(),
      sent: (item, answer) => this.#sent(item, answer),
      late: (item, error) => this.#late(item, error),
      refused: (item, error) => this.#refused(item, error),
    });
  }

  get over() {
    return this.#over;
  }

  // -- beginnings ---------------------------------------------------------------------------------

  /** The talk of before a reload goes on. */
  resume() {
    if (!kept.get("token")) return;
    this.#begun();
    for (const item of this.outbox.items) if (item.text) this.thread.pending(item.id, item.text);
    if (this.outbox.items.some((item) => item.kind === "end")) this.#screen.ending(true);
    if (this.outbox.items.some((item) => item.kind === "start")) this.outbox.run();
    else this.#follow();
  }

  /** A talk begun elsewhere is this page's from now on. */
  taken() {
    this.#begun();
    this.#follow();
    this.#composer.focus();
  }

  /** The first words, or "yes, now" without any, with what was answered before them. */
  start(text, { danger, topic, under18 }, notice) {
    kept.set("token", kept.secret());
    const id = kept.secret(12);
    if (text) {
      this.thread.pending(id, text);
      this.#composer.text = "";
    }
    this.#begun();
    this.#screen.say("state", this.#screen.texts.starting);
    this.outbox.add({ kind: "start", id, text, danger, topic, under18, notice });
  }

  #begun() {
    this.#screen.begun();
    this.#composer.hint = this.#screen.texts.write;
  }

  /** Everything from the beginning: nothing of the talk is kept on the device. */
  #follow() {
    if (this.#live || this.#over) return;
    const heard = Number(kept.get("cursor") ?? 0); // what was there before a reload is not read out again
    this.#live = new Live(this.#page.at, kept.get("token"), 0, {
      frame: (frame) => this.#frame(frame, heard),
      link: (up) => this.#screen.link(up),
      gone: () => this.#gone(),
    });
    this.#live.start();
    this.outbox.run();
  }

  /** Look at once, and try again now. */
  nudge() {
    this.outbox.wake();
    this.#live?.nudge();
  }

  // -- what is said -------------------------------------------------------------------------------

  /** A message, or a correction where the last one is being corrected. */
  say(text) {
    const id = kept.secret(12);
    if (this.#fixing !== null) {
      if (text) this.outbox.add({ kind: "edit", id, ref: this.#fixing, text });
      this.#fixing = null;
      this.#screen.say("code", "");
      return;
    }
    this.thread.pending(id, text);
    this.outbox.add({ kind: "message", id, text });
  }

  /** What is being written has changed. */
  written(text) {
    if (this.#heard && !this.#over) this.#typing.written(text);
  }

  get fixing() {
    return this.#fixing !== null;
  }

  #fix(ref, text) {
    this.#fixing = ref;
    this.#composer.text = text;
    this.#composer.focus();
    this.#screen.say("code", this.#screen.texts.correcting);
  }

  /** Danger: "unsure", or "yes". */
  raise(value) {
    this.#screen.say("raised", this.#screen.texts.mark_sending);
    for (const name of raised(value)) this.#screen.button(name).disabled = true;
    this.outbox.add({ kind: "answer", id: kept.secret(12), value });
    this.#composer.focus();
  }

  /** The other person came in, or has gone. */
  aside(hidden) {
    this.outbox.add({ kind: "aside", id: kept.secret(12), hidden });
  }

  /** Not called back but answered here, in turn; the next frame tells that it is so. */
  wait() {
    const request = { method: "POST", token: kept.get("token"), body: {} };
    ask(this.#page.at("wait"), request).then(() => this.#live?.nudge(), () => this.#screen.link(false));
  }

  /** The talk goes on in another language, on a page in it; what is unsent goes along. */
  speak(language) {
    const request = { method: "POST", token: kept.get("token"), body: { language } };
    const there = new URL(location.href);
    there.searchParams.set("lang", language);
    ask(this.#page.at("language"), request).then(() => location.replace(there), () => this.#screen.link(false));
  }

  // -- sending ------------------------------------------------------------------------------------

  #deliver(item, signal) {
    const { at, language } = this.#page;
    return deliver(item, { at, language, signal, token: kept.get("token"), live: this.#live });
  }

  #sent(item, answer) {
    this.#screen.stuck(null);
    if (item.kind === "start") {
      this.#frame(answer, 0);
      this.#follow();
    } else if (item.kind === "message") {
      this.thread.sent(item.id, answer.seq, answer.time);
      this.#screen.say("link", answer.slowed ?? "");
    } else if (item.kind === "answer") this.#screen.answered(raised(item.value), this.#screen.texts.urgent_sent, true);
    else if (item.kind === "end") this.#finish();
  }

  #late(item, error) {
    this.thread.late(item.id);
    if (item.kind === "answer") this.#screen.say("raised", this.#screen.texts.mark_retrying);
    this.#screen.stuck(error.status ? "trouble" : "offline");
  }

  #refused(item, error) {
    this.#screen.stuck(null);
    if (error.status === 401 && item.kind === "end") this.#finish(); // it was heard, and its answer was lost
    else if (error.status === 401) this.#gone(item.text);
    else if (item.kind === "start") {
      // There is no contact: back to the beginning, with the words where they can be sent again.
      this.thread.forget(item.id);
      this.#return(item.text);
      kept.set("token", null);
      this.#screen.unbegun(error.sentence, error.code === "line_closed" || error.code === "chat_disabled");
    } else if (item.kind === "answer") this.#screen.answered(raised(item.value), error.sentence, false);
    else if (item.kind === "end") {
      this.#screen.ending(false);
      this.#screen.say("link", error.sentence);
    } else if (item.kind === "edit") {
      this.#return(item.text); // it can go as a message of its own
      this.#screen.say("link", error.sentence ?? error.message);
    } else if (item.kind === "message") {
      const writable = error.code !== "contact_ended";
      this.thread.failed(item.id, error.sentence, writable ? () => this.#return(item.text) : null);
    }
  }

  #return(text) {
    if (!text) return;
    this.#composer.text = [text, this.#composer.text].filter(Boolean).join("\n");
    this.#page.changed();
    this.#composer.focus();
  }

  // -- what comes ---------------------------------------------------------------------------------

  #frame(frame, heard) {
    if (this.#over) return;
    if (frame.typing && this.#heard) this.#typing.heard();
    const reading = this.thread.atEnd;
    let fresh = false;
    for (const entry of frame.entries) {
      if (entry.who === "me") this.outbox.settle(entry.id);
      const isNew = this.thread.add(entry, entry.seq > heard);
      if (isNew && entry.danger && entry.seq > heard) this.#screen.say("alarm", entry.text);
      if (isNew && entry.who === "counsellor") this.#typing.over();
      fresh ||= isNew && entry.who !== "me";
      if (this.#live) this.#live.cursor = Math.max(this.#live.cursor, entry.seq);
    }
    if (this.#live && frame.cursor) this.#live.cursor = Math.max(this.#live.cursor, frame.cursor);
    if (this.#live && this.#live.cursor > heard) kept.set("cursor", String(this.#live.cursor));
    if (frame.state) this.#stands(frame.state);
    if (frame.state && !frame.state.open) this.#finish();
    if (frame.more) this.#live?.read();
    if (reading) this.thread.toEnd();
    else if (fresh) this.#screen.button("newer").hidden = false;
  }

  #stands(state) {
    this.#screen.state(state);
    this.#heard = state.typing === true;
    if (!this.#heard) this.#typing.over();
  }

  // -- endings ------------------------------------------------------------------------------------

  /** After what is unsent; over it is once the server has said so. */
  end() {
    this.#screen.ending(true);
    this.outbox.add({ kind: "end", id: kept.secret(12) });
  }

  /** Over: the secret is forgotten. */
  #finish() {
    if (this.#over) return;
    const { items } = this.outbox;
    this.stop();
    kept.clear();
    for (const item of items) this.thread.failed(item.id, "", null);
    this.thread.close();
    this.#screen.ended();
  }

  /** The secret is unknown: a new talk can begin, and no word that was not stored is lost. */
  #gone(refused = null) {
    if (this.#over) return;
    if (this.outbox.items.some((item) => item.kind === "end")) {
      this.#finish(); // as it was to be: the open line heard it first
      return;
    }
    const words = [refused, ...this.outbox.items.map((item) => item.text)].filter(Boolean);
    this.stop();
    kept.clear();
    this.#over = false;
    this.#live = null;
    this.outbox = this.#newOutbox([]);
    this.#screen.parts.thread.replaceChildren();
    this.thread = this.#newThread();
    this.#return(words.join("\n"));
    this.#screen.unbegun(this.#screen.texts.expired, false);
  }

  stop() {
    this.#over = true;
    this.#typing.over();
    this.outbox.stop();
    this.#live?.stop();
  }

  /** Said while the page is being closed: `keepalive` lets it arrive after the page is gone. */
  leave() {
    const token = kept.get("token");
    if (!token || this.#over) return;
    const how = { method: "POST", token, body: { quick: false }, keepalive: true, credentials: "same-origin" };
    ask(this.#page.at("leave"), how).catch(() => {});
  }
}

/** The buttons that have said it all once this is marked. */
function raised(value) {
  return value === "yes" ? ["urgent", "danger"] : ["urgent"];
}

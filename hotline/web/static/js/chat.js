// <hotline-chat>: the caller's conversation. The page is complete without it; this makes it live.

import { Answers } from "./answers.js";
import { Aside, code, goOn } from "./aside.js";
import { Composer } from "./composer.js";
import * as kept from "./kept.js";
import { Live } from "./live.js";
import { Outbox, ask } from "./outbox.js";
import "./quick-exit.js";
import { Thread } from "./thread.js";

class HotlineChat extends HTMLElement {
  #parts = {};
  #live = null;
  #over = false;
  #stuck = null; // why words are not through: "offline", or "trouble" at the server
  #fixing = null; // the number of the message that what is written now corrects

  connectedCallback() {
    for (const node of this.querySelectorAll("[data-part]")) this.#parts[node.dataset.part] = node;
    this.texts = JSON.parse(this.#parts.texts.textContent);
    this.form = this.querySelector("form");
    this.answers = new Answers(this.form);
    this.composer = new Composer(this.form.elements.text, { send: () => this.#send(), changed: () => this.#keep() });
    this.thread = this.#newThread();
    const unsent = read(kept.get("unsent"));
    this.composer.text ||= unsent.draft ?? "";
    this.outbox = this.#newOutbox(unsent.items ?? []);
    this.aside = new Aside(this, (hidden) => this.#aside(hidden));
    this.aside.show(unsent.hidden === true);
    this.#parts.continue?.removeAttribute("hidden");
    this.#listen();
    this.#resume();
  }

  #newThread() {
    const thread = new Thread(this.#parts.thread, this.texts, { sent: this.#parts.check, shown: this.#parts.checks });
    thread.fix = (ref, text) => this.#fix(ref, text);
    return thread;
  }

  #newOutbox(items) {
    return new Outbox(items, (item, signal) => this.#deliver(item, signal), {
      changed: () => this.#keep(),
      sent: (item, answer) => this.#sent(item, answer),
      late: (item, error) => this.#late(item, error),
      refused: (item, error) => this.#refused(item, error),
    });
  }

  // -- beginnings ---------------------------------------------------------------------------------

  #listen() {
    this.form.addEventListener("submit", (event) => {
      if (event.submitter?.name === "callback") {
        this.form.elements.token.value = kept.get("token"); // the form's own page goes on with this contact
        this.form.elements.text.disabled = true; // unsent words stay here
        return;
      }
      event.preventDefault();
      this.#press(event.submitter);
    });
    this.addEventListener("click", (event) => this.#do(event.target.closest("[data-do]")?.dataset.do));
    addEventListener("online", () => this.#nudge());
    addEventListener("offline", () => this.#link(false));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#nudge());
    addEventListener("pagehide", () => this.#leave(false));
    document.addEventListener("quick-exit", () => this.#exit());
  }

  async #resume() {
    const token = kept.get("token");
    if (!token) return;
    this.#begun();
    for (const item of this.outbox.items) if (item.text) this.thread.pending(item.id, item.text);
    if (this.outbox.items.some((item) => item.kind === "start")) this.outbox.run();
    else this.#follow();
  }

  /** Everything from the beginning: nothing of the talk is kept on the device. */
  #follow() {
    if (this.#live || this.#over) return;
    const heard = Number(kept.get("cursor") ?? 0); // what was there before a reload is not read out again
    this.#live = new Live((what) => this.#at(what), kept.get("token"), 0, {
      frame: (frame) => this.#frame(frame, heard),
      link: (up) => this.#link(up),
      gone: () => this.#gone(),
    });
    this.#live.start();
    this.outbox.run();
  }

  #nudge() {
    this.outbox.wake();
    this.#live?.nudge();
  }

  #at(what) {
    return `/chat/${this.dataset.line}/${what}?lang=${this.dataset.language}`;
  }

  // -- what the caller does -----------------------------------------------------------------------

  #press(button) {
    const { name, value } = button ?? {};
    if (name === "danger" && value === "yes") this.#danger();
    else if (name === "continue") this.#goOn();
    else if (name === "danger" || name === "topic" || name === "under18") this.#answer(name, value);
    else this.#send();
  }

  #do(what) {
    if (what === "urgent") this.#raise("unsure");
    else if (what === "danger") this.#raise("yes");
    else if (what === "wait") this.#wait();
    else if (what === "code") code((where) => this.#at(where)).then((text) => this.#say("code", text), () => this.#link(false));
    else if (what === "newer") this.thread.toEnd();
    else if (what === "end") this.#sure(true);
    else if (what === "stay") this.#sure(false);
    else if (what === "end-yes") this.#end();
    else if (what === "again") {
      kept.clear();
      location.replace(location.href);
    }
  }

  /** Not called back but answered here, in turn; the next frame tells that it is so. */
  #wait() {
    const request = { method: "POST", token: kept.get("token"), body: {} };
    ask(this.#at("wait"), request).then(() => this.#live?.nudge(), () => this.#link(false));
  }

  #aside(hidden) {
    if (kept.get("token")) this.outbox.add({ kind: "aside", id: kept.secret(12), hidden });
    this.#keep();
  }

  #goOn() {
    const letters = this.form.elements.code.value.trim();
    if (!letters) return;
    goOn((what) => this.#at(what), letters).then(() => {
      this.form.elements.code.value = "";
      this.#begun();
      this.#follow();
      this.composer.focus();
    }, (error) => this.#unbegun(error.status ? error.message : this.texts.offline, false));
  }

  #answer(name, value) {
    this.answers.press(name, value);
    const young = this.answers.under18 ? this.texts.youth : "";
    this.#say("kept", [young, this.answers.any ? this.texts.answer_kept : ""].filter(Boolean).join(" "));
  }

  /** "Yes, now" does not wait for words. */
  #danger() {
    this.answers.danger = "yes";
    this.#start(this.composer.text.trim() || null);
  }

  #fix(ref, text) {
    this.#fixing = ref;
    this.composer.text = text;
    this.composer.focus();
    this.#say("code", this.texts.correcting);
  }

  #send() {
    const text = this.composer.text.trim();
    if (this.#fixing !== null) {
      if (text) this.outbox.add({ kind: "edit", id: kept.secret(12), ref: this.#fixing, text });
      this.#fixing = null;
      this.composer.text = "";
      this.#say("code", "");
      this.#keep();
      this.composer.focus();
      return;
    }
    if (!text || this.#over) {
      this.composer.focus();
      return;
    }
    if (kept.get("token")) {
      const id = kept.secret(12);
      this.thread.pending(id, text);
      this.outbox.add({ kind: "message", id, text });
    } else this.#start(text);
    this.composer.text = "";
    this.#keep();
    this.composer.focus();
    this.thread.toEnd();
  }

  #start(text) {
    if (kept.get("token")) {
      this.#raise("yes");
      return;
    }
    kept.set("token", kept.secret());
    const id = kept.secret(12);
    const { danger, topic, under18 } = this.answers;
    if (text) {
      this.thread.pending(id, text);
      this.composer.text = "";
    }
    this.#begun();
    this.#say("state", this.texts.starting);
    const notice = this.form.elements.notice.value;
    this.outbox.add({ kind: "start", id, text, danger, topic, under18, notice });
  }

  #raise(value) {
    this.#say("raised", this.texts.mark_sending);
    for (const name of raised(value)) this.#button(name).disabled = true;
    this.outbox.add({ kind: "answer", id: kept.secret(12), value });
    this.composer.focus();
  }

  /** What became of it: marked, or to be pressed again. */
  #answered(value, sentence, done) {
    for (const name of raised(value)) {
      this.#button(name).hidden ||= done;
      this.#button(name).disabled = false;
    }
    this.#say("raised", sentence);
  }

  // -- sending ------------------------------------------------------------------------------------

  #deliver(item, signal) {
    const token = kept.get("token");
    const post = (what, body) => ask(this.#at(what), { method: "POST", token, body, signal });
    if (item.kind === "start") {
      const { id, text, danger, topic, under18, notice } = item;
      const given = { token, id, language: this.dataset.language, notice };
      if (text) given.text = text;
      if (danger) given.danger = danger;
      if (topic) given.topic = topic;
      if (under18) given.under18 = true;
      return post("contacts", given);
    }
    if (item.kind === "edit") return post("corrections", { id: item.id, ref: item.ref, text: item.text });
    if (item.kind === "aside") return post("aside", { id: item.id, hidden: item.hidden });
    if (item.kind === "answer") return post("answers", { question: "danger", value: item.value });
    if (this.#live?.open) return this.#live.say(item.id, item.text);
    return post("messages", { id: item.id, text: item.text });
  }

  #sent(item, answer) {
    this.#stuck = null;
    this.#link(true);
    if (item.kind === "start") {
      this.#frame(answer, 0);
      this.#follow();
    } else if (item.kind === "message") {
      this.thread.sent(item.id, answer.seq, answer.time);
      this.#say("link", answer.slowed ?? "");
    } else if (item.kind === "answer") this.#answered(item.value, this.texts.urgent_sent, true);
  }

  #late(item, error) {
    this.thread.late(item.id);
    if (item.kind === "answer") this.#say("raised", this.texts.mark_retrying);
    this.#stuck = error.status ? "trouble" : "offline";
    this.#link(false);
  }

  #refused(item, error) {
    this.#stuck = null;
    this.#link(true);
    if (error.status === 401) this.#gone(item.text);
    else if (item.kind === "start") {
      // There is no contact: back to the beginning, with the words where they can be sent again.
      this.thread.forget(item.id);
      this.#return(item.text);
      kept.set("token", null);
      this.#unbegun(error.sentence, error.code === "line_closed" || error.code === "chat_disabled");
    } else if (item.kind === "answer") this.#answered(item.value, error.sentence, false);
    else if (item.kind === "edit") {
      this.#return(item.text); // it can go as a message of its own
      this.#say("link", error.sentence ?? error.message);
    } else if (item.kind === "message") {
      const writable = error.code !== "contact_ended";
      this.thread.failed(item.id, error.sentence, writable ? () => this.#return(item.text) : null);
    }
  }

  #return(text) {
    if (!text) return;
    this.composer.text = [text, this.composer.text].filter(Boolean).join("\n");
    this.#keep();
    this.composer.focus();
  }

  // -- what comes ---------------------------------------------------------------------------------

  #frame(frame, heard) {
    if (this.#over) return;
    const reading = this.thread.atEnd;
    let fresh = false;
    for (const entry of frame.entries) {
      if (entry.who === "me") this.outbox.settle(entry.id);
      const isNew = this.thread.add(entry, entry.seq > heard);
      if (isNew && entry.danger && entry.seq > heard) this.#say("alarm", entry.text);
      fresh ||= isNew && entry.who !== "me";
      if (this.#live) this.#live.cursor = Math.max(this.#live.cursor, entry.seq);
    }
    if (this.#live && frame.cursor) this.#live.cursor = Math.max(this.#live.cursor, frame.cursor);
    if (this.#live && this.#live.cursor > heard) kept.set("cursor", String(this.#live.cursor));
    if (frame.state) this.#show(frame.state);
    if (frame.more) this.#live?.read();
    if (reading) this.thread.toEnd();
    else if (fresh) this.#button("newer").hidden = false;
  }

  #show(state) {
    this.#say("state", state.sentence);
    this.#waiting(state.state === "waiting");
    if (state.priority_danger) for (const name of ["urgent", "danger"]) this.#button(name).hidden = true;
    if (this.#parts.wait) {
      this.#parts.wait.hidden = !state.later;
      this.#parts.callback.hidden = state.later;
    }
    this.#button("code").hidden = !state.open;
    if (!state.open) this.#finish();
  }

  /** Over: the secret is forgotten, and nobody can type into the void. */
  #finish() {
    if (this.#over) return;
    const { items } = this.outbox;
    const inside = this.#parts.dock.contains(document.activeElement);
    this.#stop();
    kept.clear();
    this.#parts.dock.hidden = true;
    this.#waiting(false);
    this.#parts.ended.hidden = false;
    for (const item of items) this.thread.failed(item.id, "", null);
    this.thread.close();
    if (inside) this.#parts.ended.focus();
  }

  /** The secret is unknown: a new talk can begin, and no word that was not stored is lost. */
  #gone(refused = null) {
    if (this.#over) return;
    const words = [refused, ...this.outbox.items.map((item) => item.text)].filter(Boolean);
    this.#stop();
    kept.clear();
    this.#over = false;
    this.#live = null;
    this.outbox = this.#newOutbox([]);
    this.#parts.thread.replaceChildren();
    this.thread = this.#newThread();
    this.#return(words.join("\n"));
    this.#unbegun(this.texts.expired, false);
  }

  // -- appearance ---------------------------------------------------------------------------------

  #begun() {
    this.#parts.before.hidden = true;
    this.#parts.dock.hidden = false;
    this.#waiting(false);
    this.#parts.notice.hidden = true;
    this.#button("end").hidden = false;
    this.composer.hint = this.texts.write;
  }

  #unbegun(sentence, closed) {
    this.#parts.before.hidden = false;
    this.#waiting(false);
    for (const name of ["end", "code"]) this.#button(name).hidden = true;
    this.#say("code", "");
    this.#parts.dock.hidden = closed || this.dataset.mode !== "live";
    this.#parts.notice.hidden = false;
    this.#say("notice", sentence);
    this.#say("state", "");
    this.#parts.notice.scrollIntoView({ block: "nearest" });
  }

  /** Words that are not through keep the warning, whatever can be read; a server that fails has numbers beside it. */
  #link(up) {
    const trouble = this.#stuck === "trouble";
    this.#parts.trouble.hidden = !trouble;
    this.#say("link", trouble || (up && !this.#stuck) ? "" : this.texts.offline);
  }

  /** Where no other 112 is on the screen, this one is. */
  #waiting(shown) {
    this.#parts.after.hidden = !shown;
    this.#parts.help.hidden = shown || !this.#parts.before.hidden;
  }

  /** Text in place, and only if it changed: a screen reader speaks each change. */
  #say(part, text) {
    const node = this.#parts[part];
    if (node.textContent !== text) node.textContent = text;
  }

  #button(name) {
    return this.querySelector(`[data-do="${name}"]`);
  }

  #keep() {
    const { items } = this.outbox;
    const draft = this.composer.text;
    const { hidden } = this.aside ?? {};
    kept.set("unsent", draft || items.length || hidden ? JSON.stringify({ draft, items, hidden }) : null);
  }

  // -- endings ------------------------------------------------------------------------------------

  #sure(asking) {
    this.#parts.sure.hidden = !asking;
    this.#button("end").hidden = asking;
    this.#button(asking ? "stay" : "end").focus();
  }

  #end() {
    this.#leave(true);
    this.#finish();
  }

  #stop() {
    this.#over = true;
    this.outbox.stop();
    this.#live?.stop();
  }

  /** Said while the page is being closed: `keepalive` lets it arrive after the page is gone. */
  #leave(quick) {
    const token = kept.get("token");
    if (!token || this.#over) return;
    ask(this.#at("leave"), { method: "POST", token, body: { quick }, keepalive: true, credentials: "same-origin" })
      .catch(() => {});
  }

  #exit() {
    this.#stop();
  }
}

/** The buttons that have said it all once this is marked. */
function raised(value) {
  return value === "yes" ? ["urgent", "danger"] : ["urgent"];
}

function read(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

customElements.define("hotline-chat", HotlineChat);

// <hotline-chat>: the caller's conversation. The page is complete without it; this makes it live.

import { Aside, code, goOn } from "./aside.js";
import { Answers, Composer } from "./composer.js";
import * as kept from "./kept.js";
import "./quick-exit.js";
import { Screen } from "./screen.js";
import { Talk } from "./talk.js";

class HotlineChat extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.screen = new Screen(this, this.dataset.mode);
    this.answers = new Answers(this.form);
    this.composer = new Composer(this.form.elements.text, { send: () => this.#send(), changed: () => this.#written() });
    const unsent = read(kept.get("unsent"));
    this.composer.text ||= unsent.draft ?? "";
    const page = { at: (what) => this.#at(what), changed: () => this.#keep(), screen: this.screen, composer: this.composer };
    this.talk = new Talk({ ...page, language: this.dataset.language }, unsent.items ?? []);
    this.aside = new Aside(this, (hidden) => this.#aside(hidden));
    this.aside.show(unsent.hidden === true);
    this.screen.parts.continue?.removeAttribute("hidden");
    this.#listen();
    this.talk.resume();
  }

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
    addEventListener("online", () => this.talk.nudge());
    addEventListener("offline", () => this.screen.link(false));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.talk.nudge());
    let end = true; // is the end of the thread before one's eyes? A keyboard that comes up must not cover it
    addEventListener("scroll", () => (end = this.talk.thread.atEnd), { passive: true });
    addEventListener("resize", () => end && kept.get("token") && this.talk.thread.toEnd());
    addEventListener("pagehide", () => this.talk.leave());
    document.addEventListener("quick-exit", () => this.talk.stop());
  }

  #at(what) {
    return `/chat/${this.dataset.line}/${what}?lang=${this.dataset.language}`;
  }

  #press(button) {
    const { name, value } = button ?? {};
    if (name === "danger" && value === "yes") this.#danger();
    else if (name === "continue") this.#goOn();
    else if (name === "language") this.talk.speak(value);
    else if (name === "danger" || name === "topic" || name === "under18") this.#answer(name, value);
    else this.#send();
  }

  #do(what) {
    if (what === "urgent") this.talk.raise("unsure");
    else if (what === "danger") this.talk.raise("yes");
    else if (what === "wait") this.talk.wait();
    else if (what === "code") this.#code();
    else if (what === "newer") this.talk.thread.toEnd();
    else if (what === "end") this.screen.sure(true);
    else if (what === "stay") this.screen.sure(false);
    else if (what === "end-yes") this.talk.end();
    else if (what === "again") {
      kept.clear();
      location.replace(location.href);
    }
  }

  #aside(hidden) {
    if (kept.get("token")) this.talk.aside(hidden);
    this.#keep();
  }

  #code() {
    code((what) => this.#at(what)).then((text) => this.screen.say("code", text), () => this.screen.link(false));
  }

  #goOn() {
    const field = this.form.elements.code;
    const letters = field.value.trim();
    if (!letters) return;
    goOn((what) => this.#at(what), letters).then(() => {
      field.value = "";
      this.talk.taken();
    }, (error) => this.screen.unbegun(error.status ? error.message : this.screen.texts.offline, false));
  }

  #answer(name, value) {
    const { texts } = this.screen;
    this.answers.press(name, value);
    const young = this.answers.under18 ? texts.youth : "";
    this.screen.say("kept", [young, this.answers.any ? texts.answer_kept : ""].filter(Boolean).join(" "));
  }

  /** "Yes, now" does not wait for words. */
  #danger() {
    this.answers.danger = "yes";
    if (kept.get("token")) this.talk.raise("yes");
    else this.#start(this.composer.text.trim() || null);
  }

  #send() {
    const text = this.composer.text.trim();
    if (this.talk.over || (!text && !this.talk.fixing)) {
      this.composer.focus();
      return;
    }
    if (kept.get("token")) this.talk.say(text);
    else this.#start(text);
    this.composer.text = "";
    this.#keep();
    this.composer.focus();
    this.talk.thread.toEnd();
  }

  #start(text) {
    this.talk.start(text, this.answers, this.form.elements.notice.value);
  }

  #written() {
    this.#keep();
    this.talk.written(this.composer.text);
  }

  #keep() {
    const { items } = this.talk.outbox;
    const draft = this.composer.text;
    const { hidden } = this.aside ?? {};
    kept.set("unsent", draft || items.length || hidden ? JSON.stringify({ draft, items, hidden }) : null);
  }
}

function read(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

customElements.define("hotline-chat", HotlineChat);

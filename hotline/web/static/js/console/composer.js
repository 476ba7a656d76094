// Where words are written. A message and a note have their own drafts and look unlike each other,
// so that a note is never sent to the caller by mistake.

import { OtherDraft } from "./drafts.js";
import { Replies } from "./replies.js";
import { h, icon, t } from "./words.js";

const LIMIT = 4000;

export class Composer {
  constructor(desk) {
    this.desk = desk;
    this.talk = null;
    this.onwrite = () => {};
    this.area = h("textarea", { class: "field", rows: "2", id: "words" });
    this.area.addEventListener("input", () => this.#keep());
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.modes = ["message", "note"].map((mode) => this.#mode(mode));
    this.replies = new Replies((sentence) => this.#put(sentence), desk.caps.sentences);
    this.other = new OtherDraft(() => this.focus());
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    this.button = h("button", { class: "button button-main", type: "submit" });
    this.element = h(
      "form",
      { class: "composer", hidden: true },
      h("div", { class: "composer-top" }, h("fieldset", { class: "modes" }, h("legend", { class: "spoken" }, t("mode")), this.modes), this.replies.button),
      this.replies.element,
      this.other.element,
      this.problem,
      h("div", { class: "composer-line" }, this.area, this.button),
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  draw(talk) {
    const guest = this.desk.guestOf(talk);
    this.element.hidden = !talk.open && !guest;
    this.mode = guest ? "note" : talk.mode;
    this.modes[0].hidden = guest;
    this.element.dataset.mode = this.mode;
    const drafts = talk.drafts[this.mode];
    if (this.talk !== talk || this.area.value !== drafts) this.area.value = drafts;
    this.talk = talk;
    this.other.draw(talk.drafts.of(this.mode));
    const note = this.mode === "note";
    this.area.setAttribute("aria-label", t(note ? "write_note" : "write_message"));
    this.area.placeholder = t(note ? "write_note" : "write_message");
    this.button.replaceChildren(icon(note ? "note" : "send"), t(note ? "save_note" : "send"));
    for (const label of this.modes) label.firstChild.checked = label.firstChild.value === this.mode;
    this.replies.draw(talk.open && !note ? talk : null);
    this.#measure();
  }

  choose(mode) {
    this.talk.mode = mode;
    this.draw(this.talk);
  }

  focus() {
    this.area.focus();
  }

  #mode(mode) {
    const radio = h("input", { type: "radio", name: "mode", value: mode });
    radio.addEventListener("change", () => {
      this.choose(mode);
      this.focus();
    });
    return h("label", { class: `mode mode-${mode}` }, radio, h("span", {}, t(`${mode}_tab`)));
  }

  /** A ready sentence goes in at the caret, or over what is marked, to be read over before it is sent. */
  #put(sentence) {
    const { value, selectionStart: from, selectionEnd: to } = this.area;
    const before = /\S$/.test(value.slice(0, from)) ? " " : "";
    const after = /^\S/.test(value.slice(to)) ? " " : "";
    this.area.setRangeText(before + sentence + after, from, to, "end");
    this.#keep();
    this.focus();
  }

  #keep() {
    this.talk.drafts[this.mode] = this.area.value;
    if (this.mode === "message") this.onwrite(this.area.value); // a note is nobody's business but ours
    this.#measure();
  }

  #measure() {
    const over = [...this.area.value].length - LIMIT;
    this.problem.hidden = over <= 0;
    if (over > 0) this.problem.textContent = t("too_long", { over });
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    }
  }

  #send() {
    const text = this.area.value;
    if (!text.trim() || !this.problem.hidden) return;
    const { mode } = this;
    const id = this.talk.drafts.of(mode).take();
    this.area.value = "";
    // After a note the field goes back to what is written most, and to the look that belongs to it.
    this.talk.mode = "message";
    this.desk.send(this.talk, mode, text, id);
    this.focus();
  }
}

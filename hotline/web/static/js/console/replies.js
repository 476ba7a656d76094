// Ready sentences: a list over the composer that is searched by typing. What is chosen goes into the draft at the
// caret, to be read over; nothing is ever sent from here.

import { ask } from "./wire.js";
import { fill, h, icon, speak, t } from "./words.js";

/** Without accents and capitals, as a hurried person types: "zegn" finds "Żegnam". */
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l");
const wordsOf = (text) => plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

export class Replies {
  #talk = null; // whose list is open
  #rows = []; // {reply, words, option} of all
  #shown = []; // of those that fit
  #active = null;
  #before = null;

  /** `put(text)` takes what was chosen; `cap` is the key that opens the list. */
  constructor(put, cap) {
    this.put = put;
    this.button = h(
      "button",
      { class: "button button-small", type: "button", "aria-expanded": "false", "aria-controls": "replies", onclick: () => this.toggle(this.talk) },
      t("replies"),
      h("kbd", {}, cap),
    );
    this.input = h("input", {
      class: "field",
      type: "text",
      role: "combobox",
      "aria-label": t("replies_find"),
      placeholder: t("replies_find"),
      "aria-expanded": "true",
      "aria-controls": "replies-list",
      "aria-autocomplete": "list",
      autocomplete: "off",
      spellcheck: "false",
    });
    this.language = h("p", { class: "fine replies-language" });
    this.list = h("div", { class: "replies-list", id: "replies-list", role: "listbox", "aria-label": t("replies_title"), hidden: true });
    this.note = h("p", { class: "empty replies-note" });
    this.element = h(
      "div",
      { class: "replies", id: "replies", role: "group", "aria-label": t("replies_title"), hidden: true },
      h("div", { class: "replies-top" }, this.input, this.language),
      this.note,
      this.list,
      h("p", { class: "fine replies-hint" }, t("replies_hint")),
    );
    this.input.addEventListener("input", () => this.#filter(true));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusout", (event) => this.#left(event.relatedTarget));
    // The focus stays where one types, whatever is touched here.
    this.element.addEventListener("mousedown", (event) => event.target !== this.input && event.preventDefault());
  }

  /** The talk the composer shows; null where nothing can be sent to a caller. */
  draw(talk) {
    this.talk = talk;
    this.button.hidden = !talk;
    if (this.#talk && this.#talk !== talk) this.#close();
  }

  toggle(talk) {
    if (!talk) return;
    if (this.#talk) this.#close(true);
    else this.#open(talk);
  }

  async #open(talk) {
    this.#talk = talk;
    this.#before = document.activeElement;
    this.element.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.input.value = "";
    this.language.textContent = "";
    this.#take([], null);
    this.#tell("replies_loading");
    this.input.focus();
    try {
      const found = await ask(`/console/contacts/${talk.id}/replies?lang=${document.documentElement.lang}`);
      if (this.#talk !== talk) return;
      this.language.textContent = t("replies_language", { language: found.language_label });
      this.#take(found.replies, found.language);
      this.#filter();
    } catch (error) {
      if (this.#talk === talk) this.#tell("replies_failed", error.message);
    }
  }

  #close(back = false) {
    this.#talk = null;
    this.element.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back) (this.#before?.isConnected ? this.#before : this.button).focus();
  }

  #left(next) {
    if (!this.#talk || this.element.contains(next) || next === this.button) return;
    if (next) this.#close();
    else if (document.hasFocus()) this.#close(); // a click beside it; another window takes nothing away
  }

  #take(replies, language) {
    this.#rows = replies.map((reply, place) => {
      const { text, meaning, missing } = reply;
      const option = h(
        "div",
        { class: "reply", role: "option", id: `reply-${place}`, "aria-selected": "false", "aria-disabled": missing && "true" },
        h("span", { lang: language }, text),
        meaning && h("span", { class: "reply-meaning" }, meaning),
        missing && h("span", { class: "reply-missing" }, icon("off"), missing),
      );
      const row = { reply, option, words: wordsOf([text, meaning ?? "", reply.topic].join(" ")) };
      option.addEventListener("click", () => this.#choose(row));
      return row;
    });
    this.#shown = [];
    this.list.hidden = true;
  }

  #filter(typed = false) {
    if (!this.#rows.length) return;
    const parts = wordsOf(this.input.value);
    this.#shown = this.#rows.filter(({ words }) => parts.every((part) => words.some((word) => word.startsWith(part))));
    fill(this.list, ...[...byTopic(this.#shown)].map(([topic, rows], place) => group(topic, rows, `replies-topic-${place}`)));
    this.list.hidden = !this.#shown.length;
    this.list.scrollTop = 0;
    this.#point(this.#shown.find(({ reply }) => !reply.missing) ?? this.#shown[0] ?? null);
    this.#tell(this.#shown.length ? null : "replies_none");
    if (typed) speak(this.#shown.length ? t("replies_count", { count: this.#shown.length }) : t("replies_none"));
  }

  #tell(key, sentence = "") {
    this.note.hidden = !key;
    this.note.textContent = key ? [t(key), sentence].filter(Boolean).join(" ") : "";
  }

  #point(row) {
    this.#active?.option.setAttribute("aria-selected", "false");
    this.#active = row;
    if (!row) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    row.option.setAttribute("aria-selected", "true");
    row.option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", row.option.id);
  }

  #key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#shown.length) {
      const { length } = this.#shown;
      this.#point(this.#shown[(this.#shown.indexOf(this.#active) + step + length) % length]);
    } else if (event.key === "Enter") {
      if (this.#active) this.#choose(this.#active);
    } else if (event.key === "Escape") {
      this.#close(true);
    } else return;
    event.preventDefault(); // nothing else of the page's hears it: Enter would send what is written already
  }

  #choose({ reply }) {
    if (reply.missing) {
      speak(reply.missing, true);
      return;
    }
    this.#close();
    this.put(reply.text);
  }
}

function byTopic(rows) {
  const found = new Map();
  for (const row of rows) found.set(row.reply.topic, [...(found.get(row.reply.topic) ?? []), row]);
  return found;
}

function group(topic, rows, id) {
  return h(
    "div",
    { role: "group", "aria-labelledby": id },
    h("p", { class: "replies-topic", id, role: "presentation" }, topic),
    rows.map(({ option }) => option),
  );
}

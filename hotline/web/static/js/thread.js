// The thread: each entry once, in the order of its number; what is not stored yet stands at the end.

const NEAR = 120; // px from the end that still count as reading along

export class Thread {
  #list;
  #texts;
  #icons; // by mark
  #shown = 0; // up to this number one's words stand on the screen of who answers
  #fix; // the button on one's last words
  #bySeq = new Map();
  #byId = new Map();

  constructor(list, texts, icons) {
    this.#list = list;
    this.#texts = texts;
    this.#icons = icons;
    this.#fix = part("button", "button button-small button-plain bubble-fix", texts.fix);
    this.#fix.type = "button";
  }

  /** `fix(seq, text)`: the last of one's own words shall be corrected. */
  set fix(fix) {
    this.#fix.addEventListener("click", () => {
      const item = this.#fix.closest(".bubble");
      fix(Number(item.dataset.seq), item.querySelector(".bubble-text").textContent);
    });
  }

  /** Over: nothing can be corrected any more. */
  close() {
    this.#fix.hidden = true;
  }

  /** Only what is stored can be corrected, and only the last. */
  #offerFix() {
    const last = [...this.#list.querySelectorAll(".bubble-own")].at(-1);
    if (last?.dataset.seq) last.querySelector(".bubble-foot").append(this.#fix);
    else this.#fix.remove();
  }

  get empty() {
    return this.#list.children.length === 0;
  }

  get atEnd() {
    const page = document.scrollingElement;
    return page.scrollHeight - page.scrollTop - innerHeight < NEAR;
  }

  toEnd() {
    document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
  }

  /** Shows an entry unless it is there. Returns true if it is new to the eye. */
  add(entry, spoken = true) {
    if (this.#bySeq.has(entry.seq)) return false;
    if (entry.kind === "edit") return this.#correct(entry);
    if (entry.kind === "receipt") return this.#show(entry.ref);
    const known = this.#byId.get(entry.id);
    if (known && entry.who === "me") {
      this.sent(entry.id, entry.seq, entry.time);
      return false;
    }
    const item = entry.kind === "system" ? this.#system(entry) : this.#bubble(entry);
    if (entry.who === "me" || !spoken || entry.danger) item.setAttribute("aria-live", "off"); // own words are not read back
    if (entry.who === "me") this.#mark(item, this.#standing(entry.seq), entry.time);
    this.#byId.set(entry.id, item);
    this.#place(item, entry.seq);
    return true;
  }

  /** One's own words at once, before anybody has them. */
  pending(id, text) {
    if (this.#byId.has(id)) return;
    const item = this.#bubble({ who: "me", text, name: "" });
    item.setAttribute("aria-live", "off");
    this.#mark(item, "sending");
    this.#byId.set(id, item);
    this.#list.append(item);
    this.#offerFix();
  }

  sent(id, seq, time) {
    const item = this.#byId.get(id);
    if (!item || item.dataset.seq) return;
    this.#mark(item, this.#standing(seq), time);
    this.#place(item, seq);
  }

  late(id) {
    const item = this.#byId.get(id);
    if (item && !item.dataset.seq) this.#mark(item, "retrying");
  }

  /** It will never be stored: why, and a way to correct it. */
  failed(id, sentence, correct) {
    const item = this.#byId.get(id);
    if (!item || item.dataset.seq) return;
    this.#mark(item, "failed");
    item.classList.add("bubble-failed");
    const foot = item.querySelector(".bubble-foot");
    foot.append(part("span", "", sentence));
    if (!correct) return;
    const button = part("button", "button button-small", this.#texts.correct);
    button.type = "button";
    button.addEventListener("click", () => {
      item.remove();
      correct();
    });
    foot.append(button);
  }

  forget(id) {
    this.#byId.get(id)?.remove();
    this.#byId.delete(id);
  }

  /** The words stand where they were written, as they read now. */
  #correct(entry) {
    const words = this.#bySeq.get(entry.ref)?.querySelector(".bubble-text");
    if (words) words.textContent = entry.text;
    return false;
  }

  #standing(seq) {
    return seq <= this.#shown ? "shown" : "sent";
  }

  /** The second mark, for all words up to this number. */
  #show(seq) {
    this.#shown = Math.max(this.#shown, seq);
    for (const [one, item] of this.#bySeq) {
      if (one <= seq && item.dataset.mark === "sent") this.#mark(item, "shown", item.querySelector("time")?.textContent);
    }
    this.#offerFix();
    return false;
  }

  #place(item, seq) {
    item.dataset.seq = seq;
    this.#bySeq.set(seq, item);
    let next = this.#list.lastElementChild;
    let before = null;
    while (next && (!next.dataset.seq || Number(next.dataset.seq) > seq || next === item)) {
      if (next !== item) before = next;
      next = next.previousElementSibling;
    }
    if (item.classList.contains("bubble-own")) queueMicrotask(() => this.#offerFix());
    // Moving a node makes some screen readers speak it again: only if it must.
    if (item.nextElementSibling !== before || item.parentElement !== this.#list) this.#list.insertBefore(item, before);
  }

  #system(entry) {
    const item = part("li", entry.danger ? "line-system line-danger" : "line-system");
    item.lang = entry.lang;
    item.append(part("span", "spoken", `${this.#texts.system}: `), entry.text);
    return item;
  }

  #bubble(entry) {
    const mine = entry.who === "me";
    const item = part("li", mine ? "bubble bubble-own" : "bubble");
    item.append(
      part("p", mine ? "spoken" : "bubble-name", mine ? this.#texts.mine : entry.name || this.#texts.counsellor),
      Object.assign(part("p", "bubble-text", entry.text), { lang: entry.lang ?? document.documentElement.lang }),
      part("p", "bubble-foot"),
    );
    if (!mine) item.lastChild.append(this.#time(entry.time));
    return item;
  }

  #mark(item, mark, time) {
    const foot = item.querySelector(".bubble-foot");
    foot.replaceChildren();
    item.dataset.mark = mark;
    if (time) foot.append(this.#time(time));
    if (this.#icons[mark]) foot.append(this.#icons[mark].content.cloneNode(true));
    foot.append(part("span", "bubble-mark", this.#texts[`mark_${mark}`]));
  }

  #time(text) {
    return part("time", "", text);
  }
}

function part(name, classes, text) {
  const node = document.createElement(name);
  if (classes) node.className = classes;
  if (text !== undefined) node.textContent = text;
  return node;
}

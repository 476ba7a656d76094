// What the caller's page shows around the thread: which parts stand there, and the sentences in them.

export class Screen {
  #root;
  #texts;
  #mode;
  #danger = false; // is it marked, as far as the server has said?
  #ending = false; // the talk is to end, and the server has not said yet that it has
  #stuck = null; // why words are not through: "offline", or "trouble" at the server
  parts = {};

  /** `mode`: "live" where one can write from the beginning, else "closed". */
  constructor(root, mode) {
    this.#root = root;
    this.#mode = mode;
    for (const node of root.querySelectorAll("[data-part]")) this.parts[node.dataset.part] = node;
    this.#texts = JSON.parse(this.parts.texts.textContent);
  }

  get texts() {
    return this.#texts;
  }

  button(name) {
    return this.#root.querySelector(`[data-do="${name}"]`);
  }

  /** Text in place, and only if it changed: a screen reader speaks each change. */
  say(part, text) {
    const node = this.parts[part];
    if (node.textContent !== text) node.textContent = text;
  }

  /** A talk has begun, or goes on. */
  begun() {
    this.parts.before.hidden = true;
    this.parts.dock.hidden = false;
    this.parts.tongues.hidden = false;
    this.#waiting(false);
    this.parts.notice.hidden = true;
    this.button("end").hidden = false;
  }

  /** Back at the beginning, and why. `closed`: nobody can write from here. */
  unbegun(sentence, closed) {
    this.parts.before.hidden = false;
    this.parts.tongues.hidden = true;
    this.#waiting(false);
    for (const name of ["end", "code"]) this.button(name).hidden = true;
    this.say("code", "");
    this.parts.dock.hidden = closed || this.#mode !== "live";
    this.parts.notice.hidden = false;
    this.say("notice", sentence);
    this.say("state", "");
    this.parts.notice.scrollIntoView({ block: "nearest" });
  }

  /** Where the talk stands, as the server says it. */
  state(state) {
    if (this.#ending) return;
    this.#danger = state.priority_danger;
    this.say("state", state.sentence);
    this.#waiting(state.state === "waiting");
    if (state.priority_danger) for (const name of ["urgent", "danger"]) this.button(name).hidden = true;
    if (this.parts.wait) {
      this.parts.wait.hidden = !state.later;
      this.parts.callback.hidden = state.later;
    }
    this.button("code").hidden = !state.open;
  }

  /**
   * Nobody can type into the void; a focus that was there goes to what is said instead. Where the caller ended it in
   * danger, it is not over for those who answer, and nobody says that it is.
   */
  ended() {
    if (this.#ending && this.#danger) this.say("over", this.#texts.ended_danger);
    const inside = this.parts.dock.contains(document.activeElement);
    this.parts.dock.hidden = true;
    this.parts.tongues.hidden = true;
    this.#waiting(false);
    this.parts.ended.hidden = false;
    if (inside) this.parts.ended.focus();
  }

  /** Somebody on the other side writes. Not read out: it comes and goes, and the words themselves are. */
  writes(so) {
    this.parts.typing.hidden = !so;
  }

  /** Is the talk to be ended? Asked once more. */
  sure(asking) {
    this.parts.sure.hidden = !asking;
    this.button("end").hidden = asking;
    this.button(asking ? "stay" : "end").focus();
  }

  /** To be ended: nothing is written any more; that it is over only the server can say. */
  ending(so) {
    const { state, composer, sure } = this.parts;
    this.#ending = so;
    composer.hidden = so;
    sure.hidden = true;
    if (!so) return;
    this.#waiting(false);
    this.button("code").hidden = true;
    this.say("state", this.#texts.ending);
    state.tabIndex = -1;
    state.focus();
  }

  /** Words are through again, or not for this reason. */
  stuck(why) {
    this.#stuck = why;
    this.link(!why);
  }

  /** Words that are not through keep the warning, whatever can be read; a server that fails has numbers beside it. */
  link(up) {
    const trouble = this.#stuck === "trouble";
    this.parts.trouble.hidden = !trouble;
    const late = this.#ending ? this.#texts.ending_late : trouble ? "" : this.#texts.offline;
    this.say("link", up && !this.#stuck ? "" : late);
  }

  /** These buttons have said it all, or are to be pressed again. */
  answered(names, sentence, done) {
    for (const name of names) {
      this.button(name).hidden ||= done;
      this.button(name).disabled = false;
    }
    this.say("raised", sentence);
  }

  /** Where no other 112 is on the screen, this one is. */
  #waiting(shown) {
    this.parts.after.hidden = !shown;
    this.parts.help.hidden = shown || !this.parts.before.hidden;
  }
}

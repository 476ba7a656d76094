// My duty, whether I take contacts, a break in one click, everything else in two; and the time left for a card.

import { duration, fill, h, icon, speak, t } from "./words.js";

const BREAK_MINUTES = 15;
const OTHERWISE = [
  { words: "call", intent: "call", minutes: 60 },
  { words: "breath", intent: "break", kind: "breath", minutes: 20 },
  { words: "meal", intent: "break", kind: "meal", minutes: 30 },
  { words: "meeting", intent: "meeting", minutes: 60 },
  { words: "visit", intent: "visit", minutes: 120 },
  { words: "off", intent: "off" },
];

export class MyState extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.duty = h("h2", { class: "duty" });
    this.lines = h("p", { class: "fine duty-lines" });
    // In a tab of its own: this one must stay open, for the check asks whether it answers.
    this.check = h("a", { href: "/shift-check", target: "_blank" });
    this.status = h("p", { class: "status" });
    this.main = h("button", { class: "button button-small", type: "button", onclick: () => this.toggle() });
    this.otherwise = h(
      "details",
      { class: "menu" },
      h("summary", { class: "button button-small" }, t("otherwise"), icon("menu")),
      h("div", { class: "menu-body" }, OTHERWISE.map((choice) => this.#choice(choice))),
    );
    this.wrapUp = h("p", { class: "wrap-up", role: "status" });
    this.more = h(
      "button",
      { class: "button button-small", type: "button", onclick: () => this.#try(() => this.desk.prolongWrapUp()) },
      t("more_wrap_up"),
    );
    this.there = h("div", { class: "notice notice-warn there", role: "alert", hidden: true });
    this.danger = h("p", { class: "notice notice-danger there", role: "alert", hidden: true });
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    const row = h("div", { class: "row" }, this.main, this.otherwise);
    this.replaceChildren(this.there, this.danger, this.duty, this.lines, this.status, this.wrapUp, row, this.check, this.problem);
    desk.addEventListener("console", () => this.draw());
    this.draw();
  }

  draw() {
    const me = this.desk.console.me;
    this.duty.textContent = me.duty_sentence;
    this.lines.textContent = me.lines.join(" · ");
    this.lines.title = this.lines.textContent;
    this.lines.hidden = me.lines.length === 0;
    this.dataset.intent = me.intent;
    this.drawThere(me.held);
    this.drawDanger(me);
    this.drawCheck(me.check);
    const mark = { available: "on", off: "off" }[me.intent] ?? "break";
    this.status.className = `status intent-${me.intent}`;
    this.status.replaceChildren(icon(mark), me.intent_words);
    this.main.textContent = { available: t("break"), off: t("go_available") }[me.intent] ?? t("back");
    this.main.classList.toggle("button-main", me.intent !== "available" && me.on_duty);
    this.otherwise.hidden = me.intent !== "available";
    if (this.wrapUp.dataset.until !== String(me.wrap_until)) {
      this.wrapUp.dataset.until = me.wrap_until;
      fill(this.wrapUp, me.wrap_until && [h("span", {}, t("wrap_up", { until: me.wrap_until })), this.more]);
    }
    // Who only supervises has no contacts to take.
    for (const part of [this.status, this.main.parentElement]) part.hidden = !this.desk.mayAnswer;
  }

  /** An offer was left unanswered: one press, and the next ones come. */
  drawThere(held) {
    if (this.there.hidden === !held) return;
    this.there.hidden = !held;
    const here = h("button", { class: "button button-main", type: "button", onclick: () => this.change("available") }, t("here"));
    fill(this.there, held && [icon("alert"), h("div", {}, h("p", {}, h("strong", {}, t("there")), " ", t("there_more")), here)]);
  }

  /** Who talks already is offered nothing; that somebody in danger waits they must know all the same. */
  drawDanger(me) {
    const waits = me.on_duty && me.active > 0 && this.desk.console.queue.some((row) => row.priority === "P1" && !row.offered_to_me);
    if (this.danger.hidden === !waits) return;
    this.danger.hidden = !waits;
    fill(this.danger, waits && [icon("P1"), h("span", {}, t("danger_waits"))]);
  }

  drawCheck(check) {
    this.check.hidden = !check;
    const shown = check ? `${check.title} ${check.words}` : "";
    if (this.check.dataset.shown === shown) return;
    this.check.dataset.shown = shown;
    if (!check) return;
    this.check.className = `check-due check-${check.state}`;
    this.check.replaceChildren(icon("alert"), h("span", {}, check.title, h("br"), h("strong", {}, check.words)));
  }

  toggle() {
    if (this.desk.console.me.intent === "available") this.change("break", BREAK_MINUTES);
    else this.change("available");
  }

  #choice({ words, intent, kind, minutes }) {
    const length = minutes && (minutes < 60 ? t("for_minutes", { minutes }) : t("for_hours", { hours: minutes / 60 }));
    const choose = () => {
      this.otherwise.open = false;
      this.change(intent, minutes, kind);
      this.main.focus();
    };
    return h(
      "button",
      { class: "menu-item", type: "button", onclick: choose },
      t(`intent.${words}`),
      length && h("span", { class: "fine" }, length),
    );
  }

  async change(intent, minutes, kind) {
    await this.#try(async () => {
      await this.desk.setIntent(intent, minutes, kind);
      if (intent !== "available") speak(`${t(`intent.${kind ?? intent}`)}${minutes ? ` (${duration(minutes * 60)})` : ""}`);
    });
  }

  async #try(act) {
    this.problem.hidden = true;
    this.main.setAttribute("aria-disabled", "true");
    try {
      await act();
    } catch (error) {
      this.problem.textContent = error.message || t("failed");
      this.problem.hidden = false;
    }
    this.main.removeAttribute("aria-disabled");
  }
}

customElements.define("my-state", MyState);

// My duty, whether I take contacts, and a break in one click.

import { duration, h, icon, speak, t } from "./words.js";

const BREAK_MINUTES = 15;

export class MyState extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.duty = h("h2", { class: "duty" });
    this.lines = h("p", { class: "fine duty-lines" });
    // In a tab of its own: this one must stay open, for the check asks whether it answers.
    this.check = h("a", { href: "/shift-check", target: "_blank" });
    this.status = h("p", { class: "status" });
    this.main = h("button", { class: "button button-small", type: "button", onclick: () => this.toggle() });
    this.off = h(
      "button",
      { class: "button button-small", type: "button", onclick: () => this.change("off") },
      t("pause"),
    );
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    const row = h("div", { class: "row" }, this.main, this.off);
    this.replaceChildren(this.duty, this.lines, this.status, row, this.check, this.problem);
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
    this.drawCheck(me.check);
    const words = {
      available: t("available"),
      break: t("on_break", { until: me.break_until_time ?? "…" }),
      off: t("off"),
    };
    const mark = { available: "on", break: "break", off: "off" }[me.intent];
    this.status.className = `status intent-${me.intent}`;
    this.status.replaceChildren(icon(mark), words[me.intent]);
    this.main.textContent = { available: t("break"), break: t("back"), off: t("go_available") }[me.intent];
    this.main.classList.toggle("button-main", me.intent !== "available" && me.on_duty);
    this.off.hidden = me.intent !== "available";
    // Who only supervises has no contacts to take.
    for (const part of [this.status, this.main.parentElement]) part.hidden = !this.desk.mayAnswer;
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

  async change(intent, minutes = null) {
    this.problem.hidden = true;
    this.main.setAttribute("aria-disabled", "true");
    try {
      await this.desk.setIntent(intent, minutes);
      if (intent === "break") speak(`${t("break")} (${duration(minutes * 60)})`);
    } catch (error) {
      this.problem.textContent = error.message || t("failed");
      this.problem.hidden = false;
    }
    this.main.removeAttribute("aria-disabled");
  }
}

customElements.define("my-state", MyState);

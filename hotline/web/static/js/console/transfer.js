// Passing a conversation on: the window of who could take it, and the card of whoever is asked.

import { askText, tell } from "./wire.js";
import { fill, fragment, h, icon, mark, speak, t } from "./words.js";

/** The window is drawn by the server each time, so it shows who is there now. */
export class TransferWindow {
  constructor() {
    this.dialog = document.getElementById("transfer");
  }

  /** `way`: consult or straight, chosen beforehand where the keys have said so. */
  async open(talk, way = "consult") {
    let body;
    try {
      body = fragment(await askText(`/console/contacts/${talk.id}/transfer`));
    } catch (error) {
      body = h("p", { class: "field-error", role: "alert" }, error.message || t("failed"));
      body.append(" ", h("button", { class: "button", type: "button", "data-close": true }, t("close")));
    }
    this.dialog.replaceChildren(body);
    this.path = `/console/contacts/${talk.id}`;
    for (const button of body.querySelectorAll("[data-close]")) button.addEventListener("click", () => this.dialog.close());
    const form = body.querySelector("#transfer-form");
    if (form) {
      form.querySelector(`[name="way"][value="${way}"]`).checked = true;
      this.#wire(form, body.querySelector("#conflict-form"));
    }
    if (!this.dialog.open) this.dialog.showModal();
  }

  #wire(form, conflict) {
    form.addEventListener("change", () => this.#follow(form));
    form.querySelector("[data-ask]").addEventListener("click", (event) => this.#ask(form, event.target));
    this.#send(form, () => tell(`${this.path}/transfer`, Object.fromEntries(new FormData(form))));
    this.#send(conflict, () => tell(`${this.path}/conflict`, { reason: new FormData(conflict).get("reason") }));
    this.#follow(form);
  }

  /** What is chosen decides what else there is to choose, and what the caller will read. */
  #follow(form) {
    const chosen = form.querySelector('[name="to"]:checked');
    const queue = chosen?.value.startsWith("queue:") ?? false;
    form.querySelector('[data-for="staff"]').hidden = queue;
    const straight = form.querySelector('[name="way"][value="straight"]');
    straight.disabled = chosen?.hasAttribute("data-consult-only") ?? false;
    if (straight.disabled) form.querySelector('[name="way"][value="consult"]').checked = true;
    const told = queue ? "queue" : new FormData(form).get("way");
    for (const sentence of form.querySelectorAll("[data-told]")) sentence.hidden = sentence.dataset.told !== told;
  }

  async #ask(form, button) {
    const hint = form.querySelector("[data-hint]");
    const [kind, staff] = (new FormData(form).get("to") ?? "").split(":");
    hint.textContent = button.dataset.first;
    if (kind !== "staff") return;
    try {
      await tell(`${this.path}/consent`, { staff });
      hint.textContent = button.dataset.done;
    } catch (error) {
      hint.textContent = error.message || t("failed");
    }
  }

  #send(form, act) {
    const problem = form.querySelector(".field-error");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      event.submitter.setAttribute("aria-disabled", "true");
      try {
        await act();
        this.dialog.close();
      } catch (error) {
        problem.textContent = error.message || t("failed");
        problem.hidden = false;
        event.submitter.removeAttribute("aria-disabled");
      }
    });
  }
}

/** What a colleague asks me to take. It speaks once, and takes no focus. */
export class TransferCard extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.setAttribute("role", "region");
    desk.addEventListener("console", () => this.draw());
    this.draw();
  }

  draw() {
    const { asked } = this.desk.console;
    const key = asked ? `${asked.id} ${asked.joined}` : "";
    if (this.shown === key) return;
    this.shown = key;
    this.hidden = !asked;
    if (!asked) {
      this.replaceChildren();
      return;
    }
    const consults = asked.way === "consult" && !asked.joined;
    const title = t(asked.joined ? "transfer_title_joined" : consults ? "transfer_title_consult" : "transfer_title");
    const facts = [asked.channel_short, asked.language_label, asked.line_name];
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    this.setAttribute("aria-label", title);
    this.toggleAttribute("data-joined", asked.joined);
    fill(
      this,
      h("h2", {}, icon("talk"), title),
      h("p", { class: "row" }, h("strong", {}, t("number", { number: asked.number })), mark(asked.priority, asked.priority_label)),
      h("p", { class: "fine" }, facts.filter(Boolean).join(" · ")),
      h("p", {}, asked.sentence),
      this.problem,
      h("div", { class: "row" }, ...this.#buttons(asked, consults)),
    );
    speak(`${title}. ${asked.sentence}`, !asked.joined);
  }

  #buttons(asked, consults) {
    const button = (what, words, main) =>
      h("button", { class: `button button-small${main ? " button-main" : ""}${what === "open" ? " transfer-show" : ""}`, type: "button", onclick: () => this.#answer(asked, what) }, words);
    return [
      consults ? button("join", t("transfer_join"), true) : button("accept", t("transfer_take"), true),
      asked.joined && button("open", t("transfer_open")),
      button("decline", t(asked.joined ? "transfer_leave" : "transfer_decline")),
    ];
  }

  async #answer(asked, what) {
    this.problem.hidden = true;
    if (what === "open") {
      this.desk.select(asked.contact_id);
      return;
    }
    try {
      const { contact } = await tell(`/console/transfers/${asked.id}/${what}`, {});
      if (!contact) return;
      if (what === "accept") this.desk.answered = contact;
      this.desk.select(contact);
      const talk = this.desk.talk;
      if (what === "accept") await this.desk.refresh(talk);
    } catch (error) {
      this.problem.textContent = error.message || t("failed");
      this.problem.hidden = false;
    }
  }
}

customElements.define("transfer-card", TransferCard);

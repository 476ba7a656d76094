// The windows: ending a conversation, changing a priority, entering a contact by hand, the sheet of keys.

import { TransferWindow } from "./transfer.js";
import { tell } from "./wire.js";
import { t } from "./words.js";

export class Dialogs {
  constructor(desk) {
    this.desk = desk;
    this.passing = new TransferWindow();
    for (const opener of document.querySelectorAll("[data-open]")) {
      opener.addEventListener("click", () => this.open(opener.dataset.open));
    }
    this.#wire("end", (form) => this.#post(`end`, { reason: form.get("reason") }));
    this.#wire("priority", (form) =>
      this.#post("priority", { priority: form.get("priority"), reason: form.get("reason").trim() }),
    );
    this.#wire("by-hand", (form) => this.#enter(form));
  }

  open(name) {
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    if (name === "by-hand") this.#prepare();
    const dialog = document.getElementById(name);
    if (!dialog.open) dialog.showModal();
  }

  end(talk) {
    this.talk = talk;
    this.open("end");
  }

  transfer(talk, way) {
    return this.passing.open(talk, way);
  }

  priority(talk) {
    this.talk = talk;
    const dialog = document.getElementById("priority");
    dialog.querySelector("form").reset();
    const now = dialog.querySelector(`[value="${talk.head.priority}"]`);
    now.checked = true;
    this.open("priority");
    now.focus(); // the arrows of a keyboard go on from where the focus is
  }

  #prepare() {
    const dialog = document.getElementById("by-hand");
    dialog.querySelector("form").reset();
    // The centre's local time comes from the server; this machine may be in another zone.
    const { now_local: now } = this.desk.console;
    dialog.querySelector('[name="started"]').value = now;
    for (const field of dialog.querySelectorAll('[type="datetime-local"]')) field.max = now;
  }

  #post(what, body) {
    return tell(`/console/contacts/${this.talk.id}/${what}`, body);
  }

  async #enter(form) {
    const { contact } = await tell("/console/contacts", Object.fromEntries(form));
    this.desk.select(contact);
    document.dispatchEvent(new CustomEvent("show-pane", { detail: "right" }));
  }

  /** The window stays open until the server has agreed, and says why if it does not. */
  #wire(name, act) {
    const dialog = document.getElementById(name);
    const form = dialog.querySelector("form");
    const problem = form.querySelector(".field-error");
    form.addEventListener("submit", async (event) => {
      problem.hidden = true;
      if (!event.submitter?.value) return;
      event.preventDefault();
      event.submitter.setAttribute("aria-disabled", "true");
      try {
        await act(new FormData(form));
        dialog.close();
      } catch (error) {
        // The only thing the window for calls and visits can get wrong are its times.
        problem.textContent = name === "by-hand" && error.code === "malformed" ? t("bad_times") : error.message || t("failed");
        problem.hidden = false;
      } finally {
        event.submitter.removeAttribute("aria-disabled");
      }
    });
  }
}

// At the top of the right pane: how to talk with a caller who was here before, and their earlier contacts.

import { askText, Refused, tell } from "./wire.js";
import { fragment, h, speak, t } from "./words.js";

export class Earlier {
  constructor(desk) {
    this.desk = desk;
    this.element = h("div", {});
    this.shown = "";
  }

  /** Fetched once for each conversation, and anew when whose it is has changed. */
  draw(talk) {
    const key = talk.head ? `${talk.id} ${talk.head.own}` : "";
    if (key === this.shown) return;
    this.shown = key;
    this.element.replaceChildren();
    if (key) this.#fetch(talk, key);
  }

  async #fetch(talk, key, open = false) {
    try {
      const part = fragment(await askText(`${this.#path(talk)}/caller?lang=${document.documentElement.lang}`));
      if (this.shown !== key) return;
      part.querySelector(".known-earlier").open = open;
      this.#wire(talk, part);
      this.element.replaceChildren(part);
    } catch (error) {
      if (this.shown === key && !(error instanceof Refused)) this.shown = ""; // the next look tries again
    }
  }

  #path(talk) {
    return `/console/contacts/${talk.id}`;
  }

  #wire(talk, part) {
    for (const button of part.querySelectorAll("[data-open-talk]")) {
      button.addEventListener("click", () => this.desk.select(button.dataset.openTalk));
    }
    for (const form of part.querySelectorAll("form")) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#send(talk, form);
      });
    }
    const act = (name, what, body) => {
      for (const button of part.querySelectorAll(`[data-${name}]`)) {
        button.addEventListener("click", () => this.#tell(talk, button.closest("details").querySelector(".field-error"), what, body(button.dataset)));
      }
    };
    act("renew", "handling-renew", ({ renew, days }) => ({ note: renew, days: Number(days) }));
    act("remove", "handling-remove", ({ remove }) => ({ note: remove }));
  }

  #send(talk, form) {
    const given = Object.fromEntries(new FormData(form));
    const problem = form.querySelector(".field-error");
    if ("name" in form.dataset) return this.#tell(talk, problem, "pseudonym", given);
    const { note = null, revision = null } = form.dataset;
    return this.#tell(talk, problem, "handling", { text: given.text, days: Number(given.days), note, revision });
  }

  async #tell(talk, problem, what, body) {
    problem.hidden = true;
    try {
      await tell(`${this.#path(talk)}/${what}`, body);
    } catch (error) {
      problem.textContent = error.message || t("failed");
      problem.hidden = false;
      return;
    }
    speak(t("known_saved"));
    await this.#fetch(talk, this.shown, what === "pseudonym");
    this.element.querySelector("summary")?.focus();
  }
}

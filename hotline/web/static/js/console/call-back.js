// Above the card: what must be known before calling and how it went; after a talk, a further contact agreed on.

import { askText, tell } from "./wire.js";
import { fragment, h, icon, speak, t } from "./words.js";

export class CallBack {
  constructor(desk) {
    this.desk = desk;
    this.element = h("div", {});
    this.shown = "";
  }

  /** Fetched anew only when what it shows could have changed. */
  draw(talk) {
    const { head } = talk;
    const wanted = head?.own && ["active", "wrap_up"].includes(head.state);
    const key = wanted ? [talk.id, head.state, head.calls_back].join() : "";
    if (key === this.shown) return;
    this.shown = key;
    this.element.replaceChildren();
    if (wanted) this.#fetch(talk, key);
  }

  async #fetch(talk, key) {
    try {
      const part = fragment(await askText(`/console/contacts/${talk.id}/callback?lang=${document.documentElement.lang}`));
      if (this.shown !== key) return;
      this.element.replaceChildren(part);
      for (const button of part.querySelectorAll("[data-outcome]")) {
        button.addEventListener("click", () => this.#tell(talk, button, "callback", { outcome: button.dataset.outcome }));
      }
      for (const button of part.querySelectorAll("[data-quarantine]")) {
        button.addEventListener("click", () => this.#tell(talk, button, "quarantine", { reason: button.dataset.quarantine }));
      }
      const form = part.querySelector("form");
      form?.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#agree(talk, form);
      });
    } catch (error) {
      if (this.shown === key) this.shown = ""; // the next look tries again
      speak(error.message || t("failed"), true);
    }
  }

  async #tell(talk, button, what, body) {
    button.disabled = true;
    try {
      await tell(`/console/contacts/${talk.id}/${what}`, body);
      this.desk.refresh(talk);
    } catch (error) {
      button.disabled = false;
      speak(error.message || t("failed"), true);
    }
  }

  async #agree(talk, form) {
    const given = Object.fromEntries(new FormData(form));
    this.id ??= crypto.randomUUID();
    const { way, number, day, says } = given;
    const body = { id: this.id, way, number, day, start: given.from, end: given.to, says, voicemail: given.voicemail === "yes" };
    const line = form.querySelector(".field-error");
    line.hidden = true;
    try {
      await tell(`/console/contacts/${talk.id}/follow-up`, body);
      this.id = null;
      this.element.replaceChildren(h("p", { class: "notice notice-good" }, icon("check"), h("span", {}, t("agreed"))));
      speak(t("agreed"));
      talk.agreed = (talk.agreed ?? 0) + 1; // the card learns of it
      this.desk.refresh(talk);
    } catch (error) {
      line.textContent = error.message || t("failed");
      line.hidden = false;
      speak(line.textContent, true);
    }
  }
}

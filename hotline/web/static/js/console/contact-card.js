// The right pane: facts of the contact, the card, and from the card a case.

import { CallBack } from "./call-back.js";
import { jump, Missing } from "./card-missing.js";
import { OtherDraft } from "./drafts.js";
import { Earlier } from "./earlier.js";
import { askText, Refused, tell } from "./wire.js";
import { fill, fragment, h, icon, speak, t } from "./words.js";

export class ContactCard extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.nothing = [...this.childNodes];
    this.callBack = new CallBack(desk);
    this.earlier = new Earlier(desk);
    desk.addEventListener("selected", () => this.draw());
    desk.addEventListener("talk", (event) => event.detail.id === this.desk.selected && this.draw());
    this.draw();
  }

  draw() {
    const { talk } = this.desk;
    if (!talk) {
      this.replaceChildren(...this.nothing);
      this.shown = null;
      return;
    }
    if (this.shown !== talk) {
      this.shown = talk;
      this.facts = h("section", { class: "part part-facts" });
      this.body = h("div", { class: "card-body", tabindex: "-1" });
      this.other = new OtherDraft(() => this.body.focus());
      this.replaceChildren(this.earlier.element, this.callBack.element, this.#title(), this.facts, this.other.element, this.body);
      this.#fill(talk);
    }
    this.earlier.draw(talk);
    this.callBack.draw(talk);
    this.#drawFacts(talk);
    this.#drawState(talk);
  }

  /** To what is missing first. */
  focusCard() {
    const first = this.desk.talk?.card?.missing?.fields[0];
    if (first) jump(first);
    else this.querySelector(".card-form :is(input, select, textarea, summary)")?.focus();
  }

  save() {
    this.querySelector(".card-form")?.requestSubmit();
  }

  #title() {
    this.draft = h("span", { class: "fine", hidden: true }, t("card_draft"));
    return h("div", { class: "card-title" }, h("h2", {}, t("card")), this.draft);
  }

  #drawFacts(talk) {
    const { head } = talk;
    if (!head) return;
    const chat = ["web", "telegram"].includes(head.channel);
    const facts = [
      [t("topic"), chat && head.topic_label],
      [t("danger"), chat && head.danger_label],
      [t("arrived"), head.arrived],
      [t("waited_for"), chat && head.answered && head.waited],
      [t("ended_at"), head.ended],
      [t("language"), head.language_label],
    ];
    const known = facts.filter(([, value]) => value);
    fill(
      this.facts,
      h("h3", { class: "spoken" }, t("facts")),
      h("dl", { class: "facts facts-pairs" }, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
      head.under18 && h("p", { class: "offer-flag" }, icon("alert"), t("under18")),
      head.flagged && h("p", { class: "offer-flag" }, icon("alert"), t("flagged")),
    );
  }

  async #fill(talk) {
    if (talk.card) {
      this.body.replaceChildren(talk.card);
      return;
    }
    this.body.replaceChildren(h("p", { class: "empty" }, t("card_loading")));
    try {
      const card = fragment(await askText(`/console/contacts/${talk.id}/card?lang=${document.documentElement.lang}`));
      talk.card = card;
      this.#wire(talk, card);
    } catch (error) {
      if (this.shown === talk) this.#failed(talk, error);
      return;
    }
    if (this.shown !== talk) return;
    this.body.replaceChildren(talk.card);
    this.#drawState(talk);
  }

  #failed(talk, error) {
    this.body.replaceChildren(
      h("p", { class: "empty" }, error.message || t("card_failed")),
      h("button", { class: "button button-small", type: "button", onclick: () => this.#fill(talk) }, t("reload")),
    );
  }

  #wire(talk, card) {
    const draft = talk.drafts.of("card");
    card.drafted = new Set(card.dataset.drafted.split(" ").filter(Boolean));
    talk.dirty = card.drafted.size > 0;
    draft.begin(card.dataset.revision || null, draftOf(card));
    card.follows = this.#told(talk);
    card.missing = new Missing(card);
    card.addEventListener("input", (event) => {
      card.drafted.add(event.target.name);
      event.target.closest("[data-known]")?.querySelector(".from-talk")?.remove();
      card.missing.draw();
      draft.write(draftOf(card));
      talk.dirty = true;
      this.draft.hidden = false;
    });
    card.addEventListener("change", (event) => this.#react(card, event.target));
    card.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#saveCard(talk, card);
    });
  }

  /** Danger opens the part that asks what was done about it. */
  #react(card, field) {
    if (field.name === "priority_final" && field.value === "P1") {
      card.querySelector('details[data-group="risk"]').open = true;
    }
    clearError(field.closest("[data-field]"));
  }

  #drawState(talk) {
    this.draft.hidden = !talk.dirty;
    const draft = talk.drafts.of("card");
    this.other.draw(draft);
    if (talk.card?.drafted && draft.behind) {
      talk.card = null;
      this.#fill(talk);
      return;
    }
    const { card, head } = talk;
    if (!card || !head) return;
    for (const part of card.querySelectorAll("input, select, textarea")) part.disabled = !head.own;
    const later = card.querySelector(".card-later");
    if (later) later.hidden = head.state === "wrap_up" || head.state === "closed";
    card.querySelector('[type="submit"]')?.toggleAttribute("disabled", head.state === "active" || !head.own);
    const end = card.elements?.end_reason;
    if (end && !end.value && head.end_reason) end.value = head.end_reason;
    if (!card.missing) return;
    card.missing.draw(head.own, head.state === "active");
    const told = this.#told(talk);
    if (head.own && card.follows !== told) this.#follow(talk, card, told);
  }

  /** What of the talk fills in fields of its card, as far as this page hears of it. */
  #told({ head, agreed }) {
    return JSON.stringify([head?.priority, head?.end_reason, head?.topic_label, head?.under18, agreed]);
  }

  /** The talk went on: what it fills in is filled in anew, but for what somebody has touched or is looking at. */
  async #follow(talk, card, told) {
    card.follows = told;
    try {
      const fresh = fragment(await askText(`/console/contacts/${talk.id}/card?lang=${document.documentElement.lang}`));
      for (const field of fresh.querySelectorAll("[data-known]")) {
        const { field: name } = field.dataset;
        const shown = card.querySelector(`[data-field="${CSS.escape(name)}"]`);
        if (card.drafted.has(name) || shown.contains(document.activeElement)) continue;
        shown.replaceWith(document.adoptNode(field));
      }
      if (talk.card === card) this.#drawState(talk);
    } catch {
      // What stands there can be filled in by hand.
    }
  }

  async #saveCard(talk, card) {
    if (talk.head.state === "active") {
      speak(t("card_later"));
      return;
    }
    if (!(await submit(card, `/console/contacts/${talk.id}/summary`, card.missing))) return;
    talk.dirty = false;
    talk.drafts.of("card").begin(null, "");
    talk.card = this.#saved(talk);
    this.desk.refresh(talk);
    if (this.shown === talk) {
      this.body.replaceChildren(talk.card);
      this.draft.hidden = true;
      talk.card.querySelector("button, a")?.focus();
    }
    speak(t("card_saved"));
  }

  #saved(talk, sentence = t("card_saved"), link = null) {
    const next = link ?? h("button", { class: "button", type: "button", onclick: () => this.#openCase(talk) }, t("open_case"));
    const words = h("div", {}, h("p", {}, h("strong", {}, sentence)), link ? "" : h("p", {}, t("card_next")));
    return h("div", { class: "stack" }, h("div", { class: "notice notice-good" }, icon("check"), words), next);
  }

  async #openCase(talk) {
    const before = talk.card;
    try {
      const form = fragment(await askText(`/console/contacts/${talk.id}/case?lang=${document.documentElement.lang}`));
      form.addEventListener("change", (event) => clearError(event.target.closest("[data-field]")));
      form.querySelector("[data-back]").addEventListener("click", () => this.#show(talk, before));
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const answer = await submit(form, `/console/contacts/${talk.id}/case`);
        if (!answer) return;
        const link = h("a", { class: "button button-main", href: `/cases/${answer.case}` }, t("to_case"));
        this.#show(talk, this.#saved(talk, t("case_saved"), link));
        link.focus();
        speak(t("case_saved"));
      });
      this.#show(talk, form);
      form.querySelector("input, textarea")?.focus();
    } catch (error) {
      speak(error.message || t("failed"), true);
    }
  }

  #show(talk, element) {
    talk.card = element;
    if (this.shown === talk) this.body.replaceChildren(element);
  }
}

/** Values by name, several answers as a list. */
function valuesOf(form) {
  const given = new FormData(form);
  return Object.fromEntries(
    [...form.querySelectorAll("[data-field]")].map(({ dataset }) => {
      const chosen = given.getAll(dataset.field);
      return [dataset.field, "many" in dataset ? chosen : (chosen[0] ?? "")];
    }),
  );
}

/** The fields that somebody has touched; the others go on following the contact. */
function draftOf(card) {
  const touched = Object.entries(valuesOf(card)).filter(([name]) => card.drafted.has(name));
  return touched.length ? JSON.stringify(Object.fromEntries(touched)) : "";
}

/** Send a form. Errors land beside their fields. */
async function submit(form, path, missing = null) {
  const values = valuesOf(form);
  form.querySelectorAll("[data-field]").forEach(clearError);
  const button = form.querySelector('[type="submit"]');
  const box = form.querySelector(".card-errors");
  box.hidden = true;
  button.setAttribute("aria-disabled", "true");
  try {
    return await tell(path, values);
  } catch (error) {
    const fields = error instanceof Refused ? error.fields : [];
    for (const name of fields) showError(form.querySelector(`[data-field="${CSS.escape(name)}"]`), error, fields);
    const named = missing?.fields.map(({ dataset }) => dataset.field) ?? [];
    const lacking = fields.length > 0 && fields.every((name) => named.includes(name)); // the line says it all
    const count = fields.length ? t("card_errors", { count: fields.length }) : "";
    box.querySelector("p").textContent = [error.message || t("failed"), count].filter(Boolean).join(" ");
    box.hidden = lacking;
    const wrong = form.querySelector(".ask-wrong");
    if (wrong) jump(wrong);
    else box.focus();
    speak(lacking ? missing.sentence : box.textContent, true);
    return null;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function showError(field, error) {
  if (!field) return;
  const line = field.querySelector(".field-error");
  const incomplete = error.code.endsWith("_incomplete");
  line.textContent = incomplete ? line.dataset.missing : error.message;
  line.hidden = false;
  field.classList.add("ask-wrong");
  field.querySelector("input, select, textarea").setAttribute("aria-invalid", "true");
  const folded = field.closest("details");
  if (folded) folded.open = true;
}

function clearError(field) {
  if (!field) return;
  field.classList.remove("ask-wrong");
  const line = field.querySelector(".field-error");
  if (line) line.hidden = true;
  field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
}

customElements.define("contact-card", ContactCard);

// The line over the button that saves the card: what must still be filled in, as links to it.

import { fill, h, t } from "./words.js";

export class Missing {
  #shown = null;
  open = false;

  constructor(card) {
    this.card = card;
    this.line = card.querySelector(".card-missing");
    this.draw();
  }

  /** Its fields that are needed now and empty, in the order of the talk. */
  get fields() {
    const given = new FormData(this.card);
    return [...this.card.querySelectorAll("[data-short]")].filter(({ dataset }) => {
      if (this.open && dataset.field === "end_reason") return false;
      const needed = !dataset.when || dataset.values.split(" ").includes(given.get(dataset.when));
      return needed && !given.getAll(dataset.field).some((value) => value.trim());
    });
  }

  get sentence() {
    return `${t("card_missing")} ${this.fields.map(({ dataset }) => dataset.short).join(", ")}`;
  }

  /** Only for who may fill it in; while the talk goes on, how it ended is nothing that is missing. */
  draw(own = true, open = this.open) {
    if (!this.line) return; // a card of the release before
    this.open = open;
    const fields = own ? this.fields : [];
    const key = fields.map(({ id }) => id).join();
    if (key === this.#shown) return;
    this.#shown = key;
    this.line.hidden = fields.length === 0;
    fill(this.line, t("card_missing"), fields.map((field, place) => [place ? ", " : " ", this.#link(field)]).flat());
  }

  #link(field) {
    return h(
      "a",
      {
        href: `#${field.id}`,
        onclick: (event) => {
          event.preventDefault();
          jump(field);
        },
      },
      field.dataset.short,
    );
  }
}

/** To where it is filled in, whatever it is folded into. */
export function jump(field) {
  for (let folded = field.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
  field.querySelector("input, select, textarea")?.focus({ preventScroll: true });
  field.scrollIntoView({ block: "center" });
}

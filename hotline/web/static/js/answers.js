// Answers given before the first message: buttons that may be pressed, pressed again, or left alone.

export class Answers {
  danger = null;
  topic = null;
  under18 = false;
  #form;

  constructor(form) {
    this.#form = form;
  }

  get any() {
    return Boolean(this.danger || this.topic || this.under18);
  }

  /** A button of the form was pressed; pressing it again takes the answer back. */
  press(name, value) {
    if (name === "under18") this.under18 = !this.under18;
    else this[name] = this[name] === value || value === "" ? null : value;
    for (const button of this.#form.querySelectorAll(`button[name="${name}"][aria-pressed]`)) {
      const chosen = name === "under18" ? this.under18 : button.value === this[name];
      button.setAttribute("aria-pressed", String(chosen));
    }
    if (name === "topic" && value === "") this.#form.querySelector('[data-ask="topic"]').open = false;
  }
}

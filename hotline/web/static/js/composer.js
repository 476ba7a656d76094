// What a caller gives: the words of the field, and the answers of the buttons above it.

/** The field one writes in: it grows with the words and sends on Enter where there is a keyboard. */
export class Composer {
  #field;

  /** `on` is told: send() and changed(). */
  constructor(field, on) {
    this.#field = field;
    field.addEventListener("input", () => {
      this.#grow();
      on.changed();
    });
    field.addEventListener("keydown", (event) => {
      const fine = matchMedia("(pointer: fine)").matches; // on a phone Enter is a new line: there is a button
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || !fine) return;
      event.preventDefault();
      on.send();
    });
  }

  get text() {
    return this.#field.value;
  }

  set text(value) {
    this.#field.value = value;
    this.#grow();
  }

  set hint(text) {
    this.#field.placeholder = text;
  }

  focus() {
    this.#field.focus();
  }

  #grow() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${Math.min(this.#field.scrollHeight + 2, innerHeight / 3)}px`;
  }
}

/** Answers given before the first message: buttons that may be pressed, pressed again, or left alone. */
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

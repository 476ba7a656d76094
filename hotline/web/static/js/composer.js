// The field one writes in: it grows with the words, sends on Enter where there is a keyboard, and keeps the draft.

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

// The other person came in: one press lays a dull page over the talk, one brings it back. Nothing is ended or revoked.
// And the code with which the talk goes on elsewhere, shown only when it is asked for.

import * as kept from "./kept.js";
import { ask } from "./outbox.js";

export class Aside {
  #cover;
  #page;
  #hide;

  /** `moved(hidden)` is told of each press. */
  constructor(root, moved) {
    this.#cover = root.querySelector('[data-part="cover"]');
    this.#page = [document.querySelector(".top"), root.querySelector("form")];
    this.#hide = document.querySelector("[data-hide]");
    this.#hide.hidden = false;
    this.#hide.addEventListener("click", () => this.#press(true, moved));
    this.#cover.querySelector("button").addEventListener("click", () => this.#press(false, moved));
  }

  get hidden() {
    return !this.#cover.hidden;
  }

  show(hidden) {
    for (const part of this.#page) part.hidden = hidden;
    this.#cover.hidden = !hidden;
  }

  #press(hidden, moved) {
    this.show(hidden);
    (hidden ? this.#cover.querySelector("h2") : this.#hide).focus();
    moved(hidden);
  }
}

/** The code in a sentence; it is not kept anywhere. */
export async function code(at) {
  return (await ask(at("code"), { method: "POST", token: kept.get("token"), body: {} })).sentence;
}

/** A talk begun elsewhere is from now on this page's. Throws as `ask` does. */
export async function goOn(at, letters) {
  const token = kept.secret();
  await ask(at("continue"), { method: "POST", body: { code: letters, token } });
  kept.set("token", token);
}

// <quick-exit>: blanks the page at once, revokes the secret of this tab's talk, and goes to a neutral page; so do all
// other tabs of ours. The link or form inside works without this file; this makes it leave no entry behind.

import * as kept from "./kept.js";
import { ask } from "./outbox.js";

const TIMES = 3;
const WITHIN = 5000; // ms
const LEAVE = "/chat/_/leave"; // the secret says whose talk it is, whatever page one is on

class QuickExit extends HTMLElement {
  #presses = [];
  #tabs = "BroadcastChannel" in window ? new BroadcastChannel("quick-exit") : null;

  connectedCallback() {
    for (const pressed of ["click", "submit"]) {
      this.addEventListener(pressed, (event) => {
        event.preventDefault();
        this.leave();
      });
    }
    addEventListener("keydown", (event) => this.#key(event), true);
    this.#tabs?.addEventListener("message", () => this.#leave());
    // Back from the neutral page, or a page the browser kept whole: never show what was here.
    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        document.body.hidden = true;
        location.reload();
      }
    });
  }

  leave() {
    this.#tabs?.postMessage("leave");
    this.#leave();
  }

  #leave() {
    const target = this.dataset.to;
    document.body.hidden = true;
    // whoever works on the talk stops; what stands around this page may say that it goes itself
    const alone = document.dispatchEvent(new Event("quick-exit", { cancelable: true }));
    this.#revoke();
    document.body.replaceChildren();
    if (alone) away(target); // else the page around this one goes
  }

  /** Said while the page is being closed: `keepalive` lets it arrive after the page is gone. */
  #revoke() {
    const token = kept.get("token") ?? document.querySelector("form[data-token]")?.dataset.token;
    kept.clear();
    if (token) {
      ask(LEAVE, { method: "POST", token, body: { quick: true }, keepalive: true, credentials: "same-origin" })
        .catch(() => {});
    }
  }

  #key(event) {
    // Any other key in between means that somebody is writing capitals.
    if (event.key !== "Shift") this.#presses = [];
    else if (!event.repeat) {
      const now = performance.now();
      this.#presses = [...this.#presses.filter((at) => now - at < WITHIN), now];
      if (this.#presses.length >= TIMES) this.leave();
    }
  }
}

/** The whole window, also from a frame whose page around it has not spoken with us; where that may not be, the frame. */
function away(target) {
  try {
    top.location.replace(target);
  } catch {
    location.replace(target);
  }
}

customElements.define("quick-exit", QuickExit);

// Our own pages replace each other, so that Back leads out and not through them.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-replace]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.replace(link.href);
});

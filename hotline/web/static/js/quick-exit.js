// <quick-exit>: blanks the page at once, lets the chat revoke its secret, and goes to a neutral page.
// The link inside works without this file; this makes it leave no entry behind.

const TIMES = 3;
const WITHIN = 5000; // ms

class QuickExit extends HTMLElement {
  #presses = [];

  connectedCallback() {
    this.querySelector("a").addEventListener("click", (event) => {
      event.preventDefault();
      this.leave();
    });
    addEventListener("keydown", (event) => this.#key(event), true);
    // Back from the neutral page, or a page the browser kept whole: never show what was here.
    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        document.body.hidden = true;
        location.reload();
      }
    });
  }

  leave() {
    const target = this.querySelector("a").href;
    document.body.hidden = true;
    document.dispatchEvent(new Event("quick-exit"));
    document.body.replaceChildren();
    location.replace(target);
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

customElements.define("quick-exit", QuickExit);

// Our own pages replace each other, so that Back leads out and not through them.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-replace]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.replace(link.href);
});

// An offer slides over the left pane. It speaks at once and never takes the focus from what is being written.

import { h, icon, mark, speak, svg, t } from "./words.js";

const RADIUS = 25;
const ROUND = 2 * Math.PI * RADIUS;

export class OfferCard extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.shown = null;
    this.told = "";
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", t("offer"));
    desk.addEventListener("console", () => this.draw());
    desk.addEventListener("offer-gone", (event) => this.#gone(event.detail));
    this.draw();
  }

  draw() {
    const { offer } = this.desk.console;
    if (offer && offer.id === this.shown) this.#follow(offer);
    if (offer?.id === this.shown) return;
    clearInterval(this.timer);
    this.shown = offer?.id ?? null;
    this.hidden = !offer;
    document.body.classList.toggle("has-offer", Boolean(offer));
    if (!offer) {
      this.replaceChildren();
      return;
    }
    this.ends = performance.now() + offer.seconds_left * 1000;
    this.replaceChildren(h("div"), h("div"), this.#buttons());
    this.#paint(offer);
    this.#tick(offer);
    this.timer = setInterval(() => this.#tick(offer), 250);
    const spoken = { priority: offer.priority_label, line: offer.line_name, wait: offer.waiting };
    speak(t("offer_spoken", spoken), true);
  }

  /** What is learned while it rings: graver, or no longer a grown-up. The buttons and the focus stay. */
  #follow(offer) {
    if (this.told === told(offer)) return;
    this.#paint(offer);
    this.#tick(offer);
    const what = [
      offer.priority_label,
      offer.flagged && t("flagged"),
      offer.under18 && t("under18"),
    ];
    speak(t("offer_changed", { what: what.filter(Boolean).join(", ") }), true);
  }

  #paint(offer) {
    this.told = told(offer);
    this.dataset.priority = offer.priority;
    const [head, facts] = this.children;
    head.replaceWith(this.#head(offer));
    facts.replaceWith(this.#facts(offer));
  }

  #head(offer) {
    this.arc = svg("circle", { class: "ring-arc", cx: 28, cy: 28, r: RADIUS, "stroke-dasharray": ROUND });
    this.seconds = h("span", { class: "ring-seconds" });
    const ring = svg(
      "svg",
      { viewBox: "0 0 56 56", "aria-hidden": "true" },
      svg("circle", { class: "ring-track", cx: 28, cy: 28, r: RADIUS }),
      this.arc,
    );
    return h(
      "div",
      { class: "offer-head" },
      h("div", {}, h("h2", { class: "offer-title" }, t("offer")), mark(offer.priority, offer.priority_label)),
      h("div", { class: "ring" }, ring, this.seconds),
    );
  }

  #facts(offer) {
    const facts = [
      [t("waiting"), offer.waiting],
      [t("topic"), offer.topic_label],
      [t("danger"), offer.danger_label],
      [t("line"), offer.line_name],
      [t("language"), `${offer.language_label}, ${offer.channel_label.toLowerCase()}`],
    ];
    return h(
      "div",
      {},
      h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
      offer.flagged && h("p", { class: "offer-flag" }, icon("alert"), t("flagged")),
      offer.under18 && h("p", { class: "offer-flag" }, icon("alert"), t("under18")),
      offer.note_waits && h("p", { class: "offer-note" }, icon("note"), t("note_waits")),
    );
  }

  #buttons() {
    const accept = h(
      "button",
      { class: "button button-main offer-accept", type: "button", onclick: () => this.answer("accept") },
      t("accept"),
      h("kbd", {}, this.desk.caps.accept),
    );
    const decline = h(
      "button",
      { class: "button", type: "button", onclick: () => this.answer("decline") },
      t("decline"),
      h("kbd", {}, this.desk.caps.decline),
    );
    return h("div", { class: "offer-buttons" }, accept, decline);
  }

  /** One answer per offer, however often the key is pressed. */
  answer(what) {
    if (!this.shown || this.answered === this.shown) return;
    this.answered = this.shown;
    for (const button of this.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    if (what === "accept") this.desk.accept();
    else this.desk.decline();
  }

  #tick(offer) {
    const left = Math.max(0, (this.ends - performance.now()) / 1000);
    this.seconds.textContent = t("seconds", { seconds: Math.ceil(left) });
    this.arc.setAttribute("stroke-dashoffset", ROUND * (1 - Math.min(1, left / offer.seconds_total)));
  }

  #gone(sentence) {
    clearInterval(this.timer);
    clearTimeout(this.leaving);
    this.shown = null;
    this.hidden = false;
    delete this.dataset.priority;
    this.replaceChildren(h("p", { class: "offer-gone" }, sentence));
    speak(sentence);
    this.leaving = setTimeout(() => {
      if (!this.shown) this.hidden = true;
    }, 6_000);
  }
}

/** What a counsellor decides by, besides the wait. */
function told({ priority, danger_label: danger, topic_label: topic, flagged, under18 }) {
  return JSON.stringify([priority, danger, topic, flagged, under18]);
}

customElements.define("offer-card", OfferCard);

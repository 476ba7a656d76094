// The two lists of the left pane: my conversations, and who waits. Neither shows what was said.

import { duration, fill, h, icon, mark, speak, t } from "./words.js";

/** My conversations, with unread marks. Rows keep their elements and the focus, also where they change places. */
export class MineList extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.rows = new Map();
    this.late = new Set();
    this.heard = new Map(); // contact → the number of its caller's last words
    this.spoken = new Set(); // of whose new words was spoken: once, until they are read
    this.load = h("span", { class: "fine" });
    this.list = h("ul", { class: "mine" });
    this.empty = h("p", { class: "empty" }, t("mine_empty"));
    this.passedOn = h("div", { class: "passed-on", role: "status" });
    this.replaceChildren(
      h("div", { class: "block-head" }, h("h2", { id: "mine-title" }, t("mine")), this.load),
      this.passedOn,
      this.list,
      this.empty,
    );
    for (const name of ["console", "selected", "talk", "read"]) desk.addEventListener(name, () => this.draw());
    this.draw();
  }

  draw() {
    const { mine, me } = this.desk.console;
    this.load.textContent = this.desk.mayAnswer ? t("load", { active: me.active, capacity: me.capacity }) : "";
    this.#tellPassedOn();
    const ids = new Set(mine.map((row) => row.contact_id));
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    const news = [];
    for (const [id, button] of this.rows) {
      if (!ids.has(id)) {
        button.parentElement.remove();
        this.rows.delete(id);
        this.heard.delete(id);
        this.spoken.delete(id);
      }
    }
    mine.forEach((row, place) => {
      const button = this.rows.get(row.contact_id) ?? this.#row(row.contact_id);
      if (this.known && !this.known.has(row.contact_id) && this.desk.answered !== row.contact_id) {
        news.push(t("received", { number: row.number }));
      }
      if (this.list.children[place] !== button.parentElement) {
        this.list.insertBefore(button.parentElement, this.list.children[place] ?? null);
      }
      this.#fill(button, row);
      if (row.unanswered && !this.late.has(row.contact_id)) {
        news.push(`${t("number", { number: row.number })}: ${row.unanswered}`);
      }
      if (this.#saysAnew(row)) news.push(t("new_words", { number: row.number }));
    });
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
    if (news.length) speak(news.join(" "));
    this.late = new Set(mine.filter((row) => row.unanswered).map((row) => row.contact_id));
    this.known = ids;
    this.empty.hidden = mine.length > 0;
  }

  /** Are there new words of which was not spoken yet, in a conversation that is not the one on the screen? */
  #saysAnew({ contact_id: id, caller_seq: seq }) {
    const fresh = seq > (this.heard.get(id) ?? seq);
    this.heard.set(id, seq);
    if (id === this.desk.selected || seq <= (this.desk.talks.get(id)?.seen ?? 0)) this.spoken.delete(id);
    else if (fresh && !this.spoken.has(id)) return Boolean(this.spoken.add(id));
    return false;
  }

  /** What somebody else goes on with is told for a while. */
  #tellPassedOn() {
    const told = this.desk.console.passed_on;
    if (this.told === told.join()) return;
    this.told = told.join();
    this.passedOn.replaceChildren(...told.map((sentence) => h("p", { class: "fine" }, sentence)));
  }

  /** Choose the next conversation after the one on the screen, or the one before it. */
  step(by, among = () => true) {
    const { mine } = this.desk.console;
    const here = mine.findIndex((row) => row.contact_id === this.desk.selected);
    const from = here < 0 && by < 0 ? 0 : here;
    const all = mine.map((_, many) => mine[(from + by * (many + 1) + 2 * mine.length) % mine.length]);
    const id = all.find(among)?.contact_id;
    if (!id) return;
    this.desk.select(id);
    this.rows.get(id)?.focus();
  }

  /** The next one whose caller waits for an answer; a server of the release before tells only who waits too long. */
  unanswered() {
    this.step(1, (row) => row.waits ?? row.unanswered);
  }

  #row(id) {
    const button = h("button", { class: "talk-row", type: "button", onclick: () => this.desk.select(id) });
    h("li", {}, button);
    this.rows.set(id, button);
    return button;
  }

  #fill(button, row) {
    const unread = this.desk.talks.get(row.contact_id)?.unread ?? 0;
    if (row.contact_id === this.desk.selected) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    const owes = row.state === "wrap_up";
    const away = row.state === "active" && row.channel === "web" && row.caller_away && t("away");
    const more = [t("since", { time: row.since }), away, row.line_name];
    const after = row.draining && h("span", { class: "talk-row-after" }, t("draining"), " · ");
    fill(
      button,
      h(
        "span",
        { class: "talk-row-main" },
        h("strong", {}, t("number", { number: row.number })),
        mark(row.priority, row.priority_label),
        unread > 0 && h("span", { class: "unread" }, t("unread", { count: unread })),
      ),
      row.unanswered && h("span", { class: "talk-row-owes" }, icon("clock"), row.unanswered),
      owes && h("span", { class: "talk-row-owes" }, icon("note"), t("owes_card")),
      !owes && h("span", { class: "talk-row-more" }, after, more.filter(Boolean).join(" · ")),
    );
  }
}

const REDRAW = 10_000;

/** Who waits, in order, for how long. They are offered; who is on duty may also pick one up. Rows keep their elements. */
export class QueueList extends HTMLElement {
  connect(desk) {
    this.desk = desk;
    this.heading = h("h2", { id: "queue-title" }, t("queue"));
    this.count = h("span", { class: "count" });
    this.longest = h("span", { class: "fine" });
    this.list = h("ol", { class: "queue" });
    this.empty = h("p", { class: "empty" });
    this.more = h("p", { class: "fine queue-more", hidden: true });
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    this.rows = new Map();
    this.replaceChildren(
      h("div", { class: "block-head" }, this.heading, this.count, this.longest),
      this.problem,
      this.list,
      this.more,
      this.empty,
    );
    desk.addEventListener("console", () => this.draw());
    setInterval(() => this.draw(), REDRAW);
    this.draw();
  }

  draw() {
    const { queue, queue_total: total, me } = this.desk.console;
    const seconds = (row) => (this.desk.now - Date.parse(row.arrived_at)) / 1000;
    const several = new Set(queue.map((row) => row.line)).size > 1;
    this.count.textContent = total;
    this.count.hidden = total === 0;
    this.more.textContent = t("queue_more", { count: total - queue.length });
    this.more.hidden = total === queue.length;
    const longest = Math.max(0, ...queue.map(seconds));
    this.longest.textContent = queue.length > 1 ? t("queue_longest", { wait: duration(longest) }) : "";
    const mayPick = this.desk.mayAnswer && me.on_duty;
    const ids = new Set(queue.map((row) => row.contact_id));
    for (const [id, { item }] of this.rows) {
      if (ids.has(id)) continue;
      item.remove();
      this.rows.delete(id);
    }
    queue.forEach((row, place) => {
      const kept = this.rows.get(row.contact_id) ?? this.#row(row.contact_id);
      if (this.list.children[place] !== kept.item) this.list.insertBefore(kept.item, this.list.children[place] ?? null);
      kept.button.hidden = !mayPick;
      kept.button.ariaLabel = `${t("pick_up")}: ${row.priority_label}, ${duration(seconds(row))}, ${row.line_name}`; // which of them, for ears
      this.#fill(kept, row, seconds(row), several);
    });
    this.empty.textContent = me.on_duty ? t("queue_empty") : t("queue_off_duty");
    this.empty.hidden = queue.length > 0;
  }

  #row(id) {
    const main = h("span", { class: "wait-main" });
    const more = h("span", { class: "wait-more" });
    const button = h("button", { class: "wait-pick", type: "button", onclick: () => this.#pick(id) }, t("pick_up"));
    const kept = { main, more, button, item: h("li", {}, main, more, button) };
    this.rows.set(id, kept);
    return kept;
  }

  async #pick(id) {
    this.problem.hidden = true;
    try {
      await this.desk.pickUp(id);
    } catch (error) {
      this.problem.textContent = error.message || t("failed");
      this.problem.hidden = false;
    }
  }

  #fill(kept, row, seconds, several) {
    const long = seconds > row.long_after;
    const more = [row.channel_short, row.language !== "pl" && row.language_label, several && row.line_name];
    kept.item.className = `wait wait-${row.priority}`;
    fill(
      kept.main,
      mark(row.priority, row.priority_label),
      h(
        "span",
        { class: long ? "wait-time wait-long" : "wait-time" },
        long && icon("clock"),
        h("span", { class: "spoken" }, long ? `${t("waits_long")}: ` : ""),
        duration(seconds),
      ),
    );
    fill(
      kept.more,
      h("span", { class: "wait-what" }, more.filter(Boolean).join(" · ")),
      row.offered && h("span", { class: "ringing" }, icon("ring"), t(row.offered_to_me ? "offered_to_me" : "offered")),
    );
  }
}

customElements.define("mine-list", MineList);
customElements.define("queue-list", QueueList);

// The conversation: the caller's words first, quiet lines for what happened between, the composer below.

import { Composer } from "./composer.js";
import { Typing } from "../typing.js";
import { Receipts } from "./receipts.js";
import { tell } from "./wire.js";
import { fill, h, icon, mark, speak, t } from "./words.js";

const MARKS = { pending: "pending", sending: "pending", sent: "delivered", failed: "undelivered" };

export class TalkView extends HTMLElement {
  connect(desk, dialogs) {
    this.desk = desk;
    this.dialogs = dialogs;
    this.nothing = [...this.childNodes];
    this.shown = null;
    this.receipts = new Receipts(desk, () => this.shown === desk.selected && this.thread.offsetHeight > 0 && this.#atEnd());
    this.typing = new Typing(() => this.#tellTyping(), (writes) => this.writes && (this.writes.hidden = !writes));
    desk.addEventListener("typing", (event) => event.detail === this.shown && this.typing.heard());
    desk.addEventListener("selected", () => this.draw());
    desk.addEventListener("console", () => this.desk.talk && this.#drawAround(this.desk.talk));
    document.addEventListener("show-pane", (event) => event.detail === "middle" && this.scroller && this.#arrive());
    desk.addEventListener("talk", (event) => event.detail.id === this.desk.selected && this.draw());
    this.draw();
  }

  draw() {
    const { talk } = this.desk;
    if (!talk) {
      this.replaceChildren(...this.nothing);
      return;
    }
    if (this.shown !== talk.id) this.#build(talk);
    const stick = this.elements.size === 0 || this.#atEnd();
    this.#drawHead(talk);
    this.composer.draw(talk);
    this.#drawEntries(talk, stick);
    fill(this.outbox, ...talk.outbox.map((item) => this.#unsent(talk, item)));
    if (stick) this.#toEnd();
    this.receipts.look();
    this.#greet(talk);
  }

  /** Only where there is somebody who hears it, and where this person wants it to be seen. */
  #tellTyping() {
    const { talk, console, wire } = this.desk;
    if (talk?.open && talk.head.channel === "web" && console.me.signals?.typing) wire.typing(talk.id);
  }

  #drawAround(talk) {
    this.#drawHead(talk);
    this.composer?.draw(talk);
  }

  /** Who has just answered writes next; but a focus that is somewhere already is never taken away. */
  #greet(talk) {
    if (this.desk.answered !== talk.id || !talk.open) return;
    this.desk.answered = null;
    if (document.activeElement === document.body) this.focusComposer("message");
  }

  focusComposer(mode) {
    const { talk } = this.desk;
    if (!talk?.open) return;
    this.composer.choose(mode);
    this.composer.focus();
  }

  /** The ready sentences, open or closed; where a note is being written there are none. */
  toggleReplies() {
    this.composer?.replies.toggle(this.composer.replies.talk);
  }

  #build(talk) {
    this.shown = talk.id;
    this.elements = new Map();
    this.head = h("header", { class: "talk-head" });
    this.thread = h("div", { class: "thread", role: "log", "aria-label": t("thread"), "aria-live": "off" });
    this.outbox = h("div", { class: "thread thread-outbox" });
    this.blank = h("div", { class: "nothing" });
    this.scroller = h("div", { class: "talk-scroll", tabindex: "0", "aria-label": t("thread"), role: "group" });
    this.scroller.append(this.blank, this.thread, this.outbox);
    this.scroller.addEventListener("scroll", () => {
      if (!this.#atEnd()) return;
      this.jump.hidden = true;
      this.receipts.look();
    });
    this.jump = h("button", { class: "button button-small jump", type: "button", hidden: true }, icon("down"), t("jump"));
    this.jump.addEventListener("click", () => this.#toEnd());
    this.writes = h("p", { class: "fine talk-writes", hidden: true }, t("caller_typing"));
    this.composer ??= new Composer(this.desk);
    this.composer.onwrite = (text) => this.typing.written(text);
    this.typing.over();
    this.replaceChildren(this.head, this.scroller, this.jump, this.writes, this.composer.element);
    this.headShown = null;
  }

  #drawHead(talk) {
    const { head } = talk;
    if (!head) return;
    // Whether the caller is there comes with every view of the console, sooner than with the next words.
    const away = this.desk.console.mine.find((row) => row.contact_id === talk.id)?.caller_away ?? head.caller_away;
    const draining = this.desk.console.mine.find((row) => row.contact_id === talk.id)?.draining ?? false;
    const guest = this.desk.guestOf(talk);
    const key = JSON.stringify([head, away, draining, guest]);
    if (this.headShown === key) return;
    this.headShown = key;
    const may = talk.priorityIsMine;
    const facts = [
      `${head.line_name} · ${head.channel_short}`,
      head.language !== "pl" && head.language_label,
      head.ended ? t("ended", { time: head.ended }) : head.answered && t("answered", { time: head.answered }),
      !head.own && head.holder_name && t("held_by", { name: head.holder_name }),
    ];
    const absent = head.unreachable ? "unreachable" : "caller_gone"; // Telegram tells of absence only
    const presence = talk.open && (away || head.channel === "web") && t(away ? absent : "caller_here");
    const number = t("number", { number: head.ref.split("/").at(-1).replace(/^0+/, "") });
    const priority = h(
      "button",
      { class: "talk-priority", type: "button", title: t("priority"), onclick: () => this.dialogs.priority(talk) },
      mark(head.priority, head.priority_label),
      h("span", { class: "spoken" }, t("priority")),
    );
    fill(
      this.head,
      h(
        "div",
        { class: "talk-title" },
        h("h2", {}, number),
        may ? priority : mark(head.priority, head.priority_label),
        head.state !== "active" && h("span", { class: "badge" }, head.state_label),
        !head.own && h("span", { class: "badge badge-warn" }, t(guest ? "guest" : "read_only")),
        presence && h("span", { class: away ? "presence presence-gone" : "presence" }, presence),
      ),
      h("p", { class: "fine talk-facts" }, facts.filter(Boolean).join(" · ")),
      talk.open && this.#acts(talk),
      ...this.#strips(talk, draining),
    );
  }

  #acts(talk) {
    const act = (words, onclick) => h("button", { class: "button button-small", type: "button", onclick }, words);
    return h(
      "div",
      { class: "talk-acts" },
      !talk.head.asking && act(t("transfer"), () => this.dialogs.transfer(talk)),
      act(t("end"), () => this.dialogs.end(talk)),
    );
  }

  /** What the holder should know of their own talk: the shift is over, somebody is asked, somebody reads. */
  #strips(talk, draining) {
    const { asking, readers_sentence: readers } = talk.head;
    const strip = (name, words, ...more) => h("p", { class: `talk-strip talk-strip-${name}` }, icon(name === "warn" ? "clock" : "talk"), h("span", {}, words), ...more);
    const withdraw = () => tell(`/console/transfers/${asking.id}/withdraw`, {}).catch(() => {});
    return [
      talk.open && draining && strip("warn", t("draining_talk")),
      talk.open && asking && strip("asking", asking.sentence, h("button", { class: "button button-small", type: "button", onclick: withdraw }, t("transfer_withdraw"))),
      readers && strip("readers", readers),
    ];
  }

  #drawEntries(talk, stick) {
    let heard = null;
    const entries = [...talk.entries.values()].sort((one, other) => one.seq - other.seq);
    const about = (kind) => new Map(entries.filter((entry) => entry.kind === kind).map((entry) => [entry.ref, entry]));
    const edits = about("edit");
    const deliveries = about("delivery");
    for (const entry of entries) {
      if (entry.kind === "delivery" || entry.kind === "receipt") continue;
      const known = this.elements.get(entry.seq);
      const edit = edits.get(entry.seq) ?? null;
      const { delivery, delivery_reason: reason } = deliveries.get(entry.seq) ?? entry;
      if (known && known.delivery === delivery && known.edit === edit?.seq) continue;
      const element = this.#entry({ ...entry, delivery, delivery_reason: reason }, edit, talk);
      if (known) known.element.replaceWith(element);
      else this.#insert(entry.seq, element);
      this.elements.set(entry.seq, { element, delivery, edit: edit?.seq });
      if (!known && entry.who === "caller" && ["message", "edit"].includes(entry.kind)) heard = entry;
    }
    if (heard || !talk.open) this.typing.over();
    const empty = this.elements.size === 0 && talk.outbox.length === 0 && talk.head;
    this.blank.hidden = !empty;
    if (empty) this.#drawBlank(talk.head);
    if (heard && !stick) this.jump.hidden = false;
    if (heard && this.spokenBefore === talk.id) speak(`${t("caller")}: ${heard.text}`);
    this.spokenBefore = talk.id;
  }

  #drawBlank(head) {
    const byHand = !["web", "telegram"].includes(head.channel);
    fill(
      this.blank,
      icon(byHand ? "note" : "talk"),
      byHand ? h("h3", {}, `${t("by_hand_title")}: ${head.channel_label}`) : null,
      h("p", {}, t(byHand ? "by_hand_body" : "thread_empty")),
    );
  }

  /** Numbers arrive in order but for a mended gap; then the entry goes where it belongs. */
  #insert(seq, element) {
    element.dataset.seq = seq;
    let before = this.thread.lastElementChild;
    while (before && Number(before.dataset.seq) > seq) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.thread.prepend(element);
  }

  #entry(entry, edit, talk) {
    if (entry.kind === "edit") {
      const said = t("corrected_line", { time: talk.entries.get(entry.ref)?.time ?? "" });
      return h("p", { class: "line-system" }, h("span", { class: "line-text" }, said), " ", h("time", {}, entry.time));
    }
    if (entry.kind !== "message" && entry.kind !== "note") {
      const line = entry.kind === "answer" ? "line-system line-answer" : "line-system";
      return h("p", { class: line }, h("span", { class: "line-text" }, entry.text), " ", h("time", {}, entry.time));
    }
    const note = entry.kind === "note";
    const own = entry.who !== "caller" && !note;
    const name = { caller: t("caller"), me: t("me_name") }[entry.who] ?? entry.name;
    const why = entry.delivery === "failed" && entry.delivery_reason;
    const mark = own && (why ? `undelivered_${why}` : MARKS[entry.delivery]);
    return h(
      "article",
      { class: `bubble${own ? " bubble-own" : ""}${note ? " bubble-note" : ""}` },
      note && h("p", { class: "bubble-name" }, icon("note"), t("note")),
      h("p", { class: "bubble-text", lang: note ? null : talk.head?.language }, edit ? edit.text : entry.text),
      edit && this.#before(entry),
      h(
        "p",
        { class: "bubble-foot" },
        h("span", { class: own || note ? "" : "spoken" }, name),
        h("time", {}, entry.time),
        mark && h("span", { class: "bubble-mark" }, t(mark)),
      ),
    );
  }

  /** What was written first stays within reach: a correction may say more than its last words. */
  #before(entry) {
    return h(
      "details",
      { class: "bubble-before" },
      h("summary", {}, t("corrected")),
      h("p", { class: "bubble-text" }, entry.text),
    );
  }

  #unsent(talk, item) {
    const note = item.kind === "note";
    const failed = item.state === "failed";
    const words = { sending: t("sending"), retrying: t("retrying"), saved: t("saved"), failed: t("not_sent") };
    return h(
      "article",
      { class: `bubble ${note ? "bubble-note" : "bubble-own"}${failed ? " bubble-failed" : " bubble-waiting"}` },
      note && h("p", { class: "bubble-name" }, icon("note"), t("note")),
      h("p", { class: "bubble-text" }, item.text),
      failed && h("p", { class: "field-error" }, item.reason),
      h("p", { class: "bubble-foot" }, h("span", { class: "bubble-mark" }, words[item.state])),
      failed &&
        h(
          "div",
          { class: "row" },
          h(
            "button",
            { class: "button button-small", type: "button", onclick: () => this.desk.again(talk, item) },
            t("try_again"),
          ),
          h(
            "button",
            { class: "button button-small", type: "button", onclick: () => this.desk.takeBack(talk, item) },
            t("take_back"),
          ),
        ),
    );
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  toNewest() {
    if (!this.scroller) return;
    this.#arrive();
    this.scroller.focus();
  }

  #arrive() {
    this.#toEnd();
    this.receipts.look();
  }

  #toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.jump.hidden = true;
  }
}

customElements.define("talk-view", TalkView);

// What rings until it is answered or silenced, and what the title says first. Neither says what it is about.

import { t } from "./words.js";

/** Somebody in danger who is offered or waits, and a colleague's call for help: {key, what} each. */
export function dangers(desk) {
  const { me, offer, queue, asked } = desk.console;
  const found = new Map();
  const add = (key, what) => found.has(key) || found.set(key, { key, what });
  if (offer?.priority === "P1") add(offer.contact_id, "offered");
  if (desk.mayAnswer && me.on_duty && me.intent !== "off") {
    for (const row of queue) if (row.priority === "P1") add(row.contact_id, "waits");
  }
  if (asked && !asked.joined && (asked.way === "consult" || asked.priority === "P1")) add(asked.id, "asked");
  return [...found.values()];
}

/** The page's title: the most important thing first, then how much is unread. */
export function titled(desk, plain) {
  const { offer, asked, mine } = desk.console;
  const unread = [...desk.talks.values()].reduce((sum, talk) => sum + talk.unread, 0);
  const first =
    (dangers(desk).some(({ what }) => what !== "asked") && t("title_danger")) ||
    (offer && t("title_offer")) ||
    (asked && !asked.joined && t("title_asked")) ||
    (mine.some((row) => row.unanswered) && t("title_late"));
  return [first, `${unread ? `(${unread}) ` : ""}${plain}`].filter(Boolean).join(" · ");
}

// The console's page: puts the parts together. The first paint came from the server; from here on it is live.

import { titled } from "./console/dangers.js";
import { Desk } from "./console/desk.js";
import { Dialogs } from "./console/dialogs.js";
import { listen } from "./console/keys.js";
import { learn, speak, t } from "./console/words.js";
import "./console/bell.js";
import "./console/contact-card.js";
import "./console/lists.js";
import "./console/my-state.js";
import "./console/offer-card.js";
import "./console/talk-view.js";
import "./console/transfer.js";

const data = JSON.parse(document.getElementById("desk-data").textContent);
learn(data.texts);

const desk = new Desk(data.console);
desk.mayAnswer = data.may_answer;
desk.caps = Object.fromEntries(data.keys.map(({ action, key }) => [action, key]));
const dialogs = new Dialogs(desk);
const part = (name) => document.querySelector(name);
const parts = {
  bell: part("desk-bell"),
  offer: part("offer-card"),
  transfer: part("transfer-card"),
  state: part("my-state"),
  mine: part("mine-list"),
  queue: part("queue-list"),
  talk: part("talk-view"),
  card: part("contact-card"),
};
for (const element of Object.values(parts)) element.connect(desk, dialogs);
listen(data.keys, { ...parts, desk, dialogs });

// -- panes of a narrow screen ------------------------------------------------------------------------

const frame = document.getElementById("desk");
const tabs = [...document.querySelectorAll(".tabs button")];

function showPane(pane) {
  frame.dataset.pane = pane;
  for (const tab of tabs) {
    if (tab.dataset.pane === pane) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}

const ask = (pane) => document.dispatchEvent(new CustomEvent("show-pane", { detail: pane }));
for (const tab of tabs) tab.addEventListener("click", () => ask(tab.dataset.pane));
document.addEventListener("show-pane", (event) => showPane(event.detail));
let started = false;
desk.addEventListener("selected", () => started && ask("middle"));

// -- the title and the tabs say what waits -----------------------------------------------------------

const title = document.title;

function announce() {
  if ("locked" in document.documentElement.dataset) return;
  const unread = [...desk.talks.values()].reduce((sum, talk) => sum + talk.unread, 0);
  document.title = titled(desk, title);
  const tab = tabs.find((one) => one.dataset.pane === "left");
  tab.querySelector(".tab-count").textContent = desk.console.queue.length || "";
  const mark = tab.querySelector(".tab-mark");
  mark.textContent = t("unread", { count: unread });
  mark.hidden = unread === 0;
}

for (const name of ["console", "talk", "selected", "read"]) desk.addEventListener(name, announce);
document.addEventListener("screen-unlocked", announce);

// -- the connection ----------------------------------------------------------------------------------

const banner = document.getElementById("connection");
let complaining = null;

function complain(sentence, ...more) {
  banner.hidden = false; // first: an alert is spoken when words come into what can be seen
  banner.querySelector("p").replaceChildren(sentence, ...more);
}

desk.addEventListener("connection", (event) => {
  clearTimeout(complaining);
  if (event.detail === "up") {
    if (!banner.hidden) speak(t("online"));
    banner.hidden = true;
  } else if (event.detail === "lost") {
    complain(t("offline"));
  } else if (banner.hidden) {
    // A restart takes a second; only what lasts is worth a word.
    complaining = setTimeout(() => complain(t("offline")), 2_500);
  }
});

document.addEventListener("signed-out", () => {
  clearTimeout(complaining);
  const link = document.createElement("a");
  link.href = "/sign-in";
  link.textContent = t("sign_in_again");
  complain(t("signed_out"), " ", link);
});

// A menu closes when something else is clicked.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

addEventListener("beforeunload", (event) => {
  const unsent = [...desk.talks.values()].some(
    (talk) => talk.drafts.unsaved || talk.outbox.some((item) => item.state !== "saved"),
  );
  if (unsent) event.preventDefault();
});

if (matchMedia("(min-width: 44.01rem)").matches) showPane("middle");
desk.start();
announce();
started = true;

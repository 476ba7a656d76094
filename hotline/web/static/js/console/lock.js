// A page that nobody sits before: it warns, then it is locked. What is shown is decided by the server; the page covers
// itself, keeps all that is in it, and goes on where it was. Another page's key is a key here, too.

import { close, listen, look, others } from "./unlock.js";

const TELL = 5_000; // milliseconds: how often other pages hear of keys and pointers here
const ASK = 15_000; // while it is locked, if nothing else tells
const root = document.documentElement;
const dialog = document.getElementById("lock"); // none on a wall, which locks only with the other pages of its session
const warning = document.getElementById("lock-warning");

let touched = Date.now();
let told = 0;
let title = "";
let before = null; // who had the focus
let closing = null; // until the server has it, however long that takes

const tell = others((what) => (what === "touched" ? touch(false) : see()));
const say = (name) => document.dispatchEvent(new Event(name));

function touch(here) {
  touched = Date.now();
  warn(false);
  if (!here || touched - told < TELL) return;
  told = touched;
  tell("touched");
}

function warn(due) {
  const words = due ? warning.dataset.words : "";
  if (warning && warning.textContent !== words) warning.textContent = words;
}

/** The page covers itself. */
function cover() {
  if (!dialog) return location.reload();
  if (dialog.open) return undefined;
  warn(false);
  title = document.title;
  before = document.activeElement;
  dialog.showModal();
  root.dataset.locked = "";
  document.title = document.getElementById("lock-title").textContent.trim();
  return say("screen-locked");
}

function uncover() {
  delete root.dataset.locked;
  document.getElementById("unlock")?.reset();
  dialog.close();
  before?.focus(); // the dialog's own memory loses it where it was opened again
  document.title = title;
  touch(false);
  say("screen-unlocked");
}

async function lock(how) {
  if (closing || dialog.open) return;
  say("screen-locking"); // what is half written goes out
  cover();
  closing = (async () => {
    for (;;) {
      try {
        await close(how);
        tell("look");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, TELL));
      }
    }
  })();
  await closing;
  closing = null;
}

/** As the server says. */
async function see() {
  if (closing) return;
  let screen;
  try {
    screen = await look();
  } catch {
    return; // the next look tells
  }
  if (closing) return;
  // Nothing in this page is for whoever is signed in now.
  if (!screen || (dialog && screen.person !== dialog.dataset.person)) {
    if (screen || dialog?.open) location.reload();
  } else if (screen.locked) {
    cover();
    if (screen.waits) document.dispatchEvent(new CustomEvent("screen-says", { detail: screen.waits }));
  } else if (dialog?.open) uncover();
}

document.addEventListener("visibilitychange", () => document.hidden || see());
addEventListener("pageshow", (event) => event.persisted && see());
document.addEventListener("screen-lock", () => {
  if (dialog?.open) return;
  cover();
  see();
});

if (dialog) {
  listen(async () => {
    await see();
    tell("look");
  }, () => closing);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => "locked" in root.dataset && dialog.showModal());
  document.addEventListener("screen-close", () => lock("hand"));
  document.querySelector('form[action="/screen/lock"]')?.addEventListener("submit", (event) => {
    event.preventDefault();
    event.target.closest("details").open = false;
    lock("hand");
  });
  for (const name of ["keydown", "pointerdown", "touchstart", "wheel"]) {
    addEventListener(name, () => dialog.open || touch(true), { capture: true, passive: true });
  }
  // Things that move under a pointer at rest are nobody's hand.
  addEventListener("pointermove", (event) => {
    if (!dialog.open && (event.movementX || event.movementY)) touch(true);
  });
  setInterval(() => {
    const left = touched + dialog.dataset.seconds * 1_000 - Date.now();
    if (dialog.open) return;
    if (left <= 0) lock("idle");
    else warn(left <= dialog.dataset.warning * 1_000);
  }, 1_000);
  setInterval(() => dialog.open && see(), ASK);
}

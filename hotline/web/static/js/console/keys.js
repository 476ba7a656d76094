// Everything by keyboard. The server's list says which key does what and where; here stands what is done. Letters
// work outside text fields and can be switched off.

const STORED = "hotline.letters";

/** By the names in the list: (the page's parts, the event). Nothing happens where there is nothing to do it with. */
export const ACTIONS = {
  accept: ({ offer }) => offer.answer("accept"),
  decline: ({ offer }) => offer.answer("decline"),
  queue: () => show("left", () => focusFirst("queue-list .wait-pick:not([hidden])", "#left")),
  asked: () => first("transfer-card:not([hidden]) button") ? show("left", () => focusFirst("transfer-card button")) : show("middle", () => focusFirst(".talk-strip-asking button")),
  silence: ({ bell }) => bell.silence(),

  next: ({ mine }) => mine.step(1),
  previous: ({ mine }) => mine.step(-1),
  unanswered: ({ mine }) => mine.unanswered(),
  hand: ({ dialogs }) => first("[data-open=by-hand]") && dialogs.open("by-hand"),

  reply: ({ talk }) => show("middle", () => talk.focusComposer("message")),
  note: ({ talk }) => show("middle", () => talk.focusComposer("note")),
  sentences: ({ talk }) => show("middle", () => talk.toggleReplies()),
  draft: () => first(".draft-other:not([hidden]) button")?.click(),
  newest: ({ talk }) => show("middle", () => talk.toNewest()),
  priority: ({ desk, dialogs }) => desk.talk?.priorityIsMine && dialogs.priority(desk.talk),
  colleague: ({ desk, dialogs }) => mayPass(desk) && dialogs.transfer(desk.talk, "consult"),
  transfer: ({ desk, dialogs }) => mayPass(desk) && dialogs.transfer(desk.talk, "straight"),
  end: ({ desk, dialogs }) => desk.talk?.open && dialogs.end(desk.talk),

  card: ({ card }) => show("right", () => card.focusCard()),
  save: ({ card }) => card.save(),
  callback: () => show("right", () => focusFirst("contact-card :is(.call-back, .call-back-agree) :is(button, a, summary)")),
  longer: () => first("my-state .wrap-up button")?.click(),

  break: ({ state }) => state.toggle(),
  otherwise: () => show("left", () => unfold("my-state details.menu:not([hidden])")),
  here: () => first("my-state .there:not([hidden]) button")?.click(),

  left: () => show("left", () => focusFirst("#left")),
  middle: () => show("middle", () => focusFirst("#middle")),
  right: () => show("right", () => focusFirst("#right")),
  lock: () => document.dispatchEvent(new Event("screen-close")),
  leave: (_, event) => leave(event.target),
  sheet: ({ dialogs }) => dialogs.open("keys"),
};

export function listen(keys, parts) {
  const letters = document.getElementById("letters");
  letters.checked = read() !== "off";
  letters.addEventListener("change", () => write(letters.checked ? "on" : "off"));
  const listed = new Map(keys.filter(({ where }) => where !== "writing").map((one) => [one.key, one]));

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || "locked" in document.documentElement.dataset) return;
    const found = listed.get(pressed(event));
    if (!found || (found.where === "outside" && !free(event.target, letters))) return;
    if (found.action !== "leave") event.preventDefault(); // windows and menus of the browser's own close by it, too
    ACTIONS[found.action](parts, event);
  });
}

/** As the list names it: "J", "F2", "Ctrl+S". Where another alphabet is typed, the letter that is printed beside it. */
function pressed({ key, code, altKey, ctrlKey, metaKey }) {
  if (altKey) return "";
  const letter = /^Key[A-Z]$/.test(code) && !/^[ -~]$/.test(key) ? code.at(-1) : key;
  const name = letter.length === 1 ? letter.toUpperCase() : letter;
  return ctrlKey || metaKey ? `Ctrl+${name}` : name;
}

function show(pane, then) {
  document.dispatchEvent(new CustomEvent("show-pane", { detail: pane }));
  then();
}

const first = (selector) => document.querySelector(selector);

/** The first place of these that there is. */
function focusFirst(...selectors) {
  selectors.map(first).find(Boolean)?.focus();
}

/** A menu opens, and its first line is next; what is in it may be drawn only then. */
function unfold(selector) {
  const menu = first(selector);
  if (!menu) return;
  menu.addEventListener("toggle", () => menu.querySelector(".menu-item")?.focus(), { once: true });
  menu.open = true;
}

function mayPass(desk) {
  return desk.talk?.open && !desk.talk.head.asking;
}

function free(target, letters) {
  if (document.querySelector("dialog[open]")) return false;
  if (target.closest('textarea, select, input:not([type="radio"], [type="checkbox"])')) return false;
  return letters.checked;
}

/** Esc leaves a field for the pane around it, so the letters work; an open menu closes first. */
function leave(target) {
  const menu = target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (!document.querySelector("dialog[open]")) {
    target.closest(".pane")?.querySelector("h2")?.closest("[tabindex]")?.focus();
    target.blur();
  }
}

function read() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function write(value) {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // Kept until the page is left.
  }
}

// Everything by keyboard. Letters work outside text fields and can be switched off; F2, F4 and Ctrl+S always work.

const STORED = "hotline.letters";

export function listen(desk, { bell, offer, mine, talk, card, state, dialogs }) {
  const letters = document.getElementById("letters");
  letters.checked = read() !== "off";
  letters.addEventListener("change", () => write(letters.checked ? "on" : "off"));

  const always = {
    F2: () => offer.answer("accept"),
    F4: () => offer.answer("decline"),
  };
  const outside = {
    j: () => mine.next(),
    r: () => show("middle", () => talk.focusComposer("message")),
    n: () => show("middle", () => talk.focusComposer("note")),
    c: () => show("right", () => card.focusCard()),
    e: () => desk.talk?.open && dialogs.end(desk.talk),
    w: () => dialogs.open("by-hand"),
    p: () => state.toggle(),
    m: () => bell.silence(),
    "?": () => dialogs.open("keys"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      card.save();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = always[event.key] ?? (free(event.target, letters) ? outside[event.key.toLowerCase()] : null);
    if (act) {
      event.preventDefault();
      act();
    } else if (event.key === "Escape") {
      leave(event.target);
    }
  });
}

function show(pane, then) {
  document.dispatchEvent(new CustomEvent("show-pane", { detail: pane }));
  then();
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

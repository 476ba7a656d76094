// The loader for a centre's own site: a button, and behind it the caller's page in a frame.
//   <script src="https://…/embed.js" data-line="kis" data-lang="pl" async></script>
// Keeps nothing, sends no cookie, and asks once whether somebody is on duty. The page is fetched when the button is
// pressed. data-away="hide": no button while nobody is on duty. data-exit: where quick exit leads; "stay": nowhere.
(() => {
  const { dataset, src } = document.currentScript;
  const home = new URL(src).origin;
  const { line, lang = "pl", away = "show", exit = "" } = dataset;
  const narrow = matchMedia("(max-width: 40rem)");
  const look = `
    :host { all: initial; color-scheme: light dark; --accent: #0b6470; --on: #fff; --paper: #fff; --ink: #16262b; --line: #80949a; }
    @media (prefers-color-scheme: dark) {
      :host { --accent: #7fd0d8; --on: #06262b; --paper: #10191c; --ink: #e8eff0; --line: #6d8187; }
    }
    * { box-sizing: border-box; font: 16px/1.4 system-ui, sans-serif; }
    button { min-height: 44px; padding: 8px 16px; border: 1px solid var(--accent); border-radius: 12px; cursor: pointer;
      background: var(--accent); color: var(--on); font-weight: 600; text-align: start; }
    button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 2px var(--paper); }
    .open { position: fixed; inset: auto max(16px, env(safe-area-inset-right)) max(16px, env(safe-area-inset-bottom)) auto;
      z-index: 2147483646; max-width: min(20rem, calc(100vw - 32px)); box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    small { display: block; font-size: 14px; font-weight: 400; }
    dialog { position: fixed; inset: auto 16px 16px auto; z-index: 2147483647; width: 25rem; height: min(44rem, calc(100dvh - 32px));
      max-width: none; max-height: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 12px; overflow: hidden;
      background: var(--paper); color: var(--ink); box-shadow: 0 4px 24px rgb(0 0 0 / 30%); }
    dialog[open] { display: flex; flex-direction: column; }
    dialog button { align-self: flex-end; margin: 4px; border-color: var(--line); background: var(--paper); color: var(--ink); }
    iframe { flex: 1; width: 100%; min-height: 0; border: 0; border-top: 1px solid var(--line); }
    @media (max-width: 40rem) { dialog { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; } }
  `;

  const element = (name, values = {}) => Object.assign(document.createElement(name), values);

  function show({ state, texts }) {
    if (state === "none" || (state === "away" && away === "hide")) return;
    const host = element("div", { lang });
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet(); // no style element: the site's own policy may forbid those
    sheet.replaceSync(look);
    root.adoptedStyleSheets = [sheet];
    const button = element("button", { type: "button", className: "open", textContent: texts.open });
    button.setAttribute("aria-haspopup", "dialog");
    if (texts.note) button.append(element("small", { textContent: texts.note }));
    const dialog = element("dialog");
    dialog.setAttribute("aria-label", texts.title);
    const close = element("button", { type: "button", textContent: texts.close });
    dialog.append(close);
    root.append(button, dialog);
    document.body.append(host);
    let frame = null;

    function open() {
      button.hidden = true;
      if (narrow.matches) dialog.showModal();
      else dialog.show();
      if (frame) frame.focus();
      else frame = load();
    }

    function load() {
      const made = element("iframe", { title: texts.title, src: `${home}/chat/${line}?lang=${lang}` });
      // The page answers to whoever greets it from a site of the centre, and to nobody else.
      made.addEventListener("load", () => {
        made.contentWindow.postMessage({ hotline: "hello" }, home);
        if (dialog.open && root.activeElement !== made) made.focus(); // who is in it already stays where they are
      });
      dialog.append(made);
      return made;
    }

    function leave(to) {
      host.remove();
      removeEventListener("message", hear);
      const target = exit || to;
      if (exit !== "stay" && /^https?:/.test(target)) location.replace(target);
    }

    function hear({ origin, source, data }) {
      if (origin !== home || !frame || source !== frame.contentWindow) return;
      if (data?.hotline === "close") dialog.close();
      else if (data?.hotline === "exit") leave(String(data.to));
    }

    button.addEventListener("click", open);
    close.addEventListener("click", () => dialog.close());
    // Closed is out of sight: the talk in the frame goes on, and the button leads back to it.
    dialog.addEventListener("close", () => {
      button.hidden = false;
      button.focus();
    });
    dialog.addEventListener("keydown", ({ key }) => key === "Escape" && dialog.close());
    // Shift three times is quick exit wherever the focus is; what other keys are pressed is nobody's business.
    addEventListener("keydown", ({ key, repeat }) => {
      if (dialog.open && !repeat) frame.contentWindow.postMessage({ hotline: "key", key: key === "Shift" ? key : "" }, home);
    }, true);
    addEventListener("message", hear);
  }

  fetch(`${home}/embed/${line}?lang=${lang}`, { credentials: "omit", referrerPolicy: "no-referrer" })
    .then((answer) => (answer.ok ? answer.json() : { state: "none" }))
    .then((status) => {
      if (document.body) show(status);
      else addEventListener("DOMContentLoaded", () => show(status));
    })
    .catch(() => {}); // nothing can be said for certain, so nothing is promised
})();

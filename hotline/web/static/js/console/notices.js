// Notices of the desktop, for a page that is not looked at. They say that somebody waits and never who or why.

import { t } from "./words.js";

const open = new Set();

/** One for each thing: the same tag again takes the old one's place. */
export function notice(tag) {
  if (!document.hidden || globalThis.Notification?.permission !== "granted") return;
  try {
    const shown = new Notification(t("notice_title"), { body: t("notice_body"), tag, silent: true });
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
    });
    open.add(shown);
  } catch {
    // A telephone's browser has the name and not the thing; the settings say so.
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const shown of open) shown.close();
  open.clear();
});

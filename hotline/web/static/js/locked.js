// The page in place of every other while the screen is locked. It rings like an open console, and says no more.

import { Sounds } from "./console/sounds.js";
import { listen, look, others } from "./console/unlock.js";
import { Waits } from "./console/waits.js";
import { Wire } from "./console/wire.js";

const ASK = 15_000; // milliseconds
const main = document.getElementById("locked");

/** As the server says: an open screen goes on where it was asked for, and one that has ended does so, too. */
async function see() {
  try {
    const screen = await look();
    if (!screen?.locked) location.replace(main.dataset.back);
  } catch {
    // The next look tells.
  }
}

const tell = others((what) => what === "look" && see());
listen(async () => {
  tell("look");
  await see();
});
document.addEventListener("visibilitychange", () => document.hidden || see());
document.addEventListener("signed-out", see);
setInterval(see, ASK);

if ("rings" in main.dataset) {
  const waits = new Waits(main, new Sounds());
  const wire = new Wire(() => []);
  document.addEventListener("screen-says", ({ detail }) => waits.hear(detail));
  wire.addEventListener("frame", ({ detail }) => detail.console && see());
  wire.open();
}

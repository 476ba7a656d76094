// The page without script met a browser with script after all (it came late): hand the talk over to the live page.

import * as kept from "./kept.js";

const form = document.getElementById("plain");
if (form.dataset.token && !form.elements.text?.value) {
  kept.set("token", form.dataset.token);
  location.replace(form.dataset.page);
}

// The settings of sounds and notices: hear them before choosing, and let this browser show notices. It is asked for
// by pressing the button and by nothing else.

import { Sounds } from "./console/sounds.js";

const sounds = new Sounds();
const form = document.querySelector("#signals form");

const hear = form.querySelector(".hear");
hear.hidden = !globalThis.AudioContext;
hear.addEventListener("click", async ({ target }) => {
  if (!target.dataset.hear) return;
  await sounds.allow();
  sounds.play(target.dataset.hear, form.elements.volume.value);
});

const here = form.querySelector(".here");
const button = here.querySelector("button");
here.hidden = false;

function show(state) {
  for (const sentence of here.querySelectorAll("[data-state]")) sentence.hidden = sentence.dataset.state !== state;
  button.hidden = state !== "default";
}

button.addEventListener("click", async () => {
  const state = await Notification.requestPermission();
  show(state);
  if (state !== "granted") return;
  try {
    new Notification(here.dataset.title, { body: here.dataset.body, silent: true }); // what they will look like
    form.elements.notices.checked = true;
  } catch {
    show("none"); // a telephone's browser has the name and not the thing
  }
});

show(globalThis.Notification?.permission ?? "none");

// How each thing that a caller does goes to the server.

import { ask } from "./outbox.js";

/** Sends one item of the outbox; throws as `ask` does. `at(what)` is an address of this line. */
export function deliver(item, { at, token, language, live, signal }) {
  const post = (what, body) => ask(at(what), { method: "POST", token, body, signal });
  if (item.kind === "start") return post("contacts", beginning(item, token, language));
  if (item.kind === "edit") return post("corrections", { id: item.id, ref: item.ref, text: item.text });
  if (item.kind === "aside") return post("aside", { id: item.id, hidden: item.hidden });
  if (item.kind === "answer") return post("answers", { question: "danger", value: item.value });
  if (item.kind === "end") return post("end", { id: item.id }).catch((error) => older(error, () => post("leave", { quick: true })));
  if (live?.open) return live.say(item.id, item.text);
  return post("messages", { id: item.id, text: item.text });
}

/** A server of the release before, which does not know the address, is asked as it knows it. */
function older(error, ask) {
  if (error.status !== 404) throw error;
  return ask();
}

/** What nobody has answered is left out. */
function beginning({ id, text, danger, topic, under18, notice }, token, language) {
  const given = { token, id, language, notice };
  if (text) given.text = text;
  if (danger) given.danger = danger;
  if (topic) given.topic = topic;
  if (under18) given.under18 = true;
  return given;
}

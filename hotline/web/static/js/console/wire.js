// The line to the server: questions over HTTP, news over a socket, and questions again while the socket is down.

import { Unanswered } from "../outbox.js";

export class Refused extends Error {
  constructor(status, error) {
    super(error.sentence ?? "");
    this.status = status;
    this.code = error.code ?? "failed";
    this.fields = error.fields ?? [];
  }
}

/** The server could not be reached or is unwell: the same request may be sent again. */
export class Unreachable extends Error {}

const PATIENCE = 15_000; // milliseconds until an answer counts as lost

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { "Accept-Language": document.documentElement.lang, ...options.headers },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Unreachable();
  }
  if (response.ok) return response;
  if (response.status >= 502) throw new Unreachable();
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // A page instead of an answer: the status alone has to do.
  }
  if (response.status === 423) document.dispatchEvent(new Event("screen-lock"));
  if ([423, 429, 503].includes(response.status)) throw new Unreachable(error.sentence);
  if (response.status === 401) document.dispatchEvent(new CustomEvent("signed-out"));
  throw new Refused(response.status, error);
}

export const ask = async (path) => (await request(path)).json();
export const askText = async (path) => (await request(path)).text();
export const tell = async (path, body, more = {}) =>
  (
    await request(path, {
      ...more,
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    })
  ).json();

const SLOWEST = 8_000;
const POLL = 4_000;
const SILENCE = 13_000; // a server that says so is heard every ten seconds at least: longer than this is a dead line
const OF_OLD = 35_000; // one of the release before sends its pane every thirty

/**
 * Events: "frame" with what the server says, "up", "down", and "lost" where the line is known to be dead.
 * `watching()` gives the [contact, cursor] on the screen.
 */
export class Wire extends EventTarget {
  #socket = null;
  #tries = 0;
  #ended = false;
  #polling = null;
  #heard = 0;
  #patience = OF_OLD;
  #unanswered = new Unanswered();

  constructor(watching) {
    super();
    this.watching = watching;
    document.addEventListener("signed-out", () => this.#end());
    document.addEventListener("screen-unlocked", () => this.#socket?.close()); // it may be of a session before
    addEventListener("online", () => this.#socket ?? this.open());
    addEventListener("offline", () => this.#drop());
    setInterval(() => this.#socket && performance.now() - this.#heard > this.#patience && this.#drop(), 1_000);
  }

  open() {
    if (this.#ended || this.#socket) return;
    const address = new URL(`/console/socket?lang=${document.documentElement.lang}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#heard = performance.now();
    this.#patience = OF_OLD;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      for (const [id, after] of this.watching()) this.watch(id, after);
    });
    let up = false;
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      if (!up) this.#isUp(); // not sooner: a line may open and say nothing
      up = true;
      this.#heard = performance.now();
      this.#tries = 0; // not sooner: a line that is taken and dropped at once must not be asked for in a hurry
      this.#hear(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => socket === this.#socket && this.#lost(event.code));
  }

  watch(contact, after) {
    this.#send({ watch: contact, after });
  }

  /** The caller's words up to this number stand on the screen. */
  shown(contact, seq) {
    this.#send({ shown: { contact, seq } });
  }

  /** One writes to them: for whoever is there now. */
  typing(contact) {
    this.#send({ typing: contact });
  }

  /** Can words go over the open line? Else they go by a request of their own. */
  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN && navigator.onLine;
  }

  /** A message for a conversation: what the server answers once it is stored. Throws Refused or Unreachable. */
  reply(contact, id, text) {
    const answer = this.#unanswered.wait(id, PATIENCE, () => {
      this.#drop();
      return new Unreachable();
    });
    this.#send({ reply: { contact, id, text } });
    return answer;
  }

  #hear({ alive, ack, refused, ...frame }) {
    if (alive) this.#patience = SILENCE;
    else if (ack) this.#unanswered.resolve(ack.id, ack);
    else if (refused) this.#unanswered.reject(refused.id, reason(refused));
    else if (frame.locked) this.#underLock(frame.locked);
    else this.#say(frame);
  }

  /** Words go on waiting, and nothing comes but that somebody waits. */
  #underLock(waits) {
    document.dispatchEvent(new Event("screen-lock"));
    document.dispatchEvent(new CustomEvent("screen-says", { detail: waits }));
  }

  #isUp() {
    clearInterval(this.#polling);
    this.#polling = null;
    this.dispatchEvent(new Event("up"));
  }

  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #say(frame) {
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** The line is dead, and nobody has told us; its own close may take a minute. */
  #drop() {
    const socket = this.#socket;
    if (this.#ended) return;
    this.dispatchEvent(new Event("lost"));
    if (!socket) return;
    this.#lost(1006);
    socket.close();
  }

  #lost(code) {
    this.#socket = null;
    this.#unanswered.rejectAll(new Unreachable());
    if (this.#ended) return;
    if (code === 4401) {
      document.dispatchEvent(new CustomEvent("signed-out"));
      return;
    }
    this.dispatchEvent(new Event("down"));
    this.#polling ??= setInterval(() => this.#poll(), POLL);
    // A restart says so (1001) and is quick; many consoles must still not come back in the same instant.
    const wait = Math.min(500 * 2 ** this.#tries++, SLOWEST);
    setTimeout(() => this.open(), wait / 2 + (Math.random() * wait) / 2);
  }

  async #poll() {
    const polling = this.#polling;
    const say = (frame) => this.#polling === polling && this.#say(frame); // else the line is up and has said newer things
    try {
      say({ console: await ask("/console/state") });
      for (const [id, after] of this.watching()) {
        say({ contact: id, ...(await ask(`/console/contacts/${id}/entries?after=${after}`)) });
      }
    } catch {
      // Still down: the next turn tries again.
    }
  }

  #end() {
    this.#ended = true;
    clearInterval(this.#polling);
    this.#socket?.close();
  }
}

function reason({ status, code, sentence }) {
  return status < 500 && ![423, 429].includes(status) ? new Refused(status, { code, sentence }) : new Unreachable(sentence);
}

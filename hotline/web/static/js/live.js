// What is new, as it comes: over a socket, and where none gets through by requests that the server holds until there
// is something. Both read after the same cursor.

import { PATIENCE, Refused, Unanswered, ask, pause } from "./outbox.js";

const HELD = 32000; // ms for one held request; the server answers after 25 s at the latest
const LONG = 5000; // ms: what is cut off after that was held by somebody impatient on the way, and the line is well
const SIMPLE = 4000; // ms between two looks at a server of the release before, which holds nothing
const CHECK = 60000; // ms, although there is a socket: a dead line looks like a quiet one
const MUTE = 8000; // ms until a socket that was opened must have said something
const TRIES = 2; // sockets that never spoke, before requests are held

export class Live {
  #at;
  #token;
  #on;
  #socket = null;
  #failed = 0;
  #stopped = false;
  #retry;
  #check;
  #asking = false;
  #holding = null; // what ends the held request
  #mark = ""; // of the state that the last held request told
  #wake = () => {};
  #unanswered = new Unanswered();

  /** `on` is told: frame({state, entries}), link(up), gone(). `cursor` is moved by whoever shows the frames. */
  constructor(at, token, cursor, on) {
    this.#at = at;
    this.#token = token;
    this.cursor = cursor;
    this.#on = on;
  }

  start() {
    this.#connect();
    this.#lookLater();
  }

  /** Can words go over the open line? Else they go by a request of their own. */
  get open() {
    return this.#socket?.spoke === true && this.#socket.readyState === WebSocket.OPEN && navigator.onLine;
  }

  /** Sends one message over the line: what the server answers once it is stored. Throws as `ask` does. */
  say(id, text) {
    const socket = this.#socket;
    const answer = this.#unanswered.wait(id, PATIENCE, () => {
      socket.spoke = false; // it is dead, and nobody has told us
      socket.close();
      return new Error("no answer");
    });
    socket.send(JSON.stringify({ id, text }));
    return answer;
  }

  /** One writes: for whoever is there now, and for nobody later. */
  typing() {
    if (this.open) this.#socket.send(JSON.stringify({ typing: true }));
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#check);
    this.#holding?.abort();
    this.#wake();
    this.#socket?.close();
  }

  /** Look at once: the network is back, or somebody looks at the page. */
  nudge() {
    if (this.#stopped) return;
    this.read();
    this.#wake();
    if (!this.#socket) {
      clearTimeout(this.#retry);
      this.#connect();
    }
  }

  /** Read what is new by plain request; pages on while there is more. */
  async read() {
    if (this.#asking || this.#stopped) return;
    this.#asking = true;
    const before = this.cursor;
    try {
      let frame;
      do {
        frame = await ask(`${this.#at("contact")}&after=${this.cursor}`, { token: this.#token });
        if (this.#stopped) return;
        this.#on.link(true);
        this.#on.frame(frame);
      } while (frame.more);
      // The socket should have brought this: it is deaf.
      if (this.#socket?.spoke && this.cursor > before && performance.now() - this.#socket.heard > CHECK) this.#socket.close();
    } catch (error) {
      if (error instanceof Refused && error.status === 401) this.#on.gone();
      else if (!this.#socket?.spoke) this.#on.link(false);
    } finally {
      this.#asking = false;
    }
  }

  #lookLater() {
    clearTimeout(this.#check);
    if (this.#stopped) return;
    this.#check = setTimeout(async () => {
      if (!this.#holding) await this.read();
      this.#lookLater();
    }, CHECK);
  }

  /** One request after the other until a socket speaks. */
  async #hold() {
    if (this.#holding) return;
    this.#holding = new AbortController();
    const { signal } = this.#holding;
    this.#mark = "";
    let failed = 0;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        const rest = await this.#news(signal);
        failed = 0;
        if (rest) await this.#rest(rest * (0.75 + Math.random() / 2));
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof Refused && error.status === 401) {
          this.#on.gone();
          break;
        }
        failed = performance.now() - began < LONG ? failed + 1 : 0;
        if (failed) this.#on.link(false);
        await this.#rest(pause(failed));
      }
    }
    this.#holding = null;
  }

  /** What one held request brought is shown; how long to rest before the next, in milliseconds. */
  async #news(signal) {
    const address = `${this.#at("news")}&after=${this.cursor}&known=${this.#mark}`;
    try {
      const { mark, rest, ...frame } = await ask(address, { token: this.#token, signal, within: HELD });
      this.#mark = mark;
      if (this.#stopped) return 0;
      this.#on.link(true);
      this.#on.frame(frame);
      return rest;
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      await this.read();
      return SIMPLE;
    }
  }

  #rest(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #connect() {
    if (this.#stopped) return;
    const url = new URL(this.#at("socket"), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    let socket;
    try {
      socket = new WebSocket(url);
    } catch {
      this.#lost(null, 0);
      return;
    }
    this.#socket = socket;
    socket.spoke = false;
    socket.heard = performance.now();
    setTimeout(() => this.#mute(socket), MUTE);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ token: this.#token, after: this.cursor })));
    socket.addEventListener("message", ({ data }) => {
      if (this.#stopped || this.#socket !== socket) return;
      socket.heard = performance.now();
      if (!socket.spoke) {
        socket.spoke = true;
        this.#failed = 0;
        this.#on.link(true);
        this.#holding?.abort();
        this.#lookLater();
      }
      const { ack, refused, ...frame } = JSON.parse(data);
      if (ack) this.#unanswered.resolve(ack.id, ack);
      else if (refused) this.#unanswered.reject(refused.id, reason(refused));
      else this.#on.frame(frame);
    });
    socket.addEventListener("close", ({ code }) => this.#lost(socket, code));
  }

  /** One that hangs is as good as none, and a second one would be no better. */
  #mute(socket) {
    if (socket.spoke) return;
    this.#failed = Math.max(this.#failed, TRIES - 1);
    socket.close();
  }

  #lost(socket, code) {
    this.#unanswered.rejectAll(new Error("the line broke"));
    if (this.#stopped || this.#socket !== socket) return;
    this.#socket = null;
    if (code === 4401) {
      this.#on.gone();
      return;
    }
    this.#failed += 1;
    if (this.#failed >= TRIES) this.#hold();
    this.#retry = setTimeout(() => this.#connect(), pause(this.#failed));
  }
}

function reason({ status, code, sentence }) {
  return status < 500 ? new Refused(status, code, sentence) : Object.assign(new Error(`status ${status}`), { status });
}

// What is new, as it comes: a socket, and polling where sockets fail. Both read after the same cursor.

import { PATIENCE, Refused, ask, pause } from "./outbox.js";
import { Unanswered } from "./unanswered.js";

const POLL = 4000; // ms, while there is no socket
const CHECK = 60000; // ms, although there is one: a dead line looks like a quiet one
const MUTE = 8000; // ms until a socket that was opened must have said something
const TRIES = 2; // sockets that never spoke, before polling begins

export class Live {
  #at;
  #token;
  #on;
  #socket = null;
  #failed = 0;
  #stopped = false;
  #retry;
  #poll;
  #asking = false;
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
    this.#schedule(CHECK);
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

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#poll);
    this.#socket?.close();
  }

  /** Look at once: the network is back, or somebody looks at the page. */
  nudge() {
    if (this.#stopped) return;
    this.read();
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

  #schedule(ms) {
    clearTimeout(this.#poll);
    if (this.#stopped) return;
    this.#poll = setTimeout(async () => {
      await this.read();
      this.#schedule(this.#socket?.spoke || this.#failed < TRIES ? CHECK : POLL * (0.75 + Math.random() / 2));
    }, ms);
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
        this.#schedule(CHECK);
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
    if (this.#failed === TRIES) {
      this.read();
      this.#schedule(POLL);
    }
    this.#retry = setTimeout(() => this.#connect(), pause(this.#failed));
  }
}

function reason({ status, code, sentence }) {
  return status < 500 ? new Refused(status, code, sentence) : Object.assign(new Error(`status ${status}`), { status });
}

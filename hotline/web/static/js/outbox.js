// The outbox: what was written and is not yet known to be stored. Sent one by one in order, with the same id for ever.
// One file with how it goes out: on a slow line each file that the first sight of a page waits for costs its time.

const FIRST = 500;
const SHORTEST = 250;
const LONGEST = 30000; // ms
export const PATIENCE = 15000; // ms for one attempt

/** The server understood and said no: repeating would not help. */
export class Refused extends Error {
  constructor(status, code, sentence) {
    super(sentence);
    Object.assign(this, { status, code, sentence });
  }
}

/** One JSON request. Throws Refused for a final no, anything else for "try again". */
export async function ask(url, { method = "GET", token, body, keepalive = false, credentials = "omit", signal, within = PATIENCE } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), within);
  signal?.addEventListener("abort", () => patience.abort());
  try {
    const response = await fetch(url, {
      method, headers, keepalive, credentials,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: patience.signal, cache: "no-store",
    });
    if (response.ok) return await response.json();
    const { error } = await response.json().catch(() => ({}));
    if (error && response.status < 500 && response.status !== 408) {
      throw new Refused(response.status, error.code, error.sentence);
    }
    throw Object.assign(new Error(`status ${response.status}`), { status: response.status });
  } finally {
    clearTimeout(timer);
  }
}

/** Between a moment and a bound that doubles: a thousand pages do not come back at once, and none without a rest. */
export function pause(attempt) {
  return SHORTEST + Math.random() * (Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10)) - SHORTEST);
}

export class Outbox {
  #deliver;
  #on;
  #running = false;
  #stopped = new AbortController();
  #wake = () => {};

  /**
   * deliver(item, signal) sends one item; `on` is told: changed(items), sent(item, answer), late(item, error), refused(item, error).
   */
  constructor(items, deliver, on) {
    this.items = items;
    this.#deliver = deliver;
    this.#on = on;
  }

  get empty() {
    return this.items.length === 0;
  }

  add(item) {
    this.items.push(item);
    this.#on.changed(this.items);
    this.run();
  }

  /** The item arrived by another way: its echo overtook the acknowledgement. */
  settle(id) {
    const before = this.items.length;
    this.items = this.items.filter((item) => item.id !== id);
    if (this.items.length !== before) this.#on.changed(this.items);
  }

  /** Try again now: the network is back, or somebody looks at the page. */
  wake() {
    this.#wake();
  }

  stop() {
    this.#stopped.abort();
    this.#wake();
  }

  async run() {
    if (this.#running) return;
    this.#running = true;
    let attempt = 0;
    while (this.items.length && !this.#stopped.signal.aborted) {
      const item = this.items[0];
      try {
        const answer = await this.#deliver(item, this.#stopped.signal);
        this.settle(item.id);
        this.#on.sent(item, answer);
        attempt = 0;
      } catch (error) {
        if (this.#stopped.signal.aborted) break;
        if (error instanceof Refused) {
          this.settle(item.id);
          this.#on.refused(item, error);
          attempt = 0;
        } else {
          if (this.items.includes(item)) this.#on.late(item, error);
          await this.#rest(pause(attempt++));
        }
      }
    }
    this.#running = false;
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
}

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

/** Words under way on an open line, by their id: each is answered, refused, or given up when its time is over. */
export class Unanswered {
  #waiting = new Map();

  /** What becomes of these words. After `patience` milliseconds it fails with what `late()` returns. */
  wait(id, patience, late) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.reject(id, late()), patience);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  resolve(id, answer) {
    this.#take(id)?.resolve(answer);
  }

  reject(id, error) {
    this.#take(id)?.reject(error);
  }

  /** The line broke: whoever waits tries again with the same id. */
  rejectAll(error) {
    for (const id of [...this.#waiting.keys()]) this.reject(id, error);
  }

  #take(id) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}

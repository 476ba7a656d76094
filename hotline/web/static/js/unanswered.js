// Words under way on an open line, by their id: each is answered, refused, or given up when its time is over.

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

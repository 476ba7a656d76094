// What stays on the device while this tab lives: token, cursor, unsent text. Nothing else, nowhere else.

const NAMES = ["token", "cursor", "unsent"];
const memory = new Map(); // where the browser forbids storage, the page still works until it is closed

export function get(name) {
  try {
    return sessionStorage.getItem(name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function set(name, value) {
  try {
    if (value === null || value === "") sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
    memory.delete(name);
  } catch {
    memory.set(name, value);
  }
}

export function clear() {
  memory.clear();
  try {
    for (const name of NAMES) sessionStorage.removeItem(name);
  } catch {
    // nothing was kept there
  }
}

/** 256 random bits as 43 characters: the caller's secret, or the id of a message. */
export function secret(bytes = 32) {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

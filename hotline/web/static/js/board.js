// The board's live picture: a socket, plain requests while it is down, and a clock for what rings.
// The server paints; here its new picture is laid over the old one, so that numbers change where they stand.

const POLL = 3_000;
const SLOWEST = 8_000;
const SILENCE = 13_000; // something comes every two seconds: a silence of this length is a dead line
const board = document.getElementById("board");
const banner = document.getElementById("connection");
const sentence = banner.querySelector("p");
const language = document.documentElement.lang;

let tries = 0;
let polling = null;
let over = false;
let lost = null;
let drop = () => {};
let again = () => {};
let heard = performance.now();

// -- laying one picture over the other -----------------------------------------------------------------

function lay(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  for (const { name } of [...old.attributes]) {
    // Whether the list of other lines is open is the reader's own choice.
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const known = new Map([...old.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = wanted.dataset?.key;
    const here = key ? known.get(key) : place;
    if (here && alike(here, wanted)) {
      if (here !== place) old.insertBefore(here, place);
      if (here.nodeType === Node.ELEMENT_NODE) lay(here, wanted);
      else if (here.data !== wanted.data) here.data = wanted.data;
      place = here.nextSibling;
    } else {
      old.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function alike(here, wanted) {
  return here.nodeName === wanted.nodeName && here.dataset?.key === wanted.dataset?.key;
}

function show(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  lay(document.getElementById("board-now"), document.adoptNode(parsed.getElementById("board-now")));
  complain(null);
  tick();
}

// -- when nothing new comes ------------------------------------------------------------------------------

/** Say that what is shown is old, and from when; `what` is lost, database or signedOut. */
function complain(what) {
  clearTimeout(lost);
  lost = null;
  board.classList.toggle("board-old", what !== null);
  banner.hidden = what === null;
  if (what) sentence.textContent = `${sentence.dataset[what]} ${board.querySelector(".clock time").textContent}.`;
}

function end() {
  over = true;
  clearInterval(polling);
  complain("signedOut");
}

async function poll() {
  try {
    const response = await fetch(`/board/now?lang=${language}`, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (response.redirected || response.status === 401 || response.status === 403) end();
    else if (response.status === 423) document.dispatchEvent(new Event("screen-lock"));
    else if (response.ok) show(await response.text());
    else complain(response.status === 503 ? "database" : "lost");
  } catch {
    complain("lost");
  }
}

// -- the socket -------------------------------------------------------------------------------------------

function open() {
  if (over) return;
  const address = new URL(`/board/socket?lang=${language}`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  let gone = false;
  heard = performance.now();
  socket.addEventListener("message", ({ data }) => {
    if (gone) return;
    tries = 0;
    heard = performance.now();
    clearInterval(polling);
    polling = null;
    const frame = JSON.parse(data);
    if (frame.html) show(frame.html);
    else if (frame.locked) document.dispatchEvent(new Event("screen-lock"));
    else complain(frame.trouble);
  });
  const leave = ({ code }) => {
    if (over || gone) return;
    gone = true;
    if (code === 4401) {
      end();
      return;
    }
    // A restart takes a second; only what lasts is worth a word.
    lost ??= setTimeout(() => complain("lost"), 2_500);
    polling ??= setInterval(poll, POLL);
    const wait = Math.min(500 * 2 ** tries++, SLOWEST);
    setTimeout(open, wait / 2 + (Math.random() * wait) / 2);
  };
  socket.addEventListener("close", leave);
  again = () => socket.close();
  // A dead line may not say for a minute that it has closed.
  drop = () => {
    complain("lost");
    leave({ code: 1006 });
    socket.close();
  };
}

addEventListener("offline", () => drop());
document.addEventListener("screen-unlocked", () => again()); // the line may be of a session before
setInterval(() => performance.now() - heard > SILENCE && drop(), 1_000);

// -- what rings counts down --------------------------------------------------------------------------------

let offset = null; // this machine's clock may be wrong: the first picture tells the server's

function tick() {
  const stamp = Date.parse(board.querySelector(".clock time").dateTime);
  if (offset === null || stamp - Date.now() > offset) offset = stamp - Date.now();
  for (const time of board.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(time.dataset.until) - Date.now() - offset) / 1000));
    if (time.textContent !== String(left)) time.textContent = left;
  }
}

setInterval(tick, 1_000);
tick();
open();

// Words and pieces of the page. What people wrote only ever becomes a text node.

let texts = {};

export function learn(given) {
  texts = given;
}

/** The sentence under `staff.desk.{key}` with its {parameters} filled in. */
export function t(key, params = {}) {
  const text = texts[`staff.desk.${key}`] ?? texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/** A human length of time, like the server's own. */
export function duration(seconds) {
  const minutes = Math.floor(Math.max(seconds, 0) / 60);
  if (minutes < 1) return t("moment");
  if (minutes < 60) return t("minutes", { minutes });
  return t("hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** An element; strings among the children become text nodes, null and false are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  return fill(element, ...children);
}

/** Replace what an element holds; null, false and "" among the children are left out. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child || child === 0));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(name) {
  return svg("svg", { class: `icon icon-${name}`, "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** A priority: a shape and a word. */
export function mark(priority, label) {
  return h("span", { class: `mark mark-${priority}` }, icon(priority), label);
}

/** Say something to those who listen to the page; `atOnce` interrupts. */
export function speak(sentence, atOnce = false) {
  document.getElementById(atOnce ? "spoken-at-once" : "spoken-politely").textContent = sentence;
}

/** Markup of our own server as nodes. Nothing in it can run: the page's policy allows no inline script. */
export function fragment(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return document.adoptNode(parsed.body.firstElementChild);
}

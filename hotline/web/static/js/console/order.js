// Rows of a list in their order: the focus stays with its row, and nothing moves under a pointer on its way to one.

const STILL = 3_000; // milliseconds a pointer must rest before rows move under it

/** Bring the items of a list into this order, or, while somebody points at it, as soon as they no longer do. */
export function inOrder(list, items) {
  list.wanted = items;
  if (!list.watched) watch(list);
  if (list.pointed) list.append(...items.filter((item) => item.parentElement !== list));
  else arrange(list);
}

function watch(list) {
  list.watched = true;
  const rest = () => {
    clearTimeout(list.pointed);
    list.pointed = null;
    arrange(list);
  };
  list.addEventListener("pointermove", () => {
    clearTimeout(list.pointed);
    list.pointed = setTimeout(rest, STILL);
  });
  list.addEventListener("pointerleave", rest);
}

function arrange(list) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.wanted.forEach((item, place) => {
    const there = list.children[place] ?? null;
    if (there === item) return;
    // Where a browser can move an element, it need not lose its focus for a moment, which a screen reader would say.
    if (list.moveBefore && item.parentElement === list) list.moveBefore(item, there);
    else list.insertBefore(item, there);
  });
  if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
}

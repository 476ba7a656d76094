// The caller's page inside a frame: it speaks with the page around it only if that is one of the centre's own sites.

const sites = document.querySelector('meta[name="framed-by"]')?.content.split(" ") ?? [];
let site = null; // the origin that greeted us

/** Until somebody greeted us it may be any of the sites: the browser gives it to none but the one it names. */
function tell(what) {
  for (const to of site ? [site] : sites) parent.postMessage(what, to);
}

if (parent !== window) {
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || !sites.includes(origin)) return;
    if (data?.hotline === "hello") site = origin;
    else if (data?.hotline === "key") dispatchEvent(new KeyboardEvent("keydown", { key: String(data.key) }));
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) tell({ hotline: "close" });
  });
  document.addEventListener("quick-exit", (event) => {
    if (site) event.preventDefault();
    tell({ hotline: "exit", to: document.querySelector("quick-exit")?.dataset.to ?? "" });
  });
  // Only the conversation and the call-back stand in a frame: what leads elsewhere opens beside it.
  for (const link of document.querySelectorAll('a[href]:not([href^="tel:"])')) {
    const { origin, pathname } = new URL(link.href);
    if (link.closest("quick-exit") || (origin === location.origin && pathname.startsWith("/chat/"))) continue;
    link.removeAttribute("data-replace");
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
}

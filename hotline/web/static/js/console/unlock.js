// The way back from a locked screen: what the server says of it, and the password.

const PATIENCE = 10_000; // milliseconds

const send = (path, body) =>
  fetch(path, {
    method: body ? "POST" : "GET",
    headers: {
      Accept: "application/json",
      "Accept-Language": document.documentElement.lang,
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body && JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
  });

/** {person, locked, waits}; null if the session has ended. Throws where there is no answer. */
export async function look() {
  const answer = await send("/screen");
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/** Nothing is shown in any page of this session from now on. Throws where there is no answer. */
export async function close(how) {
  const answer = await send("/screen/lock", { how });
  if (answer.status >= 500) throw new Error(`status ${answer.status}`);
}

/** What other pages of this browser say and are told: "touched" or "look". */
export function others(hear) {
  if (!globalThis.BroadcastChannel) return () => {};
  const channel = new BroadcastChannel("hotline-screen");
  channel.addEventListener("message", ({ data }) => hear(data));
  return (what) => channel.postMessage(what);
}

/** Try the password; `then` when it was right or the session is over. `first` is waited for. */
export function listen(then, first = () => null) {
  const form = document.getElementById("unlock");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = document.getElementById("lock-error");
    const { password } = form.elements;
    problem.hidden = true;
    event.submitter?.setAttribute("aria-disabled", "true");
    try {
      await first();
      const answer = await send("/screen/unlock", { password: password.value });
      const { error } = await answer.json();
      if (!error || error.code === "not_signed_in") return await then();
      problem.textContent = error.sentence;
    } catch {
      problem.textContent = form.dataset.offline;
    } finally {
      event.submitter?.removeAttribute("aria-disabled");
    }
    problem.hidden = false;
    password.value = "";
    password.focus();
  });
}

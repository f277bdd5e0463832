// The server: what it tells (server-sent events, which the browser takes up again by itself), and what is asked.

const token = document.querySelector("meta[name=token]").content;

/** Ask for a change; throws the server's words when it can't be done. */
export async function ask(what, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Page-Token": token };
  return answered(fetch(`do/${what}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

export async function look(path) {
  return answered(fetch(path));
}

async function answered(asking) {
  let answer;
  try {
    answer = await asking;
  } catch {
    throw new Error("The page's server does not answer. Where you started it: make run");
  }
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/** Hear of everything: `snapshot` is the whole state, `changed` parts of it, the others are things that happen. */
export function listen(hears) {
  const events = new EventSource("events");
  let start = null;
  for (const kind of ["snapshot", "changed", "flew", "read", "note"]) {
    events.addEventListener(kind, (event) => {
      const now = event.lastEventId.split("-")[0];
      if (start !== null && now !== start) location.reload(); // another start of the server: its token is new
      start = now;
      hears[kind](JSON.parse(event.data));
    });
  }
  events.onopen = () => hears.connected(true);
  events.onerror = () => hears.connected(false);
}

// The lines that each button ran, the newest open, ready to be copied.

import { $, h } from "./words.js";

let last = 0;

export function showCode(ran, tell) {
  const newest = ran.length ? ran[ran.length - 1].number : 0;
  if (newest < last) $("code").replaceChildren();
  for (const one of ran.filter((each) => each.number > last || newest < last)) {
    for (const open of $("code").querySelectorAll("details[open]")) open.open = false;
    $("code").prepend(h("details", { class: "ran", open: true, "data-number": one.number }, h("summary", {}, one.title),
      h("pre", { tabindex: 0, "aria-label": `Code: ${one.title}` }, one.lines),
      h("button", { onclick: () => copy(one.lines, tell) }, "Copy")));
  }
  while ($("code").children.length > 20) $("code").lastChild.remove();
  last = newest;
}

async function copy(lines, tell) {
  try {
    await navigator.clipboard.writeText(lines);
    tell("Copied.");
  } catch {
    tell("The browser does not let the page copy. Select the lines and press Ctrl-C.");
  }
}

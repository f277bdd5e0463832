// The page of exams. All that counts is kept by the server: this page shows its state and sends single steps.

const main = document.getElementById("main");
const said = document.getElementById("said");
const token = document.querySelector('meta[name="token"]').content;
const BEAT_SECONDS = 5;
const LETTERS = "ABCDEFGHIJ";
const AWAY = "The server does not answer. Call `grader exam` again and load this page anew: nothing is lost.";

let state = null; // of the exam under way; null on the other pages
let leftAt = 0; // when `state.left` was told
let keysOn = localStorage.getItem("exam-keys") !== "off";
let waiting = Promise.resolve(); // what was pressed is done one after the other: nothing overtakes, nothing is lost

async function step(body) {
  const reply = await fetch("step", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Page-Token": token },
    body: JSON.stringify(body),
  });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

function tried(work, clears = true) {
  waiting = waiting.then(async () => {
    try {
      await work();
      if (clears || said.textContent === AWAY) said.textContent = "";
    } catch (error) {
      said.textContent = error instanceof TypeError ? AWAY : error.message;
    }
  });
  return waiting;
}

// By the question that is there at its turn; AT: only when it is still the one that was clicked.
const onQuestion = (work, at = null) => tried(() => {
  const there = state && !state.paused && (at === null || at === state.at);
  return there ? work() : null;
});

// --- making elements; every text goes in as text, never as HTML ---

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function words(text) { // `code` in backticks is the only mark-up
  const parts = text.split(/`([^`]+)`/);
  const made = document.createDocumentFragment();
  parts.forEach((part, n) => made.append(n % 2 ? make("code", {}, part) : part));
  return made;
}

function button(text, work, attributes = {}) {
  return make("button", { type: "button", onclick: () => tried(work), ...attributes }, text);
}

function put(title, ...children) {
  document.title = `${title} – Kinesis course`;
  main.replaceChildren(...children);
}

function ask(question, yes, work) {
  const box = make("dialog", {}, make("p", {}, question));
  box.append(make("div", { class: "row" },
    button(yes, async () => { box.close(); await work(); }, { class: "main" }),
    button("Back", async () => box.close())));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

// --- the first page ---

async function home() {
  state = null;
  const told = await step({ do: "home" });
  const parts = [make("h1", {}, told.heading ?? "Exams"), ...told.faults.map((fault) => make("p", { class: "note" }, fault))];
  for (const line of told.words ?? []) parts.push(make("p", {}, line));
  if (told.under_way) parts.push(underWay(told));
  parts.push(...told.offers.map((offer) => offered(offer, told)));
  if (told.handed) parts.push(make("p", { class: "note" }, told.handed));
  if (told.missed?.length) parts.push(...missed(told.missed));
  if (told.results?.length) parts.push(...history(told.results));
  put("Exams", ...parts);
  main.focus();
}

function underWay(told) {
  const again = button("Go on", async () => { await step({ do: "go on" }); await open_(); }, { class: "main" });
  const give = told.mode === "practice"
    ? button("Give it up", async () => ask("Give this exam up? Its answers are thrown away.", "Give it up",
      async () => { await step({ do: "give up" }); await home(); }))
    : null;
  return make("section", { class: "note" }, make("h2", {}, "Under way"),
    make("p", {}, `${told.under_way.title}: ${told.under_way.answered} answered, ${clock(told.under_way.left)} left.`),
    make("div", { class: "row" }, again, give));
}

function offered(offer, told) {
  const name = `seed-${offer.exam}`;
  const seed = make("input", { type: "text", id: name, size: 12, maxlength: 40, autocomplete: "off", spellcheck: "false" });
  const begin = button("Start", async () => {
    await step({ do: "start", exam: offer.exam, seed: seed.value });
    await open_();
  }, { class: "main", disabled: Boolean(told.under_way), "aria-label": `Start ${offer.title}` });
  const seeded = offer.exam === "again" || told.mode !== "practice" ? null : make("details", {},
    make("summary", {}, "Take the same exam again"),
    make("p", {}, make("label", { for: name }, "Its seed: "), seed));
  return make("section", { class: "offer" }, make("h3", {}, offer.title),
    make("p", { class: "dim" }, `${offer.items} items, ${offer.minutes} minutes.`
      + (told.mode === "practice" ? " You can pause." : " It can't be paused.")),
    seeded, begin);
}

function missed(list) {
  const rows = list.slice(0, 30).map((one) => make("tr", {}, make("td", {}, one.item),
    make("td", {}, `${one.missed} of ${one.tried}`),
    make("td", {}, one.due === null ? "known by now" : one.is_due ? "now" : one.due)));
  return [make("h2", {}, "What to study next"),
    make("p", { class: "dim" }, "Items that you missed come back after longer and longer times."),
    table(["item", "missed, of times tried", "again on"], rows)];
}

function history(list) {
  const rows = list.map((one) => make("tr", {}, make("td", {}, one.finished.slice(0, 10)),
    make("td", {}, make("a", { href: `#result/${one.name}` }, one.title)),
    make("td", {}, `${one.points} of ${one.max_points}`),
    make("td", {}, `${one.pass_line} (${one.passed ? "reached" : "not reached"})`), make("td", {}, one.seed)));
  return [make("h2", {}, "Your exams"), table(["day", "exam", "points", "pass line", "seed"], rows)];
}

function table(heads, rows) {
  return make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": heads.join(", ") }, make("table", {},
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows)));
}

// --- the exam ---

async function open_() {
  location.hash = "exam";
  took(await step({ do: "look" }));
  draw();
  main.focus();
}

function took(told) {
  state = told;
  leftAt = Date.now();
}

async function change(body, focus) {
  took(await step(body));
  if (state.finished) { await hand(); return; }
  draw();
  if (focus) main.querySelector(focus)?.focus();
}

const go = (number) => change({ do: "show", number }, "h1");

async function hand() {
  const { name } = await step({ do: "finish" });
  state = null;
  if (name) location.hash = `result/${name}`;
  else { location.hash = ""; await home(); }
}

function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (n) => String(n).padStart(2, "0");
  return whole >= 3600
    ? `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
    : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

function leftNow() {
  return state.paused ? state.left : state.left - (Date.now() - leftAt) / 1000;
}

function draw() {
  const top = make("div", { class: "row apart" }, make("strong", {}, state.title),
    make("span", {}, make("span", { class: "clock", id: "clock", role: "timer" }, clock(leftNow())), " left"));
  if (state.paused) {
    put("Paused", top, make("h1", { tabindex: -1 }, "Paused"), make("p", {}, "The clock stands still and the question is hidden."),
      button("Go on", () => change({ do: "go on" }, "h1"), { class: "main" }));
    return;
  }
  const heading = `Question ${state.at} of ${state.count}`;
  put(heading, top, make("h1", { tabindex: -1 }, heading), question(), controls(), overview(), foot());
}

function question() {
  const { scenario, stem, kind } = state.question;
  const parts = [make("legend", { class: "stem" }, words(stem))];
  if (kind === "choice" || kind === "several") parts.push(...choices());
  else parts.push(...placed());
  return make("form", { onsubmit: (event) => event.preventDefault() },
    scenario ? make("p", { class: "scenario" }, words(scenario)) : null, make("fieldset", {}, ...parts));
}

function choices() {
  const { options, kind, choose } = state.question;
  const at = state.at;
  const type = kind === "choice" ? "radio" : "checkbox";
  const full = kind === "several" && state.answer.length >= choose;
  const found = options.map((text, place) => {
    const chosen = state.answer.includes(place);
    const box = make("input", { type, name: "option", value: place, checked: chosen, disabled: full && !chosen,
      onchange: () => onQuestion(() => choose_(place), at) });
    return make("label", { class: "option" }, box, make("span", {}, make("strong", {}, `${LETTERS[place]}. `), words(text)));
  });
  const told = kind === "several" ? make("p", { class: "dim" }, `${state.answer.length} of ${choose} chosen. It counts when all are right.`) : null;
  return told ? [...found, told] : found;
}

function choose_(place) {
  const { kind, choose } = state.question;
  const chosen = new Set(state.answer);
  if (kind === "several" && chosen.size >= choose && !chosen.has(place)) return null;
  if (kind === "choice") { chosen.clear(); chosen.add(place); }
  else if (!chosen.delete(place)) chosen.add(place);
  return change({ do: "answer", number: state.at, answer: [...chosen] }, `input[value="${place}"]`);
}

function placed() {
  const { kind, options, prompts } = state.question;
  if (kind === "ordering") {
    const at = (place) => state.answer.indexOf(place);
    const hint = make("p", { class: "dim" }, "Give each step its position. It counts when the whole order is right.");
    return [hint, ...options.map((text, place) => line(words(text), `position of: ${text}`, place,
      options.map((_, n) => [n, String(n + 1)]), at(place), (n) => order(place, n)))];
  }
  const list = make("ol", { type: "A" }, ...options.map((text) => make("li", {}, words(text))));
  return [make("p", { class: "dim" }, "Give each line its answer. It counts when all are right."), list,
    ...prompts.map((text, row) => line(words(text), `answer for: ${text}`, row,
      options.map((option, n) => [n, `${LETTERS[n]}. ${option}`.slice(0, 40)]), state.answer[row] ?? -1,
      (n) => match(row, n)))];
}

function line(shown, label, number, choices_, chosen, work) {
  const at = state.at;
  const pick = make("select", { "aria-label": label, id: `line-${number}`,
    onchange: ({ target }) => onQuestion(() => work(target.value === "" ? null : Number(target.value)), at) },
  make("option", { value: "" }, "–"),
  ...choices_.map(([value, text]) => make("option", { value, selected: value === chosen }, text)));
  return make("div", { class: "placed" }, make("span", {}, shown), pick);
}

function order(place, position) {
  const answer = state.question.options.map((_, n) => state.answer[n] ?? null).map((p) => (p === place ? null : p));
  if (position !== null) answer[position] = place;
  return change({ do: "answer", number: state.at, answer }, `#line-${place}`);
}

function match(row, place) {
  const answer = state.question.prompts.map((_, n) => state.answer[n] ?? null);
  answer[row] = place;
  return change({ do: "answer", number: state.at, answer }, `#line-${row}`);
}

function controls() {
  const flagged = state.flags.includes(state.at);
  return make("div", { class: "row apart" },
    make("div", { class: "row" },
      button("Previous", () => go(state.at - 1), { disabled: state.at === 1 }),
      button("Next", () => go(state.at + 1), { disabled: state.at === state.count, class: "main" })),
    make("div", { class: "row" },
      button(flagged ? "⚑ Flagged" : "⚐ Flag", flag, { "aria-pressed": String(flagged), id: "flag" }),
      state.answer.length ? button("Clear", () => change({ do: "answer", number: state.at, answer: [] }, "h1")) : null,
      state.mode === "practice" ? button("Pause", () => change({ do: "pause" }, "button")) : null));
}

function flag() {
  return change({ do: "flag", number: state.at, flagged: !state.flags.includes(state.at) }, "#flag");
}

function overview() {
  const cells = Array.from({ length: state.count }, (_, n) => cell(n + 1));
  const open = state.count - state.answered.length;
  return make("section", { "aria-labelledby": "overview" }, make("h2", { id: "overview" }, "Overview"),
    make("p", {}, `${state.answered.length} answered, ${open} open, ${state.flags.length} flagged.`),
    make("ul", { class: "grid" }, ...cells),
    button("Hand in", async () => ask(
      (open ? `${open} ${open === 1 ? "question is" : "questions are"} open. ` : "All questions are answered. ")
      + "Hand in now? Nothing can be changed after that.", "Hand in", hand), { class: "main", id: "hand-in" }));
}

function cell(number) {
  const answered = state.answered.includes(number);
  const flagged = state.flags.includes(number);
  const status = answered ? "✓" : state.begun.includes(number) ? "partly" : "open";
  const spoken = `Question ${number}, ${answered ? "answered" : status}${flagged ? ", flagged" : ""}`;
  const made = button(`${number}${flagged ? " ⚑" : ""}`, () => go(number), { class: answered ? "answered" : "",
    "aria-label": spoken, "aria-current": number === state.at ? "step" : null });
  made.append(make("small", {}, status));
  return make("li", {}, made);
}

function foot() {
  const box = make("input", { type: "checkbox", checked: keysOn, onchange: (event) => {
    keysOn = event.target.checked;
    localStorage.setItem("exam-keys", keysOn ? "on" : "off");
  } });
  return make("p", { class: "dim" }, make("label", {}, box, " Keys: n next, p previous, m flag, a to f choose."),
    ...(state.seed ? [make("br"), `Seed ${state.seed}.`] : [])); // a class's exam tells none
}

const lettered = (place) => ["choice", "several"].includes(state.question.kind) && place < state.question.options.length;

document.addEventListener("keydown", (event) => {
  if (!state || state.paused || !keysOn || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog") || event.target.matches("select, input[type=text]")) return;
  const key = event.key.toLowerCase();
  const place = LETTERS.toLowerCase().indexOf(key);
  if (key === "n") onQuestion(() => (state.at < state.count ? go(state.at + 1) : null));
  else if (key === "p") onQuestion(() => (state.at > 1 ? go(state.at - 1) : null));
  else if (key === "m") onQuestion(flag);
  else if (place >= 0) onQuestion(() => (lettered(place) ? choose_(place) : null));
  else return;
  event.preventDefault();
});

let beats = 0;
setInterval(() => {
  if (!state) return;
  const face = document.getElementById("clock");
  if (face) face.textContent = clock(leftNow());
  beats += 1;
  if (beats % BEAT_SECONDS === 0 || leftNow() <= 0) heartbeat();
}, 1000);

let beating = false;

async function heartbeat() { // one at a time, however slow the server is
  if (beating) return;
  beating = true;
  await tried(beat, false);
  beating = false;
}

const seen = ({ at, paused, answer, flags }) => JSON.stringify([at, paused, answer, flags]);

async function beat() {
  if (!state) return;
  const before = leftNow();
  const told = await step({ do: "look" });
  const changed = seen(told) !== seen(state);
  took(told);
  if (told.finished) await hand();
  else if (changed) draw();
  else if (before > 300 && told.left <= 300) said.textContent = "Five minutes are left.";
}

document.addEventListener("visibilitychange", () => {
  if (state && document.visibilityState === "visible") heartbeat();
});

// --- the result and its review ---

async function showResult(name) {
  state = null;
  const told = await step({ do: "result", name });
  const { result } = told;
  const verdict = result.passed ? "at or above our pass line" : "below our pass line";
  put("Result", make("p", {}, make("a", { href: "#" }, "All exams")), make("h1", {}, result.title),
    make("p", { class: "points" }, `${result.points} of ${result.max_points} points`),
    make("p", {}, `This is ${verdict} of ${result.pass_line} points. ${told.words.pass_line}`),
    make("p", { class: "dim" }, told.words.no_scale),
    make("p", { class: "dim" }, `Seed ${result.seed}. ${Math.round(result.seconds / 60)} of ${result.minutes} minutes used. The file: exam-results/${name}`),
    ...shares("By domain", result.domains, result.exam !== "course" && result.exam !== "again"),
    ...shares("By lesson", result.lessons, true), ...review(told.review));
  main.focus();
}

function shares(title, list, shown) {
  if (!shown) return [];
  return [make("h2", {}, title), ...list.map((one) => {
    const name = one.title === one.id ? one.id : `${one.id} ${one.title}`;
    return make("div", { class: "share" }, make("span", {}, name), make("span", {}, `${one.points} of ${one.max_points}`),
      make("meter", { min: 0, max: one.max_points, value: one.points, "aria-label": `${name}: ${one.points} of ${one.max_points} points` }));
  })];
}

function review(list) {
  const only = make("input", { type: "checkbox", onchange: (event) => {
    for (const article of main.querySelectorAll("article.right")) article.hidden = event.target.checked;
  } });
  return [make("h2", {}, "Item by item"), make("p", {}, make("label", {}, only, " Only what was missed")),
    ...list.map((entry, n) => reviewed(entry, n + 1))];
}

function reviewed(entry, number) {
  const right = entry.points > 0;
  const verdict = right ? "✔ Right" : entry.chosen === null ? "✘ Not answered" : "✘ Missed";
  const parts = [make("h3", {}, `${number}. ${entry.item}`), make("p", { class: "verdict" }, verdict)];
  if (entry.stem === null) parts.push(make("p", {}, "This item is another one by now, so it can't be shown as you saw it."));
  else {
    if (entry.scenario) parts.push(make("p", { class: "scenario" }, words(entry.scenario)));
    parts.push(make("p", { class: "stem" }, words(entry.stem)), explained(entry), reading(entry));
  }
  return make("article", { class: right ? "right" : "" }, ...parts);
}

function explained(entry) {
  const chosen = entry.chosen ?? [];
  if (entry.kind === "ordering") {
    const was = (n) => chosen.indexOf(n);
    return make("ol", {}, ...entry.options.map((option, n) => make("li", { class: was(n) === n ? "is-right" : "" },
      words(option.text), make("span", { class: "why" }, words(option.why)),
      was(n) < 0 || was(n) === n ? null : make("span", { class: "verdict" }, `✘ You put it at ${was(n) + 1}.`))));
  }
  if (entry.kind === "matching") {
    const rows = entry.prompts.map((prompt, n) => make("li", { class: chosen[n] === n ? "is-right" : "" },
      words(`${prompt}: ${entry.options[n].text}`), make("span", { class: "why" }, words(entry.options[n].why)),
      chosen[n] === n || chosen[n] === undefined || chosen[n] === null ? null
        : make("span", { class: "verdict" }, "✘ You chose: ", words(entry.options[chosen[n]].text))));
    const spare = entry.options.slice(entry.prompts.length).map((option) => make("li", {},
      words(`Fits nothing: ${option.text}`), make("span", { class: "why" }, words(option.why))));
    return make("ul", {}, ...rows, ...spare);
  }
  return make("ul", {}, ...entry.options.map((option, n) => make("li", { class: option.right ? "is-right" : "" },
    make("span", { class: "verdict" }, option.right ? "✔ Right. " : "✘ "), words(option.text),
    chosen.includes(n) ? make("strong", {}, " (your choice)") : null,
    make("span", { class: "why" }, words(option.why)))));
}

function reading(entry) {
  const where = entry.read ? `${entry.lesson}, “${entry.read}”` : entry.lesson;
  const anchor = entry.read.replaceAll(" ", "-");
  return make("p", {}, "Read: ", entry.lesson_is_there
    ? make("a", { href: `lesson/${entry.lesson}#${encodeURIComponent(anchor)}`, target: "_blank" }, where) : where,
  make("span", { class: "dim" }, ` · wrong or unclear? grader report-item ${entry.item} "…"`));
}

function route() {
  const name = decodeURIComponent(location.hash.slice(1));
  if (name.startsWith("result/")) tried(() => showResult(name.slice(7)));
  else if (name === "exam") tried(async () => { if (!state) { try { await open_(); } catch { location.hash = ""; } } });
  else tried(home);
}

addEventListener("hashchange", route);
route();

// The page of a review. All that counts is kept by the server: this page shows its view and sends single steps.

const top_ = document.getElementById("top");
const list = document.getElementById("list");
const main = document.getElementById("main");
const said = document.getElementById("said");
const token = document.querySelector('meta[name="token"]').content;
const KEYS = [
  ["j or →", "the next answer"],
  ["k or ←", "the answer before"],
  ["n", "the next answer that waits"],
  ["1 to 9", "give or take an item of the rubric"],
  ["f, 0", "all items, none"],
  ["p", "points by hand"],
  ["c", "the comment; Esc leaves it"],
  ["a", "the answer to a learner's question"],
  ["r", "the comments used before; Tab moves, Enter adds one"],
  ["t", "unfold or fold the question"],
  ["q", "by question, by learner"],
  ["[ and ]", "the question before, the next question"],
  ["h", "hide or show names"],
  ["u", "take the last change back"],
  ["?", "these keys"],
];

let view = { by: "question" }; // what the server told last
let waiting = Promise.resolve(); // steps go one after the other, so that none overtakes another

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

function ask(body, words = "") {
  const done = waiting.then(async () => {
    try {
      const shown = typeof body === "function" ? body() : body;
      if (shown === null) return;
      view = await step({ by: view.by, names: view.names, ...shown });
      draw();
      said.textContent = words;
    } catch (error) {
      said.textContent = error instanceof TypeError
        ? "The server does not answer. Call `grader review` again and load this page anew: what was given is kept."
        : error.message;
    }
  });
  waiting = done;
  return done;
}

// --- making elements; a learner's text goes in as text, never as HTML ---

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

function prose(html, attributes = {}) { // of the course's own, made by the server
  const element = make("div", attributes);
  element.innerHTML = html;
  return element;
}

function button(text, work, attributes = {}) {
  return make("button", { type: "button", onclick: work, ...attributes }, text);
}

const number = (value) => String(Math.round(value * 100) / 100);
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

// --- what is shown ---

function draw() {
  const focused = document.activeElement?.id;
  const written = focused === "comment" ? document.getElementById("comment").value : null;
  const moved = main.dataset.at !== `${view.piece?.task}/${view.piece?.place}`;
  main.dataset.at = `${view.piece?.task}/${view.piece?.place}`;
  document.title = `Review: ${view.assignment}`;
  drawTop();
  drawList();
  drawPiece();
  if (moved) window.scrollTo(0, 0);
  else if (written !== null) document.getElementById("comment").value = written; // somebody is still writing
  const again = focused && !moved ? document.getElementById(focused) : null;
  (again ?? main).focus({ preventScroll: true });
}

function drawTop() {
  const task = view.tasks.find((one) => one.id === view.task);
  const chooser = make("select", { id: "task", "aria-label": "Question", onchange: (event) => ask({ do: "look", task: event.target.value }) },
    ...view.tasks.map((one) => make("option", { value: one.id, selected: one.id === view.task },
      `${one.title} (${one.waiting ? `${one.waiting} of ${one.count} wait` : `${one.count} read`})`)));
  const left = view.tasks.reduce((sum, one) => sum + one.waiting, 0);
  top_.replaceChildren(...[
    make("h1", {}, `Review: ${view.assignment}`),
    view.by === "question" && task ? chooser : null,
    make("span", { class: "grow dim", id: "left" }, left ? `${plural(left, "answer")} to read` : "Everything is read."),
    button(view.by === "question" ? "By learner" : "By question", turn, { id: "turn" }),
    button(view.names ? "Hide names" : "Show names", names, { id: "names" }),
    button("Undo", undo, { id: "undo", disabled: view.undo === null, title: view.undo ? `Take back: ${view.undo}` : null }),
    button("Keys", help, { id: "keys" }),
  ].filter(Boolean));
}

function drawList() {
  const rows = view.rows.map((row, at) => make("li", {}, make("button", {
    type: "button", "aria-current": at === view.at ? "true" : null, onclick: () => go(at) },
    make("span", {}, row.asked ? `${row.label} · asks` : row.label),
    make("span", { class: row.waits ? "open" : "done" }, row.waits ? "○ waits" : row.points === null ? "" : `✔ ${number(row.points)}`))));
  list.replaceChildren(make("ol", {}, ...rows));
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

function drawPiece() {
  const piece = view.piece;
  if (!piece) {
    main.replaceChildren(make("h2", {}, "Nothing to read"),
      make("p", {}, "Nobody has handed in a text that a person marks. Other tasks: grader review … --all."));
    return;
  }
  const reading = make("div", {}, ...[
    make("h2", {}, piece.title),
    make("p", { class: "dim", id: "whose" }, piece.members.length > 1
      ? `${piece.members.length} learners with the same answer, graded at once: ${piece.members.join(", ")}` : piece.members[0]),
    make("details", { open: localStorage.getItem("review-prompt") !== "closed", ontoggle: (event) =>
      localStorage.setItem("review-prompt", event.target.open ? "open" : "closed") },
    make("summary", {}, "The question"), prose(piece.prompt, { class: "prompt" })),
    piece.guide ? make("details", {}, make("summary", {}, "What a good answer has"), prose(piece.guide)) : null,
    numbers("The learner's own numbers", piece.givens, "numbers"),
    numbers("What is right for them", piece.right, "numbers right"),
    make("h3", {}, "The answer"),
    piece.again ? make("p", { class: "note" }, "The answer or its mark has changed since somebody gave these points.") : null,
    piece.alike ? make("p", { class: "note" }, `Much like the one before it: ${Math.round(piece.alike * 100)} % of the words.`) : null,
    make("div", { class: piece.by_a_person ? "answer" : "answer code", id: "answer", tabindex: "0", role: "region",
      "aria-label": "The answer" }, piece.text || "(nothing in the answer's own cell)"),
    ...piece.further.map((text) => make("div", { class: "answer", "aria-label": "Another text of the learner's", role: "region" }, text)),
    ...piece.pictures.map((source) => make("img", { src: source, alt: "A picture that the learner attached" })),
    ...piece.reasons.map((reason) => make("p", { class: "note" }, reason)),
    ...piece.asked.map(asked),
  ].filter(Boolean));
  main.replaceChildren(reading, make("div", { class: "marking" }, ...marking(piece).filter(Boolean)));
}

function numbers(title, given, look) {
  const pairs = Object.entries(given);
  if (!pairs.length) return null;
  return make("div", {}, make("h3", {}, title), make("dl", { class: look },
    ...pairs.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))));
}

function marking(piece) {
  const items = piece.rubric.map((item, n) => make("label", { class: "item" },
    make("input", { type: "checkbox", id: `item-${n}`, checked: piece.ticks.includes(n) && piece.points !== null, onchange: () => tick(n) }),
    make("span", {}, make("kbd", {}, String(n + 1)), ` ${item.says}`),
    make("span", { class: "points" }, plural(item.points, "point"))));
  const points = make("input", { id: "points", type: "number", min: 0, max: piece.max, step: "0.5",
    value: piece.points ?? "", "aria-label": "Points", onchange: (event) => byHand(event.target) });
  const comment = make("textarea", { id: "comment", "aria-label": "Comment for the learner", maxlength: 5000, onchange: keep });
  comment.value = piece.comment;
  return [
    make("h3", {}, "What it earns"), ...items,
    make("div", { class: "row" }, points, make("span", {}, `of ${plural(piece.max, "point")}`),
      make("span", { class: "dim", id: "state" }, piece.points === null ? "not given yet" : "kept"),
      button("All", all, { id: "all" }), button("None", none, { id: "none" })),
    make("h3", {}, "Comment"), comment,
    piece.comments.length ? make("details", { id: "again", open: true }, make("summary", {}, "Comments used before"),
      make("ul", { class: "again" }, ...piece.comments.map((text) => make("li", {}, button(text, () => add(text)))))) : null,
    make("div", { class: "row" }, button("Before", () => go(view.at - 1), { id: "before" }),
      button("Next", () => go(view.at + 1), { id: "next", class: "main" }),
      button("Next that waits", next, { id: "next-open" })),
  ];
}

function asked(one, n) {
  const text = make("textarea", { id: `reply-${n}`, class: "reply", "aria-label": `Answer to ${one.label}`, maxlength: 5000,
    onchange: (event) => event.target.value.trim() && ask({ do: "answer", place: one.place, task: view.piece.task,
      text: event.target.value }, "The answer is kept.") });
  text.value = one.answer;
  return make("div", { class: "asked" }, make("p", {}, make("strong", {}, `${one.label} asks: `), one.question),
    text);
}

// --- what is done; each change is sent at once ---

const place = () => ({ place: view.piece.place, task: view.piece.task });

function change(more) {
  return ask(() => ({ do: "grade", ...place(), points: view.piece.points, ticks: view.piece.ticks,
    comment: document.getElementById("comment").value, ...more() }), "Kept.");
}

function give(ticksOf) { // by the view at its turn: another change may be on its way
  return change(() => {
    const ticks = ticksOf(view.piece.points === null ? [] : view.piece.ticks);
    const points = ticks.reduce((sum, n) => sum + view.piece.rubric[n].points, 0);
    return { ticks, points: Math.min(view.piece.max, points) };
  });
}

const tick = (n) => give((had) => (had.includes(n) ? had.filter((one) => one !== n) : [...had, n].sort()));
const all = () => give(() => view.piece.rubric.map((_, n) => n));
const none = () => give(() => []);

function byHand(input) {
  if (!input.checkValidity()) {
    said.textContent = `Points are a number from 0 to ${view.piece.max}, in halves.`;
    return null;
  }
  return change(() => ({ points: input.value === "" ? null : Number(input.value), ticks: [] }));
}

function keep() { // the comment as it stands
  if (document.getElementById("comment").value.trim() === view.piece.comment) return null;
  return change(() => ({}));
}

function add(text) {
  const comment = document.getElementById("comment");
  if (!comment.value.includes(text)) comment.value = [comment.value.trim(), text].filter(Boolean).join("\n");
  comment.focus();
  return keep();
}

function go(at) {
  leave();
  return ask(() => {
    const row = view.rows[at];
    return row ? { do: "look", place: row.place, task: row.task } : null;
  });
}

function next() {
  leave();
  return ask(() => {
    const order = [...view.rows.slice(view.at + 1), ...view.rows.slice(0, view.at)];
    const row = order.find((one) => one.waits);
    const task = view.by === "question" && view.tasks.find((one) => one.waiting && one.id !== view.task);
    if (row) return { do: "look", place: row.place, task: row.task };
    if (task) return { do: "look", task: task.id };
    said.textContent = "Nothing waits any more.";
    return null;
  });
}

function leave() { // a comment that is being written is kept first
  if (document.activeElement?.matches("textarea")) document.activeElement.blur();
}

const turn = () => ask(() => ({ do: "look", by: view.by === "question" ? "learner" : "question", ...(view.piece ? place() : {}) }));
const names = () => ask(() => ({ do: "look", names: !view.names, ...(view.piece ? place() : {}) }));
const undo = () => ask(() => ({ do: "undo" }), "Taken back.");

function question(by) {
  return ask(() => {
    const at = view.tasks.findIndex((one) => one.id === view.task) + by;
    return view.by === "question" && view.tasks[at] ? { do: "look", task: view.tasks[at].id } : null;
  });
}

function help() {
  const box = make("dialog", { "aria-label": "Keys" }, make("h2", {}, "Keys"),
    make("dl", {}, ...KEYS.flatMap(([keys, does]) => [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, does)])),
    button("Close", () => box.close(), { class: "main" }));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

function reuse() {
  document.querySelector("#again button")?.focus();
}

const PRESSED = {
  j: () => go(view.at + 1), ArrowRight: () => go(view.at + 1), k: () => go(view.at - 1), ArrowLeft: () => go(view.at - 1),
  n: next, f: all, 0: none, q: turn, h: names, u: undo, r: reuse,
  "[": () => question(-1), "]": () => question(1), "?": help,
  t: () => document.querySelector("summary").click(),
  a: () => document.querySelector(".reply")?.focus(),
  c: () => document.getElementById("comment").focus(), p: () => document.getElementById("points").focus(),
};

document.addEventListener("keydown", (event) => {
  const writes = event.target.matches("textarea, input:not([type=checkbox]), select");
  if (event.key === "Escape" && writes) event.target.blur();
  if (writes || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
  const work = digit >= 0 ? () => tick(digit) : PRESSED[event.key];
  if (!work || (!view.piece && !"qh?[]".includes(event.key)) || (digit >= 0 && digit >= view.piece.rubric.length)) return;
  event.preventDefault();
  work();
});

ask({ do: "look" });

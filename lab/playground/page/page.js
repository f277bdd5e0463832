// The page: it shows what the server tells, and asks for what a person presses. It counts nothing itself.

import { showCode } from "./code.js";
import { showGauge, showObjects } from "./delivery.js";
import { begin as beginFlight, fly } from "./flight.js";
import { places, showLanes } from "./lanes.js";
import { showReaders } from "./readers.js";
import { ask, listen } from "./server.js";
import { showSum } from "./sum.js";
import { beginTours } from "./tours.js";
import { showTree } from "./tree.js";
import { $, count, say, time } from "./words.js";

let state = {};
const AT_WORK = "The lab is at work …";
const TOLD_EVERY = 5000; // milliseconds between two announcements for screen readers

let times = 0; // how often something was told

function tell(text, bad = false) {
  times += 1;
  $("note").hidden = false;
  $("note").classList.toggle("bad", bad);
  say($("note"), text);
}

const fail = (error) => tell(error.message, true);

/** Ask for something; whether it was done. */
async function act(what, body) {
  $("note").hidden = true;
  const before = times;
  const slow = setTimeout(() => { if (times === before) tell(AT_WORK); }, 700);
  try {
    await ask(what, body);
    if ($("note").textContent === AT_WORK) $("note").hidden = true;
    return true;
  } catch (error) {
    fail(error);
    return false;
  } finally {
    clearTimeout(slow);
  }
}

const LAB = { running: "The local AWS runs", starting: "Starting the local AWS …", lost: "The local AWS does not answer" };

function show(changed) {
  const shows = {
    lab: (lab) => {
      say($("lab"), LAB[lab]);
      $("lab").classList.toggle("bad", lab === "lost");
      document.querySelectorAll("main button, header button").forEach((button) => { button.inert = lab !== "running"; });
    },
    now: (now) => say($("clock"), time(now)),
    sum: showSum,
    lanes: (lanes) => { showLanes(lanes, act); showTree(lanes); },
    firehose: showGauge,
    objects: (objects) => showObjects(objects, fail),
    readers: (readers) => showReaders(readers, act),
    code: (code) => showCode(code, tell),
    busy: (busy) => { $("stop").disabled = !busy; },
  };
  for (const [name, value] of Object.entries(changed)) shows[name]?.(value);
}

function announce() {
  if (!state.sum) return;
  const { sent, refused, in_stream, buffered, delivered } = state.sum;
  const rings = state.readers.filter((one) => one.alarm === "ALARM").map((one) => `Alarm of ${one.name}.`).join(" ");
  say($("told"), `${count(sent)} sent, ${count(refused)} refused, ${count(in_stream)} in the stream, `
    + `${count(buffered)} buffered, ${count(delivered)} delivered. ${rings}`);
}

listen({
  snapshot: (told) => { state = told; show(state); },
  changed: (told) => { Object.assign(state, told); show(told); },
  flew: (told) => fly(told.shards),
  read: () => {},
  note: (told) => tell(told.text),
  connected: (is) => {
    if (is) return;
    say($("lab"), "The page's server does not answer; this page goes on when it does");
    $("lab").classList.add("bad");
    state.lab = "";
  },
});
setInterval(announce, TOLD_EVERY);

beginFlight($("flight"), places, (weight) => {
  say($("scale"), weight > 1 ? `Many records: one dot stands for about ${count(weight)}.` : "");
});
beginTours(act);

$("send").addEventListener("submit", (event) => {
  event.preventDefault();
  act("send", {
    count: $("count").valueAsNumber, size: $("size").valueAsNumber, seconds: $("seconds").valueAsNumber,
    hot_percent: $("hot").valueAsNumber, retry: $("retry").checked,
  });
});
$("hot").addEventListener("input", () => {
  const part = $("hot").valueAsNumber;
  const words = part === 0 ? "all different" : part === 100 ? "all the same" : `${part} % have one hot key`;
  say($("hot-words"), words);
  $("hot").setAttribute("aria-valuetext", words);
});
$("stop").addEventListener("click", () => act("stop"));
$("double").addEventListener("click", () => act("double"));
$("start-over").addEventListener("click", () => act("start-over"));
$("firehose").addEventListener("click", () => act("firehose", { on: $("firehose").dataset.on === "1" }));
for (const button of document.querySelectorAll("[data-clock]")) {
  button.addEventListener("click", () => act("clock", { seconds: Number(button.dataset.clock) }));
}
for (const button of document.querySelectorAll("[data-reader]")) {
  button.addEventListener("click", () => act("reader", { kind: button.dataset.reader }));
}
$("lane-table").addEventListener("toggle", () => { if (state.lanes) showLanes(state.lanes, act); });

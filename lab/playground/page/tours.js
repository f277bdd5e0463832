// A scene at work: one step after another, each when the reader wants it.

import { SCENES } from "./scenes.js";
import { $, h } from "./words.js";

let scene = null, step = -1, act = null;

export function beginTours(perform) {
  act = perform;
  $("scenes").append(...SCENES.map((one) => h("button", { onclick: () => open(one) }, one.title)));
  const asked = new URLSearchParams(location.search).get("scene");
  const found = SCENES.find((one) => one.id === asked);
  if (found) open(found);
}

function open(one) {
  scene = one;
  step = -1;
  show();
}

function show() {
  document.querySelectorAll(".lit").forEach((element) => element.classList.remove("lit"));
  $("scene").hidden = !scene;
  if (!scene) return;
  const words = step < 0 ? "A minute, step by step. It empties this page's stream first." : scene.steps[step].say;
  const last = step === scene.steps.length - 1;
  $("scene").replaceChildren(
    h("p", {}, h("b", {}, scene.title), step < 0 ? "" : ` · step ${step + 1} of ${scene.steps.length}`),
    h("p", { role: "status", id: "step" }, words),
    h("p", { class: "row" },
      last ? null : h("button", { class: "main", id: "next", onclick: next }, step < 0 ? "Begin" : "Next"),
      h("button", { onclick: close }, last ? "Done" : "Leave the tour")));
  if (step >= 0) $(scene.steps[step].at ?? scene.at).classList.add("lit");
}

async function next() {
  const ahead = scene.steps[step + 1];
  $("next").disabled = true;
  const done = await act(ahead.act[0], ahead.act[1] ?? {});
  if (done) step += 1;
  show();
  $("next")?.focus();
}

function close() {
  scene = null;
  show();
}

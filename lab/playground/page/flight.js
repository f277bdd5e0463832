// Records in flight, on a canvas. What flies is what PutRecords answered; above 2,000 moving dots one dot stands
// for several records, and the page says for how many.

import { hue } from "./words.js";

const MOST = 2000;
const THERE = 750; // milliseconds of a way
const still = matchMedia("(prefers-reduced-motion: reduce)");

const x0 = new Float32Array(MOST), y0 = new Float32Array(MOST);
const x1 = new Float32Array(MOST), y1 = new Float32Array(MOST);
const born = new Float64Array(MOST);
const refused = new Uint8Array(MOST);
const colour = new Array(MOST);
let moving = 0;
let canvas, context, places, scaleTold, asked = 0, frames = 0, spent = 0, since = 0, ratio = 1;

export function begin(element, placesOf, tellScale) {
  canvas = element;
  context = canvas.getContext("2d");
  places = placesOf;
  scaleTold = tellScale;
  new ResizeObserver(fit).observe(canvas);
}

function fit() {
  ratio = Math.min(devicePixelRatio || 1, 2);
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
}

/** Let the records of one call fly: `{shard: {accepted, refused}}`. */
export function fly(shards) {
  if (still.matches || document.hidden) return;
  const all = Object.values(shards).reduce((sum, one) => sum + one.accepted + one.refused, 0);
  const room = Math.max(12, Math.floor((MOST - moving) / 4));
  const weight = Math.max(1, all / room);
  scaleTold(Math.round(weight));
  const { start, lanes } = places();
  const now = performance.now();
  for (const [shard, told] of Object.entries(shards)) {
    const lane = lanes.get(shard);
    if (!lane) continue;
    for (const [number, bad] of [[told.accepted, 0], [told.refused, 1]]) {
      const dots = number && Math.max(1, Math.round(number / weight));
      for (let dot = 0; dot < dots && moving < MOST; dot++) add(start, lane, shard, bad, now + 400 * Math.random());
    }
  }
  if (!asked) {
    since = now;
    frames = 0;
    asked = requestAnimationFrame(draw);
  }
}

function add(start, lane, shard, bad, when) {
  const place = moving++;
  const spread = (Math.random() - 0.5) * 0.7;
  x0[place] = start.x;
  y0[place] = start.y + 30 * spread;
  x1[place] = lane.x;
  y1[place] = lane.y + lane.height * spread;
  born[place] = when;
  refused[place] = bad;
  colour[place] = hue(shard);
}

function drop(place) {
  const last = --moving;
  for (const list of [x0, y0, x1, y1, born, refused, colour]) list[place] = list[last];
}

function draw(now) {
  const began = performance.now();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  const bad = getComputedStyle(document.documentElement).getPropertyValue("--bad");
  for (let place = moving - 1; place >= 0; place--) {
    const age = (now - born[place]) / THERE;
    if (age < 0) continue;
    if (age > (refused[place] ? 2 : 1)) {
      drop(place);
      continue;
    }
    const back = age > 1;
    const way = back ? 2 - age : age;
    const eased = way * way * (3 - 2 * way);
    const x = x0[place] + (x1[place] - x0[place]) * eased;
    let y = y0[place] + (y1[place] - y0[place]) * eased;
    if (back) y += Math.sin(Math.PI * way) * 26;
    if (back) cross(x, y, bad);
    else {
      context.fillStyle = colour[place];
      context.fillRect(x - 2, y - 2, 5, 5);
    }
  }
  frames++;
  spent += performance.now() - began;
  if (now - since > 1000) {
    canvas.dataset.fps = ((1000 * frames) / (now - since)).toFixed(1);
    canvas.dataset.moving = moving;
    canvas.dataset.cost = (spent / frames).toFixed(2); // milliseconds of script for one frame; 60 a second leave 16
    since = now;
    frames = spent = 0;
  }
  asked = moving ? requestAnimationFrame(draw) : 0;
  if (!moving) scaleTold(0);
}

// Refused ones are told by their form too.
function cross(x, y, bad) {
  context.fillStyle = bad;
  context.fillRect(x - 4, y - 1, 8, 2);
  context.fillRect(x - 1, y - 4, 2, 8);
}


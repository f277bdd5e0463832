// The lanes of the stream: one for each shard that is listed, and the same as a table.

import { $, count, from, h, hue, percent, say, shardName, style } from "./words.js";

const shown = new Map();
const BUCKETS = "the lab's switch buckets: what is left of one second of the shard's rate";

export function showLanes(lanes, act) {
  const ids = new Set(lanes.map((lane) => lane.id));
  for (const [id, lane] of shown) {
    if (!ids.has(id)) {
      lane.root.remove();
      shown.delete(id);
    }
  }
  lanes.forEach((lane, place) => {
    if (!shown.has(lane.id)) shown.set(lane.id, made(lane.id, act));
    const root = shown.get(lane.id).root;
    const there = $("lanes").children[place];
    if (there !== root) $("lanes").insertBefore(root, there ?? null);
    fill(shown.get(lane.id), lane);
  });
  showTable(lanes);
}

function made(id, act) {
  const parts = {
    state: h("span", { class: "small" }),
    accepted: h("span"), refused: h("span"), held: h("span"),
    records: meter("records", "Records", `Records bucket of ${shardName(id)}`),
    bytes: meter("bytes", "Bytes", `Bytes bucket of ${shardName(id)}`),
    split: h("button", { "aria-label": `Split ${shardName(id)}`, onclick: () => act("split", { shard: id }) }, "Split"),
    merge: h("button", {
      "aria-label": `Merge ${shardName(id)} with the next`, onclick: () => act("merge", { shard: id }),
    }, "Merge ↓"),
  };
  from(parts.accepted, "Accepted", "results of PutRecords with a SequenceNumber, counted by the lab for each shard");
  from(parts.refused, "Refused", "results of PutRecords with an ErrorCode, counted by the lab for each shard");
  from(parts.held, "Held", "accepted, without what the retention has taken: the lab's switch shards");
  from(parts.records.root, "Records bucket", `1,000 records a second for each shard; ${BUCKETS}`);
  from(parts.bytes.root, "Bytes bucket", `1 MiB a second for each shard; ${BUCKETS}`);
  parts.root = h("div", { class: "lane", "data-shard": id },
    h("div", {}, h("b", {}, shardName(id)), h("br"), parts.state),
    h("div", { class: "meters" }, parts.records.root, parts.bytes.root),
    h("div", { class: "numbers" }, parts.accepted, parts.refused, parts.held),
    h("div", { class: "row" }, parts.split, parts.merge));
  style(parts.root, "--hue", hue(id));
  return parts;
}

function meter(kind, label, name) {
  const fill = h("div", { class: "fill" }), value = h("span", { class: "value" });
  const track = h("div", { class: "track", role: "meter", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  return { root: h("div", { class: `meter ${kind}` }, h("span", {}, label), track, value), fill, value, track };
}

export function setMeter(one, part, words, isFull) {
  style(one.fill, "transform", `scaleX(${Math.max(0, Math.min(1, part))})`);
  one.track.setAttribute("aria-valuenow", Math.round(100 * part));
  one.track.setAttribute("aria-valuetext", words);
  one.root.classList.toggle("full", isFull);
  say(one.value, words);
}

export { meter };

function fill(parts, lane) {
  say(parts.state, lane.open ? `${percent(lane.to - lane.from)} of the keys` : "closed, can still be read");
  parts.root.classList.toggle("closed", !lane.open);
  say(parts.accepted, `${count(lane.accepted)} accepted`);
  say(parts.refused, `${count(lane.refused)} refused`);
  say(parts.held, `${count(lane.held)} held`);
  setMeter(parts.records, lane.records_used, words(lane.records_used), lane.records_used > 0.99);
  setMeter(parts.bytes, lane.bytes_used, words(lane.bytes_used), lane.bytes_used > 0.99);
  parts.split.disabled = parts.merge.disabled = !lane.open;
}

const words = (used) => (used > 0.99 ? "full" : percent(Math.max(0, used)));

function showTable(lanes) {
  if (!$("lane-table").open) return;
  $("lane-rows").replaceChildren(...lanes.map((lane) => h("tr", {},
    h("th", { scope: "row" }, shardName(lane.id)),
    h("td", {}, lane.open ? "open" : "closed"),
    h("td", {}, `${percent(lane.from)} to ${percent(lane.to)}`),
    ...[count(lane.accepted), count(lane.refused), count(lane.held), words(lane.records_used), words(lane.bytes_used)]
      .map((text) => h("td", {}, text)))));
}

/** Where records fly from and to, in the canvas's own pixels. */
export function places() {
  const ground = $("stage").getBoundingClientRect(), button = $("go").getBoundingClientRect();
  const narrow = matchMedia("(max-width: 900px)").matches;
  const card = $("send-section").getBoundingClientRect();
  const start = narrow
    ? { x: card.left + card.width / 2 - ground.left, y: card.bottom - ground.top }
    : { x: card.right - ground.left, y: button.top + button.height / 2 - ground.top };
  const lanes = new Map();
  for (const [id, { root, records }] of shown) {
    const box = root.getBoundingClientRect(), buckets = records.root.getBoundingClientRect();
    const x = narrow ? box.left + box.width / 2 : buckets.left - 8;
    lanes.set(id, { x: x - ground.left, y: box.top + box.height / 2 - ground.top, height: box.height });
  }
  return { start, lanes };
}

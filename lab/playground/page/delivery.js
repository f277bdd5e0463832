// Firehose's buffer, and the objects that it wrote.

import { meter, setMeter } from "./lanes.js";
import { $, bytes, count, from, h, say } from "./words.js";
import { look } from "./server.js";

let size, seconds, words, totals;

export function showGauge(gauge) {
  size ?? made();
  $("gauge").hidden = !gauge;
  say($("firehose"), gauge ? "Delete Firehose (and what it buffers)" : "Create Firehose");
  $("firehose").dataset.on = gauge ? "" : "1";
  if (!gauge) return;
  const bySize = gauge.bytes / gauge.limit_bytes, byTime = (gauge.seconds ?? 0) / gauge.limit_seconds;
  setMeter(size, bySize, `${(gauge.bytes / 1048576).toFixed(2)} of ${gauge.limit_bytes / 1048576} MiB`, false);
  setMeter(seconds, byTime, `${Math.floor(gauge.seconds ?? 0)} of ${gauge.limit_seconds} s`, false);
  say(words, gauge.first === null
    ? "The buffer is empty. Its clock starts with the first record."
    : gauge.first === "size"
      ? "The size is nearer to its limit: 5 MiB will flush first, if it goes on like this."
      : "The time is nearer to its limit: 300 seconds will flush first, if it goes on like this.");
  const told = gauge.delivered;
  say(totals, `Delivered: ${count(told.records)} records in ${count(told.objects)} objects, ${bytes(told.bytes)}.`);
}

function made() {
  size = meter("bytes", "Size", "Size of Firehose's buffer");
  seconds = meter("seconds", "Time", "Age of Firehose's buffer");
  words = h("p", { class: "small", id: "first" });
  totals = h("p", { class: "small" });
  from(size.root, "Firehose's size", "bytes in the buffer that fills, with a new line for each record: the lab's switch firehose");
  from(seconds.root, "Firehose's time", "seconds of the lab's clock since the buffer's first record: the lab's switch firehose");
  from(totals, "Delivered to S3", "what S3 has taken: the lab's switch firehose; the list below is ListObjectsV2");
  $("gauge").append(size.root, seconds.root, words, totals);
}

let listed = "";

export function showObjects(objects, fail) {
  const now = JSON.stringify(objects);
  if (now === listed) return;
  listed = now;
  const content = h("div", { id: "content" });
  const list = h("ul", {}, ...objects.map((one) => h("li", {}, h("button", { onclick: () => open(one.key, content, fail) },
    h("span", {}, one.key), from(h("span", { class: "value" }, bytes(one.size)), "Size of an object", "Size of ListObjectsV2")))));
  $("objects").replaceChildren(
    objects.length ? list : h("p", { class: "small" }, "None yet. Firehose writes one when its buffer is full or old enough."), content);
}

async function open(key, place, fail) {
  try {
    const told = await look(`object?key=${encodeURIComponent(key)}`);
    place.replaceChildren(
      h("p", { class: "small" }, `${count(told.records)} records, ${bytes(told.size)}${told.cut ? "; its beginning:" : ":"}`),
      h("pre", { tabindex: 0, "aria-label": "Content of the object" }, told.text),
      h("details", {}, h("summary", {}, "The code that read it"), h("pre", {}, told.code)));
  } catch (error) {
    fail(error);
  }
}

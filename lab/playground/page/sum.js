// Sent is the sum of everything else. Both sides come from different counts, so the page can say whether it is right.

import { $, count, from, h, say, style } from "./words.js";

const PARTS = [
  ["refused", "Refused", "#D55E00", "records that their shards did not take: counted by the lab (switch shards)"],
  ["in_stream", "In the stream", "#56B4E9", "accepted, not expired, and read by nobody yet: the lab's counts, less what readers have read"],
  ["read", "Read", "#CC79A7", "read by a reader of this page, and not by Firehose: sequence numbers of GetRecords, SubscribeToShard and Lambda's batches"],
  ["buffered", "Buffered", "#E69F00", "in Firehose's buffer: the lab's switch firehose"],
  ["delivered", "Delivered", "#009E73", "in objects that S3 has taken from Firehose: the lab's switch firehose"],
  ["expired", "Expired", "#8a8f94", "the retention ended before anybody read them: the lab's switch shards"],
  ["lost", "Lost", "#F0E442", "waited in Firehose's buffer when it was deleted: the lab's switch firehose"],
];
const SENT = "entries of all PutRecords calls that were answered, each try counted";
let shown = null;

export function showSum(sum) {
  shown ??= made();
  say(shown.sent, count(sum.sent));
  for (const [name] of PARTS) {
    say(shown[name].value, count(sum[name]));
    style(shown[name].slice, "width", sum.sent ? `${(100 * sum[name]) / sum.sent}%` : "0");
  }
  shown.lost.root.hidden = shown.lost.sign.hidden = !sum.lost;
  const parts = PARTS.reduce((all, [name]) => all + sum[name], 0);
  say(shown.verdict, sum.right
    ? `✓ The parts are together ${count(parts)}: no record is missing, and none is counted twice.`
    : `✗ The parts are together ${count(parts)}. Somebody else writes to this stream, or an answer was lost.`);
  shown.verdict.className = `small ${sum.right ? "right" : "wrong"}`;
}

function made() {
  const found = { sent: h("dd", { id: "sum-sent" }), verdict: h("p", {}) };
  const list = h("dl", {}, part("Sent", found.sent, SENT, null)), bar = h("div", { class: "bar", "aria-hidden": "true" });
  PARTS.forEach(([name, label, colour, source], place) => {
    const value = h("dd", { id: `sum-${name}` }), slice = h("i");
    const root = part(label, value, source, colour), sign = h("span", { class: "sign", "aria-hidden": "true" }, place ? "+" : "=");
    style(slice, "background", colour);
    list.append(sign, root);
    bar.append(slice);
    found[name] = { value, slice, root, sign };
  });
  $("sum").append(list, bar, found.verdict);
  return found;
}

function part(label, value, source, colour) {
  const root = h("div", { class: "part" }, h("dt", {}, label), value);
  if (colour) style(root, "--hue", colour);
  return from(root, label, source);
}

// Readers, with their lag in each shard.

import { $, count, from, h, say, shardName, style } from "./words.js";

const shown = new Map();

export function showReaders(readers, act) {
  const names = new Set(readers.map((one) => one.name));
  for (const [name, parts] of shown) {
    if (!names.has(name)) {
      parts.root.remove();
      shown.delete(name);
    }
  }
  if (!readers.length) {
    if (!$("readers").children.length) {
      $("readers").append(h("p", { class: "small nobody" }, "Nobody reads yet, apart from Firehose. A new reader begins at the oldest record."));
    }
    return;
  }
  $("readers").querySelector(".nobody")?.remove();
  for (const one of readers) {
    if (!shown.has(one.name)) shown.set(one.name, made(one, act));
    fill(shown.get(one.name), one);
  }
}

function made(one, act) {
  const parts = { state: h("span"), numbers: h("p", { class: "small numbers" }), lags: h("div", { class: "lags" }), rows: new Map() };
  parts.button = h("button", { onclick: () => act("reader-switch", { name: one.name }) });
  from(parts.state, "The alarm of a reader", `a CloudWatch alarm (DescribeAlarms) on ${one.metric}: more than 60 seconds behind, or a minute without a word`);
  from(parts.numbers, "Records read", "by their sequence numbers, each once; throttled: GetRecords answered ProvisionedThroughputExceededException");
  from(parts.lags, "Lag of a reader", "records that the shard holds behind the last one read: the lab's switch shards, less the reader's last sequence number");
  parts.root = h("div", { class: "reader", "data-reader": one.name },
    h("div", { class: "row" }, h("b", {}, one.name), parts.state, parts.button), parts.numbers, parts.lags);
  $("readers").append(parts.root);
  return parts;
}

function fill(parts, one) {
  const rings = one.alarm === "ALARM";
  say(parts.state, rings ? "🔔 ALARM" : one.alarm === "OK" ? "alarm: quiet" : "alarm: no data yet");
  parts.state.classList.toggle("ring", rings);
  parts.root.classList.toggle("dead", !one.alive);
  say(parts.button, one.alive ? "Kill it" : "Start it again");
  parts.button.setAttribute("aria-label", `${one.alive ? "Kill" : "Start again"} ${one.name}`);
  const throttled = one.throttled ? `, ${count(one.throttled)} calls throttled` : "";
  say(parts.numbers, `${one.alive ? "reads" : "dead"}; ${count(one.read)} records read${throttled}`);
  for (const [id, row] of parts.rows) {
    if (!(id in one.lag)) {
      row.forEach((element) => element.remove());
      parts.rows.delete(id);
    }
  }
  for (const [id, lag] of Object.entries(one.lag)) {
    if (!parts.rows.has(id)) {
      const bar = h("div", { class: "fill" });
      const row = [h("span", {}, shardName(id)), h("div", { class: "track" }, bar), h("span", { class: "value" })];
      row.bar = bar;
      parts.lags.append(...row);
      parts.rows.set(id, row);
    }
    const row = parts.rows.get(id);
    style(row.bar, "transform", `scaleX(${Math.min(1, lag / 2000)})`);
    say(row[2], lag ? `${count(lag)} behind` : "caught up");
  }
}

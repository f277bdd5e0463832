// The tree of shards: left are parents, right their children; the height is the part of the hash space.

import { $, hue, shardName, shardNumber, svg } from "./words.js";

const HEIGHT = 240, WIDE = 560, GAP = 10;
let drawn = "";

export function showTree(lanes) {
  const key = JSON.stringify(lanes.map((lane) => [lane.id, lane.open]));
  if (key === drawn) return;
  drawn = key;
  const byId = new Map(lanes.map((lane) => [lane.id, lane]));
  const depths = new Map();
  const depth = (id) => {
    if (!depths.has(id)) {
      const parents = byId.get(id).parents;
      depths.set(id, parents.length ? 1 + Math.max(...parents.map(depth)) : 0);
    }
    return depths.get(id);
  };
  const deepest = Math.max(0, ...lanes.map((lane) => depth(lane.id)));
  const width = Math.min(150, (WIDE - GAP * deepest) / (deepest + 1));
  const words = lanes.map((lane) => `${shardName(lane.id)}${lane.open ? "" : ", closed"}`
    + (lane.parents.length ? `, of ${lane.parents.map(shardName).join(" and ")}` : "")).join("; ");
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HEIGHT}`, role: "img", "aria-label": `Tree of shards: ${words}` },
    svg("defs", {}, svg("pattern", { id: "hatched", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 7, height: 7, fill: "#d7dce1" }), svg("line", { x1: 0, y1: 0, x2: 0, y2: 7, stroke: "#8a8f94", "stroke-width": 2.5 }))));
  for (const lane of lanes) {
    const x = depth(lane.id) * (width + GAP), y = lane.from * HEIGHT, high = Math.max(3, (lane.to - lane.from) * HEIGHT - 2);
    picture.append(svg("rect", { x: x + 1, y: y + 1, width: width - 2, height: high, rx: 4,
      fill: lane.open ? hue(lane.id) : "url(#hatched)", stroke: "#51606e", "stroke-width": 1 }));
    if (high > 13) {
      const label = width > 90 ? shardName(lane.id) + (lane.open ? "" : " · closed") : `${shardNumber(lane.id)}`;
      const text = svg("text", { x: x + 8, y: y + high / 2 + 5 }, label);
      if (!lane.open) picture.append(svg("rect", { x: x + 4, y: y + high / 2 - 8, width: Math.min(width - 8, 7.2 * label.length + 8), height: 18, fill: "#eef1f4", rx: 3 }));
      picture.append(text);
    }
  }
  $("tree").replaceChildren(picture);
}

// Elements and numbers. Everything that is shown is set as text, so nothing that was typed is ever HTML.

export const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("p", {class: "small"}, "text", child)`. `on…` are listeners, the rest attributes. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set the text only where it changed: selections and focus stay. */
export function say(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

/** A custom property or style by script, which the content-security policy allows. */
export const style = (element, name, value) => element.style.setProperty(name, value);

export const count = (number) => number.toLocaleString("en");
export const percent = (part) => `${Math.round(100 * part)} %`;
export const shardName = (id) => `shard ${Number(id.split("-")[1])}`;
export const shardNumber = (id) => Number(id.split("-")[1]);

export function bytes(number) {
  if (number < 1024) return `${count(number)} B`;
  if (number < 1024 * 1024) return `${(number / 1024).toFixed(1)} KiB`;
  return `${(number / 1024 / 1024).toFixed(2)} MiB`;
}

export function time(seconds) {
  return new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC";
}

// Colours that all can tell apart (Okabe and Ito), as in the course; the number stands beside each.
const HUES = ["#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#0072B2", "#D55E00", "#BBBBBB"];
export const hue = (id) => HUES[shardNumber(id) % HUES.length];

const sources = new Map();

/** Say where a number comes from: on hover, and in the list at the page's end. */
export function from(element, what, source) {
  element.title = source;
  if (!sources.has(what)) {
    sources.set(what, source);
    $("source-list").append(h("li", {}, h("b", {}, what), `: ${source}`));
  }
  return element;
}

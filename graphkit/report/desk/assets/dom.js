// Elements, and numbers and foreign text as people read them. Text enters the page as text nodes only.

/**
 * Make an element.
 * @param {string} tag Its name.
 * @param {Object} props Attributes; `on` holds listeners by event, `data` holds data attributes.
 * @param {...(Node|string|number|null|Array)} children Nodes and texts; empty ones are left out.
 */
function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return fill(node, children);
}

/** Put nodes and texts in the place of what an element holds; empty ones are left out. */
function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Foreign text is cut at so many characters on the page; exports have it whole. */
const LONGEST = 80;

/** Text with controls and direction marks written out; in prose, what joins emoji stays. */
function visible(text, prose = false) {
  const hidden = prose ? /(?![\u200d\ufe0f])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu : /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
  return text.replace(hidden, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** The beginning of a text, whole characters only. */
function cut(text, most = LONGEST) {
  return text.length <= most ? text : `${Array.from(text.slice(0, most)).slice(0, -1).join("")}…`;
}

/** An id or title, kept apart from the direction and the layout of what is around it. */
function foreign(value, kind = "id") {
  if (value === null || value === undefined) return h("span", { class: "nothing" }, "–");
  const text = visible(String(value), kind === "title");
  return h("bdi", { class: kind, title: text.length > 24 ? cut(text, 400) : null }, cut(text));
}

const THIN = new Intl.NumberFormat("en-US");

function count(n) {
  return n === null || n === undefined ? "–" : THIN.format(n);
}

function percent(x) {
  if (x === null || x === undefined) return "–";
  const small = (x > 0 && x < 0.01) || (x > 0.99 && x < 1);
  return `${(100 * x).toFixed(small ? 2 : 0)} %`;
}

/** A score between 0 and 1; only 1 itself reads 1. */
function score(x) {
  return x === 1 ? "1.000" : Math.min(x, 0.999).toFixed(3);
}

function amount(x) {
  if (x === null || x === undefined) return "–";
  if (x !== 0 && Math.abs(x) < 0.001) return x.toExponential(0);
  return Math.abs(x) >= 999.5 ? THIN.format(Math.round(x)) : String(Number(x.toPrecision(3)));
}

/** A time span in milliseconds, to two units. */
function span(ms) {
  if (Math.abs(ms) < 59_500) return t("unit.s", { amount: Number((ms / 1000).toPrecision(ms < 10_000 ? 2 : 3)) });
  let left = Math.round(ms / 1000);
  const parts = [];
  for (const [size, unit] of [[86_400, "unit.d"], [3_600, "unit.h"], [60, "unit.min"], [1, "unit.s"]]) {
    if (left >= size) parts.push(t(unit, { amount: Math.floor(left / size) }));
    left %= size;
  }
  return parts.slice(0, 2).join(" ");
}

/** A UTC time to the second; `ms` counts from 1970. */
function moment(ms) {
  return ms === null || ms === undefined ? "–" : new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function bytes(n) {
  return n === null || n === undefined ? "–" : `${amount(n / (n < 1e9 ? 1e6 : 1e9))} ${n < 1e9 ? "MB" : "GB"}`;
}

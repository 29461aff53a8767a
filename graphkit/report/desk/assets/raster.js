// The timeline of a ring: a row a member, a mark a like, its place the time, its colour and shape the target.

/** Space for names of members and for times, in CSS pixels. */
const LEFT = 118;
const BOTTOM = 22;
/** Height of the band above the rows, where the traffic on the targets is known. */
const BAND = 44;
/** Least time that can be seen at once, and least members. */
const LEAST_MS = 2_000;
const LEAST_ROWS = 4;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Distances between labels of time. */
const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND).concat(
  [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 5, 10, 30, 100].map((n) => n * DAY),
);

/**
 * Draw the raster of a ring.
 * @param {Object} ring The ring's details.
 * @param {Object} on `pick(like index)`, when a like was chosen.
 */
function raster(ring, on) {
  const { likes, members, targets } = ring;
  const n = likes.at.length;
  const canvas = h("canvas", { class: "raster", tabindex: "0", role: "application", "aria-label": t("raster.label", { n, members: members.id.length, targets: targets.id.length }), "aria-describedby": "raster-keys" });
  const tip = h("div", { class: "tip", hidden: true });
  const told = h("p", { class: "unseen", "aria-live": "polite" });
  const row = rows(ring);
  const { traffic } = ring;
  const busiest = traffic ? Math.max(...traffic.own.map((n, i) => n + traffic.others[i]), 1) : 0;
  let top = 4; // where the rows begin
  let folded = false; // whether time counts from the ring's first like of each target
  let at = [];
  let order = []; // likes by time, for the keyboard
  let view = null;
  let current = null; // the like under the pointer or reached by key
  let focus = () => true; // which likes stand out
  let begins = 0;
  let ends = 1;

  function fold(on) {
    folded = on;
    top = traffic && !folded ? BAND + 8 : 4;
    const first = new Map();
    likes.at.forEach((ms, i) => first.set(likes.target[i], Math.min(first.get(likes.target[i]) ?? Infinity, ms)));
    at = folded ? likes.at.map((ms, i) => ms - first.get(likes.target[i])) : likes.at;
    order = [...at.keys()].sort((a, b) => at[a] - at[b] || row[a] - row[b]);
    begins = n ? at[order[0]] : 0;
    ends = n ? at[order[n - 1]] : 0;
    reset();
  }

  function reset() {
    const room = Math.max((ends - begins) * 0.02, LEAST_MS / 4);
    view = { x0: begins - room, x1: ends + room, y0: -0.5, y1: Math.max(members.id.length, LEAST_ROWS) - 0.5 };
    current = null;
    tip.hidden = true;
    redraw();
  }

  const geometry = () => ({ width: canvas.clientWidth - LEFT - 8, height: canvas.clientHeight - BOTTOM - top - 2 });
  const px = (ms) => LEFT + ((ms - view.x0) / (view.x1 - view.x0)) * geometry().width;
  const py = (y) => top + ((y - view.y0) / (view.y1 - view.y0)) * geometry().height;

  const redraw = fitted(canvas, (paint, width, height) => {
    const colours = palette();
    const { height: room } = geometry();
    const pitch = room / (view.y1 - view.y0);
    paint.font = "11px system-ui, sans-serif";
    times(paint, colours, width, height);
    names(paint, colours, width, pitch);
    if (top > BAND) band(paint, colours, width);
    paint.save();
    paint.beginPath();
    paint.rect(LEFT - 6, top - 4, width - LEFT + 6, height - BOTTOM - top + 4);
    paint.clip();
    const r = Math.max(1.8, Math.min(5.5, 0.42 * pitch));
    // What stands back first, so that nothing covers what stands out.
    for (const out of [false, true]) {
      paint.globalAlpha = out ? 0.92 : 0.14;
      for (let i = 0; i < n; i++) {
        if (focus(i) !== out) continue;
        const x = px(at[i]);
        const y = py(row[i]);
        if (x < LEFT - 8 || x > width + 8 || y < top - 8 || y > height) continue;
        const mark = markOf(likes.target[i]);
        drawMark(paint, mark.shape, x, y, r);
        if (likes.tier[i] === "none") {
          paint.strokeStyle = colours.hues[mark.hue];
          paint.stroke();
        } else {
          paint.fillStyle = colours.hues[mark.hue];
          paint.fill();
        }
      }
    }
    paint.globalAlpha = 1;
    if (current !== null) {
      paint.strokeStyle = colours.ink;
      paint.lineWidth = 2;
      paint.beginPath();
      paint.arc(px(at[current]), py(row[current]), r + 3.5, 0, 2 * Math.PI);
      paint.stroke();
    }
    paint.restore();
  });

  function times(paint, colours, width, height) {
    const wanted = (view.x1 - view.x0) / Math.max(2, geometry().width / 90);
    const step = STEPS.find((one) => one >= wanted) ?? STEPS[STEPS.length - 1];
    const origin = folded ? 0 : -(ring.t0 % step);
    paint.textAlign = "center";
    let day = "";
    for (let ms = Math.ceil((view.x0 - origin) / step) * step + origin; ms <= view.x1; ms += step) {
      const x = Math.round(px(ms)) + 0.5;
      if (x < LEFT) continue;
      paint.strokeStyle = colours.line;
      paint.beginPath();
      paint.moveTo(x, 0);
      paint.lineTo(x, height - BOTTOM);
      paint.stroke();
      let label;
      if (folded) label = ms === 0 ? "0" : `${ms < 0 ? "−" : "+"}${span(Math.abs(ms))}`;
      else {
        const text = moment(ring.t0 + ms);
        label = step >= DAY ? text.slice(5, 10) : step >= MINUTE ? text.slice(11, 16) : text.slice(11);
        if (step < DAY && text.slice(5, 10) !== day) label = `${text.slice(5, 10)} ${label}`;
        day = text.slice(5, 10);
      }
      paint.fillStyle = colours.soft;
      if (x < width - 20) paint.fillText(label, Math.max(x, LEFT + 20), height - 6);
    }
  }

  /** The traffic on the targets: the ring's likes, and everybody else's upon them. */
  function band(paint, colours, width) {
    const step = (traffic.high - traffic.low) / traffic.own.length;
    const unit = (BAND - 6) / busiest;
    paint.save();
    paint.beginPath();
    paint.rect(LEFT, 0, width - LEFT, BAND + 2);
    paint.clip();
    for (let i = 0; i < traffic.own.length; i++) {
      const x = px(traffic.low + i * step);
      const wide = Math.max(px(traffic.low + (i + 1) * step) - x, 1);
      let y = BAND;
      for (const [n, colour] of [[traffic.own[i], colours.hues[1]], [traffic.others[i], colours.soft]]) {
        const high = n * unit;
        paint.fillStyle = colour;
        if (n) paint.fillRect(x, y - Math.max(high, 1), wide, Math.max(high, 1));
        y -= high;
      }
    }
    paint.restore();
    paint.textAlign = "right";
    paint.fillStyle = colours.hues[1];
    paint.fillText(t("raster.own"), LEFT - 10, BAND - 2);
    paint.fillStyle = colours.soft;
    paint.fillText(t("raster.others"), LEFT - 10, BAND - 16);
    paint.strokeStyle = colours.line;
    paint.beginPath();
    paint.moveTo(LEFT, BAND + 0.5);
    paint.lineTo(width, BAND + 0.5);
    paint.stroke();
  }

  function names(paint, colours, width, pitch) {
    paint.textAlign = "right";
    const every = Math.max(1, Math.ceil(13 / pitch));
    const named = new Map(likes.member.map((m, i) => [row[i], m]));
    for (let y = Math.max(0, Math.ceil(view.y0)); y < view.y1; y++) {
      if (!named.has(y)) continue;
      if (pitch >= 9) {
        paint.strokeStyle = colours.line;
        paint.globalAlpha = 0.5;
        paint.beginPath();
        paint.moveTo(LEFT - 4, Math.round(py(y)) + 0.5);
        paint.lineTo(width, Math.round(py(y)) + 0.5);
        paint.stroke();
        paint.globalAlpha = 1;
      }
      if (y % every) continue;
      paint.fillStyle = colours.soft;
      paint.fillText(cut(visible(members.id[named.get(y)]), 16), LEFT - 10, py(y) + 4, LEFT - 14);
    }
  }

  /** Zoom by a factor about a place: time where `alongTime`, else members. */
  function zoom(factor, alongTime, around) {
    const [a, b] = alongTime ? ["x0", "x1"] : ["y0", "y1"];
    const whole = alongTime ? Math.max(ends - begins, LEAST_MS) * 1.2 : members.id.length + 1;
    const least = alongTime ? LEAST_MS : LEAST_ROWS;
    const old = view[b] - view[a];
    const size = Math.max(Math.min(old * factor, Math.max(whole, least)), least);
    const middle = around ?? (view[a] + view[b]) / 2;
    view[a] = middle - ((middle - view[a]) / old) * size;
    view[b] = view[a] + size;
    redraw();
  }

  function pan(x, y) {
    const dx = x * (view.x1 - view.x0);
    const dy = y * (view.y1 - view.y0);
    view = { x0: view.x0 + dx, x1: view.x1 + dx, y0: view.y0 + dy, y1: view.y1 + dy };
    redraw();
  }

  /** The like nearest to a place in CSS pixels, within reach of the pointer. */
  function near(x, y) {
    let best = null;
    let least = 12 * 12;
    for (let i = 0; i < n; i++) {
      const far = (px(at[i]) - x) ** 2 + (py(row[i]) - y) ** 2;
      if (far < least && focus(i)) [best, least] = [i, far];
    }
    return best;
  }

  function point(i, spoken) {
    current = i;
    tip.hidden = i === null;
    if (i !== null) {
      const title = targets.title[likes.target[i]];
      fill(
        tip,
        h("strong", {}, foreign(members.id[likes.member[i]])), " → ", swatch(likes.target[i]), foreign(targets.id[likes.target[i]]),
        title ? h("div", {}, foreign(title, "title")) : null,
        h("div", {}, moment(ring.t0 + likes.at[i]), folded ? ` (+${span(at[i])})` : ""),
        h("div", {}, name("tier", likes.tier[i]), likes.score[i] === null ? "" : ` · ${t("score")} ${score(likes.score[i])}`),
      );
      const x = Math.min(Math.max(px(at[i]), LEFT), canvas.clientWidth);
      tip.style.left = `${Math.min(x + 14, canvas.clientWidth - 230)}px`;
      tip.style.top = `${Math.max(py(row[i]) - 20, 4)}px`;
      if (spoken) told.textContent = tip.textContent;
    }
    redraw();
  }

  /** Go to the next like in time, or the one before, and bring it into view. */
  function step(by) {
    if (!n) return;
    const seen = order.filter(focus);
    const place = current === null ? (by > 0 ? -1 : seen.length) : seen.indexOf(current);
    const next = seen[Math.max(0, Math.min(seen.length - 1, place + by))];
    if (next === undefined) return;
    if (at[next] < view.x0 || at[next] > view.x1) pan((at[next] - (view.x0 + view.x1) / 2) / (view.x1 - view.x0), 0);
    if (row[next] < view.y0 || row[next] > view.y1) pan(0, (row[next] - (view.y0 + view.y1) / 2) / (view.y1 - view.y0));
    point(next, true);
  }

  const keys = {
    ArrowLeft: () => pan(-0.15, 0), ArrowRight: () => pan(0.15, 0), ArrowUp: () => pan(0, -0.15), ArrowDown: () => pan(0, 0.15),
    "+": () => zoom(0.6, true, current === null ? null : at[current]), "=": () => zoom(0.6, true, current === null ? null : at[current]),
    "-": () => zoom(1 / 0.6, true, current === null ? null : at[current]),
    "]": () => zoom(0.6, false, current === null ? null : row[current]), "[": () => zoom(1 / 0.6, false, current === null ? null : row[current]),
    "0": reset, Home: reset, ".": () => step(1), ",": () => step(-1),
    Enter: () => current !== null && on.pick(current),
    Escape: () => point(null),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });

  // The wheel zooms where the raster has the focus or a key is held; elsewhere the page scrolls as the reader expects.
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    const factor = Math.exp(Math.sign(event.deltaY || event.deltaX) * 0.25);
    const { width, height } = geometry();
    const x = view.x0 + ((event.offsetX - LEFT) / width) * (view.x1 - view.x0);
    const y = view.y0 + ((event.offsetY - top) / height) * (view.y1 - view.y0);
    if (event.shiftKey) zoom(factor, false, y);
    else zoom(factor, true, x);
  }, { passive: false });

  let grip = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    grip = { x: event.offsetX, y: event.offsetY, moved: false };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (grip) {
      const [dx, dy] = [event.offsetX - grip.x, event.offsetY - grip.y];
      if (!grip.moved && dx * dx + dy * dy < 16) return;
      const { width, height } = geometry();
      pan(-dx / width, -dy / height);
      grip = { x: event.offsetX, y: event.offsetY, moved: true };
    } else point(near(event.offsetX, event.offsetY));
  });
  canvas.addEventListener("pointerup", (event) => {
    const picked = grip && !grip.moved ? near(event.offsetX, event.offsetY) : null;
    grip = null;
    if (picked !== null) on.pick(picked);
  });
  canvas.addEventListener("pointercancel", () => { grip = null; });
  canvas.addEventListener("pointerleave", () => { if (!grip) point(null); });
  canvas.addEventListener("dblclick", (event) => {
    const x = view.x0 + ((event.offsetX - LEFT) / geometry().width) * (view.x1 - view.x0);
    zoom(0.35, true, x);
  });

  const button = (sign, label, act) => h("button", { type: "button", "aria-label": label, title: label, on: { click: act } }, sign);
  const foldBox = h("input", { type: "checkbox", on: { change: () => fold(foldBox.checked) } });
  const tall = Math.max(220, Math.min(440, members.id.length * 13 + 40 + (traffic ? BAND : 0)));
  canvas.style.height = `${tall}px`;
  fold(false);
  return {
    element: h(
      "figure", { class: "drawing" },
      h("div", { class: "tools" },
        h("label", {}, foldBox, t("raster.fold")),
        h("span", { class: "buttons" },
          button("+", t("raster.in"), () => zoom(0.6, true)), button("−", t("raster.out"), () => zoom(1 / 0.6, true)),
          button("⤢", t("raster.all"), reset))),
      h("div", { class: "stage" }, canvas, tip), told,
      h("figcaption", { id: "raster-keys" }, t("raster.keys"))),
    /** Let the likes stand out of which `test(index)` holds. */
    stress(test) {
      focus = test;
      redraw();
    },
    redraw,
    /** What is seen, for tests and for the print: milliseconds from the ring's first like, and rows. */
    view: () => ({ ...view }),
  };
}

/** The row of each like: members by their first like, so that one job reads as one stroke. */
function rows(ring) {
  const { likes, members } = ring;
  const first = members.id.map(() => Infinity);
  likes.at.forEach((ms, i) => { first[likes.member[i]] = Math.min(first[likes.member[i]], ms); });
  const order = [...first.keys()].sort((a, b) => first[a] - first[b] || a - b);
  const row = [];
  order.forEach((member, i) => { row[member] = i; });
  return likes.member.map((member) => row[member]);
}

// The members of a ring and their significant ties, laid out beforehand: the page only draws.

/**
 * Draw the network of a ring.
 * @param {Object} ring The ring's details; `x` and `y` in thousandths of the drawing.
 * @param {Object} on `pick(member index)`, when a member was chosen.
 */
function network(ring, on) {
  const { members, ties } = ring;
  const heaviest = ties.weight.reduce((a, b) => Math.max(a, b), 1);
  const canvas = h("canvas", { class: "network", role: "img", "aria-label": t("network.label", { n: members.id.length, ties: ring.all.ties }) });
  const tip = h("div", { class: "tip", hidden: true });
  let chosen = null;
  let under = null;

  const room = () => Math.max(Math.min(canvas.clientWidth, canvas.clientHeight) - 28, 1);
  const px = (i) => canvas.clientWidth / 2 + (ring.x[i] / 1000 - 0.5) * (canvas.clientWidth - 28);
  const py = (i) => canvas.clientHeight / 2 + (ring.y[i] / 1000 - 0.5) * (canvas.clientHeight - 28);
  const radius = () => Math.max(2.5, Math.min(6, (0.22 * room()) / Math.sqrt(members.id.length + 1)));

  const redraw = fitted(canvas, (paint) => {
    const colours = palette();
    const shown = under ?? chosen;
    const faint = Math.max(0.05, Math.min(0.5, 60 / Math.sqrt(ties.a.length * 60 + 1)));
    for (const bold of [false, true]) {
      for (let i = 0; i < ties.a.length; i++) {
        const mine = shown !== null && (ties.a[i] === shown || ties.b[i] === shown);
        if (mine !== bold) continue;
        paint.strokeStyle = bold ? colours.ink : colours.soft;
        paint.globalAlpha = bold ? 0.9 : shown === null ? faint : faint / 3;
        paint.lineWidth = 0.6 + 1.6 * (ties.weight[i] / heaviest);
        paint.beginPath();
        paint.moveTo(px(ties.a[i]), py(ties.a[i]));
        paint.lineTo(px(ties.b[i]), py(ties.b[i]));
        paint.stroke();
      }
    }
    paint.globalAlpha = 1;
    paint.lineWidth = 1.5;
    for (let i = 0; i < members.id.length; i++) {
      // Tiers differ by shape too.
      paint.fillStyle = colours.tiers[members.tier[i]] ?? colours.soft;
      paint.strokeStyle = i === shown ? colours.ink : colours.sheet;
      drawMark(paint, { purge: "disc", review: "triangle" }[members.tier[i]] ?? "square", px(i), py(i), i === shown ? radius() + 2 : radius());
      paint.fill();
      paint.stroke();
    }
  });

  function near(x, y) {
    let best = null;
    let least = 14 * 14;
    for (let i = 0; i < members.id.length; i++) {
      const far = (px(i) - x) ** 2 + (py(i) - y) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  canvas.addEventListener("pointermove", (event) => {
    under = near(event.offsetX, event.offsetY);
    canvas.classList.toggle("over", under !== null);
    tip.hidden = under === null;
    if (under !== null) {
      fill(tip, h("strong", {}, foreign(members.id[under])), h("div", {}, t("network.tip", { n: members.partners[under], likes: members.n[under] })));
      tip.style.left = `${Math.min(event.offsetX + 14, canvas.clientWidth - 200)}px`;
      tip.style.top = `${Math.max(event.offsetY - 30, 0)}px`;
    }
    redraw();
  });
  canvas.addEventListener("pointerleave", () => {
    under = null;
    tip.hidden = true;
    redraw();
  });
  canvas.addEventListener("click", () => { if (under !== null) on.pick(under); });

  const some = ties.a.length < ring.all.ties ? t("network.some", { n: ties.a.length, all: ring.all.ties }) : t("network.all", { n: ties.a.length });
  return {
    element: h("figure", { class: "drawing" }, h("div", { class: "stage" }, canvas, tip), h("figcaption", {}, some)),
    /** Let one member and its ties stand out; none where null. */
    choose(i) {
      chosen = i;
      redraw();
    },
    redraw,
  };
}

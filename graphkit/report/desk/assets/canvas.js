// What the two drawings share: a canvas as sharp as the screen, colours of the theme, and marks that need no colour to be told apart.

/** Okabe and Ito's palette without its yellow, which white paper swallows; every six targets the shape changes too. */
const HUES = 6;
const SHAPES = ["disc", "square", "triangle", "diamond"];

/** The mark of the i-th target: colour and shape. */
function markOf(i) {
  return { hue: i % HUES, shape: SHAPES[Math.floor(i / HUES) % SHAPES.length] };
}

/** Colours as the theme has them now. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    hues: Array.from({ length: HUES }, (_, i) => read(`--hue-${i}`)),
    ink: read("--ink"), soft: read("--soft"), line: read("--line"), sheet: read("--sheet"), focus: read("--focus"),
    tiers: { purge: read("--purge"), review: read("--review"), watch: read("--watch") },
  };
}

/** Draw a mark of radius r at a place; the caller sets the colour. */
function drawMark(paint, shape, x, y, r) {
  paint.beginPath();
  if (shape === "disc") paint.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === "square") paint.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else if (shape === "triangle") {
    paint.moveTo(x, y - 1.2 * r);
    paint.lineTo(x + 1.1 * r, y + 0.8 * r);
    paint.lineTo(x - 1.1 * r, y + 0.8 * r);
    paint.closePath();
  } else {
    paint.moveTo(x, y - 1.25 * r);
    paint.lineTo(x + 1.25 * r, y);
    paint.lineTo(x, y + 1.25 * r);
    paint.lineTo(x - 1.25 * r, y);
    paint.closePath();
  }
}

/** A mark beside text, drawn like those of the raster. */
function swatch(i) {
  const canvas = h("canvas", { class: "swatch", width: 28, height: 28, "aria-hidden": "true" });
  const paint = canvas.getContext("2d");
  const mark = markOf(i);
  paint.fillStyle = palette().hues[mark.hue];
  drawMark(paint, mark.shape, 14, 14, 9);
  paint.fill();
  return canvas;
}

/** Keep a canvas as large as its box, and call `draw(paint, width, height)` in CSS pixels whenever that changes. */
function fitted(canvas, draw) {
  const redraw = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const paint = canvas.getContext("2d");
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    paint.clearRect(0, 0, width, height);
    draw(paint, width, height);
  };
  new ResizeObserver(redraw).observe(canvas);
  return redraw;
}

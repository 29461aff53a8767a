// Tables that sort by any column, show long lists in part, and can be used without a mouse.

/**
 * @typedef {Object} Column
 * @property {string} label What stands above it.
 * @property {string} [hint] What it means.
 * @property {boolean} [number] Whether it is a number: flush right, largest first.
 * @property {function(Object): (number|string|null)} value What it is sorted by.
 * @property {function(Object): (Node|string)} [show] What is shown; the value by default.
 */

/**
 * Make a table.
 * @param {Object} how `columns`, `rows`, `label`; `most`: rows shown at first; `sort`: {column, down}, kept up to date;
 *   `mark`: called with each row and its element.
 */
function table({ columns, rows, label, most = 100, sort = { column: null, down: false }, mark = null }) {
  let shown = most;
  const body = h("tbody");
  const more = h("button", { type: "button", class: "more" });
  const heads = columns.map((column, i) => {
    const button = h("button", { type: "button", title: column.hint, on: { click: () => choose(i) } }, column.label);
    return h("th", { scope: "col", class: column.number ? "n" : null }, column.value ? button : column.label);
  });

  function choose(i) {
    const first = Boolean(columns[i].number);
    sort.down = sort.column === i ? !sort.down : first;
    sort.column = i;
    draw();
  }

  function sorted() {
    if (sort.column === null) return rows;
    const { value } = columns[sort.column];
    const keyed = rows.map((row) => [value(row), row]);
    keyed.sort(([a], [b]) => (sort.down ? compare(b, a) : compare(a, b)));
    return keyed.map(([, row]) => row);
  }

  function draw() {
    heads.forEach((head, i) => {
      if (sort.column === i) head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    fill(
      body,
      sorted().slice(0, shown).map((row) => {
        const cells = columns.map((column, i) => {
          const content = column.show ? column.show(row) : column.value(row);
          return i === 0 ? h("th", { scope: "row" }, content) : h("td", { class: column.number ? "n" : null }, content);
        });
        const element = h("tr", {}, cells);
        mark?.(row, element);
        return element;
      }),
    );
    more.hidden = rows.length <= shown;
    more.textContent = t("table.more", { n: Math.min(rows.length - shown, 10 * most), all: rows.length });
  }

  more.addEventListener("click", () => {
    const next = shown;
    shown += 10 * most;
    draw();
    body.rows[next]?.querySelector("a, button")?.focus();
  });
  draw();
  const element = h(
    "div",
    { class: "table" },
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
      h("table", {}, h("thead", {}, h("tr", {}, heads)), body),
    ),
    more,
  );
  return {
    element,
    /** Show other rows. */
    set(others) {
      rows = others;
      shown = most;
      draw();
    },
    /** Draw the same rows again. */
    draw,
    /** Show every row, as print does. */
    all() {
      shown = rows.length;
      draw();
    },
  };
}

/** Numbers by size, texts by code point, what is unknown last. */
function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return a < b ? -1 : 1;
}

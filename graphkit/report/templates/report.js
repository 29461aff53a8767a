"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const value = (row, i) => {
    const cell = row.cells[i];
    const text = cell.dataset.v ?? cell.textContent.trim();
    const number = Number(text.replaceAll(",", ""));
    return text !== "" && !Number.isNaN(number) ? number : text;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
  };
  for (const head of all("table.sortable th[scope=col]")) {
    head.querySelector("button").addEventListener("click", () => {
      const first = head.classList.contains("n") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      for (const sibling of head.parentElement.cells) sibling.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const body = head.closest("table").tBodies[0];
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows].map((row) => [value(row, head.cellIndex), row]);
      rows.sort(([a], [b]) => sign * compare(a, b));
      body.append(...rows.map(([, row]) => row));
    });
  }

  const boxes = all("input[data-tier]");
  for (const box of boxes) {
    box.addEventListener("change", () => {
      for (const part of all(`tr[data-tier=${box.dataset.tier}], details[data-tier=${box.dataset.tier}]`)) {
        part.hidden = !box.checked;
      }
    });
  }
  for (const tools of all(".tools")) tools.hidden = false;

  const reveal = () => {
    const ring = document.getElementById(location.hash.slice(1));
    if (ring?.tagName !== "DETAILS") return;
    ring.hidden = false;
    ring.open = true;
    ring.scrollIntoView();
    ring.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  reveal();

  const unfold = document.getElementById("unfold");
  const setAll = (open) => all("details").forEach((ring) => { ring.open = open; });
  if (unfold) {
    unfold.hidden = false;
    unfold.addEventListener("click", () => {
      const open = all("details").some((ring) => !ring.open);
      setAll(open);
      unfold.textContent = open ? "Close all" : "Open all";
    });
    addEventListener("beforeprint", () => setAll(true));
  }

  if (navigator.language.startsWith("zh")) document.getElementById("lang-zh").checked = true;
})();

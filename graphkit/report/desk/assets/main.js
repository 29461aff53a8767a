// Puts the page together: details of rings, the bar at the top, which screen is shown, and keys.

/** The details of rings: those in the page at once, others from files beside it when they are wanted. */
const Details = (() => {
  const loaded = new Map(); // by number of the file, 0 for the page itself
  const waiting = new Map(); // what was asked for and has not come: promise and its resolve

  /** Keep what a file holds, with lists of reason codes in the place of their numbers. */
  function take(number, rings) {
    for (const { codes, members, likes } of rings) {
      for (const part of [members, likes]) part.why = part.why.map((i) => codes[i]);
    }
    const byId = new Map(rings.map((ring) => [ring.id, ring]));
    loaded.set(number, byId);
    return byId;
  }

  function load(number) {
    if (loaded.has(number)) return Promise.resolve(loaded.get(number));
    if (number === 0) return Promise.resolve(take(0, JSON.parse(document.getElementById("details").textContent)));
    if (!waiting.has(number)) waiting.set(number, ask(number, DATA.files[number - 1]));
    return waiting.get(number).come;
  }

  /** A page on disk may not fetch, but may run the scripts that its policy trusts: these hold data and one call. */
  function ask(number, file) {
    const script = h("script", { src: file });
    const one = {};
    one.come = new Promise((resolve, reject) => {
      one.resolve = resolve;
      script.addEventListener("error", () => {
        waiting.delete(number);
        reject(new Error(file));
      });
    }).finally(() => script.remove());
    document.head.append(script);
    return one;
  }

  window.graphkitRings = (number, rings) => waiting.get(number)?.resolve(take(number, rings));

  return {
    /** The details of one ring of the index. */
    of: async (row) => (await load(row.file)).get(row.id),
    /** The details of every ring, file by file. */
    async all() {
      const files = await Promise.all([...new Set(DATA.rings.map((row) => row.file))].map(load));
      return files.flatMap((byId) => [...byId.values()]);
    },
  };
})();

const main = h("main", { id: "main" });
const header = h("header", { class: "top" });
const notice = h("p", { class: "unseen", role: "status" });
let shown = null; // the ring on the screen

function topBar() {
  const others = { en: "中文", zh: "English" };
  const themes = ["auto", "light", "dark"];
  const theme = Memory.get("theme") ?? "auto";
  const themePick = h("select", { id: "theme", "aria-label": t("theme"), on: { change: () => { setTheme(themePick.value); shown?.redraw(); } } }, themes.map((one) => h("option", { value: one }, t(`theme.${one}`))));
  themePick.value = theme;
  fill(
    header,
    h("a", { class: "brand", href: "#" }, "graphkit"),
    h("span", { class: "soft run" }, t("run"), " ", h("code", {}, DATA.run)),
    h("span", { class: "buttons" },
      h("span", { id: "given" }, t("verdict.given", { n: Verdicts.count() })),
      h("button", { type: "button", id: "export", title: t("verdict.export.means"), on: { click: exportVerdicts } }, t("verdict.export")),
      h("button", { type: "button", id: "import", on: { click: () => importVerdicts((words) => { notice.textContent = words; notice.className = "notice"; show(); }) } }, t("verdict.import"))),
    h("span", { class: "buttons" },
      h("button", { type: "button", id: "language", lang: language === "en" ? "zh-CN" : "en", on: { click: () => { setLanguage(language === "en" ? "zh" : "en"); show(); document.getElementById("language").focus(); } } }, others[language]),
      themePick));
}

function setTheme(theme) {
  Memory.set("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Show the screen that the address asks for. */
async function show(moved = false) {
  const id = location.hash.startsWith("#ring=") ? decodeURIComponent(location.hash.slice(6)) : null;
  const row = id === null ? null : DATA.rings.find((one) => one.id === id);
  topBar();
  document.title = row ? `${row.id} · graphkit` : t("title", { n: DATA.rings.length });
  shown = null;
  if (!row) fill(main, overview());
  else {
    let ring;
    try {
      ring = await Details.of(row);
    } catch (error) {
      fill(main, h("p", { class: "warning", role: "alert" }, t("missing", { file: visible(error.message) })));
      return;
    }
    const order = rings();
    const at = order.findIndex((one) => one.id === id);
    const screen = ringScreen(row, ring, { before: order[at - 1]?.id ?? null, after: at < 0 ? null : order[at + 1]?.id ?? null });
    fill(main, screen.screen);
    shown = screen;
  }
  if (moved) {
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }
}

addEventListener("hashchange", () => show(true));
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = document.querySelectorAll(".ring-head a.step");
  if (event.key === "/" && !shown) document.getElementById("search")?.focus();
  else if (event.key === "j") steps[2]?.click();
  else if (event.key === "k") steps[1]?.click();
  else if (event.key === "o" && shown) location.hash = "#";
  else return;
  event.preventDefault();
});
addEventListener("beforeprint", () => {
  document.documentElement.dataset.theme = "light";
  shown?.unfold();
  shown?.redraw();
});
addEventListener("afterprint", () => {
  setTheme(Memory.get("theme") ?? "auto");
  shown?.redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown?.redraw());
Verdicts.onChange(() => {
  document.getElementById("given").textContent = t("verdict.given", { n: Verdicts.count() });
  shown?.redraw();
});

setTheme(Memory.get("theme") ?? "auto");
setLanguage(Memory.get("language") ?? DATA.language ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
document.body.append(header, notice, main);
show();

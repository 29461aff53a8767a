// The first screen: what the run read and found, and the table of rings.

const TIERS = ["purge", "review", "watch"];

/** Which rings are listed, and how; kept while the page is open. */
const list = { tiers: new Set(TIERS), kind: "", least: 0, judged: "", query: "", sort: { column: null, down: false }, found: null };

function badge(tier) {
  return h("span", { class: `tier ${tier}` }, name("tier", tier));
}

/** Whether a ring is listed, search apart. */
function listed(row) {
  const given = Verdicts.get({ ring: row.id })?.verdict ?? "none";
  return list.tiers.has(row.tier) && (!list.kind || row.kind === list.kind) && row.score >= list.least && (!list.judged || given === list.judged);
}

function rings() {
  return DATA.rings.filter((row) => listed(row) && (list.found === null || list.found.has(row.id)));
}

function overview() {
  const { totals } = DATA;
  const headline = DATA.rings.length ? t("overview.headline", { n: DATA.rings.length, likes: count(totals.purge.likes + totals.review.likes) }) : t("overview.empty");
  return [
    h("h1", { tabindex: "-1" }, headline),
    DATA.rings.length ? null : h("p", { class: "lead" }, t("overview.nothing")),
    ...DATA.warnings.map((warning) => h("p", { class: "warning" }, h("strong", {}, t("overview.warning")), " ", visible(say(warning), true))),
    h("div", { class: "cards" }, TIERS.map(card), collateral()),
    DATA.rings.length ? ringList() : null,
    since(),
    h("div", { class: "halves" }, reading(), kinds() ?? evidence()),
    affected(),
    DATA.rings.length ? evidence() : null,
    madeBy(),
  ];
}

function card(tier) {
  const total = DATA.totals[tier];
  return h("section", { class: `card ${tier}` },
    h("h2", {}, badge(tier)),
    h("p", { class: "big" }, count(total.likes), h("small", {}, ` ${t("likes", { n: total.likes })}`)),
    h("p", {}, t("overview.of", { rings: t("rings", { n: total.rings }), n_rings: count(total.rings), users: count(total.users) })),
    h("p", { class: "soft" }, t(`tier.${tier}.means`)));
}

function collateral() {
  const { impact, totals: { purge: { likes } } } = DATA;
  return h("section", { class: "card collateral" },
    h("h2", {}, t("collateral")),
    h("p", { class: "big" }, amount(impact.honest), h("small", {}, ` ${t("collateral.likes", { share: percent(likes ? impact.honest / likes : 0) })}`)),
    h("p", {}, t("collateral.notes", { n: impact.n_notes, authors: count(impact.n_authors) })),
    h("p", { class: "soft" }, t("collateral.means")));
}

/** The table of rings with what chooses among them. */
function ringList() {
  const many = h("p", { class: "soft", role: "status" });
  const columns = [
    { label: t("ring"), value: (r) => r.id, show: (r) => h("a", { href: linkTo(r.id) }, r.id) },
    { label: t("tier"), value: (r) => TIERS.indexOf(r.tier), show: (r) => badge(r.tier) },
    { label: t("kind"), value: (r) => name("kind", r.kind) },
    { label: t("score"), hint: t("score.means"), number: true, value: (r) => r.score, show: (r) => score(r.score) },
    { label: t("q"), hint: t("q.means"), number: true, value: (r) => r.q, show: (r) => amount(r.q) },
    { label: t("users"), number: true, value: (r) => r.users, show: (r) => count(r.users) },
    { label: t("targets"), number: true, value: (r) => r.notes, show: (r) => count(r.notes) },
    { label: t("authors"), number: true, value: (r) => r.authors, show: (r) => count(r.authors) },
    { label: t("likes.column"), number: true, value: (r) => r.likes, show: (r) => count(r.likes) },
    { label: t("window"), hint: t("window.means"), number: true, value: (r) => r.window_s, show: (r) => span(1000 * r.window_s) },
    { label: t("first"), value: (r) => r.first, show: (r) => moment(r.first).slice(0, 16) },
    { label: t("verdict.title"), value: (r) => Verdicts.get({ ring: r.id })?.verdict ?? null, show: (r) => {
      const given = Verdicts.get({ ring: r.id });
      return given ? h("span", { class: `verdict ${given.verdict}` }, t(`verdict.${given.verdict}`)) : "";
    } },
  ];
  const rows = table({ columns, rows: rings(), label: t("rings.title"), most: 200, sort: list.sort });

  function refresh() {
    const chosen = rings();
    rows.set(chosen);
    many.textContent = chosen.length === DATA.rings.length ? "" : t("rings.chosen", { n: chosen.length, all: DATA.rings.length });
  }

  const boxes = TIERS.map((tier) => {
    const box = h("input", { type: "checkbox", data: { tier }, on: { change: () => { list.tiers[box.checked ? "add" : "delete"](tier); refresh(); } } });
    box.checked = list.tiers.has(tier);
    return h("label", {}, box, badge(tier));
  });
  const pick = (label, values, field) => {
    const select = h("select", { id: `by-${field}`, on: { change: () => { list[field] = select.value; refresh(); } } },
      h("option", { value: "" }, t("any")), values.map(([value, text]) => h("option", { value }, text)));
    select.value = list[field];
    return h("label", {}, label, select);
  };
  const kindsThere = [...new Set(DATA.rings.map((r) => r.kind))].sort();
  const least = h("input", { type: "number", id: "by-score", min: 0, max: 1, step: 0.05, value: list.least, on: { input: () => { list.least = Number(least.value) || 0; refresh(); } } });
  const search = h("input", { type: "search", id: "search", value: list.query, placeholder: t("search.what"), autocomplete: "off", spellcheck: "false" });
  let waiting = 0;
  search.addEventListener("input", () => {
    list.query = search.value;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      list.found = await find(search.value);
      refresh();
    }, 120);
  });
  refresh();
  return h("section", { "aria-labelledby": "rings" },
    h("h2", { id: "rings" }, t("rings.title")),
    h("div", { class: "tools" },
      h("label", { class: "search" }, h("span", { class: "unseen" }, t("search")), search),
      h("fieldset", {}, h("legend", { class: "unseen" }, t("tier")), boxes),
      kindsThere.length > 1 ? pick(t("kind"), kindsThere.map((kind) => [kind, name("kind", kind)]), "kind") : null,
      h("label", {}, t("score.least"), least),
      pick(t("verdict.title"), [...VERDICTS.map((one) => [one, t(`verdict.${one}`)]), ["none", t("verdict.open")]], "judged")),
    many, rows.element);
}

/** The ids of the rings of which an id or an author's contains a text; null where there is no text. */
async function find(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return null;
  const found = new Set(DATA.rings.filter((row) => row.id.toLowerCase().includes(wanted)).map((row) => row.id));
  const has = (value) => value !== null && value.toLowerCase().includes(wanted);
  for (const ring of await Details.all()) {
    const { members, targets } = ring;
    if (members.id.some(has) || targets.id.some(has) || targets.author.some(has) || targets.title.some(has)) found.add(ring.id);
  }
  return found;
}

function reading() {
  const { counts } = DATA;
  const parts = ["kept", "duplicate", "undone", "quarantined"];
  const facts = parts.map((part) => [t(`read.${part}`), h("span", {}, count(counts[part]), " ", h("small", { class: "soft" }, percent(counts.read ? counts[part] / counts.read : 0)))]);
  if (counts.outside) facts.push([t("read.outside"), count(counts.outside)]);
  for (const [reason, n] of DATA.quarantine) facts.push([h("span", { class: "indent" }, name("quarantine", reason)), count(n)]);
  return h("section", {}, h("h2", {}, t("read.title", { n: counts.read })), factList(facts),
    h("p", { class: "soft" }, t("read.from", { users: counts.users, notes: counts.notes, first: moment(DATA.period.first), last: moment(DATA.period.last), step: span(DATA.period.step_us / 1000) })));
}

function factList(facts) {
  return h("dl", { class: "facts" }, facts.map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]));
}

/** Rings and likes by kind and tier. */
function kinds() {
  const head = h("tr", {}, h("th", { scope: "col" }, t("kind")), TIERS.map((tier) => h("th", { scope: "col", class: "n" }, badge(tier))));
  const rows = DATA.kinds.map((row) => h("tr", {}, h("th", { scope: "row" }, name("kind", row.kind)),
    TIERS.map((tier) => h("td", { class: "n" }, row[tier].rings ? `${count(row[tier].rings)} · ${count(row[tier].likes)}` : "–"))));
  if (!rows.length) return null;
  return h("section", {}, h("h2", {}, t("kinds.title")), h("table", {}, h("thead", {}, head), h("tbody", {}, rows)), h("p", { class: "soft" }, t("kinds.means")));
}

/** The notes that would lose most. */
function affected() {
  const { notes, n_notes } = DATA.impact;
  if (!notes.length) return null;
  const columns = [
    { label: t("note"), value: (r) => r.id, show: (r) => [foreign(r.id), r.title ? foreign(r.title, "title") : null] },
    { label: t("author"), value: (r) => r.author, show: (r) => foreign(r.author) },
    { label: t("before"), number: true, value: (r) => r.before, show: (r) => count(r.before) },
    { label: name("tier", "purge"), number: true, value: (r) => r.purge, show: (r) => count(r.purge) },
    { label: name("tier", "review"), number: true, value: (r) => r.review, show: (r) => count(r.review) },
    { label: t("after"), number: true, value: (r) => r.after, show: (r) => count(r.after) },
    { label: t("lost"), number: true, value: (r) => r.purge / r.before, show: (r) => bar(r.purge / r.before) },
  ];
  return h("section", {}, h("h2", {}, t("affected.title")), notes.length < n_notes ? h("p", { class: "soft" }, t("affected.some", { n: notes.length, all: n_notes })) : null,
    table({ columns, rows: notes, label: t("affected.title"), most: 10 }).element);
}

/** A share as a number with a bar. */
function bar(share) {
  if (share === null || share === undefined) return "–";
  const fill = h("span", { class: "fill" });
  fill.style.width = `${Math.min(Math.max(100 * share, 0), 100)}%`;
  return h("span", { class: "share" }, percent(share), h("span", { class: "bar", "aria-hidden": "true" }, fill));
}

function evidence() {
  const off = DATA.off.map(({ channel, column }) => [name("channel", channel), h("span", {}, t("off.wants"), " ", h("code", {}, column))]);
  return h("section", {}, h("h2", {}, t("off.title")), off.length ? [h("p", { class: "soft" }, t("off.means")), factList(off)] : h("p", {}, t("off.none")));
}

function madeBy() {
  const { made } = DATA;
  const inputs = ["likes", "users", "notes"].filter((table) => made.input[table] !== null);
  return h("section", {}, h("h2", {}, t("made.title")), factList([
    [t("made.input"), inputs.length ? inputs.map((table, i) => [i ? ", " : "", h("code", {}, foreign(made.input[table], "path"))]) : t("made.memory")],
    [t("made.fingerprint"), h("code", {}, made.fingerprint)],
    [t("made.config"), h("details", {}, h("summary", {}, h("code", {}, made.digest)), h("pre", {}, JSON.stringify(made.config, null, 2)))],
    [t("made.windows"), made.windows.map(([seconds, edges], i) => [i ? ", " : "", t("made.window", { window: span(1000 * seconds), n: edges })])],
    [t("made.by"), t("made.took", { version: made.version, took: span(1000 * made.seconds), n: made.threads, memory: bytes(made.memory) })],
  ]), h("p", { class: "soft" }, t("made.files")));
}

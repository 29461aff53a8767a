// What became of the rings of the run before, and what came of purges and verdicts; nothing where the page compares no runs.

function since() {
  if (!DATA.since) return null;
  const { since: told } = DATA;
  const there = new Set(DATA.rings.map((row) => row.id));
  const link = (id) => (id === null ? "–" : there.has(id) ? h("a", { href: linkTo(id) }, id) : id);
  const columns = [
    { label: t("since.name"), value: (r) => r.name },
    { label: t("since.change"), value: (r) => name("change", r.change), show: (r) => [name("change", r.change), r.other ? ` ${r.other}` : null] },
    { label: t("since.then"), value: (r) => r.then, show: (r) => r.then ?? "–" },
    { label: t("since.now"), value: (r) => r.now, show: (r) => link(r.now) },
    { label: t("since.before"), number: true, value: (r) => r.before, show: (r) => count(r.before) },
    { label: t("since.after"), number: true, value: (r) => r.after, show: (r) => count(r.after) },
    { label: t("since.both"), number: true, value: (r) => r.both, show: (r) => count(r.both) },
    { label: t("verdict.title"), value: (r) => r.verdict, show: (r) => (r.verdict ? h("span", { class: `verdict ${r.verdict}` }, t(`verdict.${r.verdict}`)) : "") },
  ];
  return h("section", { id: "since" },
    h("h2", {}, t("since.title")),
    h("p", { class: "soft" }, t("since.means"), " ", h("code", {}, told.run)),
    table({ columns, rows: told.rings, label: t("since.title"), most: 12 }).element,
    factList([...purged(told), ...told.precision.map(judged), ...told.givenBack.map(givenBack), [t("since.scores"), drift(told.drift)]]));
}

function purged({ returned, reformed }) {
  if (!returned.pairs) return [[t("since.purged"), t("since.nothing")]];
  const pairs = t("since.pairs", { n: returned.pairs, back: returned.came_back, there: returned.still_there });
  const again = reformed.map((row) => [t("since.reformed"), [`${row.name} → `, h("a", { href: linkTo(row.now) }, row.now), ` · ${t("since.accounts", { kept: row.kept, before: row.before, fresh: row.fresh })}`]]);
  return [[t("since.purged"), pairs], ...again];
}

function judged(row) {
  const said = t("since.said", { confirmed: row.confirmed, cleared: row.cleared, open: row.open });
  return [[t(`subject.${row.subject}`), " ", badge(row.tier)], [said, interval(row, (values) => t("since.precision", values))]];
}

function givenBack(row) {
  return [row.name, [t("since.back", { n: row.restored, all: row.taken }), interval(row, (values) => t("since.atMost", values))]];
}

function interval(row, words) {
  if (row.precision === null) return null;
  return ` · ${words({ share: percent(row.precision), low: percent(row.low), high: percent(row.high) })}`;
}

function drift(found) {
  if (!found) return t("since.few");
  return t("since.drift", { d: amount(found.statistic), p: amount(found.p_value), a: found.rings[0], b: found.rings[1] });
}

// Verdicts from the desk: what a reviewer says of rings, members and likes, kept by run, exported as the decisions file.

const VERDICTS = ["confirmed", "cleared", "unsure"];
const DECISIONS = ["ring_id", "user_id", "note_id", "verdict", "reviewer", "time", "comment"];

const Verdicts = (() => {
  const place = `verdicts:${DATA.run}`;
  const all = new Map();
  let changed = () => {};
  const key = (subject) => JSON.stringify([subject.ring, subject.user ?? null, subject.note ?? null]);

  for (const row of read(Memory.get(place))) all.set(key(row), row);

  function read(text) {
    try {
      const rows = JSON.parse(text ?? "[]");
      return Array.isArray(rows) ? rows.filter((row) => VERDICTS.includes(row?.verdict)) : [];
    } catch {
      return [];
    }
  }

  function keep() {
    Memory.set(place, JSON.stringify([...all.values()]));
    changed();
  }

  return {
    get: (subject) => all.get(key(subject)) ?? null,
    count: () => all.size,
    /** Every verdict, in the order in which they were first given. */
    rows: () => [...all.values()],
    /** Set a verdict; `verdict` null takes it back. */
    set(subject, verdict, comment, time = new Date()) {
      if (verdict === null) all.delete(key(subject));
      else {
        const stamp = time.toISOString().replace(/\.\d+Z$/, "Z");
        all.set(key(subject), {
          ring: subject.ring, user: subject.user ?? null, note: subject.note ?? null,
          verdict, reviewer: Memory.get("reviewer") ?? "", time: stamp, comment,
        });
      }
      keep();
    },
    /** Take over rows of a decisions file; returns how many said otherwise than what stood here. */
    add(rows) {
      const others = rows.filter((row) => {
        const old = all.get(key(row));
        return old && (old.verdict !== row.verdict || old.reviewer !== row.reviewer);
      });
      for (const row of rows) all.set(key(row), row);
      keep();
      return others.length;
    },
    /** Say what to do when a verdict was given or taken back. */
    onChange(listener) {
      changed = listener;
    },
  };
})();

/** A decisions file as RFC 4180 has it: CRLF, quotes where needed and doubled inside. */
function toCsv(rows) {
  const field = (value) => {
    const text = value ?? "";
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => [row.ring, row.user, row.note, row.verdict, row.reviewer, row.time, row.comment].map(field).join(","));
  return [DECISIONS.join(","), ...lines, ""].join("\r\n");
}

/** The cells of a CSV text. */
function cells(text) {
  const rows = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
  for (let found; pattern.lastIndex < text.length && (found = pattern.exec(text)); ) {
    rows[rows.length - 1].push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] !== ",") rows.push([]);
  }
  return rows.filter((row) => row.length > 1 || (row.length === 1 && row[0] !== ""));
}

/** The verdicts of a decisions file on rings of this run, and how many rows are none; null where the file is none. */
function fromCsv(text) {
  const [head, ...rows] = cells(text.replace(/^\ufeff/, ""));
  if (!head || !["ring_id", "verdict"].every((wanted) => head.includes(wanted))) return null;
  const at = Object.fromEntries(DECISIONS.map((column) => [column, head.indexOf(column)]));
  const cell = (row, column) => (at[column] < 0 ? "" : row[at[column]] ?? "");
  const known = new Set(DATA.rings.map((ring) => ring.id));
  const taken = rows
    .map((row) => ({
      ring: cell(row, "ring_id"), user: cell(row, "user_id") || null, note: cell(row, "note_id") || null,
      verdict: cell(row, "verdict"), reviewer: cell(row, "reviewer"), time: cell(row, "time"), comment: cell(row, "comment"),
    }))
    .filter((row) => known.has(row.ring) && VERDICTS.includes(row.verdict));
  return { taken, left: rows.length - taken.length };
}

function exportVerdicts() {
  const blob = new Blob([toCsv(Verdicts.rows())], { type: "text/csv" });
  const link = h("a", { href: URL.createObjectURL(blob), download: `decisions-${DATA.run}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Read a decisions file that the reader chooses, and tell what came of it. */
function importVerdicts(tell) {
  const input = h("input", { type: "file", accept: ".csv,text/csv" });
  input.addEventListener("change", async () => {
    const found = fromCsv(await input.files[0].text());
    if (found === null) return tell(t("verdict.foreign"));
    const { taken, left } = found;
    const replaced = Verdicts.add(taken);
    tell([
      t("verdict.imported", { n: taken.length }),
      ...(replaced ? [t("verdict.replaced", { n: replaced })] : []),
      ...(left ? [t("verdict.left", { n: left })] : []),
    ].join(language === "zh" ? "" : " "));
  });
  input.click();
}

/** Ask for a verdict on a subject in a dialog; `title` names it. */
function judge(subject, title) {
  const old = Verdicts.get(subject);
  let verdict = old?.verdict ?? null;
  const reviewer = h("input", { type: "text", id: "reviewer", maxlength: 80, autocomplete: "off", value: Memory.get("reviewer") ?? "" });
  const comment = h("textarea", { id: "comment", rows: 3, maxlength: 2000 });
  comment.value = old?.comment ?? "";
  const choices = VERDICTS.map((one) =>
    h("button", { type: "button", class: `verdict ${one}`, "aria-pressed": String(one === verdict), on: { click: () => choose(one) } }, t(`verdict.${one}`)));
  const missing = h("p", { class: "missing", role: "alert" });
  const dialog = h("dialog", { class: "judge", "aria-label": t("verdict.of") },
    h("h2", {}, t("verdict.of"), " ", title),
    h("p", { class: "soft" }, t("verdict.meaning")),
    h("div", { class: "choices", role: "group", "aria-label": t("verdict.title") }, choices),
    h("label", { for: "comment" }, t("verdict.comment")), comment,
    h("label", { for: "reviewer" }, t("verdict.reviewer")), reviewer, missing,
    h("div", { class: "row" },
      old ? h("button", { type: "button", on: { click: () => done(() => Verdicts.set(subject, null)) } }, t("verdict.remove")) : h("span"),
      h("span", { class: "buttons" },
        h("button", { type: "button", on: { click: () => dialog.close() } }, t("verdict.cancel")),
        h("button", { type: "button", class: "primary", on: { click: save } }, t("verdict.save")))));

  function choose(one) {
    verdict = one;
    choices.forEach((button, i) => button.setAttribute("aria-pressed", String(VERDICTS[i] === one)));
  }

  function save() {
    const who = reviewer.value.trim();
    if (!verdict || !who) {
      missing.textContent = t(verdict ? "verdict.nameless" : "verdict.none");
      (verdict ? reviewer : choices[0]).focus();
      return;
    }
    Memory.set("reviewer", who);
    done(() => Verdicts.set(subject, verdict, comment.value.trim()));
  }

  function done(act) {
    dialog.close();
    act();
  }

  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  (verdict ? comment : choices[0]).focus();
  return choose;
}

/** A button that shows the verdict on a subject and asks for another. */
function verdictButton(subject, title) {
  const given = Verdicts.get(subject);
  const label = given ? t(`verdict.${given.verdict}`) : t("verdict.ask");
  return h("button", { type: "button", class: `verdict small ${given?.verdict ?? ""}`, title: given?.comment, on: { click: () => judge(subject, title()) } }, label);
}

// The screen of one ring: the headline, when and on what it acted, why it is one, who else it might be, and every like.

function linkTo(id) {
  return `#ring=${encodeURIComponent(id)}`;
}

/** What of the ring is looked at: a member, a target or the likes of one claim; null for all. */
function everything() {
  return { member: null, target: null, claim: null, like: null };
}

/**
 * Make the screen of a ring.
 * @param {Object} row Its row of the index.
 * @param {Object} ring Its details.
 * @param {Object} around `before` and `after`: ids of its neighbours in the list, or null.
 */
function ringScreen(row, ring, around) {
  let focus = everything();
  const drawing = raster(ring, { pick: (i) => look({ ...everything(), like: i, member: ring.likes.member[i] }) });
  const net = network(ring, { pick: (i) => look({ ...everything(), member: i }) });
  const likes = likeTable(row, ring);
  const what = h("p", { class: "filter", role: "status" });
  const behind = h("section", { "aria-labelledby": "behind", id: "likes" },
    h("h2", { id: "behind", tabindex: "-1" }, t("behind.title")), what, partial(ring, "likes"), likes.element);

  /** Let the likes of a member, a target or a claim stand out everywhere. */
  function look(next, go = false) {
    focus = next;
    const behindClaim = likesOf(ring, focus.claim);
    const test = (i) =>
      (focus.member === null || ring.likes.member[i] === focus.member) &&
      (focus.target === null || ring.likes.target[i] === focus.target) &&
      (focus.claim === null || behindClaim(i)) &&
      (focus.like === null || focus.like === i);
    drawing.stress(test);
    net.choose(focus.member);
    likes.keep(test);
    for (const part of [people, notes]) part.draw();
    const named = focus.member !== null ? foreign(ring.members.id[focus.member]) : focus.target !== null ? foreign(ring.targets.id[focus.target]) : null;
    const some = named !== null || focus.claim !== null;
    const heading = !some ? "all" : focus.member !== null ? "member" : focus.target !== null ? "target" : "claim";
    fill(
      what,
      t(`behind.${heading}`), " ",
      named ?? (focus.claim ? h("strong", {}, name("channel", focus.claim.channel)) : ""), " ",
      focus.claim?.likes === "unknown" ? h("span", { class: "soft" }, t("behind.unknown"), " ") : "",
      some ? h("button", { type: "button", on: { click: () => look(everything()) } }, t("behind.clear")) : "");
    if (go) {
      behind.scrollIntoView({ block: "start" });
      behind.querySelector("h2").focus({ preventScroll: true });
    }
  }

  const people = memberTable(row, ring, (i) => look(focus.member === i ? everything() : { ...everything(), member: i }), () => focus.member);
  const notes = targetTable(ring, (i) => look(focus.target === i ? everything() : { ...everything(), target: i }), () => focus.target);
  look(everything());

  const head = ringHead(row, ring, around);
  const screen = [
    head.element,
    h("div", { class: "lead-grid" },
      h("div", {}, h("section", { "aria-labelledby": "when" }, h("h2", { id: "when" }, t("raster.title")), drawing.element), innocent(ring)),
      h("div", {}, why(ring, (claim) => look({ ...everything(), claim }, true)), changes(ring))),
    h("div", { class: "lead-grid" },
      h("section", {}, h("h2", {}, t("targets.title", { n: ring.all.targets })), partial(ring, "targets"), notes.element),
      h("section", {}, h("h2", {}, t("network.title")), net.element)),
    h("section", {}, h("h2", {}, t("members.title", { n: ring.all.members })), h("p", { class: "soft" }, t("members.means")), partial(ring, "members"), people.element),
    behind,
    numbers(ring),
  ];
  return {
    screen,
    redraw() { head.draw(); drawing.redraw(); net.redraw(); people.draw(); notes.draw(); likes.draw(); },
    unfold() { people.all(); notes.all(); likes.all(); },
    raster: drawing,
  };
}

/** Which likes a claim rests on, as a test by position. */
function likesOf(ring, claim) {
  if (claim === null || !Array.isArray(claim.likes)) return (i) => ring.likes.tier[i] !== "none";
  const behind = new Set(claim.likes);
  return (i) => behind.has(i);
}

/** What the page left out, and where it is. */
function partial(ring, part) {
  const there = { likes: ring.likes.at, targets: ring.targets.id, members: ring.members.id }[part].length;
  return there < ring.all[part] ? h("p", { class: "soft" }, t("partial", { n: there, all: ring.all[part] })) : null;
}

function ringHead(row, ring, around) {
  const subject = { ring: row.id };
  const line = h("div", { class: "ring-verdict" });
  const draw = () => {
    const given = Verdicts.get(subject);
    fill(
      line,
      h("span", { class: "choices", role: "group", "aria-label": t("verdict.title") },
        VERDICTS.map((one) => h("button", {
          type: "button", class: `verdict ${one}`, "aria-pressed": String(given?.verdict === one), title: t(`verdict.${one}.means`),
          on: { click: () => { judge(subject, row.id)(one); } },
        }, t(`verdict.${one}`)))),
      given ? h("span", { class: "soft" }, visible(given.reviewer, true), given.comment ? `: ${visible(cut(given.comment, 120), true)}` : "") : h("span", { class: "soft" }, t("verdict.open")));
  };
  draw();
  const step = (id, label, sign) => h("a", { class: "step", href: id === null ? null : linkTo(id), "aria-label": label, title: label, "aria-disabled": id === null ? "true" : null }, sign);
  const element = h("div", { class: "ring-head" },
    h("div", { class: "row" },
      h("p", { class: "what" }, badge(row.tier), h("span", {}, name("kind", row.kind)),
        h("span", { title: t("score.means") }, `${t("score")} ${score(row.score)}`), h("span", { title: t("q.means") }, `${t("q")} ${amount(row.q)}`),
        h("span", {}, `${moment(row.first).slice(0, 16)} – ${moment(row.last).slice(0, 16)}`)),
      h("nav", { class: "buttons", "aria-label": t("rings.title") }, h("a", { class: "step", href: "#" }, t("back")), step(around.before, t("before.ring"), "←"), step(around.after, t("after.ring"), "→"))),
    h("h1", { tabindex: "-1" }, row.id),
    h("p", { class: "lead" }, say(ring.headline)),
    h("p", { class: "look" }, h("strong", {}, t("look")), " ", lookFirst(ring)),
    line);
  return { element, draw };
}

/** What to look at first: an honest explanation that is open, else where the strongest claim can be seen. */
function lookFirst(ring) {
  const open = ring.innocents.find((found) => found.open);
  if (open) return [t("look.open"), " ", say(open.title)];
  const strongest = ring.reasons.find((claim) => claim.nats > 0);
  return strongest ? [t(`look.${strongest.channel}`)] : [t("look.nothing")];
}

/** Claims shown at once: the strongest carry the ring, and the others are one press away. */
const CLAIMS = 6;

/** The claims for and against, each with its number, what is usual, and its weight. */
function why(ring, onClaim) {
  const heaviest = Math.max(1, ...ring.reasons.map((r) => Math.abs(r.nats ?? 0)));
  const shown = (value) => (typeof value === "number" ? span(1000 * value) : value);
  const item = (claim) => {
    const weight = h("span", { class: `weight ${claim.nats < 0 ? "against" : "for"}`, title: t("nats", { nats: amount(claim.nats) }) });
    weight.style.width = `${(100 * Math.abs(claim.nats ?? 0)) / heaviest}%`;
    return h("li", {},
      h("p", {}, say(claim.say)),
      h("p", { class: "claim" },
        h("span", { class: "track" }, weight),
        h("span", { class: "soft" }, name("channel", claim.channel), claim.found === null ? "" : ` · ${shown(claim.found)}`,
          claim.usual !== null ? ` · ${t("usual")} ${claim.usual}` : claim.neutral !== null ? ` · ${t("neutral")} ${shown(claim.neutral)}` : ""),
        h("button", { type: "button", class: "link", on: { click: () => onClaim(claim) } }, t("claim.likes"))));
  };
  const speaking = ring.reasons.filter((claim) => claim.nats > 0);
  const against = ring.reasons.filter((claim) => claim.nats < 0);
  const rest = speaking.slice(CLAIMS);
  return h("section", { class: "why", "aria-labelledby": "why" },
    h("h2", { id: "why" }, t("why.title")), h("ol", { class: "claims" }, speaking.slice(0, CLAIMS).map(item)),
    rest.length ? h("details", {}, h("summary", { class: "soft" }, t("why.more", { n: rest.length })), h("ol", { class: "claims", start: CLAIMS + 1 }, rest.map(item))) : null,
    h("h3", {}, t("why.against")), against.length ? h("ul", { class: "claims" }, against.map(item)) : h("p", { class: "soft" }, t("why.nothing")),
    ring.unknown.map((pair) => h("p", { class: "soft" }, say(pair))));
}

/** The honest explanations, closest first, and what excludes each. */
function innocent(ring) {
  const one = (found, first) => h(first ? "div" : "details", { class: "innocent" },
    h(first ? "p" : "summary", { class: "verdict-line" }, h("span", { class: `open-mark ${found.open ? "open" : "closed"}` }, t(found.open ? "innocent.open" : "innocent.closed")), " ", h(first ? "strong" : "span", {}, say(found.title))),
    h("p", {}, say(found.verdict)),
    h("ul", { class: "checks" }, found.checks.map((check) => h("li", { class: check.holds ? "holds" : "fails" }, h("span", { class: "unseen" }, t(check.holds ? "check.holds" : "check.fails"), " "), say(check.say)))));
  return h("section", { "aria-labelledby": "innocent" }, h("h2", { id: "innocent" }, t("innocent.title")), ring.innocents.map((found, i) => one(found, i === 0)));
}

function changes(ring) {
  const lines = (title, said) => (said.length ? [h("h3", {}, title), h("ul", { class: "plain" }, said.map((pair) => h("li", {}, say(pair))))] : null);
  return h("section", { "aria-labelledby": "changes" }, h("h2", { id: "changes" }, t("changes.title")),
    lines(t("changes.falls"), ring.falls), lines(t("changes.rises"), ring.rises),
    ring.falls.length + ring.rises.length ? null : h("p", { class: "soft" }, t("changes.none")));
}

/** A button that lets something stand out, and says whether it does. */
function chooser(i, chosen, label, act) {
  return h("button", { type: "button", class: "choose", "aria-pressed": String(chosen() === i), title: t("choose"), on: { click: () => act(i) } }, label);
}

function targetTable(ring, act, chosen) {
  const { targets } = ring;
  const rows = targets.id.map((id, i) => i);
  const columns = [
    { label: t("note"), value: (i) => targets.id[i], show: (i) => [chooser(i, chosen, [swatch(i), foreign(targets.id[i])], act), targets.title[i] ? foreign(targets.title[i], "title") : null] },
    { label: t("author"), value: (i) => targets.author[i], show: (i) => foreign(targets.author[i]) },
    { label: t("ring.likes"), number: true, value: (i) => targets.n[i], show: (i) => `${count(targets.n[i])} / ${count(targets.all[i])}` },
    { label: t("share"), hint: t("share.means"), number: true, value: (i) => targets.n[i] / targets.all[i], show: (i) => bar(targets.n[i] / targets.all[i]) },
    { label: t("burst"), hint: t("burst.means"), number: true, value: (i) => targets.burst[i], show: (i) => bar(targets.burst[i]) },
  ];
  return table({ columns, rows, label: t("targets"), most: 12, mark: (i, element) => element.classList.toggle("chosen", chosen() === i) });
}

function memberTable(row, ring, act, chosen) {
  const { members } = ring;
  const rows = members.id.map((id, i) => i);
  const columns = [
    { label: t("user"), value: (i) => members.id[i], show: (i) => chooser(i, chosen, foreign(members.id[i]), act) },
    { label: t("tier"), value: (i) => TIERS.indexOf(members.tier[i]), show: (i) => badge(members.tier[i]) },
    { label: t("score"), number: true, value: (i) => members.score[i], show: (i) => score(members.score[i]) },
    { label: t("ring.likes"), hint: t("devotion.means"), number: true, value: (i) => members.n[i], show: (i) => `${count(members.n[i])} / ${count(members.likes[i])}` },
    { label: t("partners"), hint: t("partners.means"), number: true, value: (i) => members.partners[i], show: (i) => count(members.partners[i]) },
    { label: t("why.title"), value: (i) => members.why[i].join(" "), show: (i) => members.why[i].map((code) => codeOf(code)) },
    { label: t("rests.ties"), hint: t("rests.means"), number: true, value: (i) => members.ties[i], show: (i) => percent(members.ties[i]) },
    { label: t("rests.likes"), hint: t("rests.means"), number: true, value: (i) => members.rests[i], show: (i) => percent(members.rests[i]) },
    { label: t("rests.without"), hint: t("without.means"), number: true, value: (i) => members.without[i], show: (i) => without(row, ring, i) },
    { label: t("verdict.title"), value: (i) => Verdicts.get({ ring: row.id, user: members.id[i] })?.verdict ?? null, show: (i) => verdictButton({ ring: row.id, user: members.id[i] }, () => foreign(members.id[i])) },
  ];
  return table({ columns, rows, label: t("members.title", { n: ring.all.members }), most: 15, mark: (i, element) => element.classList.toggle("chosen", chosen() === i) });
}

/** The ring's tier and score without a member; marked where the tier changes. */
function without(row, ring, i) {
  const tier = ring.members.without_tier[i];
  if (tier === null) return h("span", { class: "changed" }, t("without.none"));
  const words = `${name("tier", tier)} ${score(ring.members.without[i])}`;
  return tier === row.tier ? words : h("strong", { class: "changed" }, words);
}

function likeTable(row, ring) {
  const { likes, members, targets } = ring;
  const all = likes.at.map((_, i) => i);
  const columns = [
    { label: t("when"), value: (i) => likes.at[i], show: (i) => h("span", { class: "time" }, moment(ring.t0 + likes.at[i])) },
    { label: t("user"), value: (i) => members.id[likes.member[i]], show: (i) => foreign(members.id[likes.member[i]]) },
    { label: t("note"), value: (i) => targets.id[likes.target[i]], show: (i) => [swatch(likes.target[i]), foreign(targets.id[likes.target[i]])] },
    { label: t("tier"), value: (i) => TIERS.indexOf(likes.tier[i]), show: (i) => (likes.tier[i] === "none" ? h("span", { class: "soft" }, t("tier.none")) : badge(likes.tier[i])) },
    { label: t("score"), number: true, value: (i) => likes.score[i], show: (i) => (likes.score[i] === null ? "–" : score(likes.score[i])) },
    { label: t("why.title"), value: (i) => likes.why[i].join(" "), show: (i) => ownCodes(likes.why[i]) },
    ...extra(likes),
    { label: t("verdict.title"), value: (i) => verdictOf(i)?.verdict ?? null, show: (i) => verdictButton(subject(i), () => [foreign(members.id[likes.member[i]]), " → ", foreign(targets.id[likes.target[i]])]) },
  ];
  const subject = (i) => ({ ring: row.id, user: members.id[likes.member[i]], note: targets.id[likes.target[i]] });
  const verdictOf = (i) => Verdicts.get(subject(i));
  const made = table({ columns, rows: all, label: t("behind.title"), most: 25, sort: { column: 0, down: false } });
  return { ...made, keep: (test) => made.set(all.filter(test)) };
}

/** A reason code with its sentence. */
function codeOf(code) {
  return h("abbr", { class: "code", title: code in DATA.codes ? say(DATA.codes[code]) : null }, visible(code));
}

/** The codes of a like itself; those that it shares with its ring stand above, and are counted. */
function ownCodes(codes) {
  const own = codes.filter((code) => DATA.likeCodes.includes(code));
  const rest = codes.filter((code) => !DATA.likeCodes.includes(code));
  return [own.map(codeOf), rest.length ? h("abbr", { class: "code", title: rest.join(" ") }, `+${rest.length}`) : null];
}

/** What only the likes themselves know: how long the note was looked at, whether to its end, from where. */
function extra(likes) {
  const seen = (value) => (value === null ? "–" : t(value ? "yes" : "no"));
  return [
    likes.dwell && { label: t("dwell"), number: true, value: (i) => likes.dwell[i], show: (i) => (likes.dwell[i] === null ? "–" : span(likes.dwell[i])) },
    likes.completed && { label: t("completed"), value: (i) => likes.completed[i], show: (i) => seen(likes.completed[i]) },
    likes.device && { label: t("device"), hint: t("device.means"), number: true, value: (i) => likes.device[i], show: (i) => count(likes.device[i]) },
    likes.ip && { label: t("address"), hint: t("device.means"), number: true, value: (i) => likes.ip[i], show: (i) => count(likes.ip[i]) },
  ].filter(Boolean);
}

/** Every number behind the verdict, as the tables have them. */
function numbers(ring) {
  const rows = ring.evidence.map(([code, found, usual]) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, code)), h("td", { class: "n" }, found), h("td", { class: "n" }, usual ?? "")));
  return h("details", { class: "numbers" }, h("summary", {}, t("numbers.title")),
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("numbers.name")), h("th", { scope: "col", class: "n" }, t("numbers.here")), h("th", { scope: "col", class: "n" }, t("usual")))), h("tbody", {}, rows))));
}

// The card of one example: its text, what was made of it, and its neighbours.

let opened = -1; // the example whose card is open
let returnTo = null; // what had the focus before
let line = []; // the list that it came from
let past = []; // the examples whose neighbours led here

const LOOKS = [
  [
    "probe",
    (item, end) =>
      splitOf(item) === 0
        ? [make("span", { className: "soft" }, "trained on it")]
        : [chip(finding(item, end, "probe")), certainty(finding(item, end, "sure"))],
  ],
  ["linear readout", (item, end) => [chip(finding(item, end, "linear"))]],
  ["nearest hull", (item, end) => [chip(finding(item, end, "hull"))]],
  ["to the hull of its label", (item, end) => [shown(finding(item, end, "own"), 3)]],
  [
    "to the nearest other hull",
    (item, end) => [shown(finding(item, end, "other"), 3), " ", chip(finding(item, end, "rival"))],
  ],
  ["size of its cluster", (item, end) => [known(finding(item, end, "cluster"))]],
  ["neighbours of its label", (item, end) => [known(finding(item, end, "share"), ` of ${looked().k}`)]],
];

const known = (n, unit = "") => (n === null || n === undefined || n < 0 ? "–" : `${grouped(n)}${unit}`);
const certainty = (percent) => make("span", { className: "soft" }, percent >= 0 ? ` ${percent} % of repeats` : "");

/** What is known of an example as a whole, in pairs of words. */
function facts(item) {
  const suspect = suspects().find((row) => row.item === item);
  const [right, forgotten] = [finding(item, null, "first_right"), finding(item, null, "forgotten")];
  return [
    ["displacement", shown(finding(item, null, "displacement") ?? null, 3), "of its space’s size"],
    ["neighbours kept", known(finding(item, null, "shared"), ` of ${looked()?.k}`)],
    ...(right == null ? [] : [["first right", right < 0 ? "never" : `update ${grouped(right)}`]]),
    ...(forgotten == null ? [] : [["forgotten", forgotten === 1 ? "once" : `${grouped(forgotten)} times`]]),
    ...(suspect ? [["looks like", chip(suspect.label), `${suspect.why} (${suspect.runs} of ${suspect.of} runs)`]] : []),
  ];
}

function table(item) {
  const ends = ["before", "after"];
  const head = make("tr", {}, make("td"), ...ends.map((end) => make("th", { scope: "col" }, end)));
  const rows = LOOKS.map(([what, cells]) =>
    make("tr", {}, make("th", { scope: "row" }, what), ...ends.map((end) => make("td", {}, ...cells(item, end)))),
  );
  return make("table", { className: "told" }, make("thead", {}, head), make("tbody", {}, ...rows));
}

/** The nearest neighbours at an end of fine-tuning, each a button that opens it. */
function company(item, end) {
  const here = finding(item, end, "neighbours");
  const there = finding(item, end === "before" ? "after" : "before", "neighbours");
  const present = here.filter((neighbour) => neighbour >= 0);
  const absent = here.length - present.length;
  const room = Math.round(byId("x-card").clientWidth / 34);
  const rows = present.map((neighbour) => {
    const text =
      sentence(neighbour) === null ? make("span", {}, reference(neighbour)) : written("span", around(neighbour, room));
    const kept = there.includes(neighbour);
    const button = make(
      "button",
      { type: "button", className: "neighbour", title: kept ? "a neighbour before and after" : "" },
      make("span", { className: "kept" }, kept ? "=" : ""),
      chip(labelOf(neighbour)),
      text,
      make("span", { className: "hidden" }, kept ? ", before and after" : ""),
    );
    button.addEventListener("click", () => {
      past.push(item);
      openCard(neighbour, line);
    });
    for (const event of ["mouseenter", "focus"]) button.addEventListener(event, () => pointAt(neighbour));
    for (const event of ["mouseleave", "blur"]) button.addEventListener(event, () => pointAt(-1));
    return make("li", {}, button);
  });
  if (absent) {
    const words = `${grouped(absent)} that ${absent > 1 ? "are" : "is"} not on this page`;
    rows.push(make("li", { className: "soft" }, present.length ? `and ${words}` : words));
  }
  return make("div", { className: "company" }, make("h4", {}, `Nearest ${end} fine-tuning`), make("ol", {}, ...rows));
}

/** The sentence as a whole; of a pair, with the names of its parts. */
function whole(item) {
  if (sentence(item) === null)
    return make("p", { className: "soft whole" }, "This study’s config keeps texts out of its report.");
  const names = task.items.marks[item].length > 2 ? (ROLES[task.kind] ?? []) : [];
  const legend = names.map((name, i) => make("mark", { className: ["first", "second"][i] }, name));
  const words = written("p", pieces(item), { className: "sentence" });
  return make(
    "div",
    { className: "whole" },
    words,
    legend.length ? make("p", { className: "parts" }, ...legend) : null,
  );
}

function drawCard() {
  const card = byId("x-card");
  card.hidden = opened < 0;
  if (card.hidden) return;
  const at = line.indexOf(opened);
  const move = (text, by, more = {}) => {
    const button = make("button", { type: "button", disabled: at < 0 || !(at + by in line), ...more }, text);
    button.addEventListener("click", () => walk(by));
    return button;
  };
  const back = make("button", { type: "button", hidden: !past.length }, "Back");
  back.addEventListener("click", () => openCard(past.pop(), line));
  const close = make("button", { type: "button", className: "shut", title: "Escape closes it too" }, "Close");
  close.addEventListener("click", closeCard);
  const judged = looked()?.where.has(opened);
  const layers = run.looked.map((here) => here.layer).join(", ");
  const unknown = looked()
    ? "This example is not among those that were looked at one by one in this layer."
    : layers
      ? `Examples were looked at one by one in layer ${layers} only.`
      : "The examples of this run were not looked at one by one.";
  const list = make(
    "dl",
    {},
    ...facts(opened).map(([term, value, note = ""]) =>
      make("div", {}, make("dt", {}, term), make("dd", {}, value, make("span", { className: "soft" }, ` ${note}`))),
    ),
  );
  card.replaceChildren(
    make(
      "div",
      { className: "top" },
      make("h3", {}, `${SPLITS[splitOf(opened)]} ${task.items.example[opened]}`),
      chip(labelOf(opened)),
      make("span", { className: "soft" }, at < 0 ? "" : `${grouped(at + 1)} of ${grouped(line.length)} in the list`),
      move("Previous", -1),
      move("Next", 1),
      back,
      close,
    ),
    make(
      "div",
      { className: "inside" },
      whole(opened),
      ...(judged
        ? [make("div", {}, table(opened), list), company(opened, "before"), company(opened, "after")]
        : [make("p", { className: "soft" }, unknown)]),
    ),
  );
}

/** Open the card of an example, which came from a list. */
function openCard(item, from = ringing ? rowsOf(ringing).map((row) => row.item) : []) {
  if (opened < 0) returnTo = document.activeElement;
  [opened, line] = [item, from];
  drawCard();
  drawPointers();
  mine();
  byId("x-card").focus({ preventScroll: true });
  remember();
}

function walk(by) {
  const item = line[line.indexOf(opened) + by];
  if (opened < 0 || item === undefined) return;
  past = [];
  openCard(item, line);
}

function closeCard() {
  if (opened < 0) return;
  const last = byId("e-rows").querySelector(`[data-item="${opened}"]`);
  const back = last ?? (returnTo?.isConnected ? returnTo : byId("e-tabs").querySelector("[aria-selected=true]"));
  [opened, past] = [-1, []];
  drawCard();
  drawPointers();
  mine();
  back?.focus({ preventScroll: true });
  remember();
}

function keys(event) {
  if (event.key === "Escape") byId("x-tip").hidden = true;
  const within = byId("x-card").contains(event.target);
  if (opened < 0 || (!within && event.target.matches("input, select, textarea")) || overlay.open) return;
  if (event.key === "Escape") closeCard();
  else if (within && event.key === "ArrowLeft") walk(-1);
  else if (within && event.key === "ArrowRight") walk(1);
}

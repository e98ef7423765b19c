// Lists of examples, a tab each: sorted by their headers, filtered, opened, copied.

const PAGE = 50; // rows at a time
const JUDGED = "Test examples are judged by the probe, training examples by a linear readout made without them";

let tab = "fixed";
let order = null; // [column, sign]; null: as the study ranks them
let filter = "";
let much = PAGE; // rows that are shown

const suspects = () => task?.suspects[run.model] ?? [];
const listed = (key) => (looked()?.lists[key] ?? []).map((at) => ({ item: looked().items[at] }));
const total = (key) => looked()?.totals[key] ?? 0;

const MOVED = ["displacement", true, ({ item }) => finding(item, null, "displacement"), (value) => shown(value, 3)];
const SHARED = ["neighbours kept", true, ({ item }) => {
  const n = finding(item, null, "shared");
  return n < 0 ? undefined : n;
}, (value) => grouped(value)];
const SUGGESTED = [
  ["looks like", false, ({ label }) => named(label), (_, { label }) => chip(label)],
  ["score", true, ({ score }) => score, (value) => shown(value)],
  ["runs", true, ({ runs, of }) => runs / of, (_, { runs, of }) => `${runs} of ${of}`, ({ runs, of }) => `${runs} of ${of}`],
  ["why", false, ({ why }) => why, (value) => make("span", { className: "why" }, value)],
];

// Of each tab its name, its rows, how many there are, its columns beyond those of all, and what it lists.
const TABS = {
  fixed: ["fixed", () => listed("fixed"), () => total("fixed"), [MOVED],
    () => `Wrong before fine-tuning, right after it. ${JUDGED}.`],
  broken: ["broken", () => listed("broken"), () => total("broken"), [MOVED],
    () => `Right before fine-tuning, wrong after it. ${JUDGED}.`],
  moved: ["moved most", () => listed("moved"), () => total("moved"), [MOVED],
    () => "How far fine-tuning displaced the vector, relative to the size of its space; farthest first."],
  company: ["changed company", () => listed("company"), () => total("company"), [SHARED],
    () => `How many of the ${looked()?.k ?? ""} nearest neighbours before fine-tuning are among the nearest after it; fewest first.`],
  suspects: ["look mislabelled", suspects, () => suspects().length, SUGGESTED,
    () => "A ranking, not a verdict: vectors of these examples speak for another label than their own. Read before you relabel."],
  drawn: ["drawn", () => [...new Set(drawn(step).items)].filter((item) => item >= 0).map((item) => ({ item })),
    null, [MOVED, SHARED], () => "What the plot draws at this layer and step."],
  found: ["found", () => matches().map((item) => ({ item })), null, [MOVED, SHARED], sayFound],
  selected: ["selected", () => selected.map((item) => ({ item })), null, [MOVED, SHARED], saySelected],
};

const rowsOf = (key) => TABS[key][1]().filter(({ item }) => ofSplit(item));

function sayFound() {
  if (!sought) return "Nothing is looked for: type into “Find examples” above the plot.";
  if (query().label === -1) return "There is no label of this name.";
  return `Of the ${grouped(task.items.split.length)} examples on this page, those that “${sought}” finds.`;
}

function saySelected() {
  if (!selected.length) return "Nothing is selected: draw a lasso or a box in the plot (its tools are above it, on the right).";
  const counts = new Map();
  for (const { item } of rowsOf("selected")) counts.set(labelOf(item), (counts.get(labelOf(item)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([label, n]) => `${named(label)} ${grouped(n)}`).join(", ");
}

// Of a column its name, whether it is of numbers, its value (undefined: missing), what is shown, and what is copied.
const COLUMNS = [
  ["text", false, ({ item }) => sentence(item) ?? undefined, (_, { item }) => written("div", around(item), { className: "text" })],
  ["split", false, ({ item }) => SPLITS[splitOf(item)], (value) => value],
  ["row", true, ({ item }) => task.items.example[item], (value) => String(value)],
  ["gold", false, ({ item }) => named(labelOf(item)), (_, { item }) => chip(labelOf(item))],
  ...["before", "after"].map((end) => [end, false, ({ item }) => {
    const label = prediction(item, end);
    return label < 0 ? undefined : named(label);
  }, (_, { item }) => chip(prediction(item, end))]),
];

const columnsOf = (key) => [...COLUMNS.filter(([name]) => task.texts || name !== "text"), ...TABS[key][3]];

/** The rows of the open tab, filtered and sorted. */
function rows() {
  const wanted = fold(filter.trim());
  const cells = columnsOf(tab);
  const kept = rowsOf(tab).filter((row) => !wanted || cells.some(([, , value]) => fold(String(value(row) ?? "")).includes(wanted)));
  const [name, sign] = order ?? [];
  const column = cells.find(([title]) => title === name);
  return column ? sorted(kept, (row) => column[2](row) ?? undefined, column[1], sign) : kept;
}

const target = (item) => pieces(item).filter(({ parts }) => parts.length).map(({ text }) => text).join(" … ");

/** All rows of the open tab as CSV, texts as a whole. */
function copied() {
  const cells = columnsOf(tab);
  const names = cells.flatMap(([name]) => (name === "text" ? ["text", "target"] : [name]));
  return lined([names, ...rows().map((row) => cells.flatMap(([name, , value, , plainly = value]) =>
    name === "text" ? [sentence(row.item) ?? "", target(row.item)] : [plainly(row) ?? ""]))]);
}

function drawTabs() {
  byId("e-tabs").replaceChildren(...Object.entries(TABS).map(([key, [name, , totalOf]]) => {
    const n = totalOf && split === "both" ? totalOf() : rowsOf(key).length;
    const button = make("button", { type: "button", role: "tab", id: `e-tab-${key}`, tabIndex: key === tab ? 0 : -1,
      ariaSelected: String(key === tab) }, name, " ", make("span", { className: "n" }, grouped(n)));
    button.setAttribute("aria-controls", "e-panel");
    button.addEventListener("click", () => show(key));
    return button;
  }));
}

function drawRows() {
  const some = rows();
  const cells = columnsOf(tab);
  byId("e-rows").replaceChildren(...some.slice(0, much).map((row, i) => {
    const tr = make("tr", { tabIndex: i ? -1 : 0 }, ...cells.map(([name, numeric, value, cell]) => {
      const known = value(row) ?? undefined;
      return make("td", { className: `${numeric ? "number" : ""} c-${name.replaceAll(" ", "-")}` }, known === undefined ? "–" : cell(known, row));
    }));
    tr.dataset.item = row.item;
    const read = () => {
      past = [];
      tr.focus({ preventScroll: true });
      openCard(row.item, rows().map(({ item }) => item));
    };
    tr.addEventListener("click", () => getSelection().isCollapsed && read());
    tr.addEventListener("keydown", (event) => event.key === "Enter" && read());
    for (const event of ["mouseenter", "focus"]) tr.addEventListener(event, () => pointAt(row.item));
    for (const event of ["mouseleave", "blur"]) tr.addEventListener(event, () => pointAt(-1));
    return tr;
  }));
  const all = rowsOf(tab).length;
  const more = TABS[tab][2] && split === "both" ? TABS[tab][2]() - all : 0;
  byId("e-count").textContent = [
    some.length < all ? `${grouped(some.length)} of ${grouped(all)}` : "",
    more > 0 ? `the first ${grouped(all)} of ${grouped(all + more)} are listed` : "",
  ].filter(Boolean).join("; ");
  byId("e-more").hidden = some.length <= much;
  byId("e-more").textContent = `Show ${grouped(Math.min(PAGE, some.length - much))} more of ${grouped(some.length - much)}`;
  byId("e-none").hidden = some.length > 0;
  mine();
}

/** Mark the row whose card is open. */
function mine() {
  for (const row of all("#e-rows tr")) row.classList.toggle("read", Number(row.dataset.item) === opened);
}

function drawHeads() {
  byId("e-heads").replaceChildren(...columnsOf(tab).map(([name, numeric]) => {
    const sort = order?.[0] === name ? (order[1] > 0 ? "ascending" : "descending") : "none";
    const header = make("th", { scope: "col", className: numeric ? "number" : "", ariaSort: sort }, make("button", { type: "button" }, name));
    header.firstChild.addEventListener("click", () => {
      order = [name, turn(header)];
      drawRows();
    });
    return header;
  }));
}

function drawLists() {
  if (!byId("examples")) return;
  byId("e").hidden = !task;
  byId("e-unknown").hidden = Boolean(task);
  if (!task) return;
  drawTabs();
  byId("e-panel").setAttribute("aria-labelledby", `e-tab-${tab}`);
  byId("e-of").textContent = `${run.task}, ${run.model}, ${run.run}, layer ${run.layers[layer]}`;
  byId("e-says").textContent = TABS[tab][4]();
  byId("e-ring").checked = ringing === tab;
  const away = !looked() && !["suspects", "drawn", "found", "selected"].includes(tab);
  byId("e-away").hidden = !away || !run.looked.length;
  byId("e-away").textContent = `Go to layer ${run.looked.at(-1)?.layer}`;
  byId("e-none").textContent = away ? "Examples were not looked at one by one in this layer." : filter ? "No example fits." : "There is none.";
  drawHeads();
  drawRows();
}

/** Open a tab. */
function show(key, focused = false) {
  [tab, order, much] = [key, null, PAGE];
  if (ringing) [ringing] = [key];
  drawLists();
  drawPlanes();
  if (focused) byId(`e-tab-${key}`).focus();
  remember();
}

function tabKeys(event) {
  const names = Object.keys(TABS);
  const at = names.indexOf(tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(names[(to + names.length) % names.length], true);
}

function rowKeys(event) {
  const to = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const row = to && event.target.closest("tr")?.[to];
  if (!row) return;
  event.preventDefault();
  for (const other of row.parentElement.rows) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
}

// What the lists of examples hold: a tab each, its rows and its columns.

const PAGE = 50; // rows at a time
const JUDGED = "Test examples are judged by the probe, training examples by a linear readout made without them";

let tab = "fixed";
let order = null; // [column, sign]; null: as the study ranks them
let filter = "";
let much = PAGE; // rows that are shown

const suspects = () => task?.suspects[run.model] ?? [];
const listed = (key) => (looked()?.lists[key] ?? []).map((at) => ({ item: looked().items[at] }));
const total = (key) => looked()?.totals[key] ?? listed(key).length;

const MOVED = ["displacement", true, ({ item }) => finding(item, null, "displacement"), (value) => shown(value, 3)];
const SHARED = [
  "neighbours kept",
  true,
  ({ item }) => {
    const n = finding(item, null, "shared");
    return n < 0 ? undefined : n;
  },
  (value) => grouped(value),
];
const SUGGESTED = [
  ["looks like", false, ({ label }) => named(label), (_, { label }) => chip(label)],
  ["score", true, ({ score }) => score, (value) => shown(value)],
  [
    "runs",
    true,
    ({ runs, of }) => runs / of,
    (_, { runs, of }) => `${runs} of ${of}`,
    ({ runs, of }) => `${runs} of ${of}`,
  ],
  ["why", false, ({ why }) => why, (value) => make("span", { className: "why" }, value)],
];

// Of each tab its name, its rows, how many there are, its columns beyond those of all, and what it lists.
const TABS = {
  fixed: [
    "fixed",
    () => listed("fixed"),
    () => total("fixed"),
    [MOVED],
    () => `Wrong before fine-tuning, right after it. ${JUDGED}.`,
  ],
  broken: [
    "broken",
    () => listed("broken"),
    () => total("broken"),
    [MOVED],
    () => `Right before fine-tuning, wrong after it. ${JUDGED}.`,
  ],
  moved: [
    "moved most",
    () => listed("moved"),
    () => total("moved"),
    [MOVED],
    () => "How far fine-tuning displaced the vector, relative to the size of its space; farthest first.",
  ],
  company: [
    "changed company",
    () => listed("company"),
    () => total("company"),
    [SHARED],
    () =>
      `How many of the ${looked()?.k ?? ""} nearest neighbours before fine-tuning are among the nearest after it; fewest first.`,
  ],
  suspects: [
    "look mislabelled",
    suspects,
    () => suspects().length,
    SUGGESTED,
    () =>
      "A ranking, not a verdict: vectors of these examples speak for another label than their own. Read before you relabel.",
  ],
  drawn: [
    "drawn",
    () => [...new Set(drawn(step).items)].filter((item) => item >= 0).map((item) => ({ item })),
    null,
    [MOVED, SHARED],
    () => "What the plot draws at this layer and step.",
  ],
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
  if (!selected.length)
    return "Nothing is selected: draw a lasso or a box in the plot (its tools are above it, on the right).";
  const counts = new Map();
  for (const { item } of rowsOf("selected")) counts.set(labelOf(item), (counts.get(labelOf(item)) ?? 0) + 1);
  const words = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([label, n]) => `${named(label)} ${grouped(n)}`)
    .join(", ");
  return `${words}. A double click in the plot clears the selection.`;
}

// Of a column its name, whether it is of numbers, its value (undefined: missing), what is shown, and what is copied.
const COLUMNS = [
  [
    "text",
    false,
    ({ item }) => sentence(item) ?? undefined,
    (_, { item }) => written("div", around(item), { className: "text" }),
  ],
  ["split", false, ({ item }) => SPLITS[splitOf(item)], (value) => value],
  ["row", true, ({ item }) => task.items.example[item], (value) => String(value)],
  ["gold", false, ({ item }) => named(labelOf(item)), (_, { item }) => chip(labelOf(item))],
  ...["before", "after"].map((end) => [
    end,
    false,
    ({ item }) => {
      const label = prediction(item, end);
      return label < 0 ? undefined : named(label);
    },
    (_, { item }) => chip(prediction(item, end)),
  ]),
];

const columnsOf = (key) => [...COLUMNS.filter(([name]) => task.texts || name !== "text"), ...TABS[key][3]];

/** The rows of the open tab, filtered and sorted. */
function rows() {
  const wanted = fold(filter.trim());
  const cells = columnsOf(tab);
  const kept = rowsOf(tab).filter(
    (row) => !wanted || cells.some(([, , value]) => fold(String(value(row) ?? "")).includes(wanted)),
  );
  const [name, sign] = order ?? [];
  const column = cells.find(([title]) => title === name);
  return column ? sorted(kept, (row) => column[2](row) ?? undefined, column[1], sign) : kept;
}

const target = (item) =>
  pieces(item)
    .filter(({ parts }) => parts.length)
    .map(({ text }) => text)
    .join(" … ");

/** All rows of the open tab as CSV, texts as a whole. */
function copied() {
  const cells = columnsOf(tab);
  const names = cells.flatMap(([name]) => (name === "text" ? ["text", "target"] : [name]));
  return lined([
    names,
    ...rows().map((row) =>
      cells.flatMap(([name, , value, , plainly = value]) =>
        name === "text" ? [sentence(row.item) ?? "", target(row.item)] : [plainly(row) ?? ""],
      ),
    ),
  ]);
}

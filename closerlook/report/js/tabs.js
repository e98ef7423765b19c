// What the lists of examples hold: a tab each, with its rows and its columns.

const PAGE = 50; // rows at a time

/** Whose word is taken for what is right. */
function judged() {
  const probed = looked()?.before.probe.some((label) => label >= 0);
  const tested = probed ? "Test examples are judged by the probe" : "Test examples are judged by a linear readout";
  return `${tested}, training examples by ${probed ? "a linear readout" : "one"} made without them`;
}

let tab = "fixed";
let order = null; // the name of a column and 1 or -1; null: as the study ranks them
let filter = "";
let much = PAGE; // rows that are shown

const suspects = () => (task && Object.hasOwn(task.suspects, run.model) ? task.suspects[run.model] : []);
const ranked = (key) => (looked()?.lists[key] ?? []).map((at) => ({ item: looked().items[at] }));
const asRows = (items) => items.map((item) => ({ item }));

// A column: its name, whether it is of numbers, the value of a row (undefined: missing) by which it is sorted, filtered
// and copied, what is shown of it, and what is copied where that differs.

const labelled = (name, label) => ({
  name,
  value: (row) => (label(row) < 0 ? undefined : named(label(row))),
  cell: (_, row) => chip(label(row)),
});

const SPOKEN = {
  name: "text",
  value: ({ item }) => sentence(item),
  cell: (_, { item }) => written("div", around(item), { className: "text" }),
};
const WHOSE = [
  { name: "split", value: ({ item }) => SPLITS[splitOf(item)] },
  { name: "row", numeric: true, value: ({ item }) => task.items.example[item] },
  labelled("gold", ({ item }) => labelOf(item)),
  labelled("before", ({ item }) => prediction(item, "before")),
  labelled("after", ({ item }) => prediction(item, "after")),
];
const MOVED = {
  name: "displacement",
  numeric: true,
  value: ({ item }) => finding(item, null, "displacement"),
  cell: (value) => shown(value, 3),
};
const SHARED = {
  name: "neighbours kept",
  numeric: true,
  value: ({ item }) => (finding(item, null, "shared") < 0 ? undefined : finding(item, null, "shared")),
};
const SUGGESTED = [
  labelled("looks like", ({ label }) => label),
  { name: "score", numeric: true, value: ({ score }) => score, cell: (value) => shown(value) },
  {
    name: "runs",
    numeric: true,
    value: ({ runs, of }) => runs / of,
    cell: (_, { runs, of }) => `${runs} of ${of}`,
    copy: ({ runs, of }) => `${runs} of ${of}`,
  },
  { name: "why", value: ({ why }) => why },
];

// A tab: its name, its rows, the columns that only it has, what it lists, and whether the study ranked the rows of a
// layer, of which there may be more than are on the page.
const TABS = {
  fixed: {
    name: "fixed",
    ranked: true,
    columns: [MOVED],
    says: () => `Wrong before fine-tuning, right after it. ${judged()}.`,
  },
  broken: {
    name: "broken",
    ranked: true,
    columns: [MOVED],
    says: () => `Right before fine-tuning, wrong after it. ${judged()}.`,
  },
  moved: {
    name: "moved most",
    ranked: true,
    columns: [MOVED],
    says: () => "How far fine-tuning displaced the vector, relative to the size of its space; farthest first.",
  },
  company: {
    name: "changed company",
    ranked: true,
    columns: [SHARED],
    says: () => `How many of its ${looked()?.k ?? ""} nearest neighbours are the same before and after; fewest first.`,
  },
  suspects: {
    name: "look mislabelled",
    rows: suspects,
    columns: SUGGESTED,
    says: () =>
      "A ranking, not a verdict: another label's hull is nearer than that of their own without them (distances in " +
      "radii of the space). Read before you relabel.",
  },
  drawn: {
    name: "drawn",
    rows: () => asRows([...new Set(drawn(step).items)].filter((item) => item >= 0)),
    columns: [MOVED, SHARED],
    says: () => "What the plot draws at this layer and step.",
  },
  found: { name: "found", rows: () => asRows(matches()), columns: [MOVED, SHARED], says: sayFound },
  selected: { name: "selected", rows: () => asRows(selected), columns: [MOVED, SHARED], says: saySelected },
};

const rowsOf = (key) => (TABS[key].rows ?? (() => ranked(key)))().filter(({ item }) => ofSplit(item));

/** How many there are in all, of the chosen split; null where what is listed is all. */
function total(key) {
  if (key === "suspects") return split === "test" ? 0 : (task?.suspected?.[run.model] ?? null);
  const of = TABS[key].ranked ? looked()?.totals[key] : null;
  return of ? SPLITS.filter((name) => split === "both" || split === name).reduce((sum, name) => sum + of[name], 0) : null;
}

function sayFound() {
  if (!sought) return "Nothing is looked for: type into “Find examples” above the plot.";
  if (query().label === -1) return "There is no label of this name.";
  const all = grouped(task.items.split.length);
  return [`Of the ${all} examples on this page, those that “`, make("bdi", {}, sought), "” finds."];
}

function saySelected() {
  if (!selected.length)
    return (
      "Nothing is selected: draw a lasso or a box in the plot, with the tools above it, or press Enter in it to select " +
      "what is in view."
    );
  const counts = new Map();
  for (const { item } of rowsOf("selected")) counts.set(labelOf(item), (counts.get(labelOf(item)) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a);
  const words = most.flatMap(([label, n], i) => [i ? ", " : "", make("bdi", {}, named(label)), ` ${grouped(n)}`]);
  return [...(most.length ? words : ["None of this split"]), ". A double click in the plot clears the selection."];
}

const columnsOf = (key) => [...(task.texts ? [SPOKEN] : []), ...WHOSE, ...TABS[key].columns];

/** The rows of the open tab, filtered and sorted. */
function rows() {
  const wanted = fold(filter.trim());
  const columns = columnsOf(tab);
  const holds = (row) => columns.some(({ value }) => fold(String(value(row) ?? "")).includes(wanted));
  const kept = wanted ? rowsOf(tab).filter(holds) : rowsOf(tab);
  const column = order && columns.find(({ name }) => name === order[0]);
  return column ? sorted(kept, (row) => column.value(row) ?? undefined, column.numeric, order[1]) : kept;
}

/** All rows of the open tab as CSV, texts as a whole. */
function copied() {
  const target = (item) => pieces(item).filter(({ parts }) => parts.length);
  const words = (item) =>
    target(item)
      .map(({ text }) => text)
      .join(" … ");
  const columns = columnsOf(tab).flatMap((column) =>
    column === SPOKEN ? [SPOKEN, { name: "target", value: ({ item }) => words(item) }] : [column],
  );
  const cells = (row) => columns.map(({ value, copy = value }) => copy(row) ?? "");
  return lined([columns.map(({ name }) => name), ...rows().map(cells)]);
}
